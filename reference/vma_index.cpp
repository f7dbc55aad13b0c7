#include "reference/vma_index.h"

#include <algorithm>

namespace growsdown::reference {

void VmaIndex::clear() {
  freeLeaves_.clear();
  freeInners_.clear();
  usedLeaves_ = 0;
  usedInners_ = 0;
  root_ = takeLeaf();
  height_ = 0;
  head_ = tail_ = none;
  size_ = 0;
}

std::uint32_t VmaIndex::takeLeaf() {
  std::uint32_t leaf;
  if (!freeLeaves_.empty()) {
    leaf = freeLeaves_.back();
    freeLeaves_.pop_back();
  } else {
    leaf = usedLeaves_++;
    if (leaf == leaves_.size()) leaves_.emplace_back();
  }
  Leaf& made = leaves_[leaf];
  made.count = 0;
  made.parent = made.next = made.previous = none;
  return leaf;
}

std::uint32_t VmaIndex::takeInner() {
  std::uint32_t inner;
  if (!freeInners_.empty()) {
    inner = freeInners_.back();
    freeInners_.pop_back();
  } else {
    inner = usedInners_++;
    if (inner == inners_.size()) inners_.emplace_back();
  }
  inners_[inner].count = 0;
  inners_[inner].parent = none;
  return inner;
}

unsigned VmaIndex::childIndex(std::uint32_t inner, std::uint32_t child) const {
  const Inner& node = inners_[inner];
  unsigned index = 0;
  while (node.children[index] != child)
    ++index;
  return index;
}

void VmaIndex::setParent(std::uint32_t node, unsigned height, std::uint32_t parent) {
  (height == 0 ? leaves_[node].parent : inners_[node].parent) = parent;
}

VmaIndex::Boundary VmaIndex::boundaryAbove(std::uint32_t leaf) const {
  std::uint32_t child = leaf;
  for (std::uint32_t node = leaves_[leaf].parent; node != none; node = inners_[node].parent) {
    const unsigned index = childIndex(node, child);
    if (index + 1 < inners_[node].count) return {node, index};
    child = node;
  }
  return {};
}

VmaIndex::Boundary VmaIndex::boundaryBelow(std::uint32_t leaf) const {
  std::uint32_t child = leaf;
  for (std::uint32_t node = leaves_[leaf].parent; node != none; node = inners_[node].parent) {
    const unsigned index = childIndex(node, child);
    if (index > 0) return {node, index - 1};
    child = node;
  }
  return {};
}

void VmaIndex::insert(const Vma& area) {
  GROWSDOWN_CHECK(area.start < area.end);
  const std::uint64_t key = area.end;
  std::uint32_t node = root_;
  // An end equal to a separator belongs below it.
  for (unsigned height = height_; height > 0; --height) {
    const Inner& inner = inners_[node];
    node = inner.children[positionAbove(inner.separators, inner.count - 1, key - 1)];
  }
  if (leaves_[node].count == fanout) {
    splitLeaf(node);
    if (key > leaves_[node].ends[leaves_[node].count - 1]) {
      // The separator is the last end of the left half: a higher end belongs to the right half.
      node = leaves_[node].next;
    }
  }
  Leaf& leaf = leaves_[node];
  const unsigned slot = positionAbove(leaf.ends, leaf.count, key);
  GROWSDOWN_CHECK(slot == 0 || leaf.areas[slot - 1].end <= area.start);
  GROWSDOWN_CHECK(slot == leaf.count || leaf.areas[slot].start >= area.end);
  std::copy_backward(leaf.ends + slot, leaf.ends + leaf.count, leaf.ends + leaf.count + 1);
  std::copy_backward(leaf.areas + slot, leaf.areas + leaf.count, leaf.areas + leaf.count + 1);
  leaf.ends[slot] = key;
  leaf.areas[slot] = area;
  ++leaf.count;
  if (size_++ == 0) head_ = tail_ = node;
}

void VmaIndex::splitLeaf(std::uint32_t left) {
  const std::uint32_t right = takeLeaf();
  Leaf& from = leaves_[left];
  Leaf& to = leaves_[right];
  constexpr unsigned half = fanout / 2;
  std::copy(from.ends + half, from.ends + fanout, to.ends);
  std::copy(from.areas + half, from.areas + fanout, to.areas);
  to.count = fanout - half;
  from.count = half;
  to.previous = left;
  to.next = from.next;
  (from.next == none ? tail_ : leaves_[from.next].previous) = right;
  from.next = right;
  attach(left, from.ends[half - 1], right, 0);
}

// Makes `right`, a node at `height`, the right neighbour of `left`.
void VmaIndex::attach(std::uint32_t left, std::uint64_t separator, std::uint32_t right,
                      unsigned height) {
  std::uint32_t parent = height == 0 ? leaves_[left].parent : inners_[left].parent;
  if (parent == none) {
    parent = takeInner();
    inners_[parent].children[0] = left;
    inners_[parent].count = 1;
    setParent(left, height, parent);
    root_ = parent;
    height_ = height + 1;
  }
  if (inners_[parent].count == fanout) {
    const std::uint32_t sibling = takeInner();
    Inner& from = inners_[parent];
    Inner& to = inners_[sibling];
    constexpr unsigned half = fanout / 2;
    std::copy(from.children + half, from.children + fanout, to.children);
    std::copy(from.separators + half, from.separators + fanout - 1, to.separators);
    to.count = fanout - half;
    from.count = half;
    for (unsigned i = 0; i < to.count; ++i)
      setParent(to.children[i], height, sibling);
    attach(parent, from.separators[half - 1], sibling, height + 1);
    parent = height == 0 ? leaves_[left].parent : inners_[left].parent;
  }
  Inner& node = inners_[parent];
  const unsigned index = childIndex(parent, left);
  std::copy_backward(node.children + index + 1, node.children + node.count,
                     node.children + node.count + 1);
  std::copy_backward(node.separators + index, node.separators + node.count - 1,
                     node.separators + node.count);
  node.children[index + 1] = right;
  node.separators[index] = separator;
  ++node.count;
  setParent(right, height, parent);
}

void VmaIndex::erase(Cursor c) {
  checkArea(c);
  Leaf& leaf = leaves_[c.leaf];
  std::copy(leaf.ends + c.slot + 1, leaf.ends + leaf.count, leaf.ends + c.slot);
  std::copy(leaf.areas + c.slot + 1, leaf.areas + leaf.count, leaf.areas + c.slot);
  --leaf.count;
  --size_;
  if (leaf.count > 0) return;
  (leaf.previous == none ? head_ : leaves_[leaf.previous].next) = leaf.next;
  (leaf.next == none ? tail_ : leaves_[leaf.next].previous) = leaf.previous;
  if (height_ == 0) return; // the root may be empty
  freeLeaves_.push_back(c.leaf);
  detach(leaf.parent, c.leaf, 1);
}

// Takes `child` out of `parent`, a node at `height`.
void VmaIndex::detach(std::uint32_t parent, std::uint32_t child, unsigned height) {
  Inner& node = inners_[parent];
  if (node.count == 1) {
    // The node is not the root: a root with one child is removed below.
    freeInners_.push_back(parent);
    detach(node.parent, parent, height + 1);
    return;
  }
  const unsigned index = childIndex(parent, child);
  std::copy(node.children + index + 1, node.children + node.count, node.children + index);
  const unsigned separator = index == 0 ? 0 : index - 1;
  std::copy(node.separators + separator + 1, node.separators + node.count - 1,
            node.separators + separator);
  --node.count;
  while (height_ > 0 && inners_[root_].count == 1) {
    freeInners_.push_back(root_);
    root_ = inners_[root_].children[0];
    --height_;
    setParent(root_, height_, none);
  }
}

void VmaIndex::setEnd(Cursor c, std::uint64_t end) {
  checkArea(c);
  Leaf& leaf = leaves_[c.leaf];
  GROWSDOWN_CHECK(leaf.areas[c.slot].start < end);
  GROWSDOWN_CHECK(c.slot + 1 == leaf.count || end <= leaf.areas[c.slot + 1].start);
  leaf.ends[c.slot] = end;
  leaf.areas[c.slot].end = end;
  if (c.slot + 1 == leaf.count) {
    const Boundary above = boundaryAbove(c.leaf);
    if (above.node != none && inners_[above.node].separators[above.child] < end)
      inners_[above.node].separators[above.child] = end;
  }
  if (c.slot == 0) {
    const Boundary below = boundaryBelow(c.leaf);
    if (below.node != none && inners_[below.node].separators[below.child] >= end)
      inners_[below.node].separators[below.child] = end - 1;
  }
}

// Ends below `node` must be in (low, high]. Sets `low` to the highest of them.
bool VmaIndex::verifyNode(std::uint32_t node, unsigned height, std::uint32_t parent,
                          std::uint64_t& low, std::uint64_t high, std::uint32_t& leaves) const {
  if (height == 0) {
    const Leaf& leaf = leaves_[node];
    ++leaves;
    if (leaf.parent != parent || leaf.count == 0 || leaf.count > fanout) return false;
    for (unsigned i = 0; i < leaf.count; ++i) {
      const Vma& area = leaf.areas[i];
      if (leaf.ends[i] != area.end || area.end <= low || area.end > high) return false;
      low = area.end;
    }
    return true;
  }
  const Inner& inner = inners_[node];
  if (inner.parent != parent || inner.count == 0 || inner.count > fanout) return false;
  if (parent == none && inner.count == 1) return false;
  for (unsigned i = 0; i < inner.count; ++i) {
    const std::uint64_t bound = i + 1 < inner.count ? inner.separators[i] : high;
    if (bound > high || !verifyNode(inner.children[i], height - 1, node, low, bound, leaves))
      return false;
    low = bound; // the next child's ends are above the separator
  }
  return true;
}

bool VmaIndex::verify() const {
  if (size_ == 0)
    return height_ == 0 && leaves_[root_].count == 0 && head_ == none && tail_ == none;
  std::uint64_t low = 0;
  std::uint32_t leaves = 0;
  if (!verifyNode(root_, height_, none, low, ~std::uint64_t{0}, leaves)) return false;
  if (leaves != usedLeaves_ - freeLeaves_.size()) return false;
  std::uint32_t count = 0;
  std::uint64_t end = 0;
  Cursor before;
  for (Cursor c = first(); c; c = next(c)) {
    const Vma& area = at(c);
    if (area.start < end || area.start >= area.end) return false;
    if (previous(c) != before && count > 0) return false;
    before = c;
    end = area.end;
    ++count;
  }
  return count == size_ && last() == before;
}

} // namespace growsdown::reference
