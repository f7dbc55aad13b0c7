// The areas (VMAs) of an address space in address order: a B+ tree of wide nodes.
#pragma once

#include "reference/index_node.h"
#include "reference/index_pool.h"
#include "reference/index_search.h"
#include "reference/touched.h"
#include "trace/check.h"

#include <cstddef>
#include <cstdint>

namespace growsdown::reference {

/// Disjoint, non-empty areas by ascending address. Lookups descend by end address: the first area
/// whose end is above an address either contains the address or is the next area above it.
///
/// The nodes are described in index_node.h, and docs/reference.md has the reasons for their form.
/// Leaves are chained. Nodes less than a quarter full are merged with a neighbour.
class VmaIndex {
 public:
  /// A position: an area, or the end. `insert` and `erase` invalidate all positions.
  struct Cursor {
    index::Leaf* leaf = nullptr;
    std::size_t slot = 0;

    explicit operator bool() const { return leaf != nullptr; }
    friend bool operator==(const Cursor&, const Cursor&) = default;
  };

  /// `search` is one of index::searches(); by default the fastest.
  explicit VmaIndex(const index::Search& search = index::searches().front());
  VmaIndex(const VmaIndex&) = delete;
  /// Takes on the areas of another index. Reuses the memory of this one.
  VmaIndex& operator=(const VmaIndex& other);

  /// Removes all areas and keeps their memory. A search for a gap leaves `guard` bytes free below
  /// each area with VM_GROWSDOWN.
  void clear(std::uint64_t guard = 0);
  std::uint64_t guard() const { return guard_; }
  std::uint32_t size() const { return size_; }

  /// The first area with `end > address`.
  Cursor find(std::uint64_t address) const {
    if (address == index::unusedSeparator) [[unlikely]]
      return {}; // no area ends above it
    const index::Found found = find_(root_, height_, address);
    if (found.slot < found.leaf->count) return {found.leaf, found.slot};
    return firstOf(found.leaf->next);
  }
  Cursor first() const { return firstOf(size_ == 0 ? nullptr : head_); }
  Cursor last() const { return lastOf(size_ == 0 ? nullptr : tail_); }
  /// The area above. `c` must be an area.
  Cursor next(Cursor c) const {
    checkArea(c);
    return c.slot + 1 < c.leaf->count ? Cursor{c.leaf, c.slot + 1} : firstOf(c.leaf->next);
  }
  /// The area below. Below the end is the last area.
  Cursor previous(Cursor c) const {
    if (!c) return last();
    checkArea(c);
    return c.slot > 0 ? Cursor{c.leaf, c.slot - 1} : lastOf(c.leaf->previous);
  }

  /// The area at `c`, which must be one.
  const Vma& at(Cursor c) const {
    checkArea(c);
    return c.leaf->area(static_cast<unsigned>(c.slot));
  }
  /// The same, to change it, though not its end. Its start must stay above the area below. The
  /// reference must not be used after the next search for a gap.
  Vma& change(Cursor c) {
    checkArea(c);
    if (!c.leaf->gapUnknown) forgetGap(c.leaf);
    Vma& area = c.leaf->area(static_cast<unsigned>(c.slot));
    touched_.add(area.start, area.end);
    return area;
  }

  /// Where areas changed, came or went since `forgetTouched`, except that an area there may have been
  /// extended downwards.
  const Touched& touched() const { return touched_; }
  void forgetTouched() { touched_ = {}; }

  /// The area must not be empty and must not overlap another. Its end is a multiple of 4096.
  void insert(const Vma& area);
  void erase(Cursor c) { eraseSlots(c, 1); }
  /// Erases the areas that have bytes from `start` to `end`.
  void eraseRange(std::uint64_t start, std::uint64_t end);
  /// Moves the end of an area, which must not become empty or overlap another. Invalidates all
  /// positions.
  void setEnd(Cursor c, std::uint64_t end);

  /// The end of the room below an area that a search for a gap may use: the area's start, or
  /// `guard` bytes below it.
  std::uint64_t roomBelow(const Vma& area) const;
  /// The highest area at or below `from`, or the lowest one at or above `from`, with a gap of at
  /// least `length` bytes. The gap of an area is the room below it down to the end of the area
  /// below, or to address 0. `from` must be an area. Takes O(log n) steps, and a few for each node
  /// that has changed since the last search.
  Cursor gapDown(Cursor from, std::uint64_t length) const { return gap(from, length, false); }
  Cursor gapUp(Cursor from, std::uint64_t length) const { return gap(from, length, true); }

  /// Whether the structure is sound. Slow; for tests.
  bool verify() const;
  unsigned height() const { return height_; }
  std::size_t bytes() const { return sizeof(*this) + leaves_.bytes() + inners_.bytes(); }

 private:
  using Leaf = index::Leaf;
  using Inner = index::Inner;
  using Path = index::Path;

  static void checkArea(Cursor c) { GROWSDOWN_CHECK(c && c.slot < c.leaf->count); }
  static Cursor firstOf(Leaf* leaf) { return {leaf, 0}; }
  static Cursor lastOf(Leaf* leaf) {
    return leaf == nullptr ? Cursor{} : Cursor{leaf, leaf->count - std::size_t{1}};
  }
  index::Found pathTo(std::uint64_t end, Path& path) const {
    return search_->path(root_, height_, end - 1, path);
  }
  Leaf* takeLeaf();
  Inner* takeInner();
  void forgetGap(Leaf* leaf) const;
  void forgetGap(Leaf* leaf, const Path& path) const;
  void eraseSlots(Cursor c, unsigned count);
  void makeRoom(Path& path, Leaf* leaf, unsigned slot, std::uint64_t end);
  void splitLeaf(Path& path, Leaf* leaf, unsigned kept, std::uint64_t end);
  Leaf* neighbour(const Path& path, bool above, unsigned most) const;
  void addChild(Path& path, unsigned level, std::uint64_t separator, void* right);
  void removeChild(Path& path, unsigned level, unsigned child);
  void shrinkLeaf(Path& path, Leaf* leaf);
  void shrinkInner(Path& path, unsigned level);
  void moveSeparators(const Path& path, bool isFirst, bool isLast, std::uint64_t end);

  // index_gaps.cpp
  std::uint64_t gapOf(const Leaf& leaf, unsigned slot) const;
  Cursor gap(Cursor from, std::uint64_t length, bool up) const;
  Cursor gapInLeaf(Cursor from, std::uint64_t length, bool up, std::uint64_t& largest) const;
  Cursor gapInSubtree(void* node, unsigned height, std::uint64_t length, bool up,
                      std::uint64_t& largest) const;

  // index_verify.cpp
  struct Verification;
  bool verifyLeaf(const Leaf& leaf, Verification& seen) const;
  bool verifyNode(void* node, unsigned height, std::uint64_t high, Verification& seen) const;

  void* root_ = nullptr; ///< a leaf if height_ is 0
  unsigned height_ = 0;
  std::uint32_t size_ = 0;
  index::Found (*find_)(void*, unsigned, std::uint64_t);
  const index::Search* search_;
  std::uint64_t guard_ = 0;
  Leaf* head_ = nullptr; ///< first and last leaf
  Leaf* tail_ = nullptr;
  index::Pool<Leaf> leaves_;
  index::Pool<Inner> inners_;
  Touched touched_;
};

} // namespace growsdown::reference
