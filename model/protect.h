// mprotect, mlock, munlock and madvise(MADV_DONTNEED): calls that walk areas and change some.
#pragma once

#include "model/account.h"
#include "model/anon.h"
#include "model/fault.h"
#include "model/state.h"
#include "model/tables.h"

namespace growsdown::model {

/// Gives [start, end) of area `i` new flags, and merges or splits areas: vma_merge, split_vma 4.3
/// mm/mmap.c; vma_modify_flags 6.12 mm/vma.c. `at` is the position of the range afterwards. If the
/// second split is refused, the first one stays.
template <class D>
Errno modifyFlags(LoggedSpace<D>& s, Position<D> i, const typename D::Word& start,
                  const typename D::Word& end, const typename D::Flags& flags, Position<D>& at) {
  const Vma<D> area = s.area(i);
  const bool head = decide(area.start < start);
  const bool tail = decide(end < area.end);
  Vma<D> range = s.piece(area, start, end);
  range.flags = flags;

  const Vma<D>* below = head ? nullptr : s.below(i);
  if (below != nullptr && below->end != start) below = nullptr;
  const Vma<D>* above = tail ? nullptr : s.above(i);
  if (above != nullptr && above->start != end) above = nullptr;
  const Merge<D> merge = mergeRange(s, below, range, above);
  if (!merge.below && !merge.above) {
    if (head && s.areaCount() >= s.maxMapCount) return s.refuse(Rule::splitMapCount, Errno::enomem);
    if (head && tail && s.areaCount() + 1 >= s.maxMapCount) {
      const Vma<D> parts[] = {s.piece(area, area.start, start), s.piece(area, start, area.end)};
      s.replaceWindow(i, s.next(i), parts, 2);
      return s.refuse(Rule::splitMapCount, Errno::enomem);
    }
    if (tail && s.areaCount() >= s.maxMapCount) return s.refuse(Rule::splitMapCount, Errno::enomem);
  }

  Vma<D> parts[3];
  std::size_t count = 0;
  if (head) parts[count++] = s.piece(area, area.start, start);
  parts[count++] = merge.area;
  if (tail) parts[count++] = s.piece(area, end, area.end);
  if (head || tail) s.mark(Rule::splitArea);
  const auto first = merge.below ? s.previous(i) : i;
  const auto last = merge.above ? s.next(s.next(i)) : s.next(i);
  at = s.replaceWindow(first, last, parts, count);
  if (head) at = s.next(at);
  return Errno::none;
}

/// change_protection: 4.3, 6.12 mm/mprotect.c. Entries of [start, end) follow the new flags of the
/// area. A private entry loses its write bit; since 6.1 an exclusive page of a writable area gets
/// it (can_change_pte_writable).
template <class D>
void changeProtection(Space<D>& s, const typename D::Word& start, const typename D::Word& end,
                      const typename D::Flags& flags) {
  const bool writableArea = decide(flags & vm::write);
  const auto& entries = s.entries;
  for (std::size_t e = s.firstEntry(start); e < entries.size() && entries[e].address < end; ++e) {
    Entry<D>& entry = s.entries[e];
    entry.writable = false;
    if (entry.kind == PageKind::shared)
      entry.writable = writableArea;
    else if (entry.kind == PageKind::anonymous && s.rules().mprotectKeepsWritable)
      entry.writable =
          writableArea && !entry.inherited && (entry.dirty || s.rules().mprotectKeepsClean);
    settle(s, entry, flags);
    flush(s, entry); // tlb_end_vma
  }
}

/// mprotect_fixup: 4.3, 6.12 mm/mprotect.c, for [start, end) of area `i`.
template <class D>
Errno protectRange(LoggedSpace<D>& s, Position<D> i, const typename D::Word& start,
                   const typename D::Word& end, std::uint32_t prot, Position<D>& at) {
  at = i;
  const typename D::Flags oldFlags = s.area(i).flags;
  typename D::Flags flags = (oldFlags & ~vm::access) | prot;
  if (flags == oldFlags) {
    s.mark(Rule::mprotectSame);
    return Errno::none;
  }
  const auto pages = s.pagesOf(start, end);
  bool charged = false;
  bool dropped = false;
  if (prot & vm::write) {
    if (!mayExpand<D>(s, flags, pages) && mayExpand<D>(s, oldFlags, pages))
      return s.refuse(Rule::mprotectRlimitData, Errno::enomem);
    if (!(oldFlags & (vm::account | vm::write | vm::shared | vm::noreserve))) {
      s.mark(Rule::mprotectCharges);
      charged = true;
      flags = flags | vm::account;
    }
  } else if (s.rules().mprotectDropsAccount && (oldFlags & vm::account) && s.area(i).anon == 0 &&
             s.area(i).object == 0) {
    s.mark(Rule::mprotectDropsAccount);
    dropped = true;
    flags = flags & ~vm::account;
  }
  if (const Errno error = modifyFlags(s, i, start, end, flags, at); error != Errno::none)
    return error;
  if (charged) charge(s, pages);
  if (dropped) uncharge(s, pages);
  changeProtection(s, start, end, flags);
  unaccount(s, oldFlags, pages);
  account(s, flags, pages);
  s.mark(Rule::mprotectChanged);
  if ((oldFlags & (vm::write | vm::shared | vm::locked)) == vm::locked && (prot & vm::write)) {
    s.mark(Rule::mprotectPopulates);
    populateArea(s, at, start, end);
    s.log.decided = Rule::mprotectChanged;
  }
  return Errno::none;
}

/// The walk of mprotect and mlock over [start, end), from the area that contains `start`. Calls
/// `change(i, from, to, at)` for the part of each area. A hole gives ENOMEM; earlier changes stay.
template <class D, class Change>
Errno walkAreas(LoggedSpace<D>& s, const typename D::Word& start, const typename D::Word& end,
                Rule hole, Change&& change) {
  auto i = s.findVma(start);
  auto from = start;
  while (true) {
    if (!s.isArea(i) || s.area(i).start > from) return s.refuse(hole, Errno::enomem);
    const auto to = end < s.area(i).end ? end : s.area(i).end;
    auto at = i;
    if (const Errno error = change(i, from, to, at); error != Errno::none) return error;
    if (s.overfull()) return Errno::none;
    // A merge may extend beyond `to`: the area that it joined has the flags already.
    from = s.area(at).end > to ? s.area(at).end : to;
    if (from >= end) return Errno::none;
    i = s.next(at);
  }
}

/// mprotect: 4.3, 6.12 mm/mprotect.c. `toStart` is PROT_GROWSDOWN: from the start of the area.
template <class D>
Errno mprotect(LoggedSpace<D>& s, typename D::Word start, const typename D::Word& length,
               std::uint32_t prot, bool toStart) {
  if ((start & (s.pageSize() - 1)) != 0) return s.refuse(Rule::mprotectUnaligned, Errno::einval);
  if (length == 0) {
    s.mark(Rule::mprotectEmpty);
    return Errno::none;
  }
  const auto end = wrappingSum(start, s.pageUp(length));
  if (end <= start) return s.refuse(Rule::mprotectWraps, Errno::enomem);

  if (toStart) {
    const auto i = s.findVma(start);
    if (!s.isArea(i) || s.area(i).start >= end) return s.refuse(Rule::mprotectHole, Errno::enomem);
    start = s.area(i).start;
    if (!(s.area(i).flags & vm::growsdown))
      return s.refuse(Rule::mprotectNotGrowsdown, Errno::einval);
    s.mark(Rule::mprotectToStart);
  }
  const Errno error =
      walkAreas(s, start, end, Rule::mprotectHole,
                [&](Position<D> i, const auto& from, const auto& to, Position<D>& at) {
                  return protectRange<D>(s, i, from, to, prot, at);
                });
  return error;
}

/// mlock_fixup: 4.3, 6.12 mm/mlock.c.
template <class D>
Errno lockRange(LoggedSpace<D>& s, Position<D> i, const typename D::Word& start,
                const typename D::Word& end, bool lock, Position<D>& at) {
  at = i;
  const typename D::Flags oldFlags = s.area(i).flags;
  const typename D::Flags flags =
      lock ? oldFlags | vm::locked : typename D::Flags{oldFlags & ~vm::locked};
  if (flags == oldFlags) return Errno::none;
  if (const Errno error = modifyFlags(s, i, start, end, flags, at); error != Errno::none)
    return error;
  const auto pages = s.pagesOf(start, end);
  s.counters.locked = lock ? s.counters.locked + pages : s.counters.locked - pages;
  s.mark(lock ? Rule::mlockLocks : Rule::munlockUnlocks);
  return Errno::none;
}

/// do_mlock: 4.3 mm/mlock.c; apply_vma_lock_flags: 6.12 mm/mlock.c.
template <class D>
Errno applyLock(LoggedSpace<D>& s, const typename D::Word& start, const typename D::Word& size,
                bool lock) {
  const auto end = wrappingSum(start, size);
  if (end < start) return s.refuse(Rule::mlockWraps, Errno::einval);
  if (end == start) {
    s.mark(Rule::mlockEmpty);
    return Errno::none;
  }
  return walkAreas(s, start, end, Rule::mlockHole,
                   [&](Position<D> i, const auto& from, const auto& to, Position<D>& at) {
                     return lockRange<D>(s, i, from, to, lock, at);
                   });
}

/// mlock: 4.3, 6.12 mm/mlock.c. Locks the areas, then makes their pages present. The areas before a
/// hole stay locked and are not populated.
template <class D>
Errno mlock(LoggedSpace<D>& s, const typename D::Word& address, const typename D::Word& length) {
  if (!mayLock(s)) return s.refuse(Rule::mlockDenied, Errno::eperm);
  const auto start = s.pageDown(address);
  const auto size = s.pageUp(wrappingSum(length, address - start));
  const auto end = wrappingSum(start, size);

  auto wanted = s.pages(size);
  if (!s.capable && wanted + s.counters.locked > s.pages(s.limits.memlock)) {
    if (!s.rules().mlockCountsTwice) { // count_mm_mlocked_page_nr, 4.11+
      const auto until = end < start ? typename D::Word{trace::unlimited} : end;
      wanted = wanted - countRange(s, start, until).locked;
    }
    if (wanted + s.counters.locked > s.pages(s.limits.memlock))
      return s.refuse(Rule::mlockRlimitMemlock, Errno::enomem);
  }
  if (const Errno error = applyLock<D>(s, start, size, true); error != Errno::none) return error;
  const Rule locked = s.log.decided;
  if (populate<D>(s, start, end, false) != Errno::none) {
    if (s.overfull()) return Errno::none;
    return s.refuse(Rule::mlockPopulateFails, Errno::enomem);
  }
  s.log.decided = locked;
  return Errno::none;
}

template <class D>
Errno munlock(LoggedSpace<D>& s, const typename D::Word& address, const typename D::Word& length) {
  const auto start = s.pageDown(address);
  return applyLock<D>(s, start, s.pageUp(wrappingSum(length, address - start)), false);
}

/// MADV_DONTNEED frees page tables (CONFIG_PT_RECLAIM, 6.14+ mm/pt_reclaim.c) whose block lies
/// wholly in [start, end).
template <class D>
void reclaimTables(LoggedSpace<D>& s, const typename D::Word& start, const typename D::Word& end) {
  const auto& geometry = s.parameters.geometry;
  std::erase_if(s.tables, [&](const Table<D>& table) -> bool {
    if (table.level + 1 != geometry.levels) return false;
    const unsigned shift = geometry.tableShift(table.level);
    const auto from = table.block << shift;
    if (from >= start && from + (std::uint64_t{1} << shift) <= end) {
      s.mark(Rule::dontneedFreesTable);
      return true;
    }
    return false;
  });
}

/// madvise(MADV_DONTNEED): 4.3, 6.12 mm/madvise.c. Holes are skipped and give ENOMEM at the end. A
/// locked area stops the call.
template <class D>
Errno dontneed(LoggedSpace<D>& s, typename D::Word start, const typename D::Word& length) {
  if (!s.rules().dontneedUntagsLate) start = untagged(s, start);
  if ((start & (s.pageSize() - 1)) != 0) return s.refuse(Rule::dontneedArguments, Errno::einval);
  const auto size = s.pageUp(length);
  if (length != 0 && size == 0) return s.refuse(Rule::dontneedArguments, Errno::einval);
  if (wrappingSum(start, size) < start) return s.refuse(Rule::dontneedArguments, Errno::einval);
  if (size == 0) {
    s.mark(Rule::dontneedDone);
    return Errno::none;
  }
  start = untagged(s, start);
  const auto end = start + size;
  bool hole = false;
  auto from = start;
  for (auto i = s.findVma(start);; i = s.next(i)) {
    if (!s.isArea(i) || s.area(i).start >= end) {
      hole = true;
      break;
    }
    if (s.area(i).start > from) {
      hole = true;
      from = s.area(i).start;
    }
    const auto to = end < s.area(i).end ? end : s.area(i).end;
    if (s.area(i).flags & vm::locked) return s.refuse(Rule::dontneedLocked, Errno::einval);
    zap<D>(s, s.area(i), from, to);
    if (s.rules().dontneedFreesTables) reclaimTables<D>(s, from, to);
    from = to;
    if (from >= end) break;
  }
  if (hole) return s.refuse(Rule::dontneedHole, Errno::enomem);
  s.mark(Rule::dontneedDone);
  return Errno::none;
}

} // namespace growsdown::model
