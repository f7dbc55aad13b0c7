// The area list: limits, counters, splitting, merging, anon_vmas.
#include "reference/address_space.h"

#include <algorithm>

namespace growsdown::reference {

using trace::LimitKind;
namespace vm = trace::vm;

// mm/mmap.c:may_expand_vm. `count` may be negative in two's complement: sums wrap.
bool AddressSpace::mayExpand(std::uint32_t flags, std::uint64_t count) const {
  if (counters_.total + count > limitPages(LimitKind::as)) return false;
  if (!rules_->rlimitData || !StackGrowth::isDataMapping(flags)) return true;
  return counters_.data + count <= limitPages(LimitKind::data);
}

bool AddressSpace::mayLock(std::uint32_t flags, std::uint64_t count) const {
  return StackGrowth::lockedPagesFit(counters_, flags, count, capable_,
                                     limitPages(LimitKind::memlock));
}

void AddressSpace::account(std::uint32_t flags, std::uint64_t count) {
  StackGrowth::account(counters_, *rules_, flags, count);
}

void AddressSpace::add(const Vma& area) {
  areas_.insert(area);
  if (area.object != 0) objects_.hold(area.object);
}

void AddressSpace::remove(Cursor area) {
  const std::uint32_t object = areas_.at(area).object;
  areas_.erase(area);
  if (object != 0) objects_.drop(object);
}

void AddressSpace::split(Cursor area, Address at) {
  Vma upper = areas_.at(area);
  upper.pgoff = pgoffAt(upper, at);
  upper.start = at;
  areas_.setEnd(area, at);
  add(upper);
}

// is_mergeable_anon_vma. Up to 6.15 only the neighbour may have an anon_vma that the other area
// lacks, and only one that did not come through fork. Since then the range may have one as well.
bool AddressSpace::anonAllows(const Vma& range, const Vma& neighbour) const {
  if (range.anon == neighbour.anon) return true;
  if (range.anon == 0) return !neighbour.forked;
  if (neighbour.anon == 0) return rules_->mergeAdoptsChanged && !range.forked;
  return false;
}

void AddressSpace::inheritAnon(Vma& to, const Vma& from) {
  if (to.anon != 0) return;
  to.anon = from.anon;
  to.forked = from.forked;
}

// Puts a new area into a hole and merges it with its neighbours if possible: vma_merge (4.3, 5.10),
// mmap_region (6.1), vma_merge_new_range (6.12).
void AddressSpace::insertMerging(Vma range, MergeAs as) {
  const Cursor next = areas_.find(range.start);
  const Cursor previous = areas_.previous(next);
  const auto fits = [&](const Vma& lower, const Vma& upper) {
    return lower.end == upper.start && sameKind(lower, upper) &&
           pgoffAt(lower, lower.end) == upper.pgoff;
  };
  bool right = next && fits(range, areas_.at(next)) && anonAllows(range, areas_.at(next));
  bool left = previous && fits(areas_.at(previous), range);
  if (as == MergeAs::mmap && rules_->mmapMergePrefersNext) {
    Vma judged = range;
    if (right) inheritAnon(judged, areas_.at(next));
    left = left && anonAllows(judged, areas_.at(previous));
  } else {
    left = left && anonAllows(range, areas_.at(previous));
    if (left && right) right = anonsAgree(areas_.at(previous), areas_.at(next));
  }
  if (left) {
    Vma& lower = areas_.change(previous);
    Address end = range.end;
    if (right) {
      end = areas_.at(next).end;
      inheritAnon(lower, areas_.at(next));
    }
    inheritAnon(lower, range);
    if (right) {
      // If the erased area has an object, the lower area maps it too.
      const Address key = lower.start;
      remove(next);
      areas_.setEnd(areas_.find(key), end);
    } else {
      areas_.setEnd(previous, end);
    }
  } else if (right) {
    Vma& upper = areas_.change(next);
    inheritAnon(upper, range);
    upper.start = range.start;
    upper.pgoff = range.pgoff;
  } else {
    add(range);
  }
}

// Changes the flags of a range inside one area. The range merges with its neighbours if possible,
// and is split off if not (vma_merge and split_vma in mprotect_fixup and mlock_fixup; 6.12:
// vma_modify). ENOMEM if a split would exceed max_map_count; an earlier split stays.
trace::Errno AddressSpace::changeFlags(Range range, std::uint32_t flags) {
  Cursor at = areas_.find(range.start);
  const Vma old = areas_.at(at);
  Vma changed = old;
  changed.start = range.start;
  changed.end = range.end;
  changed.pgoff = pgoffAt(old, range.start);
  changed.flags = flags;
  const bool fromStart = range.start == old.start;
  const bool toEnd = range.end == old.end;

  const Cursor previous = areas_.previous(at);
  const Cursor next = areas_.next(at);
  const auto fits = [&](const Vma& lower, const Vma& upper) {
    return lower.end == upper.start && sameKind(lower, upper) &&
           pgoffAt(lower, lower.end) == upper.pgoff;
  };
  const bool left = fromStart && previous && fits(areas_.at(previous), changed) &&
                    anonAllows(changed, areas_.at(previous));
  const bool right = toEnd && next && fits(changed, areas_.at(next)) &&
                     anonAllows(changed, areas_.at(next)) &&
                     (!left || anonsAgree(areas_.at(previous), areas_.at(next)));
  if (left) {
    Vma& lower = areas_.change(previous);
    const Address key = lower.start;
    if (right) inheritAnon(lower, areas_.at(next));
    inheritAnon(lower, changed);
    if (right) {
      const Address end = areas_.at(next).end;
      remove(next);
      remove(areas_.find(range.start));
      areas_.setEnd(areas_.find(key), end);
    } else if (toEnd) {
      remove(at);
      areas_.setEnd(areas_.find(key), range.end);
    } else {
      Vma& upper = areas_.change(at);
      upper.pgoff = pgoffAt(old, range.end);
      upper.start = range.end;
      areas_.setEnd(previous, range.end);
    }
    return Errno::none;
  }
  if (right) {
    Vma& upper = areas_.change(next);
    inheritAnon(upper, changed);
    upper.start = range.start;
    upper.pgoff = changed.pgoff;
    if (fromStart)
      remove(at);
    else
      areas_.setEnd(at, range.start);
    return Errno::none;
  }
  if (!fromStart) {
    if (areas_.size() >= parameters_.maxMapCount) return Errno::enomem;
    split(at, range.start);
    at = areas_.find(range.start);
  }
  if (!toEnd) {
    if (areas_.size() >= parameters_.maxMapCount) return Errno::enomem;
    split(at, range.end);
    at = areas_.find(range.start);
  }
  areas_.change(at).flags = flags;
  return Errno::none;
}

// mm/rmap.c:anon_vma_prepare with find_mergeable_anon_vma: the area above comes first.
void AddressSpace::prepareAnon(Cursor at) {
  if (areas_.at(at).anon != 0) return;
  Vma& area = areas_.change(at);
  const auto compatible = [&](const Vma& lower, const Vma& upper) {
    return lower.end == upper.start && lower.object == upper.object &&
           ((lower.flags ^ upper.flags) & ~vm::access) == 0 &&
           pgoffAt(lower, lower.end) == upper.pgoff;
  };
  const auto usable = [](const Vma& other) { return other.anon != 0 && !other.forked; };
  const Cursor next = areas_.next(at);
  if (next && compatible(area, areas_.at(next)) && usable(areas_.at(next))) {
    area.anon = areas_.at(next).anon;
    return;
  }
  const Cursor previous = areas_.previous(at);
  if (previous && compatible(areas_.at(previous), area) && usable(areas_.at(previous))) {
    area.anon = areas_.at(previous).anon;
    return;
  }
  area.anon = nextAnon_++;
}

bool AddressSpace::coversAny(Range range) const {
  const Cursor at = areas_.find(range.start);
  return at && areas_.at(at).start < range.end;
}

std::uint64_t AddressSpace::pagesInside(Range range) const {
  std::uint64_t count = 0;
  for (Cursor at = areas_.find(range.start); at && areas_.at(at).start < range.end;
       at = areas_.next(at))
    count +=
        pages(std::min(areas_.at(at).end, range.end) - std::max(areas_.at(at).start, range.start));
  return count;
}

} // namespace growsdown::reference
