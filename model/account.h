// Counters of total, stack, data, locked and committed pages, and the limits on them.
#pragma once

#include "model/state.h"

namespace growsdown::model {

/// is_data_mapping (4.6+): private, writable, not growing. The exec and stack classes do not
/// concern the counters that a process can see.
template <class D>
bool isData(const typename D::Flags& flags) {
  if (!(flags & vm::write)) return false;
  if (flags & vm::shared) return false;
  if (flags & vm::growsdown) return false;
  return true;
}

/// vm_stat_account: adds `pages` of an area with `flags`; a number in two's complement removes
/// them. 4.3 mm/mmap.c counts shared and stack pages, and VmData is the rest (fs/proc/task_mmu.c,
/// task_mem); 6.12 mm/mmap.c counts data_vm.
template <class D>
void accountTo(Counters<D>& c, const typename D::Flags& flags, const typename D::Word& pages) {
  c.total = c.total + pages;
  if (flags & vm::growsdown)
    c.stack = c.stack + pages;
  else if (flags & vm::shared)
    c.shared = c.shared + pages;
  if (isData<D>(flags)) c.data = c.data + pages;
}
template <class D>
void account(Space<D>& s, const typename D::Flags& flags, const typename D::Word& pages) {
  accountTo<D>(s.counters, flags, pages);
}

/// Adds `pages` of an area with `flags` to all counters, locked and committed pages included.
template <class D>
void accountArea(Counters<D>& c, const typename D::Flags& flags, const typename D::Word& pages) {
  accountTo<D>(c, flags, pages);
  if (flags & vm::locked) c.locked = c.locked + pages;
  if (flags & vm::account) c.committed = c.committed + pages;
}
template <class D>
void takeOff(Counters<D>& from, const Counters<D>& gone) {
  from.total = from.total - gone.total;
  from.stack = from.stack - gone.stack;
  from.shared = from.shared - gone.shared;
  from.data = from.data - gone.data;
  from.locked = from.locked - gone.locked;
  from.committed = from.committed - gone.committed;
}
/// The contribution of the parts of areas in [start, end).
template <class D>
Counters<D> countRange(const Space<D>& s, const typename D::Word& start,
                       const typename D::Word& end) {
  const auto first = s.findVma(start);
  return sumOver(s, first, s.firstStartingAt(end, first), Counters<D>{},
                 [&](const Vma<D>& area, Counters<D>& sum) {
                   const auto from = area.start < start ? start : area.start;
                   const auto to = end < area.end ? end : area.end;
                   accountArea<D>(sum, area.flags, s.pagesOf(from, to));
                 });
}

template <class D>
void unaccount(Space<D>& s, const typename D::Flags& flags, const typename D::Word& pages) {
  s.counters.total = s.counters.total - pages;
  if (flags & vm::growsdown)
    s.counters.stack = s.counters.stack - pages;
  else if (flags & vm::shared)
    s.counters.shared = s.counters.shared - pages;
  if (isData<D>(flags)) s.counters.data = s.counters.data - pages;
}

/// VmData as /proc/self/status of this version shows it.
template <class D>
typename D::Word shownData(const RuleSet& rules, const Counters<D>& c) {
  if (rules.dataIsPrivateWritable) return c.data;
  return c.total - c.shared - c.stack;
}

/// security_vm_enough_memory_mm: overcommit refuses nothing here, but the pages are counted.
template <class D>
void charge(Space<D>& s, const typename D::Word& pages) {
  s.counters.committed = s.counters.committed + pages;
}
template <class D>
void uncharge(Space<D>& s, const typename D::Word& pages) {
  s.counters.committed = s.counters.committed - pages;
}

/// may_expand_vm, the RLIMIT_AS part: 4.3, 6.12 mm/mmap.c. The limit counts whole pages.
template <class D>
bool exceedsAs(const Space<D>& s, const typename D::Word& pages) {
  return decide(s.counters.total + pages > s.pages(s.limits.as));
}

/// may_expand_vm, the RLIMIT_DATA part (4.7+). The kernel's exception for a limit of 0 cannot arise
/// here: limits count from what the process used at the start.
template <class D>
bool exceedsData(const Space<D>& s, const typename D::Flags& flags, const typename D::Word& pages) {
  if (!s.rules().rlimitData) return false;
  if (!isData<D>(flags)) return false;
  return decide(s.counters.data + pages > s.pages(s.limits.data));
}

template <class D>
bool mayExpand(const Space<D>& s, const typename D::Flags& flags, const typename D::Word& pages) {
  if (exceedsAs(s, pages)) return false;
  if (exceedsData(s, flags, pages)) return false;
  return true;
}

/// RLIMIT_MEMLOCK in whole pages, unless the caller has CAP_IPC_LOCK.
template <class D>
bool exceedsMemlock(const Space<D>& s, const typename D::Word& pages) {
  if (s.capable) return false;
  return decide(s.counters.locked + pages > s.pages(s.limits.memlock));
}

/// can_do_mlock: 4.3, 6.12 mm/mlock.c.
template <class D>
bool mayLock(const Space<D>& s) {
  if (s.limits.memlock != 0) return true;
  return decide(s.capable);
}

} // namespace growsdown::model
