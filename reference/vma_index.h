// The areas (VMAs) of an address space in address order: a B+ tree of small sorted arrays.
#pragma once

#include "trace/check.h"

#include <cstdint>
#include <vector>

namespace growsdown::reference {

/// How many of the `count` ascending keys are at most `key`: the position of the first key above
/// it. A binary search without branches on the keys. A template over the key, whose `<=` may return
/// anything that converts to bool, because the proofs run it on symbolic words.
template <typename Key>
unsigned positionAbove(const Key* keys, unsigned count, const Key& key) {
  unsigned base = 0;
  while (count > 1) {
    const unsigned half = count / 2;
    base = keys[base + half - 1] <= key ? base + half : base;
    count -= half;
  }
  if (count == 1) base = keys[base] <= key ? base + 1 : base;
  return base;
}

/// An area. Addresses are in bytes and page-aligned; `end` is exclusive.
struct Vma {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t pgoff = 0;  ///< pages
  std::uint64_t anon = 0;   ///< identity of its anon_vma, or 0
  std::uint32_t object = 0; ///< slot of its shared object, from 1, or 0
  std::uint32_t flags = 0;  ///< trace::vm
  bool forked = false;      ///< its anon_vma came through fork

  friend bool operator==(const Vma&, const Vma&) = default;
};

/// Disjoint, non-empty areas by ascending address. Lookups descend by end address: the first area
/// whose end is above an address either contains the address or is the next area above it.
///
/// Inner nodes have separators: the ends below child i are at most separator i, and the ends below
/// child i+1 are above it. Leaves are chained. Empty nodes are freed; there is no other
/// rebalancing.
class VmaIndex {
 public:
  /// A position: an area, or the end. `insert` and `erase` invalidate all positions.
  struct Cursor {
    std::uint32_t leaf = none;
    std::uint32_t slot = 0;

    explicit operator bool() const { return leaf != none; }
    friend bool operator==(const Cursor&, const Cursor&) = default;
  };

  VmaIndex() { clear(); }

  void clear();
  std::uint32_t size() const { return size_; }

  /// The first area with `end > address`.
  Cursor find(std::uint64_t address) const {
    std::uint32_t node = root_;
    for (unsigned height = height_; height > 0; --height) {
      const Inner& inner = inners_[node];
      node = inner.children[positionAbove(inner.separators, inner.count - 1, address)];
    }
    const Leaf& leaf = leaves_[node];
    const unsigned slot = positionAbove(leaf.ends, leaf.count, address);
    if (slot < leaf.count) return {node, slot};
    return firstOf(leaf.next);
  }
  Cursor first() const { return firstOf(head_); }
  Cursor last() const { return lastOf(tail_); }
  /// The area above. `c` must be an area.
  Cursor next(Cursor c) const {
    checkArea(c);
    const Leaf& leaf = leaves_[c.leaf];
    return c.slot + 1 < leaf.count ? Cursor{c.leaf, c.slot + 1} : firstOf(leaf.next);
  }
  /// The area below. Below the end is the last area.
  Cursor previous(Cursor c) const {
    if (!c) return last();
    checkArea(c);
    return c.slot > 0 ? Cursor{c.leaf, c.slot - 1} : lastOf(leaves_[c.leaf].previous);
  }

  /// The area at `c`, which must be one. Only `setEnd` may change `end`.
  Vma& at(Cursor c) {
    GROWSDOWN_CHECK(c);
    return leaves_[c.leaf].areas[c.slot];
  }
  const Vma& at(Cursor c) const {
    GROWSDOWN_CHECK(c);
    return leaves_[c.leaf].areas[c.slot];
  }

  /// The area must not be empty and must not overlap another.
  void insert(const Vma& area);
  void erase(Cursor c);
  /// Moves the end of an area, which must not become empty or overlap another.
  void setEnd(Cursor c, std::uint64_t end);

  /// Whether the structure is sound. Slow; for tests.
  bool verify() const;
  unsigned height() const { return height_; }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  static constexpr unsigned fanout = 16;

  struct Leaf {
    std::uint64_t ends[fanout];
    std::uint32_t count;
    std::uint32_t parent;
    std::uint32_t next;
    std::uint32_t previous;
    Vma areas[fanout];
  };
  struct Inner {
    std::uint64_t separators[fanout]; ///< one between each two children
    std::uint32_t children[fanout];
    std::uint32_t count;
    std::uint32_t parent;
  };
  /// The separator above child `child` of inner node `node`.
  struct Boundary {
    std::uint32_t node = none;
    unsigned child = 0;
  };

  void checkArea(Cursor c) const { GROWSDOWN_CHECK(c && c.slot < leaves_[c.leaf].count); }
  Cursor firstOf(std::uint32_t leaf) const { return {leaf, 0}; }
  Cursor lastOf(std::uint32_t leaf) const {
    return leaf == none ? Cursor{} : Cursor{leaf, leaves_[leaf].count - 1};
  }
  std::uint32_t takeLeaf();
  std::uint32_t takeInner();
  unsigned childIndex(std::uint32_t inner, std::uint32_t child) const;
  Boundary boundaryAbove(std::uint32_t leaf) const;
  Boundary boundaryBelow(std::uint32_t leaf) const;
  void splitLeaf(std::uint32_t leaf);
  void attach(std::uint32_t left, std::uint64_t separator, std::uint32_t right, unsigned height);
  void detach(std::uint32_t parent, std::uint32_t child, unsigned height);
  void setParent(std::uint32_t node, unsigned height, std::uint32_t parent);
  bool verifyNode(std::uint32_t node, unsigned height, std::uint32_t parent, std::uint64_t& low,
                  std::uint64_t high, std::uint32_t& leaves) const;

  std::vector<Leaf> leaves_;
  std::vector<Inner> inners_;
  std::vector<std::uint32_t> freeLeaves_;
  std::vector<std::uint32_t> freeInners_;
  std::uint32_t usedLeaves_ = 0;
  std::uint32_t usedInners_ = 0;
  std::uint32_t root_ = 0; ///< a leaf if height_ is 0
  unsigned height_ = 0;
  std::uint32_t head_ = none; ///< first and last leaf, or none
  std::uint32_t tail_ = none;
  std::uint32_t size_ = 0;
};

} // namespace growsdown::reference
