// What must always be true of the area index.
#include "reference/vma_index.h"

#include <algorithm>

namespace growsdown::reference {

using index::unknownGap;

/// What was seen so far of a walk in address order.
struct VmaIndex::Verification {
  std::uint64_t low = 0;      ///< the next end must be above it
  std::uint64_t end = 0;      ///< of the last area
  const Leaf* leaf = nullptr; ///< the last one
  std::size_t leaves = 0;
  std::size_t inners = 0;
  std::uint32_t areas = 0;
  std::uint64_t largestGap = 0; ///< below the node that was walked last
  bool gapsKnown = true;        ///< of all leaves below that node
};

bool VmaIndex::verifyLeaf(const Leaf& leaf, Verification& seen) const {
  if (leaf.previous != seen.leaf || (seen.leaf == nullptr ? head_ : seen.leaf->next) != &leaf)
    return false;
  seen.leaf = &leaf;
  ++seen.leaves;
  seen.areas += leaf.count;
  seen.largestGap = 0;
  seen.gapsKnown = !leaf.gapUnknown;
  std::uint64_t places = 0;
  for (unsigned i = 0; i < index::leafAreas; ++i) {
    places |= std::uint64_t{1} << leaf.place[i];
    if (i >= leaf.count) {
      if (leaf.keys[i] != index::unusedKey) return false;
      continue;
    }
    const Vma& area = leaf.area(i);
    if (leaf.keys[i] == 0 || leaf.keys[i] == index::unusedKey || leaf.end(i) != area.end)
      return false;
    if (area.start < seen.end || area.start >= area.end || area.end <= seen.low) return false;
    seen.end = seen.low = area.end;
    seen.largestGap = std::max(seen.largestGap, gapOf(leaf, i));
  }
  return leaf.count <= index::leafAreas && places == (std::uint64_t{1} << index::leafAreas) - 1;
}

// The ends below `node` must be above seen.low and at most `high`.
bool VmaIndex::verifyNode(void* node, unsigned height, std::uint64_t high,
                          Verification& seen) const {
  if (height == 0) {
    const Leaf& leaf = *static_cast<const Leaf*>(node);
    return verifyLeaf(leaf, seen) && (leaf.count > 0 || height_ == 0) && seen.low <= high;
  }
  const Inner& inner = *static_cast<const Inner*>(node);
  ++seen.inners;
  if (inner.count == 0 || inner.count > index::fanout) return false;
  if (node == root_ && inner.count == 1) return false;
  std::uint64_t largest = 0;
  bool known = true;
  for (unsigned i = 0; i < inner.count; ++i) {
    const bool last = i + 1 == inner.count;
    const std::uint64_t bound = last ? high : inner.separators[i];
    if (bound > high || !verifyNode(inner.children[i], height - 1, bound, seen)) return false;
    // A known gap is right, and below it everything is known.
    if (inner.gaps[i] != unknownGap && (!seen.gapsKnown || inner.gaps[i] != seen.largestGap))
      return false;
    if (height == 1 && inner.gaps[i] == unknownGap && seen.gapsKnown) return false;
    known = known && inner.gaps[i] != unknownGap;
    largest = std::max(largest, seen.largestGap);
    if (!last) seen.low = bound; // the next child's ends are above the separator
  }
  for (unsigned i = inner.count - 1; i < index::fanout; ++i)
    if (inner.separators[i] != index::unusedSeparator) return false;
  seen.largestGap = largest;
  seen.gapsKnown = known;
  return true;
}

bool VmaIndex::verify() const {
  Verification seen;
  return verifyNode(root_, height_, ~std::uint64_t{0}, seen) && seen.leaf == tail_ &&
         tail_->next == nullptr && seen.areas == size_ && seen.leaves == leaves_.inUse() &&
         seen.inners == inners_.inUse();
}

} // namespace growsdown::reference
