// mremap: shrinking, growing in place, moving.
#pragma once

#include "model/map.h"

namespace growsdown::model {

using trace::MremapOrder;

/// Moves entries. Each block of the old range that has a page table gives tables to the blocks
/// which its image overlaps. move_page_tables: 4.3, 6.12 mm/mremap.c.
template <class D>
void movePageTables(LoggedSpace<D>& s, const typename D::Word& from, const typename D::Word& to,
                    const typename D::Word& length) {
  if (length == 0) return; // a duplicate (old length 0)
  const auto& geometry = s.parameters.geometry;
  const unsigned level = geometry.levels - 1;
  const unsigned shift = geometry.tableShift(level);
  const auto end = from + length;

  // A higher table whose whole block moves to an aligned place moves too, empty or not
  // (move_normal_pud).
  if (s.rules().mremapMovesTables && geometry.levels > 2) {
    const unsigned upper = geometry.tableShift(level - 1);
    const std::uint64_t span = std::uint64_t{1} << upper;
    std::vector<typename D::Word> images;
    for (const Table<D>& table : s.tables) {
      if (table.level != level - 1) continue;
      const auto start = table.block << upper;
      if (start < from || start + span > end) continue;
      const auto image = start - from + to;
      if ((image & (span - 1)) == 0) images.push_back(image);
    }
    for (const auto& image : images)
      makeTable(s, level - 1, image);
  }
  // Block by block, because a table made for an image may lie further up in the old range.
  for (auto block = from >> shift; block <= (end - 1) >> shift; block = block + 1) {
    const std::size_t at = tablePosition(s, level, block);
    const typename D::Word program{s.parameters.program >> shift};
    if (at < s.tables.size() && s.tables[at].level == level &&
        !(program >= block && program < s.tables[at].block))
      block = s.tables[at].block;
    else if (program >= block)
      block = program;
    else
      break;
    if (block > (end - 1) >> shift) break;
    auto blockStart = block << shift;
    auto blockEnd = blockStart + (std::uint64_t{1} << shift);
    if (blockStart < from) blockStart = from;
    if (end < blockEnd) blockEnd = end;
    const auto first = to + (blockStart - from);
    const auto last = to + (blockEnd - from) - 1;
    for (auto image = first >> shift; image <= last >> shift; image = image + 1)
      makeTables(s, image << shift);
  }

  const std::size_t begin = s.firstEntry(from);
  std::vector<Entry<D>> moved;
  const auto& entries = s.entries;
  for (std::size_t e = begin; e < entries.size() && entries[e].address < end; ++e) {
    moved.push_back(entries[e]);
    moved.back().address = moved.back().address - from + to;
    moved.back().hosted = false;
  }
  s.dropEntries(from, end);
  s.entries.insert(s.entries.cbegin() + static_cast<std::ptrdiff_t>(s.firstEntry(to)),
                   moved.begin(), moved.end());
}

/// vma_to_resize: 4.3, 6.12 mm/mremap.c. The area of the old range, at `i`, may become `newLength`
/// bytes long (all page-aligned).
template <class D>
Errno resizable(LoggedSpace<D>& s, const typename D::Word& address,
                const typename D::Word& oldLength, const typename D::Word& newLength,
                Position<D>& i) {
  i = s.findVma(address);
  if (!s.isArea(i) || s.area(i).start > address) return s.refuse(Rule::mremapNoArea, Errno::efault);
  const Vma<D>& area = s.area(i);
  if (oldLength == 0 && !(area.flags & vm::shared) && !s.rules().mremapDuplicatesPrivate)
    return s.refuse(Rule::mremapDuplicatePrivate, Errno::einval);
  if (oldLength > area.end - address) return s.refuse(Rule::mremapAcrossAreas, Errno::efault);
  if (newLength == oldLength) return Errno::none;

  const auto pgoff = s.pagesOf(area.start, address) + area.pgoff;
  if (wrappingSum(pgoff, s.pages(newLength)) < pgoff)
    return s.refuse(Rule::mremapPgoff, Errno::einval);
  const auto more = s.pages(newLength - oldLength);
  if ((area.flags & vm::locked) && !s.capable) {
    // Early versions count in bytes, and their sum may wrap.
    const auto bytes = wrappingSum(s.counters.locked << s.pageShift(), newLength - oldLength);
    if (s.rules().mremapLocksInBytes ? decide(bytes > s.limits.memlock)
                                     : exceedsMemlock<D>(s, more))
      return s.refuse(Rule::mremapRlimitMemlock, Errno::eagain);
  }
  if (exceedsAs<D>(s, more)) return s.refuse(Rule::mremapRlimitAs, Errno::enomem);
  if (exceedsData<D>(s, area.flags, more)) return s.refuse(Rule::mremapRlimitData, Errno::enomem);
  return Errno::none;
}

/// vma_expandable: 4.3, 6.12 mm/mremap.c. Whether area `i` can have `more` bytes after its end.
template <class D>
bool expandable(Space<D>& s, Position<D> i, const typename D::Word& more) {
  const Vma<D>& area = s.area(i);
  const auto end = wrappingSum(area.end, more);
  if (end < area.end) return false;
  if (const Vma<D>* above = s.above(i); above != nullptr && above->start < end) return false;
  if (s.rules().placementLengthSparesLow &&
      end - area.start > placementEnd<D>(s, area.start) - s.effectiveMinAddr)
    return false;
  if (end > s.parameters.taskSize) return false;
  if (area.start < s.minAddr && !s.capable) return false;
  return true;
}

/// Makes area `i` longer in place: vma_adjust, 4.3 mm/mremap.c; vma_merge_extend, 6.12 mm/vma.c,
/// which may also join the next area.
template <class D>
void growInPlace(LoggedSpace<D>& s, Position<D> i, const typename D::Word& more) {
  const Vma<D> area = s.area(i);
  Vma<D> longer = area;
  longer.end = area.end + more;
  auto last = s.next(i);
  if (s.rules().mremapMergesInPlace) {
    const Vma<D>* above =
        s.isArea(last) && s.area(last).start == longer.end ? &s.area(last) : nullptr;
    Vma<D> extension = area;
    extension.start = area.end;
    extension.end = longer.end;
    extension.pgoff = area.pgoff + s.pagesOf(area.start, area.end);
    extension.forked = false; // only a changed area is checked for it, and none is changed here
    const Merge<D> merge = mergeRange(s, &area, extension, above);
    if (merge.above) {
      longer = merge.area;
      last = s.next(last);
    }
  }
  s.replaceWindow(i, last, &longer, 1);
  const auto pages = s.pages(more);
  if (area.flags & vm::account) charge(s, pages);
  account(s, area.flags, pages);
  if (area.flags & vm::locked) s.counters.locked = s.counters.locked + pages;
}

/// move_vma and copy_vma: 4.3 mm/mremap.c, mm/mmap.c; 6.12 mm/mremap.c, mm/vma.c. The target is
/// free and the area at `i` may become `newLength` long.
template <class D>
Errno moveArea(LoggedSpace<D>& s, Position<D> i, const typename D::Word& address,
               const typename D::Word& oldLength, const typename D::Word& target,
               const typename D::Word& newLength) {
  if (s.rules().mremapCountsSplits ? s.areaCount() + 2 > s.maxMapCount
                                   : s.areaCount() + 3 >= s.maxMapCount)
    return s.refuse(Rule::mremapMapCount, Errno::enomem);
  const Vma<D> source = s.area(i);
  Vma<D> copy = source;
  copy.start = target;
  copy.end = target + newLength;
  if (source.anon == 0 && source.object == 0) {
    s.mark(Rule::mremapRebases);
    copy.pgoff = s.pages(target);
  } else {
    s.mark(Rule::mremapKeepsPgoff);
    copy.pgoff = source.pgoff + s.pagesOf(source.start, address);
  }
  insertArea(s, copy);
  const auto newPages = s.pages(newLength);
  const auto oldPages = s.pages(oldLength);
  if (source.flags & vm::account) charge(s, newPages - oldPages);
  movePageTables<D>(s, address, target, oldLength);
  account(s, source.flags, newPages);
  if (oldLength != 0) {
    if (source.flags & vm::account) charge(s, oldPages); // removal gives it back
    removeRange<D>(s, address, address + oldLength);
  } else if (source.flags & vm::account) {
    // 4.3: the failed unmapping of nothing leaves the source without VM_ACCOUNT, and its charge is
    // given back.
    s.mark(Rule::mremapDuplicateUnaccounts);
    const auto at = s.findVma(address);
    Vma<D> left = s.area(at);
    uncharge(s, s.pagesOf(left.start, left.end));
    left.flags = left.flags & ~vm::account;
    s.replaceWindow(at, left);
  }
  if (source.flags & vm::locked) s.counters.locked = s.counters.locked + newPages;
  s.mark(Rule::mremapMoved);
  return Errno::none;
}

/// The tail of an area that mremap makes shorter.
template <class D>
Errno unmapTail(LoggedSpace<D>& s, const typename D::Word& address,
                const typename D::Word& oldLength, const typename D::Word& newLength) {
  return munmap<D>(s, wrappingSum(address, newLength), oldLength - newLength);
}

/// check_map_count_against_split_early: 7.2 mm/mremap.c. Every call must have room for two splits
/// by the unmapping and two by the move.
template <class D>
Errno roomForSplits(LoggedSpace<D>& s) {
  if (s.rules().mremapCountsSplits && s.areaCount() + 4 > s.maxMapCount)
    return s.refuse(Rule::mremapMapCount, Errno::enomem);
  return Errno::none;
}

/// Checks the target before anything changes: mremap_to, 4.3, 6.12 mm/mremap.c;
/// check_mremap_params, 7.2.
template <class D>
Errno checkTarget(LoggedSpace<D>& s, const typename D::Word& address,
                  const typename D::Word& oldLength, const typename D::Word& target,
                  const typename D::Word& newLength) {
  const std::uint64_t taskSize = s.parameters.taskSize;
  if ((target & (s.pageSize() - 1)) != 0 || newLength > taskSize || target > taskSize - newLength)
    return s.refuse(Rule::mremapTarget, Errno::einval);
  if (wrappingSum(address, oldLength) > target && target + newLength > address)
    return s.refuse(Rule::mremapOverlap, Errno::einval);
  if (s.rules().mremapChecksCountEarly && !s.rules().mremapCountsSplits &&
      s.areaCount() + 5 >= s.maxMapCount)
    return s.refuse(Rule::mremapMapCount, Errno::enomem);
  return roomForSplits(s);
}

/// Moves one range to a target where nothing is, by as much as it becomes longer (the second half
/// of mremap_to, 4.3, 6.12 mm/mremap.c).
template <class D>
Errno moveToFree(LoggedSpace<D>& s, const typename D::Word& address,
                 const typename D::Word& oldLength, const typename D::Word& target,
                 const typename D::Word& newLength) {
  Position<D> i{};
  if (const Errno error = resizable(s, address, oldLength, newLength, i); error != Errno::none)
    return error;
  if (const Placed<D> placed = getUnmappedArea<D>(s, target, newLength, true, false);
      placed.error != Errno::none)
    return placed.error;
  return moveArea(s, i, address, oldLength, target, newLength);
}

/// Moves one range to a target that is unmapped first (mremap_to, 4.3, 6.12, 7.2 mm/mremap.c).
template <class D>
Errno moveTo(LoggedSpace<D>& s, const typename D::Word& address, typename D::Word oldLength,
             const typename D::Word& target, const typename D::Word& newLength) {
  if (s.rules().mremapOrder == MremapOrder::checkFirst) {
    Position<D> i{};
    const auto kept = oldLength > newLength ? newLength : oldLength;
    if (const Errno error = resizable(s, address, kept, newLength, i); error != Errno::none)
      return error;
  }
  if (const Errno error = munmap<D>(s, target, newLength); error != Errno::none) return error;
  s.reach(Rule::mremapUnmapsTarget);
  if (s.rules().mremapOrder == MremapOrder::checkFirst) {
    // A range whose end wraps may overlap the target, which then was the source.
    const auto i = s.findVma(address);
    if (!s.isArea(i) || s.area(i).start > address)
      return s.refuse(Rule::mremapNoArea, Errno::efault);
  }
  if (oldLength > newLength) {
    if (const Errno error = unmapTail<D>(s, address, oldLength, newLength); error != Errno::none)
      return error;
    oldLength = newLength;
  }
  return moveToFree(s, address, oldLength, target, newLength);
}

/// A move without a change of length moves all areas of a range that may have holes (remap_move,
/// 7.2 mm/mremap.c). Each area unmaps only its own target.
template <class D>
Errno moveEach(LoggedSpace<D>& s, const typename D::Word& address, const typename D::Word& length,
               const typename D::Word& target) {
  const auto end = address + length;
  auto from = address;
  while (true) {
    const auto i = s.findVma(from);
    if (!s.isArea(i) || s.area(i).start >= end) break;
    if (s.area(i).start > from) {
      if (from == address) break; // no hole at the start
      from = s.area(i).start;
    }
    const auto to = s.area(i).end < end ? s.area(i).end : end;
    if (const Errno error = moveTo<D>(s, from, to - from, target + (from - address), to - from);
        error != Errno::none)
      return error;
    from = to;
    if (from >= end) break;
  }
  if (from == address) return s.refuse(Rule::mremapNoArea, Errno::efault);
  return Errno::none;
}

/// mremap: 4.3, 6.12 mm/mremap.c.
template <class D>
Placed<D> mremap(LoggedSpace<D>& s, const typename D::Word& address, typename D::Word oldLength,
                 typename D::Word newLength, std::uint32_t request,
                 const typename D::Word& target) {
  const auto fail = [&](Rule rule, Errno error) -> Placed<D> {
    return {s.refuse(rule, error), {}, false};
  };
  if ((address & (s.pageSize() - 1)) != 0) return fail(Rule::mremapArguments, Errno::einval);
  oldLength = s.pageUp(oldLength);
  newLength = s.pageUp(newLength);
  if (newLength == 0) return fail(Rule::mremapArguments, Errno::einval);
  if (s.rules().mremapOrder == MremapOrder::checkFirst && newLength > s.parameters.taskSize)
    return fail(Rule::mremapArguments, Errno::einval);
  if (!(request & flag::to))
    if (const Errno error = roomForSplits(s); error != Errno::none) return {error, {}, false};
  if (s.rules().mremapOrder == MremapOrder::lookupFirst ||
      (s.rules().mremapOrder == MremapOrder::checkFirst && !(request & flag::to))) {
    const auto i = s.findVma(address);
    if (!s.isArea(i) || s.area(i).start > address) return fail(Rule::mremapNoArea, Errno::efault);
  }

  Placed<D> placed;
  placed.address = address;
  const auto populateFrom = oldLength;
  bool locked = false;
  if (request & flag::to) {
    placed.address = target;
    placed.error = checkTarget(s, address, oldLength, target, newLength);
    if (placed.error != Errno::none) return placed;
    if (s.rules().mremapMovesMany && oldLength == newLength)
      placed.error = moveEach(s, address, oldLength, target);
    else
      placed.error = moveTo<D>(s, address, oldLength, target, newLength);
    if (placed.error != Errno::none) return placed;
    const auto at = s.findVma(placed.address);
    if (s.area(at).flags & vm::locked) locked = true;
  } else if (oldLength >= newLength) {
    if (oldLength != newLength) placed.error = unmapTail<D>(s, address, oldLength, newLength);
    if (placed.error == Errno::none) s.mark(Rule::mremapShrinks);
    return placed;
  } else {
    Position<D> i{};
    placed.error = resizable(s, address, oldLength, newLength, i);
    if (placed.error != Errno::none) return placed;
    locked = decide(s.area(i).flags & vm::locked);
    const auto more = newLength - oldLength;
    if (oldLength == s.area(i).end - address && expandable<D>(s, i, more)) {
      growInPlace<D>(s, i, more);
      s.mark(Rule::mremapInPlace);
    } else if (request & flag::maymove) {
      const bool shared = decide(s.area(i).flags & vm::shared);
      placed = getUnmappedArea<D>(s, typename D::Word{0}, newLength, false, shared);
      if (placed.error != Errno::none) return placed;
      placed.error = moveArea(s, i, address, oldLength, placed.address, newLength);
      if (placed.error != Errno::none) return placed;
    } else {
      return fail(Rule::mremapNoRoom, Errno::enomem);
    }
  }
  if (locked && newLength > populateFrom) {
    const Rule done = s.log.decided;
    populate<D>(s, placed.address + populateFrom, placed.address + newLength, true);
    s.log.decided = done;
  }
  return placed;
}

} // namespace growsdown::model
