// mmap, munmap, mprotect, mlock, madvise, fork, and populating.
#include "reference/address_space.h"

#include <algorithm>

namespace growsdown::reference {

using trace::LimitKind;
namespace vm = trace::vm;
namespace flag = trace::flag;

namespace {
trace::Outcome answer(trace::Errno error) {
  return error == trace::Errno::none ? trace::Outcome::okay() : trace::Outcome::failed(error);
}
} // namespace

// --- mmap: do_mmap, mmap_region

// What do_mmap does before it looks at the limits. The result is the address or the error.
AddressSpace::Placed AddressSpace::placeMapping(const trace::Step& step) const {
  if (step.length == 0) return {Errno::einval, 0};
  const bool noreplace = rules_->fixedNoreplace && (step.flags & flag::fixedNoreplace) != 0;
  const bool fixed = noreplace || (step.flags & flag::fixed) != 0;
  const bool shared = (step.flags & flag::shared) != 0;
  Address hint = step.address;
  if (!fixed) {
    hint = pageDown(hint);
    if (hint != 0 && hint < parameters_.effectiveMinAddr())
      hint = pageUp(parameters_.effectiveMinAddr());
  }
  const std::uint64_t length = pageUp(step.length);
  if (length == 0) return {Errno::enomem, 0};
  if (areas_.size() > parameters_.maxMapCount) return {Errno::enomem, 0};

  Placed placed = place(hint, length, fixed, shared);
  if (placed.error != Errno::none) return placed;
  const std::uint64_t asked = rules_->noreplaceSeesStartOnly ? parameters_.geometry.page : length;
  if (noreplace && coversAny({placed.address, placed.address + asked})) return {Errno::eexist, 0};
  placed.chosen = !fixed && (placed.address != hint || hint == 0);
  return placed;
}

trace::Outcome AddressSpace::placement(const trace::Step& step) const {
  const Placed placed = placeMapping(step);
  if (placed.error != Errno::none) return Outcome::failed(placed.error);
  return placedAt(placed.address, pageUp(step.length), placed.chosen);
}

trace::Outcome AddressSpace::mmap(const trace::Step& step) {
  const Placed placed = placeMapping(step);
  if (placed.error != Errno::none) return Outcome::failed(placed.error);
  const std::uint64_t length = pageUp(step.length);
  const Address start = placed.address;
  const Range range{start, start + length};

  const bool shared = (step.flags & flag::shared) != 0;
  std::uint32_t flags = step.prot & vm::access;
  if ((step.flags & flag::growsdown) != 0) flags |= vm::growsdown;
  if ((step.flags & flag::locked) != 0) flags |= vm::locked;
  if ((step.flags & flag::noreserve) != 0) flags |= vm::noreserve;
  if ((step.flags & flag::stack) != 0 && rules_->mapStackIsNohugepage) flags |= vm::nohugepage;
  if (shared) flags |= vm::shared;

  if ((flags & vm::locked) != 0 && !capable_ && limitOf(LimitKind::memlock) == 0)
    return Outcome::failed(Errno::eperm);
  if (!mayLock(flags, pages(length))) return Outcome::failed(Errno::eagain);
  if (shared && (flags & vm::growsdown) != 0) return Outcome::failed(Errno::einval);

  // Up to 6.11 the limits are checked before anything changes; later versions split the old areas
  // first.
  if (rules_->fixedFailureKeeps && splitForUnmap(range) != Errno::none)
    return Outcome::failed(Errno::enomem);
  if (!mayExpand(flags, pages(length) - pagesInside(range))) return Outcome::failed(Errno::enomem);
  if (coversAny(range) && unmapRange(range, true) != Errno::none)
    return Outcome::failed(Errno::enomem);

  Vma area{start, range.end, pages(start), 0, 0, flags, false};
  if ((flags & (vm::write | vm::shared | vm::noreserve)) == vm::write) {
    area.flags |= vm::account;
    counters_.committed += pages(length);
  }
  if (shared) {
    area.pgoff = 0;
    area.object = objects_.create(nextObject_++, pages(length));
    add(area);
  } else {
    insertMerging(area, MergeAs::mmap);
  }
  account(flags, pages(length));
  if ((flags & vm::locked) != 0) counters_.locked += pages(length);
  if ((flags & vm::locked) != 0 || (step.flags & flag::populate) != 0) populate(range, true);
  return placedAt(start, length, placed.chosen);
}

// --- munmap: do_munmap (4.3), do_vmi_munmap (6.12)

trace::Outcome AddressSpace::munmap(const trace::Step& step) {
  return answer(unmap(rules_->untagsCalls ? untag(step.address) : step.address, step.length));
}

trace::Errno AddressSpace::unmap(Address start, std::uint64_t length) {
  if (!aligned(start) || start > parameters_.taskSize || length > parameters_.taskSize - start)
    return Errno::einval;
  const std::uint64_t rounded = pageUp(length);
  if (rounded == 0) return Errno::einval;
  return unmapRange({start, start + rounded}, true);
}

trace::Errno AddressSpace::unmapRange(Range range, bool uncharge) {
  if (!coversAny(range)) return Errno::none;
  if (const Errno error = splitForUnmap(range); error != Errno::none) return error;
  removeAreas(range, uncharge);
  return Errno::none;
}

// Splits areas at the ends of the range. A hole in the middle of one area requires map_count below
// its limit.
trace::Errno AddressSpace::splitForUnmap(Range range) {
  Cursor at = areas_.find(range.start);
  if (!at || areas_.at(at).start >= range.end) return Errno::none;
  if (areas_.at(at).start < range.start) {
    if (range.end < areas_.at(at).end && areas_.size() >= parameters_.maxMapCount)
      return Errno::enomem;
    split(at, range.start);
  }
  at = areas_.find(range.end - 1);
  if (at && areas_.at(at).start < range.end && areas_.at(at).end > range.end) split(at, range.end);
  return Errno::none;
}

// Removes the areas inside the range with their pages, then the page tables that no area needs any
// more (unmap_region: unmap_vmas, free_pgtables).
void AddressSpace::removeAreas(Range range, bool uncharge) {
  Cursor at = areas_.find(range.start);
  const Cursor below = areas_.previous(at);
  const Address floor = below ? areas_.at(below).end : 0;
  Address ceiling = 0;
  for (Cursor above = at; above; above = areas_.next(above))
    if (areas_.at(above).start >= range.end) {
      ceiling = areas_.at(above).start;
      break;
    }
  for (Cursor area = at; area && areas_.at(area).start < range.end; area = areas_.next(area)) {
    clearEntries({areas_.at(area).start, areas_.at(area).end});
  }
  for (Cursor c = at; c && areas_.at(c).start < range.end; c = areas_.next(c)) {
    const Vma& area = areas_.at(c);
    const std::uint64_t count = pages(area.end - area.start);
    unaccount(area.flags, count);
    if ((area.flags & vm::locked) != 0) counters_.locked -= count;
    if (uncharge && (area.flags & vm::account) != 0) counters_.committed -= count;
    pageTable_.freeTables(area.start, area.end, floor, ceiling);
    if (area.object != 0) objects_.drop(area.object);
  }
  areas_.eraseRange(range.start, range.end);
}

void AddressSpace::clearEntries(Range range, bool noteDirty) {
  pageTable_.forEach(range.start, range.end, [&](Address, PageTable::Slot slot) {
    const std::uint64_t entry = pageTable_.get(slot);
    const auto frame = static_cast<Frame>(descriptor::frameOf(entry, pageShift_));
    if (frame != PhysicalMemory::zeroFrame) {
      if (noteDirty && descriptor::isDirty(entry))
        memory_.setDirty(frame); // the hardware marked the entry
      memory_.release(frame);
    }
    pageTable_.set(slot, 0);
  });
}

// --- mprotect: sys_mprotect, do_mprotect_pkey

trace::Outcome AddressSpace::mprotect(const trace::Step& step) {
  Address start = rules_->untagsCalls ? untag(step.address) : step.address;
  if (!aligned(start)) return Outcome::failed(Errno::einval);
  if (step.length == 0) return Outcome::okay();
  const Address end = start + pageUp(step.length);
  if (end <= start) return Outcome::failed(Errno::enomem);

  Cursor at = areas_.find(start);
  if (!at) return Outcome::failed(Errno::enomem);
  if ((step.flags & flag::growsdown) != 0) {
    if (areas_.at(at).start >= end) return Outcome::failed(Errno::enomem);
    start = areas_.at(at).start;
    if ((areas_.at(at).flags & vm::growsdown) == 0) return Outcome::failed(Errno::einval);
  } else if (areas_.at(at).start > start) {
    return Outcome::failed(Errno::enomem);
  }
  while (true) {
    const Address partEnd = std::min(areas_.at(at).end, end);
    if (const Errno error = protectPart({start, partEnd}, step.prot & vm::access);
        error != Errno::none)
      return Outcome::failed(error);
    // The area with which the part has merged already has these rights.
    start = std::max(partEnd, areas_.at(areas_.find(partEnd - 1)).end);
    if (start >= end) return Outcome::okay();
    at = areas_.find(start);
    if (!at || areas_.at(at).start != start) return Outcome::failed(Errno::enomem);
  }
}

// mprotect_fixup: a range inside one area.
trace::Errno AddressSpace::protectPart(Range range, std::uint32_t access) {
  const Vma old = areas_.at(areas_.find(range.start));
  std::uint32_t flags = (old.flags & ~vm::access) | access;
  if (flags == old.flags) return Errno::none;
  const std::uint64_t count = pages(range.end - range.start);
  std::uint64_t charge = 0;
  if ((flags & vm::write) != 0) {
    if (rules_->rlimitData && !mayExpand(flags, count) && mayExpand(old.flags, count))
      return Errno::enomem;
    if ((old.flags & (vm::account | vm::write | vm::shared | vm::noreserve)) == 0) {
      charge = count;
      flags |= vm::account;
    }
  } else if (rules_->mprotectDropsAccount && (old.flags & vm::account) != 0 &&
             (old.flags & vm::shared) == 0 && old.anon == 0) {
    flags &= ~vm::account;
    charge = 0 - count;
  }
  if (const Errno error = changeFlags(range, flags); error != Errno::none) return error;
  counters_.committed += charge;
  protectEntries(range, flags);
  // A locked area that becomes writable breaks copy-on-write at once.
  if ((old.flags & (vm::write | vm::shared | vm::locked)) == vm::locked && (flags & vm::write) != 0)
    populate(range, true);
  unaccount(old.flags, count);
  account(flags, count);
  return Errno::none;
}

void AddressSpace::protectEntries(Range range, std::uint32_t flags) {
  pageTable_.forEach(range.start, range.end, [&](Address, PageTable::Slot slot) {
    const std::uint64_t entry = pageTable_.get(slot);
    pageTable_.set(slot, descriptor::withProtection(entry, flags, *rules_, [&] {
                     const auto frame = static_cast<Frame>(descriptor::frameOf(entry, pageShift_));
                     return frame != PhysicalMemory::zeroFrame && !memory_.inherited(frame);
                   }));
  });
}

// --- mlock, munlock: do_mlock, apply_vma_lock_flags

trace::Outcome AddressSpace::mlock(const trace::Step& step) {
  if (!capable_ && limitOf(LimitKind::memlock) == 0) return Outcome::failed(Errno::eperm);
  const Address address = rules_->untagsCalls ? untag(step.address) : step.address;
  const std::uint64_t length = pageUp(step.length + (address & (page_ - 1)));
  const Address start = pageDown(address);
  if (!capable_) {
    std::uint64_t wanted = pages(length) + counters_.locked;
    const std::uint64_t limit = limitPages(LimitKind::memlock);
    if (wanted > limit && !rules_->mlockCountsTwice) {
      const Address end = start + length < start ? ~Address{0} : start + length;
      for (Cursor at = areas_.find(start); at && areas_.at(at).start < end; at = areas_.next(at))
        if ((areas_.at(at).flags & vm::locked) != 0)
          wanted -= pages(std::min(areas_.at(at).end, end) - std::max(areas_.at(at).start, start));
    }
    if (wanted > limit) return Outcome::failed(Errno::enomem);
  }
  if (const Errno error = lockRange(start, length, true); error != Errno::none)
    return Outcome::failed(error);
  // Populating fails with EFAULT; POSIX requires ENOMEM here.
  return populate({start, start + length}, false) == Errno::none ? Outcome::okay()
                                                                 : Outcome::failed(Errno::enomem);
}

trace::Outcome AddressSpace::munlock(const trace::Step& step) {
  const Address address = rules_->untagsCalls ? untag(step.address) : step.address;
  return answer(lockRange(pageDown(address), pageUp(step.length + (address & (page_ - 1))), false));
}

trace::Errno AddressSpace::lockRange(Address start, std::uint64_t length, bool lock) {
  const Address end = start + length;
  if (end < start) return Errno::einval;
  if (end == start) return Errno::none;
  Cursor at = areas_.find(start);
  if (!at || areas_.at(at).start > start) return Errno::enomem;
  while (true) {
    const Range part{start, std::min(areas_.at(at).end, end)};
    const std::uint32_t old = areas_.at(at).flags;
    const std::uint32_t flags = lock ? old | vm::locked : old & ~vm::locked;
    if (flags != old) {
      if (const Errno error = changeFlags(part, flags); error != Errno::none) return error;
      const std::uint64_t count = pages(part.end - part.start);
      counters_.locked += lock ? count : 0 - count;
    }
    start = std::max(part.end, areas_.at(areas_.find(part.end - 1)).end);
    if (start >= end) return Errno::none;
    at = areas_.find(start);
    if (!at || areas_.at(at).start != start) return Errno::enomem;
  }
}

// --- populating: __mm_populate, populate_vma_page_range

// EFAULT if an area refuses. With `ignoreErrors` the areas after it are populated nevertheless.
trace::Errno AddressSpace::populate(Range range, bool ignoreErrors) {
  if (range.start >= range.end) return Errno::none;

  for (Cursor at = areas_.find(range.start); at && areas_.at(at).start < range.end;
       at = areas_.next(at)) {
    const Range part{std::max(areas_.at(at).start, range.start),
                     std::min(areas_.at(at).end, range.end)};
    const bool done = populateArea(at, part);
    if (overfull()) return Errno::none;
    if (!done && !ignoreErrors) return Errno::efault;
  }
  return Errno::none;
}

// Makes the pages of a range inside an area present, those of a private writable area by write
// faults.
bool AddressSpace::populateArea(Cursor at, Range range) {
  const std::uint32_t flags = areas_.at(at).flags;
  if ((flags & vm::access) == 0) return false;
  const std::uint64_t count = pages(range.end - range.start);
  memory_.reserve(static_cast<std::uint32_t>(std::min(count, parameters_.memoryPages)) + 2, 5);
  const bool write = (flags & (vm::write | vm::shared)) == vm::write;
  for (Address page = range.start; page < range.end; page += page_) {
    const PageTable::Slot slot = pageTable_.find(page);
    const std::uint64_t entry = slot.exists ? pageTable_.get(slot) : 0;
    if (entry != 0 && (!write || descriptor::mayWrite(entry))) continue;
    // 4.3 leaves out the guard page (mm/gup.c:faultin_page).
    if (page == areas_.at(at).start && hidesLowestPage(at)) continue;
    if (handleFault(at, page, write) != FaultResult::done || overfull()) return false;
  }
  return true;
}

// --- madvise(MADV_DONTNEED)

trace::Outcome AddressSpace::dontneed(const trace::Step& step) {
  const auto untagIf = [&](bool now, Address address) {
    return now && rules_->untagsCalls ? untag(address) : address;
  };
  Address start = untagIf(!rules_->dontneedUntagsLate, step.address);
  if (!aligned(start)) return Outcome::failed(Errno::einval);
  const std::uint64_t length = pageUp(step.length);
  if (step.length != 0 && length == 0) return Outcome::failed(Errno::einval);
  if (start + length < start) return Outcome::failed(Errno::einval);
  if (length == 0) return Outcome::okay();
  start = untagIf(rules_->dontneedUntagsLate, start);
  const Address end = start + length;

  bool hole = false;
  for (Cursor at = areas_.find(start);; at = areas_.next(at)) {
    if (!at || areas_.at(at).start >= end) return Outcome::failed(Errno::enomem);
    const Vma& area = areas_.at(at);
    if (start < area.start) {
      hole = true;
      start = area.start;
    }
    if ((area.flags & vm::locked) != 0) return Outcome::failed(Errno::einval);
    const Range part{start, std::min(area.end, end)};
    clearEntries(part);
    if (rules_->dontneedFreesTables) pageTable_.freeLeaves(part.start, part.end);
    start = part.end;
    if (start >= end) break;
  }
  return hole ? Outcome::failed(Errno::enomem) : Outcome::okay();
}

// --- mincore
// ---------------------------------------------------------------------------------------------

// The pages of a range that are in memory: those with an entry, and all that a shared object holds.
trace::Outcome AddressSpace::mincore(const trace::Step& step) const {
  const Address start = rules_->untagsCalls ? untag(step.address) : step.address;
  if (!aligned(start)) return Outcome::failed(Errno::einval);
  // UML's access_ok leaves out the last byte.
  const Address room = parameters_.taskSize - (rules_->kernelAsksEntries ? 1 : 0);
  if (step.length > room || start > room - step.length) return Outcome::failed(Errno::enomem);

  const std::uint64_t count = pages(pageUp(step.length));
  const Address end = start + (count << pageShift_);
  std::uint64_t first = 0, after = 0;
  const auto add = [&](Address page) {
    const std::uint64_t index = pages(page - start);
    if (index < trace::listedPages)
      first |= std::uint64_t{1} << index;
    else
      ++after;
  };
  Address from = start;
  for (Cursor at = areas_.find(start); from < end; at = areas_.next(at)) {
    if (!at || areas_.at(at).start > from) return Outcome::failed(Errno::enomem);
    const Vma& area = areas_.at(at);
    const Address to = std::min(area.end, end);
    const bool shared = area.object != 0;
    if (!shared) {
      pageTable_.forEach(from, to, [&](Address page, PageTable::Slot) { add(page); });
    } else {
      const auto held = objects_[area.object].content.end();
      const std::uint64_t last = area.pgoff + pages(to - area.start);
      for (auto page = objects_.pageFrom(area.object, area.pgoff + pages(from - area.start));
           page != held && page->index < last; ++page)
        add(area.start + ((page->index - area.pgoff) << pageShift_));
    }
    from = to;
  }
  return Outcome::listing(count, first, after);
}

// --- fork: dup_mmap, copy_page_range

// The trace continues in the child. The child gets the entries and page tables of areas with an
// anon_vma only. Both processes lose write permission to private pages.
trace::Outcome AddressSpace::fork() {
  for (Cursor at = areas_.first(); at; at = areas_.next(at)) {
    Vma& area = areas_.change(at);
    area.flags &= ~vm::locked;
    if (area.anon == 0) {
      clearEntries({area.start, area.end}, false); // the parent keeps them and their dirty bits
      continue;
    }
    area.anon = nextAnon_++;
    area.forked = true;
    pageTable_.forEach(area.start, area.end, [&](Address, PageTable::Slot slot) {
      const std::uint64_t entry = pageTable_.get(slot);
      const auto frame = static_cast<Frame>(descriptor::frameOf(entry, pageShift_));
      if (frame != PhysicalMemory::zeroFrame) memory_.inherit(frame);
      pageTable_.set(slot, descriptor::withoutWrite(entry));
      if (rules_->hostMappedPages) mapOnHost(slot); // UML: force_flush_all in the child
    });
  }
  counters_.locked = 0;
  pageTable_.freeUnless([&](Address start, Address last) {
    for (Cursor at = areas_.find(start); at && areas_.at(at).start <= last; at = areas_.next(at))
      if (areas_.at(at).anon != 0) return true;
    return false;
  });
  return Outcome::okay();
}

} // namespace growsdown::reference
