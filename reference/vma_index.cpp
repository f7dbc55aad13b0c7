#include "reference/vma_index.h"

#include <algorithm>

namespace growsdown::reference {

using index::fanout;
using index::leafAreas;
using index::unknownGap;
using index::unusedKey;
using index::unusedSeparator;

namespace {

// Puts `value` at `at` of `count` values.
template <class T>
void insertAt(T* values, unsigned count, unsigned at, T value) {
  std::copy_backward(values + at, values + count, values + count + 1);
  values[at] = value;
}
template <class T>
void eraseAt(T* values, unsigned count, unsigned at) {
  std::copy(values + at + 1, values + count, values + at);
}

// --- leaves

// A leaf is merged if it has fewer areas than `few`, and takes areas up to `crowded`.
constexpr unsigned few = leafAreas / 4;
constexpr unsigned crowded = leafAreas * 3 / 4;

// Whether one leaf may have ends from `low` to `high`.
bool fits(std::uint64_t low, std::uint64_t high) {
  return high - low <= index::mostSpan;
}
bool reaches(const index::Leaf& leaf, std::uint64_t end) {
  return leaf.count == 0 || fits(std::min(leaf.end(0), end), std::max(leaf.lastEnd(), end));
}

void setBase(index::Leaf& leaf, std::uint64_t base) {
  const auto down = static_cast<std::uint32_t>((leaf.base - base) >> index::unitShift); // may wrap
  for (unsigned i = 0; i < leaf.count; ++i)
    leaf.keys[i] += down;
  leaf.base = base;
}

// Chooses the base so that the leaf may also have ends from `low` to `high`. It leaves room on both
// sides, so that the base seldom changes.
void makeReach(index::Leaf& leaf, std::uint64_t low, std::uint64_t high) {
  if (low > leaf.base && high - leaf.base <= index::mostSpan) return;
  if (leaf.count > 0) {
    low = std::min(low, leaf.end(0));
    high = std::max(high, leaf.lastEnd());
  }
  const std::uint64_t room = (index::mostSpan - (high - low)) / 2 & ~(index::unit - 1);
  const std::uint64_t below = low - index::unit;
  setBase(leaf, below > room ? below - room : 0);
}
std::uint32_t keyOf(const index::Leaf& leaf, std::uint64_t end) {
  return static_cast<std::uint32_t>((end - leaf.base) >> index::unitShift);
}

// Moves areas from one end of a leaf to the other end of its neighbour.
void moveUp(index::Leaf& from, index::Leaf& to, unsigned areas) {
  if (areas == 0) return;
  makeReach(to, from.end(from.count - areas), from.lastEnd());
  std::copy_backward(to.keys, to.keys + to.count, to.keys + to.count + areas);
  std::rotate(to.place, to.place + to.count, to.place + to.count + areas);
  from.count -= areas;
  to.count += areas;
  for (unsigned i = 0; i < areas; ++i) {
    to.keys[i] = keyOf(to, from.end(from.count + i));
    to.area(i) = from.area(from.count + i);
    from.keys[from.count + i] = unusedKey;
  }
}
void moveDown(index::Leaf& from, index::Leaf& to, unsigned areas) {
  if (areas == 0) return;
  makeReach(to, from.end(0), from.end(areas - 1));
  for (unsigned i = 0; i < areas; ++i) {
    to.keys[to.count + i] = keyOf(to, from.end(i));
    to.area(to.count + i) = from.area(i);
  }
  std::rotate(from.place, from.place + areas, from.place + from.count);
  std::copy(from.keys + areas, from.keys + from.count, from.keys);
  to.count += areas;
  from.count -= areas;
  std::fill_n(from.keys + from.count, areas, unusedKey);
}

} // namespace

VmaIndex::VmaIndex(const index::Search& search) : find_(search.find), search_(&search) {
  clear();
}

VmaIndex& VmaIndex::operator=(const VmaIndex& other) {
  if (this == &other) return *this;
  clear(other.guard_);
  for (Cursor c = other.first(); c; c = other.next(c))
    insert(other.at(c));
  touched_ = other.touched_;
  return *this;
}

void VmaIndex::clear(std::uint64_t guard) {
  leaves_.clear();
  inners_.clear();
  root_ = head_ = tail_ = takeLeaf();
  height_ = 0;
  size_ = 0;
  guard_ = guard;
}

index::Leaf* VmaIndex::takeLeaf() {
  Leaf* leaf = leaves_.take();
  std::fill_n(leaf->keys, leafAreas, unusedKey);
  for (unsigned i = 0; i < leafAreas; ++i)
    leaf->place[i] = static_cast<std::uint8_t>(i);
  leaf->base = 0;
  leaf->count = 0;
  leaf->gapUnknown = true;
  leaf->next = leaf->previous = nullptr;
  return leaf;
}

index::Inner* VmaIndex::takeInner() {
  Inner* inner = inners_.take();
  std::fill_n(inner->separators, fanout, unusedSeparator);
  std::fill_n(inner->gaps, fanout, unknownGap);
  inner->count = 0;
  return inner;
}

// What a leaf's largest gap was is no longer known.
void VmaIndex::forgetGap(Leaf* leaf) const {
  Path path;
  pathTo(leaf->end(0), path);
  forgetGap(leaf, path);
}
void VmaIndex::forgetGap(Leaf* leaf, const Path& path) const {
  leaf->gapUnknown = true;
  for (unsigned level = 0; level < height_; ++level)
    path.nodes[level]->gaps[path.children[level]] = unknownGap;
}

void VmaIndex::insert(const Vma& area) {
  touched_.add(area.start, area.end);
  GROWSDOWN_CHECK(area.start < area.end);
  GROWSDOWN_CHECK((area.end & (index::unit - 1)) == 0);
  Path path;
  index::Found at = pathTo(area.end, path);
  if (at.leaf->count == leafAreas || !reaches(*at.leaf, area.end)) [[unlikely]] {
    makeRoom(path, at.leaf, static_cast<unsigned>(at.slot), area.end);
    at = pathTo(area.end, path);
  }
  Leaf& leaf = *at.leaf;
  const unsigned slot = static_cast<unsigned>(at.slot);
  GROWSDOWN_CHECK(slot == 0 || leaf.end(slot - 1) <= area.start);
  GROWSDOWN_CHECK(slot == leaf.count || leaf.area(slot).start >= area.end);
  if (!leaf.gapUnknown) forgetGap(&leaf, path);
  if (slot == leaf.count && leaf.next != nullptr && !leaf.next->gapUnknown) forgetGap(leaf.next);
  makeReach(leaf, area.end, area.end);
  const std::uint8_t place = leaf.place[leaf.count];
  insertAt(leaf.keys, leaf.count, slot, keyOf(leaf, area.end));
  insertAt(leaf.place, leaf.count, slot, place);
  leaf.areas[place] = area;
  ++leaf.count;
  ++size_;
}

// The leaf beside the one of `path` with the same parent, if it has at most `most` areas.
index::Leaf* VmaIndex::neighbour(const Path& path, bool above, unsigned most) const {
  if (height_ == 0) return nullptr;
  const Inner& parent = *path.nodes[0];
  const unsigned child = path.children[0];
  if (above ? child + 1 == parent.count : child == 0) return nullptr;
  Leaf* leaf = static_cast<Leaf*>(parent.children[above ? child + 1 : child - 1]);
  return leaf->count <= most ? leaf : nullptr;
}

// Makes room for an area with this end, at `slot` of a leaf that is full or does not reach the end: a
// neighbour takes areas, or the leaf is split.
void VmaIndex::makeRoom(Path& path, Leaf* leaf, unsigned slot, std::uint64_t end) {
  if (!leaf->gapUnknown) forgetGap(leaf, path);
  if (leaf->next != nullptr && !leaf->next->gapUnknown) forgetGap(leaf->next);
  if (!reaches(*leaf, end)) return splitLeaf(path, leaf, slot, end);
  // Areas that come in ascending or in descending order fill each leaf.
  if (slot == leafAreas && leaf->next == nullptr) return splitLeaf(path, leaf, leafAreas, end);
  if (slot == 0 && leaf->previous == nullptr) return splitLeaf(path, leaf, 0, end);
  if (Leaf* above = neighbour(path, true, crowded)) {
    const unsigned areas = (leafAreas - above->count) / 2;
    if (fits(leaf->end(leaf->count - areas), above->lastEnd())) {
      moveUp(*leaf, *above, areas);
      path.nodes[0]->separators[path.children[0]] = leaf->lastEnd();
      return;
    }
  }
  if (Leaf* below = neighbour(path, false, crowded)) {
    const unsigned areas = (leafAreas - below->count) / 2;
    if (fits(below->end(0), leaf->end(areas - 1))) {
      if (!below->gapUnknown) forgetGap(below);
      moveDown(*leaf, *below, areas);
      path.nodes[0]->separators[path.children[0] - 1] = below->lastEnd();
      return;
    }
  }
  splitLeaf(path, leaf, leafAreas / 2, end);
}

// Moves the areas from the `kept`th on to a new leaf. One of the two may be empty; it is then the
// one for an area with this end.
void VmaIndex::splitLeaf(Path& path, Leaf* leaf, unsigned kept, std::uint64_t end) {
  Leaf* right = takeLeaf();
  moveUp(*leaf, *right, leaf->count - kept);
  right->next = leaf->next;
  right->previous = leaf;
  (leaf->next == nullptr ? tail_ : leaf->next->previous) = right;
  leaf->next = right;
  addChild(path, 0, kept == 0 ? end : leaf->lastEnd(), right);
}

// Makes `right` the right neighbour of the child of `path` at this level. No gap on the way to
// either is known.
void VmaIndex::addChild(Path& path, unsigned level, std::uint64_t separator, void* right) {
  if (level == height_) {
    GROWSDOWN_CHECK(height_ < index::mostLevels);
    Inner* root = takeInner();
    root->children[0] = root_;
    root->count = 1;
    root_ = root;
    ++height_;
    path.nodes[level] = root;
    path.children[level] = 0;
  }
  Inner* node = path.nodes[level];
  unsigned child = path.children[level];
  if (node->count == fanout) {
    Inner* upper = takeInner();
    constexpr unsigned half = fanout / 2;
    std::copy(node->children + half, node->children + fanout, upper->children);
    std::copy(node->gaps + half, node->gaps + fanout, upper->gaps);
    std::copy(node->separators + half, node->separators + fanout - 1, upper->separators);
    const std::uint64_t between = node->separators[half - 1];
    std::fill(node->separators + half - 1, node->separators + fanout, unusedSeparator);
    upper->count = fanout - half;
    node->count = half;
    addChild(path, level + 1, between, upper);
    if (child >= half) {
      node = upper;
      child -= half;
    }
  }
  insertAt(node->separators, node->count - 1, child, separator);
  insertAt(node->children, node->count, child + 1, right);
  insertAt(node->gaps, node->count, child + 1, unknownGap);
  ++node->count;
}

// Erases `count` areas of one leaf.
void VmaIndex::eraseSlots(Cursor c, unsigned count) {
  checkArea(c);
  Leaf& leaf = *c.leaf;
  const unsigned slot = static_cast<unsigned>(c.slot);
  touched_.add(leaf.area(slot).start, leaf.area(slot + count - 1).end);
  const unsigned kept = leaf.count - count;
  const bool merges = kept < few && height_ > 0;
  Path path;
  if (merges || !leaf.gapUnknown) pathTo(leaf.end(slot), path);
  if (!leaf.gapUnknown) forgetGap(&leaf, path);
  if (slot == kept && leaf.next != nullptr && !leaf.next->gapUnknown) forgetGap(leaf.next);
  std::copy(leaf.keys + slot + count, leaf.keys + leaf.count, leaf.keys + slot);
  std::rotate(leaf.place + slot, leaf.place + slot + count, leaf.place + leaf.count);
  std::fill_n(leaf.keys + kept, count, unusedKey);
  leaf.count = kept;
  size_ -= count;
  if (merges) shrinkLeaf(path, &leaf);
}

void VmaIndex::eraseRange(std::uint64_t start, std::uint64_t end) {
  while (const Cursor c = find(start)) {
    const unsigned slot = static_cast<unsigned>(c.slot);
    unsigned after = slot;
    while (after < c.leaf->count && c.leaf->area(after).start < end)
      ++after;
    if (after == slot) return;
    eraseSlots(c, after - slot);
  }
}

// Merges a leaf that has few areas with a neighbour. The gaps on its path are not known.
void VmaIndex::shrinkLeaf(Path& path, Leaf* leaf) {
  const auto unite = [&](const Leaf* l, const Leaf* r) {
    return l->count == 0 || r->count == 0 || fits(l->end(0), r->lastEnd());
  };
  Leaf* left = leaf;
  Leaf* right = neighbour(path, true, crowded - leaf->count);
  unsigned child = path.children[0] + 1;
  if (right == nullptr || !unite(left, right)) {
    right = leaf;
    left = neighbour(path, false, crowded - leaf->count);
    if (left != nullptr && !unite(left, right)) left = nullptr;
    --child;
  }
  // A leaf that cannot be merged stays, unless it is empty.
  if (left == nullptr && leaf->count > 0) return;
  if (left != nullptr) {
    if (!left->gapUnknown) {
      left->gapUnknown = true;
      path.nodes[0]->gaps[child - 1] = unknownGap;
    }
    moveDown(*right, *left, right->count);
  }
  (right->previous == nullptr ? head_ : right->previous->next) = right->next;
  (right->next == nullptr ? tail_ : right->next->previous) = right->previous;
  leaves_.give(right);
  removeChild(path, 0, child);
}

// Takes a child out of the node of `path` at this level, together with the separator below it.
void VmaIndex::removeChild(Path& path, unsigned level, unsigned child) {
  Inner& node = *path.nodes[level];
  eraseAt(node.children, node.count, child);
  eraseAt(node.gaps, node.count, child);
  if (node.count > 1) {
    eraseAt(node.separators, node.count - 1, child == 0 ? 0 : child - 1);
    node.separators[node.count - 2] = unusedSeparator;
  }
  --node.count;
  if (level + 1 == height_) {
    while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
      Inner* root = static_cast<Inner*>(root_);
      root_ = root->children[0];
      --height_;
      inners_.give(root);
    }
  } else if (node.count < fanout / 4) {
    shrinkInner(path, level);
  }
}

void VmaIndex::shrinkInner(Path& path, unsigned level) {
  Inner* node = path.nodes[level];
  Inner& parent = *path.nodes[level + 1];
  unsigned child = path.children[level + 1];
  if (node->count == 0) {
    inners_.give(node);
    removeChild(path, level + 1, child);
    return;
  }
  const auto fits = [&](unsigned other) {
    return static_cast<Inner*>(parent.children[other])->count + node->count <= fanout * 3 / 4;
  };
  if (child + 1 < parent.count && fits(child + 1))
    ++child;
  else if (child == 0 || !fits(child - 1))
    return;
  Inner* left = static_cast<Inner*>(parent.children[child - 1]);
  Inner* right = static_cast<Inner*>(parent.children[child]);
  left->separators[left->count - 1] = parent.separators[child - 1];
  std::copy(right->separators, right->separators + right->count - 1,
            left->separators + left->count);
  std::copy(right->children, right->children + right->count, left->children + left->count);
  std::copy(right->gaps, right->gaps + right->count, left->gaps + left->count);
  left->count += right->count;
  parent.gaps[child - 1] = unknownGap;
  inners_.give(right);
  removeChild(path, level + 1, child);
}

void VmaIndex::setEnd(Cursor c, std::uint64_t end) {
  checkArea(c);
  Leaf& leaf = *c.leaf;
  const unsigned slot = static_cast<unsigned>(c.slot);
  Vma& area = leaf.area(slot);
  touched_.add(area.start, std::max(area.end, end));
  GROWSDOWN_CHECK(area.start < end && (end & (index::unit - 1)) == 0);
  const bool isLast = slot + 1 == leaf.count;
  GROWSDOWN_CHECK(isLast || end <= leaf.area(slot + 1).start);
  if (!reaches(leaf, end)) {
    Vma moved = area;
    moved.end = end;
    erase(c);
    insert(moved);
    return;
  }
  const bool isFirst = slot == 0;
  Path path;
  if (isFirst || isLast || !leaf.gapUnknown) pathTo(area.end, path);
  if (!leaf.gapUnknown) forgetGap(&leaf, path);
  if (isLast && leaf.next != nullptr && !leaf.next->gapUnknown) forgetGap(leaf.next);
  makeReach(leaf, end, end);
  leaf.keys[slot] = keyOf(leaf, end);
  area.end = end;
  moveSeparators(path, isFirst, isLast, end);
}

// Makes the separators on both sides of a leaf fit a new end in it. They are in the lowest nodes in
// which the path does not take the last or the first child.
void VmaIndex::moveSeparators(const Path& path, bool isFirst, bool isLast, std::uint64_t end) {
  for (unsigned level = 0; isLast && level < height_; ++level)
    if (const unsigned child = path.children[level]; child + 1 < path.nodes[level]->count) {
      std::uint64_t& above = path.nodes[level]->separators[child];
      above = std::max(above, end);
      break;
    }
  for (unsigned level = 0; isFirst && level < height_; ++level)
    if (const unsigned child = path.children[level]; child > 0) {
      std::uint64_t& below = path.nodes[level]->separators[child - 1];
      below = std::min(below, end - 1);
      break;
    }
}

} // namespace growsdown::reference
