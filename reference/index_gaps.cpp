// The search for a gap in the area index. A node has the largest gap below each child, or
// unknownGap: a search corrects what it finds unknown, and a change makes a path unknown.
#include "reference/vma_index.h"
#include "trace/state.h"

#include <algorithm>

namespace growsdown::reference {

std::uint64_t VmaIndex::roomBelow(const Vma& area) const {
  if ((area.flags & trace::vm::growsdown) == 0) return area.start;
  return area.start > guard_ ? area.start - guard_ : 0;
}

std::uint64_t VmaIndex::gapOf(const Leaf& leaf, unsigned slot) const {
  std::uint64_t below = 0;
  if (slot > 0)
    below = leaf.end(slot - 1);
  else if (leaf.previous != nullptr)
    below = leaf.previous->lastEnd();
  const std::uint64_t room = roomBelow(leaf.area(slot));
  return room > below ? room - below : 0;
}

// The first area from `from` on to the end of its leaf. `largest` becomes the largest gap seen.
VmaIndex::Cursor VmaIndex::gapInLeaf(Cursor from, std::uint64_t length, bool up,
                                     std::uint64_t& largest) const {
  const Leaf& leaf = *from.leaf;
  const std::size_t areas = up ? leaf.count - from.slot : from.slot + 1;
  for (std::size_t i = 0; i < areas; ++i) {
    const std::size_t slot = up ? from.slot + i : from.slot - i;
    const std::uint64_t gap = gapOf(leaf, static_cast<unsigned>(slot));
    if (gap >= length) return {from.leaf, slot};
    largest = std::max(largest, gap);
  }
  return {};
}

// Without such a gap, `largest` becomes the largest gap of the subtree, and all its gaps are known.
VmaIndex::Cursor VmaIndex::gapInSubtree(void* node, unsigned height, std::uint64_t length, bool up,
                                        std::uint64_t& largest) const {
  if (height == 0) {
    Leaf* leaf = static_cast<Leaf*>(node);
    const Cursor found = gapInLeaf(up ? firstOf(leaf) : lastOf(leaf), length, up, largest);
    if (!found) leaf->gapUnknown = false;
    return found;
  }
  Inner& inner = *static_cast<Inner*>(node);
  for (unsigned i = 0; i < inner.count; ++i) {
    const unsigned child = up ? i : inner.count - 1 - i;
    if (inner.gaps[child] >= length) {
      std::uint64_t below = 0;
      if (const Cursor c = gapInSubtree(inner.children[child], height - 1, length, up, below))
        return c;
      inner.gaps[child] = below;
    }
    largest = std::max(largest, inner.gaps[child]);
  }
  return {};
}

VmaIndex::Cursor VmaIndex::gap(Cursor from, std::uint64_t length, bool up) const {
  checkArea(from);
  std::uint64_t largest = 0;
  if (const Cursor c = gapInLeaf(from, length, up, largest)) return c;
  Path path;
  pathTo(from.leaf->end(0), path);
  for (unsigned level = 0; level < height_; ++level) {
    Inner& inner = *path.nodes[level];
    // Counts down from below the path, or up to the last child.
    for (unsigned child = path.children[level]; up ? ++child < inner.count : child-- > 0;) {
      if (inner.gaps[child] < length) continue;
      largest = 0;
      if (const Cursor c = gapInSubtree(inner.children[child], level, length, up, largest))
        return c;
      inner.gaps[child] = largest;
    }
  }
  return {};
}

} // namespace growsdown::reference
