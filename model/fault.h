// Page faults: permission checks, and handle_mm_fault.
#pragma once

#include "model/grow.h"
#include "model/state.h"
#include "model/tables.h"

namespace growsdown::model {

using trace::Access;

/// The result of an access: done, SIGSEGV (SEGV_MAPERR, SEGV_ACCERR), SIGBUS (BUS_ADRERR), no
/// memory left in the simulated machine, or SIGSEGV (SI_KERNEL).
enum class AccessResult : std::uint8_t { ok, maperr, accerr, buserr, outOfMemory, protection };

/// The result of handle_mm_fault: done, VM_FAULT_SIGSEGV, VM_FAULT_SIGBUS, or no memory.
enum class Fault : std::uint8_t { done, segv, bus };

/// What the hardware grants at EL0 for the flags of an area, except writing, which each entry
/// decides. Any right makes a page readable on CPUs without EPAN (arch/arm64 pgtable-prot.h).
template <class D>
typename D::Flags readableProt(const typename D::Flags& flags) {
  if (flags & vm::exec) return typename D::Flags{trace::prot::read | trace::prot::exec};
  if (accessible(flags)) return typename D::Flags{trace::prot::read};
  return typename D::Flags{trace::prot::none};
}

/// Sets the rights of an entry from the flags of its area and the bits of the entry. A clean page
/// is not writable for the hardware, unless the hardware manages dirty state itself (x86).
template <class D>
void settle(const Space<D>& s, Entry<D>& entry, const typename D::Flags& flags) {
  entry.prot = readableProt<D>(flags);
  if (entry.writable && (entry.dirty || s.rules().hardwareDirty))
    entry.prot = entry.prot | std::uint32_t{trace::prot::write};
}

/// The entry of a page that a read or write fault maps into an area with `flags`. A shared page is
/// writable if its area is, a private page only after a write fault.
template <class D>
Entry<D> freshEntry(const Space<D>& s, const typename D::Word& page, const typename D::Flags& flags,
                    PageKind kind, std::uint64_t frame, bool write) {
  Entry<D> entry;
  entry.address = page;
  entry.frame = frame;
  entry.kind = kind;
  entry.writable = write;
  if (kind == PageKind::shared) entry.writable = decide(flags & vm::write);
  entry.dirty = write;
  settle(s, entry, flags);
  return entry;
}

/// flush_tlb_page, flush_tlb_range: 6.1 arch/um/kernel/tlb.c. Makes the host map a page as its
/// entry says. Until then the host has no mapping of a page whose entry was set: the removal of an
/// earlier entry was flushed.
template <class D>
void flush(const Space<D>& s, Entry<D>& entry) {
  entry.hosted = s.rules().hostMappedPages;
}

inline std::uint32_t protFor(Access access) {
  if (access == Access::exec) return trace::prot::exec;
  if (access == Access::write) return trace::prot::write;
  return trace::prot::read;
}

/// The flags of which an area needs one (vm_flags mask of do_page_fault: 4.3, 6.12
/// arch/arm64/mm/fault.c, CPUs without EPAN): any right allows a read. User-mode Linux requires the
/// right to read or to execute (handle_page_fault: 6.1 arch/um/kernel/trap.c).
inline std::uint32_t accessMask(Access access, bool writeAllowsReads = true) {
  if (access == Access::exec) return vm::exec;
  if (access == Access::write) return vm::write;
  return writeAllowsReads ? vm::access : vm::read | vm::exec;
}

template <class D>
std::size_t objectPagePosition(const Space<D>& s, std::uint64_t object,
                               const typename D::Word& index) {
  const auto at =
      std::lower_bound(s.objectPages.begin(), s.objectPages.end(), index,
                       [&](const ObjectPage<D>& p, const typename D::Word& i) -> bool {
                         return p.object < object || (p.object == object && decide(p.index < i));
                       });
  return static_cast<std::size_t>(at - s.objectPages.begin());
}

/// The page of a shared object, or null.
template <class D>
ObjectPage<D>* findObjectPage(Space<D>& s, std::uint64_t object, const typename D::Word& index) {
  const std::size_t at = objectPagePosition(s, object, index);
  const auto& pages = s.objectPages;
  if (at < pages.size() && pages[at].object == object && pages[at].index == index)
    return &s.objectPages[at];
  return nullptr;
}

/// The size of a shared object that some area maps, in pages.
template <class D>
typename D::Word objectSize(const Space<D>& s, std::uint64_t id) {
  const auto at = std::lower_bound(s.objects.begin(), s.objects.end(), id,
                                   [](const Object<D>& o, std::uint64_t v) { return o.id < v; });
  GROWSDOWN_CHECK(at != s.objects.end() && at->id == id);
  return at->pages;
}

/// Marks the object's page that a shared entry maps as dirty.
template <class D>
void dirtyObjectPage(Space<D>& s, const Vma<D>& area, const typename D::Word& page) {
  const auto index = area.pgoff + s.pagesOf(area.start, page);
  if (ObjectPage<D>* held = findObjectPage(s, area.object, index)) held->dirty = true;
}

/// do_fault_around: 4.3, 6.12 mm/memory.c. A read fault also maps other pages that the object
/// holds. The range starts at the aligned 64 KiB block or at the area, whichever is higher; it has
/// 64 KiB and stays within the area and the page table.
template <class D>
void faultAround(LoggedSpace<D>& s, const Vma<D>& area, const typename D::Word& page) {
  constexpr std::uint64_t faultAroundBytes = 64 << 10;
  if (s.pageSize() >= faultAroundBytes) return;
  const auto aligned = page & ~(faultAroundBytes - 1);
  const auto from = aligned < area.start ? area.start : aligned;
  const unsigned entryTable = s.parameters.geometry.tableShift(s.parameters.geometry.levels - 1);
  const auto tableEnd = ((page >> entryTable) + 1) << entryTable;
  auto to = from + faultAroundBytes;
  if (area.end < to) to = area.end;
  if (tableEnd < to) to = tableEnd;
  for (auto at = from; at < to; at = at + s.pageSize()) {
    const auto index = area.pgoff + s.pagesOf(area.start, at);
    ObjectPage<D>* held = findObjectPage(s, area.object, index);
    if (held == nullptr || s.entry(at) != nullptr) continue;
    makeTables(s, page);
    s.mark(Rule::faultAround);
    s.setEntry(freshEntry<D>(s, at, area.flags, PageKind::shared, held->frame, false));
  }
}

/// A fault on an absent page of shared anonymous memory (do_read_fault, do_shared_fault,
/// shmem_fault): 4.3, 6.12 mm/memory.c, mm/shmem.c.
template <class D>
Fault sharedFault(LoggedSpace<D>& s, Position<D> i, const typename D::Word& page, bool write) {
  const Vma<D> area = s.area(i);
  makeTables(s, page, s.rules().tablesBeforeFault);
  if (!write) {
    faultAround(s, area, page);
    if (s.entry(page) != nullptr) return Fault::done;
  }
  const auto index = area.pgoff + s.pagesOf(area.start, page);
  if (index >= objectSize(s, area.object)) {
    s.mark(Rule::sharedBeyondObject);
    return Fault::bus;
  }
  ObjectPage<D>* held = findObjectPage(s, area.object, index);
  if (held == nullptr) {
    const std::size_t at = objectPagePosition(s, area.object, index);
    held = &*s.objectPages.insert(s.objectPages.cbegin() + static_cast<std::ptrdiff_t>(at),
                                  {area.object, index, ++s.lastFrame});
  }
  makeTables(s, page);
  s.mark(write ? Rule::sharedWrite : Rule::sharedRead);
  if (write && !held->dirty) {
    if (s.rules().sharedDirtyIsMajor) { // fault_dirty_shared_page: VM_FAULT_RETRY, and TRIED
      s.mark(Rule::sharedDirtyMajor);
      s.log.majorFault = true;
    }
    s.log.completed = true; // 6.1: VM_FAULT_COMPLETED
    held->dirty = true;
  }
  s.setEntry(freshEntry<D>(s, page, area.flags, PageKind::shared, held->frame, write));
  return Fault::done;
}

/// Maps a new private page, writable.
template <class D>
Fault ownPage(LoggedSpace<D>& s, Position<D> i, const typename D::Word& page, Rule rule) {
  prepareAnonVma(s, i);
  s.mark(rule);
  s.setEntry(freshEntry<D>(s, page, s.area(i).flags, PageKind::anonymous, ++s.lastFrame, true));
  return Fault::done;
}

/// do_anonymous_page: 4.3, 6.12 mm/memory.c. The page of a private area is absent.
template <class D>
Fault anonymousFault(LoggedSpace<D>& s, Position<D> i, const typename D::Word& page, bool write) {
  if (s.rules().guard == GuardStyle::pageInside && !guardStep(s, i, page)) return Fault::segv;
  if (write) return ownPage(s, i, page, Rule::anonWrite);
  s.mark(Rule::anonZero);
  s.setEntry(freshEntry<D>(s, page, s.area(i).flags, PageKind::zero, 0, false));
  return Fault::done;
}

/// zap_pte_range: 4.3, 6.12 mm/memory.c. Drops the entries of [start, end) of `area`.
template <class D>
void zap(Space<D>& s, const Vma<D>& area, const typename D::Word& start,
         const typename D::Word& end) {
  const auto& entries = s.entries;
  if (area.object != 0)
    for (std::size_t e = s.firstEntry(start); e < entries.size() && entries[e].address < end; ++e)
      if (entries[e].dirty) dirtyObjectPage(s, area, entries[e].address);
  s.dropEntries(start, end);
}

/// do_wp_page: 4.3, 6.12 mm/memory.c. A write to a present private page whose entry forbids it.
template <class D>
Fault writeProtectFault(LoggedSpace<D>& s, Position<D> i, Entry<D>& entry) {
  const auto page = entry.address;
  if (entry.kind == PageKind::zero) return ownPage(s, i, page, Rule::cowZero);
  if (entry.inherited) return ownPage(s, i, page, Rule::cowCopy);
  s.mark(Rule::cowReuse);
  entry.writable = entry.dirty = true;
  settle(s, entry, s.area(i).flags);
  flush(s, entry); // ptep_set_access_flags
  return Fault::done;
}

/// handle_mm_fault: 4.3, 6.12 mm/memory.c. `page` lies in area `i`, whose flags allow the access.
template <class D>
Fault handleMmFault(LoggedSpace<D>& s, Position<D> i, const typename D::Word& page, bool write) {
  if (Entry<D>* entry = s.entryToChange(page)) {
    if (!write) return Fault::done;
    if (!entry->writable) return writeProtectFault(s, i, *entry);
    if (!entry->dirty) s.mark(Rule::firstWrite);
    entry->dirty = true;
    settle(s, *entry, s.area(i).flags);
    flush(s, *entry);
    return Fault::done;
  }
  if (s.area(i).flags & vm::shared) return sharedFault(s, i, page, write);
  makeTables(s, page);
  return anonymousFault(s, i, page, write);
}

/// The area that an access to `address` concerns: find_vma's. But no area above a window grows into
/// the window (trace format), so the search from an address in a window ends with the window.
template <class D>
Position<D> areaFor(const Space<D>& s, const typename D::Word& address) {
  const auto i = s.findVma(address);
  if (!s.isArea(i)) return i;
  for (const trace::Window& window : s.parameters.windows)
    if (address < window.end && s.area(i).start >= window.end && address >= window.start)
      return s.areas.endPosition();
  return i;
}

inline AccessResult resultOf(Fault fault) {
  switch (fault) {
  case Fault::done:
    return AccessResult::ok;
  case Fault::segv:
    return AccessResult::maperr;
  case Fault::bus:
    return AccessResult::buserr;
  }
  return AccessResult::maperr;
}

/// do_page_fault: 4.3, 6.12 arch/arm64/mm/fault.c. The entry does not permit the access. `user` is
/// false for accesses by the kernel.
template <class D>
AccessResult pageFault(LoggedSpace<D>& s, const typename D::Word& address, Access access,
                       bool user) {
  const auto i = areaFor(s, address);
  if (!s.isArea(i)) {
    s.mark(Rule::faultNoArea);
    return AccessResult::maperr;
  }
  if (s.area(i).start > address) {
    if (!(s.area(i).flags & vm::growsdown)) {
      s.mark(Rule::faultNotGrowsdown);
      return AccessResult::maperr;
    }
    const std::uint64_t slack = s.rules().stackPointerSlack;
    if (user && slack != 0 && address + slack < s.stackPointer) {
      s.mark(Rule::growStackPointer);
      return AccessResult::maperr;
    }
    if (expandStack(s, i, address) != Errno::none) return AccessResult::maperr;
  }
  const auto page = s.pageDown(address);
  if (!(s.area(i).flags & accessMask(access, s.rules().writeAllowsReads))) {
    // x86 knows whether a fetch was refused only when the page is present (access_error).
    if (s.rules().execMapsFirst && access == Access::exec && s.entry(page) == nullptr &&
        accessible(s.area(i).flags)) {
      const Fault fault = handleMmFault(s, i, page, false);
      if (fault != Fault::done) return resultOf(fault);
      s.log.faults = s.log.faults + 1;
      s.mark(Rule::faultExecMaps);
      return AccessResult::accerr;
    }
    s.mark(Rule::faultAccess);
    if (!s.rules().writeAllowsReads && access == Access::read && (s.area(i).flags & vm::write))
      s.mark(Rule::faultUmWriteOnly);
    return AccessResult::accerr; // what grew stays grown
  }
  return resultOf(handleMmFault(s, i, page, access == Access::write));
}

/// Whether an access needs no fault: the hardware allows it, and on user-mode Linux the host has
/// mapped the page. The kernel of user-mode Linux walks the page tables instead (maybe_map: 6.1
/// arch/um/kernel/skas/uaccess.c).
template <class D>
bool permitted(LoggedSpace<D>& s, Entry<D>& entry, Access access, bool user) {
  if (!user && s.rules().kernelAsksEntries) {
    if (access == Access::write && !entry.writable) return false;
    s.mark(Rule::kernelUmEntry);
    return true;
  }
  if (!(entry.prot & protFor(access))) return false;
  if (s.rules().hostMappedPages && !entry.hosted) {
    s.mark(Rule::faultUmHostBehind);
    return false;
  }
  s.mark(Rule::accessPresent);
  if (access == Access::write) entry.dirty = true;
  return true;
}

/// An access to one byte (or instruction) at an untagged address by user mode, or by the kernel on
/// its behalf (copy_to_user, copy_from_user), and its count of minor faults.
template <class D>
AccessResult performAccess(LoggedSpace<D>& s, const typename D::Word& address, Access access,
                           bool user) {
  // access_ok of user-mode Linux leaves the last byte out: 6.1 arch/um/include/asm/uaccess.h.
  const std::uint64_t last = !user && s.rules().kernelAsksEntries ? 1 : 0;
  if (address >= s.parameters.taskSize - last) {
    s.mark(Rule::faultBeyondTask);
    return AccessResult::maperr;
  }
  if (access == Access::exec && s.rules().fetchesAreReads) {
    s.reach(Rule::faultUmFetch);
    access = Access::read;
  }
  const auto page = s.pageDown(address);
  if (Entry<D>* entry = s.entryToChange(page);
      entry != nullptr && permitted(s, *entry, access, user))
    return AccessResult::ok;
  s.log.majorFault = s.log.completed = false;
  const AccessResult verdict = pageFault(s, address, access, user);
  if (verdict == AccessResult::ok) {
    if (!s.log.majorFault) s.log.faults = s.log.faults + 1;
    if (!s.rules().hostMappedPages) return verdict;
    if (s.log.completed) {
      s.mark(Rule::faultUmCompleted);
      if (user) return performAccess(s, address, access, user); // the host has no page yet
    } else {
      s.mark(Rule::faultUmFlushes);
      Entry<D>* entry = s.entryToChange(page);
      GROWSDOWN_CHECK(entry != nullptr);
      flush(s, *entry);
    }
  } else if (s.rules().refusedFaultsCount) {
    s.reach(Rule::faultRefusedCounts);
    s.log.faults = s.log.faults + 1;
  }
  return verdict;
}

/// One page through get_user_pages: faultin_page and follow_page, 4.3, 6.12 mm/gup.c.
template <class D>
Fault faultIn(LoggedSpace<D>& s, Position<D> i, const typename D::Word& page, bool write) {
  if (const Entry<D>* entry = s.entry(page)) {
    if (!write || entry->writable) return Fault::done; // clean is good enough
  }
  return handleMmFault(s, i, page, write);
}

/// populate_vma_page_range: 4.3, 6.12 mm/gup.c. Makes the pages of [start, end) in area `i`
/// present, by writing if the area is private and writable, by reading otherwise. An area without
/// any right gives EFAULT. 4.3 skips the guard page (faultin_page).
template <class D>
Errno populateArea(LoggedSpace<D>& s, Position<D> i, const typename D::Word& start,
                   const typename D::Word& end) {
  if (!accessible(s.area(i).flags)) return s.refuse(Rule::populateNoAccess, Errno::efault);
  const bool write = decide((s.area(i).flags & (vm::write | vm::shared)) == vm::write);
  for (auto page = start; page < end; page = page + s.pageSize()) {
    const Entry<D>* entry = s.entry(page);
    if (entry != nullptr && (!write || entry->writable)) continue;
    if (s.rules().guard == GuardStyle::pageInside && (s.area(i).flags & vm::growsdown) &&
        page == s.area(i).start && !growsdownAbutsBelow(s, i)) {
      s.mark(Rule::populateSkipsGuard);
      continue;
    }
    if (handleMmFault(s, i, page, write) != Fault::done) return Errno::efault;
    if (s.overfull()) return Errno::enomem;
  }
  s.mark(Rule::populateDone);
  return Errno::none;
}

/// __mm_populate: 4.3, 6.12 mm/gup.c. Area by area; stops at the first refusal unless
/// `ignoreErrors`.
template <class D>
Errno populate(LoggedSpace<D>& s, const typename D::Word& start, const typename D::Word& end,
               bool ignoreErrors) {
  if (end <= start) return Errno::none;
  for (auto i = s.findVma(start); s.isArea(i) && s.area(i).start < end; i = s.next(i)) {
    const auto from = s.area(i).start < start ? start : s.area(i).start;
    const auto to = s.area(i).end < end ? s.area(i).end : end;
    const Errno error = populateArea(s, i, from, to);
    if (s.overfull()) return error;
    if (error != Errno::none && !ignoreErrors) return error;
  }
  return Errno::none;
}

/// gup_must_unshare: 6.12 mm/gup.c; do_wp_page with FAULT_FLAG_UNSHARE: mm/memory.c. A private page
/// that the parent also maps is copied before it is pinned for reading. The copy is not writable.
/// The page must be present.
template <class D>
void unshare(LoggedSpace<D>& s, const typename D::Word& page) {
  Entry<D>* entry = s.entryToChange(page);
  GROWSDOWN_CHECK(entry != nullptr);
  if (entry->kind != PageKind::anonymous || !entry->inherited) return;
  s.mark(Rule::gupUnshares);
  entry->frame = ++s.lastFrame;
  entry->inherited = false;
  entry->dirty = false;
  entry->hosted = false;
}

/// An access through get_user_pages (process_vm_readv, process_vm_writev): find_extend_vma and
/// check_vma_flags, 4.3 mm/mmap.c, mm/gup.c; gup_vma_lookup 6.12 mm/gup.c. Before 6.5 it grows
/// stacks, and checks the permission afterwards. False: EFAULT.
template <class D>
bool getUserPage(LoggedSpace<D>& s, const typename D::Word& address, Access access) {
  const auto i = address < s.parameters.taskSize ? areaFor(s, address) : s.areas.endPosition();
  if (!s.isArea(i)) {
    s.mark(Rule::gupNoArea);
    return false;
  }
  const auto page = s.pageDown(address);
  if (s.area(i).start > address) {
    if (!(s.area(i).flags & vm::growsdown) || !s.rules().gupGrows) {
      s.mark(s.rules().gupGrows ? Rule::gupNoArea : Rule::gupNoGrowth);
      return false;
    }
    const auto oldStart = s.area(i).start;
    if (expandStack(s, i, address) != Errno::none) return false;
    if (s.area(i).flags & vm::locked) {
      s.mark(Rule::gupGrowthPopulates);
      populateArea(s, i, page, oldStart);
      if (s.overfull()) return false;
    }
  }
  const bool write = access == Access::write;
  if (!(s.area(i).flags & (write ? vm::write : vm::read))) {
    s.mark(Rule::gupAccess);
    return false;
  }
  if (faultIn(s, i, page, write) != Fault::done) return false;
  s.mark(Rule::gupDone);
  if (write && s.area(i).object != 0) dirtyObjectPage(s, s.area(i), page);
  if (!write && s.rules().gupUnshares) unshare(s, page);
  return true;
}

} // namespace growsdown::model
