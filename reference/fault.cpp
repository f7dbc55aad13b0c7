// Accesses: the search for the area, its growth, the permission check, and handle_mm_fault.
#include "reference/address_space.h"

#include <algorithm>

namespace growsdown::reference {

using trace::Access;
using trace::LimitKind;
using trace::Signal;
namespace vm = trace::vm;

namespace {
constexpr std::uint64_t faultAroundBytes = 65536; // mm/memory.c:fault_around_bytes
} // namespace

// --- the three ways in

trace::Outcome AddressSpace::touch(const trace::Step& step) {
  const Address byte = step.access == Access::exec ? step.address & ~Address{3} : step.address;
  if (rules_->hostAddressBits != 0 && !canonical(byte, rules_->hostAddressBits)) {
    // UML: bad_segv reports the old value of the host's cr2.
    Outcome fault = Outcome::signalled(trace::Signal::segvAccerr);
    fault.hasAddress = true;
    fault.address = hostFault_;
    return fault;
  }
  if (rules_->generalProtection && !canonical(byte, parameters_.geometry.vaBits)) {
    Outcome fault = Outcome::signalled(trace::Signal::segvKernel);
    fault.hasAddress = true; // #GP has no address
    return fault;
  }
  const Address address = untag(byte);
  Outcome outcome = access(address, step.access, By::user);
  if (outcome.kind != Outcome::Kind::signal) return outcome;
  Address reported = byte;
  if (rules_->siAddrClearsTopByte)
    reported = byte & ((Address{1} << 56) - 1);
  else if (rules_->ignoresTopByte)
    reported = address;
  if (reported != step.address) {
    outcome.hasAddress = true;
    outcome.address = reported;
  }
  return outcome;
}

trace::Outcome AddressSpace::kernelAccess(const trace::Step& step) {
  if (step.address >= parameters_.taskSize) return Outcome::failed(Errno::efault);
  if (rules_->kernelAsksEntries && step.address == parameters_.taskSize - 1) // UML's access_ok
    return Outcome::failed(Errno::efault);
  const Outcome outcome = access(step.address, step.access, By::kernel);
  counters_.faults = 0;
  return outcome.kind == Outcome::Kind::signal ? Outcome::failed(Errno::efault) : outcome;
}

// get_user_pages of one page: __get_user_pages, check_vma_flags, follow_page_pte, faultin_page.
trace::Outcome AddressSpace::gup(const trace::Step& step) {
  const Address address = rules_->untagsCalls ? untag(step.address) : step.address;
  if (address >= parameters_.taskSize) return Outcome::failed(Errno::efault);
  const Address page = pageDown(address);
  Cursor at = areas_.find(page);
  if (!at) return Outcome::failed(Errno::efault);
  if (areas_.at(at).start > page) {
    if (!rules_->gupGrows) return Outcome::failed(Errno::efault);
    const Address oldStart = areas_.at(at).start;
    if (locate(address, By::gup, at) == Flow::refused) return Outcome::failed(Errno::efault);
    // find_extend_vma populates the pages by which a locked area has grown.
    if ((areas_.at(at).flags & vm::locked) != 0) populate({page, oldStart}, true);
  }
  const bool write = step.access == Access::write;
  if ((areas_.at(at).flags & (write ? vm::write : vm::read)) == 0)
    return Outcome::failed(Errno::efault);
  const PageTable::Slot slot = pageTable_.find(page);
  const std::uint64_t entry = slot.exists ? pageTable_.get(slot) : 0;
  const bool there = descriptor::present(entry) && (!write || descriptor::mayWrite(entry));
  FaultResult fault = FaultResult::done;
  if (!there) {
    fault = handleFault(at, page, write);
  } else if (write && (areas_.at(at).flags & vm::shared) != 0) {
    memory_.setDirty(static_cast<Frame>(descriptor::frameOf(entry, pageShift_)));
  } else if (rules_->gupUnshares && !descriptor::mayWrite(entry)) {
    // Since 5.19 a page that another process may write to is copied before it is pinned for reading
    // (gup_must_unshare). The copy is mapped clean and without write permission.
    const auto frame = static_cast<Frame>(descriptor::frameOf(entry, pageShift_));
    if (frame != PhysicalMemory::zeroFrame && memory_.inherited(frame)) {
      memory_.release(frame);
      pageTable_.set(slot, descriptor::pageAt(memory_.allocate(), pageShift_, areas_.at(at).flags));
    }
  }
  return fault == FaultResult::done ? Outcome::okay() : Outcome::failed(Errno::efault);
}

// fault_dirty_shared_page: whether a write fault maps a page of an object that was clean until
// then.
bool AddressSpace::dirtiesObject(const Vma& area, Address page) const {
  const PageTable::Slot slot = pageTable_.find(page);
  if (slot.exists && pageTable_.get(slot) != 0) return false;
  const Frame frame = objects_.find(area.object, pgoffAt(area, page));
  return frame == 0 || !memory_.dirty(frame);
}

// UML's flush of one page: the host maps it as the entry says.
void AddressSpace::mapOnHost(PageTable::Slot slot) {
  pageTable_.set(slot, pageTable_.get(slot) | descriptor::onHost);
}

// do_page_fault (arm64), do_user_addr_fault (x86), handle_page_fault (UML).
trace::Outcome AddressSpace::access(Address address, Access access, By by) {
  if (address >= parameters_.taskSize) {
    hostFault_ = address;
    return Outcome::signalled(Signal::segvMaperr);
  }
  if (access == Access::exec && rules_->fetchesAreReads) access = Access::read;
  const Address page = pageDown(address);
  PageTable::Slot slot = pageTable_.find(page);
  if (slot.exists) {
    const std::uint64_t entry = pageTable_.get(slot);
    const bool asked = by == By::kernel && rules_->kernelAsksEntries;
    if (descriptor::permits(entry, access, by != By::kernel, *rules_)) {
      if (access == Access::write && !asked && !descriptor::isDirty(entry))
        pageTable_.set(slot, descriptor::withDirty(entry));
      return Outcome::okay();
    }
  }

  if (by == By::user) hostFault_ = address;
  counters_.faults = rules_->refusedFaultsCount ? 1 : 0;
  Cursor at;
  if (locate(address, by, at) == Flow::refused) return Outcome::signalled(Signal::segvMaperr);
  const std::uint32_t flags = areas_.at(at).flags;
  const std::uint32_t needed = descriptor::needed(access, *rules_);
  if ((flags & needed) == 0) {
    // x86 handles a fetch from an absent page as a read fault, and refuses the retry.
    const bool present = slot.exists && pageTable_.get(slot) != 0;
    if (!rules_->execMapsFirst || access != Access::exec || present || (flags & vm::access) == 0)
      return Outcome::signalled(Signal::segvAccerr);
  }
  const bool write = access == Access::write;
  const bool dropsLock = (rules_->sharedDirtyIsMajor || rules_->hostMappedPages) && write &&
                         (flags & vm::shared) != 0 && dirtiesObject(areas_.at(at), page);
  std::uint64_t faults = dropsLock && rules_->sharedDirtyIsMajor ? 0 : 1;
  switch (handleFault(at, page, write)) {
  case FaultResult::done:
    break;
  case FaultResult::beyondObject:
    return Outcome::signalled(Signal::busAdrerr);
  case FaultResult::guardRefused:
    return Outcome::signalled(Signal::segvMaperr);
  }
  if (rules_->hostMappedPages) {
    // UML ends a fault with flush_tlb_page, except if the fault dropped the lock. Then the host
    // still lacks the page, and an access by the user faults again.
    if (dropsLock && by == By::user) ++faults;
    if (!dropsLock || by == By::user) mapOnHost(pageTable_.find(page));
  }
  counters_.faults = faults;
  return (flags & needed) == 0 ? Outcome::signalled(Signal::segvAccerr) : Outcome::okay();
}

// --- growth

// An area above a window does not grow into the window.
bool AddressSpace::crossesWindow(Address page, const Vma& area) const {
  return std::any_of(parameters_.windows.begin(), parameters_.windows.end(),
                     [&](const trace::Window& window) {
                       return window.contains(page) && area.start >= window.end;
                     });
}

// Finds the area of the address, or the next area above, which grows to the address if it may.
AddressSpace::Flow AddressSpace::locate(Address address, By by, Cursor& at) {
  const Address page = pageDown(address);
  at = areas_.find(page);
  if (!at) return Flow::refused;
  const Vma& area = areas_.at(at);
  if (area.start <= page) return Flow::goOn;
  if ((area.flags & vm::growsdown) == 0 || crossesWindow(page, area)) return Flow::refused;
  // x86 before 5.0 does not grow far below the stack pointer (docs/rules/growth.md).
  if (rules_->stackPointerSlack != 0 && by == By::user &&
      address + rules_->stackPointerSlack < stackPointer_)
    return Flow::refused;
  return expandStack(at, page) ? Flow::goOn : Flow::refused;
}

AddressSpace::StackGrowth AddressSpace::growth() {
  return {{*rules_, pageShift_, parameters_.minAddr, parameters_.effectiveMinAddr(), capable_,
           limitOf(LimitKind::stack), limitPages(LimitKind::as), limitPages(LimitKind::memlock)},
          counters_};
}

const Vma* AddressSpace::areaBelow(Cursor at) const {
  const Cursor below = areas_.previous(at);
  return below ? &areas_.at(below) : nullptr;
}

bool AddressSpace::expandStack(Cursor at, Address page) {
  return growth().expandStack(areas_.change(at), areaBelow(at), page, [&] { prepareAnon(at); });
}

bool AddressSpace::guardStep(Cursor at, Address page) {
  return growth().guardStep(areas_.change(at), areaBelow(at), page, [&] { prepareAnon(at); });
}

// stack_guard_page_start (4.3): the page that /proc/self/maps does not show and populating leaves
// out.
bool AddressSpace::hidesLowestPage(Cursor at) const {
  const Vma& area = areas_.at(at);
  if (rules_->guard != trace::GuardStyle::pageInside || (area.flags & vm::growsdown) == 0)
    return false;
  const Cursor below = areas_.previous(at);
  return !(below && areas_.at(below).end == area.start &&
           (areas_.at(below).flags & vm::growsdown) != 0);
}

// --- handle_mm_fault

AddressSpace::FaultResult AddressSpace::handleFault(Cursor at, Address page, bool write) {
  return (areas_.at(at).flags & vm::shared) != 0 ? sharedFault(at, page, write)
                                                 : privateFault(at, page, write);
}

// do_anonymous_page, do_wp_page.
AddressSpace::FaultResult AddressSpace::privateFault(Cursor at, Address page, bool write) {
  const PageTable::Slot slot = pageTable_.make(page);
  const std::uint64_t entry = pageTable_.get(slot);
  if (entry != 0) {
    if (write) writeProtected(at, slot);
    return FaultResult::done;
  }
  if (!guardStep(at, page)) return FaultResult::guardRefused;
  if (!write) {
    pageTable_.set(slot,
                   descriptor::pageAt(PhysicalMemory::zeroFrame, pageShift_, areas_.at(at).flags));
    return FaultResult::done;
  }
  prepareAnon(at);
  std::uint64_t made = descriptor::pageAt(memory_.allocate(), pageShift_, areas_.at(at).flags);
  made = descriptor::withWrite(descriptor::withDirty(made));
  pageTable_.set(slot, made);
  return FaultResult::done;
}

// A write to a page that is present.
void AddressSpace::writeProtected(Cursor at, PageTable::Slot slot) {
  std::uint64_t entry = pageTable_.get(slot);
  bool copied = false;
  if (!descriptor::mayWrite(entry)) {
    const auto frame = static_cast<Frame>(descriptor::frameOf(entry, pageShift_));
    const bool zero = frame == PhysicalMemory::zeroFrame;
    const bool others = !zero && memory_.inherited(frame);
    if (zero || others) {
      prepareAnon(at);
      if (others) memory_.release(frame);
      copied = true;
      entry = descriptor::pageAt(memory_.allocate(), pageShift_, areas_.at(at).flags);
    }
  }
  pageTable_.set(slot, descriptor::withWrite(descriptor::withDirty(entry)));
  if (rules_->hostMappedPages && !copied) mapOnHost(slot); // ptep_set_access_flags flushes
}

void AddressSpace::mapShared(PageTable::Slot slot, const Vma& area, Frame frame, bool write) {
  memory_.acquire(frame);
  std::uint64_t entry = descriptor::pageAt(frame, pageShift_, area.flags);
  if (write) {
    entry = descriptor::withDirty(entry);
    memory_.setDirty(frame);
  }
  pageTable_.set(slot, entry);
}

// do_read_fault, do_shared_fault, wp_page_shared.
AddressSpace::FaultResult AddressSpace::sharedFault(Cursor at, Address page, bool write) {
  const Vma& area = areas_.at(at);
  if (rules_->tablesBeforeFault)
    pageTable_.make(page);
  else
    pageTable_.makeUpper(page);
  PageTable::Slot slot = pageTable_.find(page);
  if (slot.exists && pageTable_.get(slot) != 0) {
    const std::uint64_t entry = pageTable_.get(slot);
    // Only the entry is dirty. clearEntries marks the page when it removes the entry.
    if (write) pageTable_.set(slot, descriptor::withWrite(descriptor::withDirty(entry)));
    return FaultResult::done;
  }
  const std::uint64_t index = pgoffAt(area, page);
  if (!write) faultAround(area, page);
  if (index >= objects_[area.object].pages) return FaultResult::beyondObject;
  slot = pageTable_.make(page);
  if (pageTable_.get(slot) != 0) return FaultResult::done; // faultAround mapped it
  Frame frame = objects_.find(area.object, index);
  if (frame == 0) {
    frame = memory_.allocate();
    objects_.add(area.object, index, frame);
  }
  mapShared(slot, area, frame, write);
  return FaultResult::done;
}

// do_fault_around: a read fault also maps pages nearby that the object already has.
void AddressSpace::faultAround(const Vma& area, Address page) {
  const std::uint64_t window = faultAroundBytes >> pageShift_;
  if (window <= 1) return;
  const Address aligned = page & ~((window << pageShift_) - 1);
  const Address from = std::max(aligned, area.start);
  const Address tableEnd = (page & ~(pageTable_.leafSpan() - 1)) + pageTable_.leafSpan();
  const Address to = std::min({from + (window << pageShift_), area.end, tableEnd});
  const std::uint64_t first = pgoffAt(area, from);
  const auto& object = objects_[area.object];
  for (auto held = objects_.pageFrom(area.object, first);
       held != object.content.end() && held->index < object.pages; ++held) {
    const Address address = from + ((held->index - first) << pageShift_);
    if (address >= to) break;
    const PageTable::Slot slot = pageTable_.make(address);
    if (pageTable_.get(slot) == 0) mapShared(slot, area, held->frame, false);
  }
}

} // namespace growsdown::reference
