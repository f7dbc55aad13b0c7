// The areas (VMAs) of an address space in address order: a B+ tree with small sorted arrays.
#pragma once

#include <cstdint>
#include <vector>

namespace growsdown::reference {

/// How many of the `count` ascending keys are at most `key`: the position of the first key above
/// it. Halves without branches on the keys. A template over the key, whose `<=` may yield anything
/// that converts to bool: the proofs run this text over symbolic words.
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

/// An area. Addresses in bytes, page-aligned; `end` is exclusive.
struct Vma {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t pgoff = 0;  ///< pages
  std::uint64_t anon = 0;   ///< identity of its anon_vma; 0: none
  std::uint32_t object = 0; ///< slot of its shared object, from 1; 0: none
  std::uint32_t flags = 0;  ///< trace::vm
  bool forked = false;      ///< its anon_vma came through fork

  friend bool operator==(const Vma&, const Vma&) = default;
};

/// Disjoint, non-empty areas by ascending address. Lookups descend by end address: the area that
/// holds an address, or else the next above it, is the first whose end lies above the address.
///
/// Inner nodes hold separators: every end below child i is at most separator i, every end below
/// child i+1 is above it. Leaves are chained. Nodes that become empty are freed; nodes are not
/// otherwise rebalanced.
class VmaIndex {
 public:
  /// A position: an area, or the end. Invalid after `insert` and `erase`.
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
  Cursor next(Cursor c) const {
    const Leaf& leaf = leaves_[c.leaf];
    return c.slot + 1 < leaf.count ? Cursor{c.leaf, c.slot + 1} : firstOf(leaf.next);
  }
  /// The area below; of the end: the last area.
  Cursor previous(Cursor c) const {
    if (!c) return last();
    return c.slot > 0 ? Cursor{c.leaf, c.slot - 1} : lastOf(leaves_[c.leaf].previous);
  }

  /// An area's content. `end` must not be changed but by `setEnd`.
  Vma& at(Cursor c) { return leaves_[c.leaf].areas[c.slot]; }
  const Vma& at(Cursor c) const { return leaves_[c.leaf].areas[c.slot]; }

  /// The area must not overlap any other.
  void insert(const Vma& area);
  void erase(Cursor c);
  /// Moves an area's end; it must stay disjoint from the others and not become empty.
  void setEnd(Cursor c, std::uint64_t end);

  /// Whether the structure is sound. For tests; slow.
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
    std::uint64_t separators[fanout]; ///< between children: count - 1 of them
    std::uint32_t children[fanout];
    std::uint32_t count;
    std::uint32_t parent;
  };
  /// A separator: of inner node `node`, above child `child`.
  struct Boundary {
    std::uint32_t node = none;
    unsigned child = 0;
  };

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
  std::uint32_t head_ = none; ///< first and last leaf; none if there is no area
  std::uint32_t tail_ = none;
  std::uint32_t size_ = 0;
};

} // namespace growsdown::reference
