// Growing a stack: expand_stack and its checks. The heart of the specification.
#pragma once

#include "model/account.h"
#include "model/anon.h"
#include "model/state.h"

namespace growsdown::model {

/// acct_stack_growth: 4.3, 6.12 mm/mmap.c. The area would have `size` bytes and gains `grow` pages.
template <class D>
Errno accountGrowth(LoggedSpace<D>& s, const Vma<D>& area, const typename D::Word& size,
                    const typename D::Word& grow) {
  if (!mayExpand(s, area.flags, grow)) return s.refuse(Rule::growRlimitAs, Errno::enomem);

  const std::uint64_t discount = s.rules().stackLimitDiscount * s.pageSize();
  if (size - discount > s.limits.stack) return s.refuse(Rule::growRlimitStack, Errno::enomem);

  if (area.flags & vm::locked) {
    if (exceedsMemlock(s, grow)) return s.refuse(Rule::growRlimitMemlock, Errno::enomem);
    s.counters.locked = s.counters.locked + grow;
  }
  charge(s, grow); // even for an area that is not VM_ACCOUNT
  account(s, area.flags, grow);
  return Errno::none;
}

/// security_mmap_addr, 4.3 (security/commoncap.c): a capable caller may go below the minimum. Since
/// 5.0 (CVE-2019-9213) no caller may, and the minimum includes CONFIG_LSM_MMAP_MIN_ADDR.
template <class D>
bool lowForGrowth(const Space<D>& s, const typename D::Word& address) {
  if (s.rules().lowAddressByCapability) return address < s.minAddr && !s.capable;
  return decide(address < s.effectiveMinAddr);
}

/// expand_downwards: 4.3, 6.12 mm/mmap.c. `address` is page-aligned; area `i` is VM_GROWSDOWN.
template <class D>
Errno expandDownwards(LoggedSpace<D>& s, Position<D> i, const typename D::Word& address) {
  const RuleSet& rules = s.rules();
  if (rules.anonVmaBeforeLowAddress) prepareAnonVma(s, i);
  if (lowForGrowth(s, address)) return s.refuse(Rule::growLowAddress, Errno::eperm);

  if (rules.guard == GuardStyle::gap) {
    const std::uint64_t gap = rules.gapPages * s.pageSize();
    if (const Vma<D>* prev = s.below(i)) {
      if (prev->flags & vm::growsdown)
        s.mark(Rule::guardGapGrowsdownExempt);
      else if (rules.inaccessibleExempt && !accessible(prev->flags))
        s.mark(Rule::guardGapInaccessibleExempt);
      else if (address - prev->end < gap)
        return s.refuse(Rule::guardGap, Errno::enomem);
    }
  }

  if (!rules.anonVmaBeforeLowAddress) prepareAnonVma(s, i);

  Vma<D> area = s.area(i);
  if (address >= area.start) { // 4.3's guard step below page 0 wraps to here
    s.mark(Rule::growCovered);
    return Errno::none;
  }
  const auto grow = s.pagesOf(address, area.start);
  if (grow > area.pgoff) return s.refuse(Rule::growPgoff, Errno::enomem);
  if (const Errno error = accountGrowth<D>(s, area, area.end - address, grow); error != Errno::none)
    return error;

  area.start = address;
  area.pgoff = area.pgoff - grow;
  s.replaceWindow(i, area);
  s.mark(Rule::growDone);
  return Errno::none;
}

/// expand_stack: 4.3, 6.12 mm/mmap.c. A fault at `address` grows area `i` down to the page of the
/// fault in one step, however far that is. The pages between stay absent.
template <class D>
Errno expandStack(LoggedSpace<D>& s, Position<D> i, const typename D::Word& address) {
  const auto page = s.pageDown(address);
  if (s.rules().guard == GuardStyle::pageInside) {
    const Vma<D>* prev = s.below(i);
    if (prev != nullptr && prev->end == page && !(prev->flags & vm::growsdown))
      return s.refuse(Rule::guardPageAbuts, Errno::enomem);
  }
  return expandDownwards<D>(s, i, page);
}

/// Whether a grows-down area ends where area `i` starts (vma_growsdown: 4.3 include/linux/mm.h).
template <class D>
bool growsdownAbutsBelow(const Space<D>& s, Position<D> i) {
  const Vma<D>* prev = s.below(i);
  if (prev == nullptr || prev->end != s.area(i).start) return false;
  return decide(prev->flags & vm::growsdown);
}

/// check_stack_guard_page: 4.3 mm/memory.c, called by do_anonymous_page. The first fault on the
/// lowest page of a grows-down area moves its start down by one page, so that a guard page lies
/// below the pages in use. Returns false if there can be no guard page; what the fault did before
/// stays.
template <class D>
bool guardStep(LoggedSpace<D>& s, Position<D> i, const typename D::Word& page) {
  if (!(s.area(i).flags & vm::growsdown)) return true;
  if (page != s.area(i).start) return true;
  if (const Vma<D>* prev = s.below(i); prev != nullptr && prev->end == page) {
    if (prev->flags & vm::growsdown) {
      s.mark(Rule::guardPageShared);
      return true;
    }
    s.mark(Rule::guardPageNeighbour);
    return false;
  }
  if (expandDownwards<D>(s, i, wrappingDifference(page, s.pageSize())) != Errno::none) return false;
  s.mark(Rule::guardPageAdded);
  return true;
}

/// The start of area `i` in /proc/self/maps (show_map_vma: 4.3 fs/proc/task_mmu.c), which hides the
/// guard page, present or not.
template <class D>
typename D::Word shownStart(const Space<D>& s, Position<D> i) {
  const Vma<D>& area = s.area(i);
  if (s.rules().guard != GuardStyle::pageInside) return area.start;
  if (!(area.flags & vm::growsdown)) return area.start;
  if (growsdownAbutsBelow(s, i)) return area.start;
  return area.start + s.pageSize();
}

} // namespace growsdown::model
