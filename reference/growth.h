// Whether and how an area grows: expand_stack, and the guard step before 4.12.
//
// Templates over what they read and change, so that the proofs run this text over symbolic words:
// an `Area` has start, end, pgoff and flags, `Counters` total, stack, data, locked and committed,
// and conditions on either convert to bool. The address space passes its own.
#pragma once

#include "reference/planted.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/words.h"

#include <cstdint>

namespace growsdown::reference {
inline namespace GROWSDOWN_REFERENCE_BUILD {

using trace::wrappingDifference;

/// What bounds growth. Addresses and sizes in bytes, unless they say pages.
template <class Word, class Truth>
struct GrowthLimits {
  const trace::RuleSet& rules;
  unsigned pageShift = 12;
  Word minAddr{};
  Word effectiveMinAddr{};
  Truth capable{};
  Word stack{};        ///< RLIMIT_STACK
  Word asPages{};      ///< RLIMIT_AS
  Word memlockPages{}; ///< RLIMIT_MEMLOCK

  std::uint64_t page() const { return std::uint64_t{1} << pageShift; }
};

/// Linux 4.7 and later, mm.h:is_data_mapping.
template <class Flags>
bool isDataMapping(const Flags& flags) {
  namespace vm = trace::vm;
  return (flags & (vm::write | vm::shared | vm::growsdown)) == vm::write ? true : false;
}

/// mm/mmap.c:vm_stat_account; 4.3 derives VmData in fs/proc/task_mmu.c:task_mem. `count` pages
/// come, or go as two's complement.
template <class Counters, class Flags, class Word>
void accountPages(Counters& counters, const trace::RuleSet& rules, const Flags& flags,
                  const Word& count) {
  namespace vm = trace::vm;
  counters.total += count;
  if ((flags & vm::growsdown) != 0)
    counters.stack += count;
  else if (rules.dataIsPrivateWritable ? isDataMapping(flags)
                                       : static_cast<bool>((flags & vm::shared) == 0))
    counters.data += count;
}

/// mm/mmap.c:mlock_future_check, mlock_future_ok.
template <class Counters, class Flags, class Word, class Truth>
bool lockedPagesFit(const Counters& counters, const Flags& flags, const Word& count,
                    const Truth& capable, const Word& memlockPages) {
  if ((flags & trace::vm::locked) == 0) return true;
  if (capable) return true;
  const std::uint64_t generous = planted(Bug::memlockLimit) ? 1 : 0;
  return counters.locked + count <= memlockPages + generous ? true : false;
}

/// Whether the stack's neighbour below is itself one.
template <class Area>
bool isStack(const Area& neighbour) {
  return (neighbour.flags & trace::vm::growsdown) != 0 && !planted(Bug::growsdownNotExempt);
}

/// expand_downwards, acct_stack_growth. Moves the area's start down to `page` at once, or not at
/// all; an anon_vma that `prepare` makes on the way stays. `below` is null where no area lies
/// below.
template <class Area, class Counters, class Word, class Truth, class Prepare>
bool expandDownwards(Area& area, const Area* below, const Word& page, Counters& counters,
                     const GrowthLimits<Word, Truth>& limits, const Prepare& prepare) {
  namespace vm = trace::vm;
  const trace::RuleSet& rules = limits.rules;
  if (rules.anonVmaBeforeLowAddress) prepare();
  const bool tooLow = rules.lowAddressByCapability
                          ? page < limits.minAddr && !limits.capable
                          : static_cast<bool>(page < limits.effectiveMinAddr);
  if (tooLow && !planted(Bug::growthBelowMinAddr)) return false;
  if (rules.guard == trace::GuardStyle::gap && below != nullptr) {
    const bool exempt = rules.inaccessibleExempt && (below->flags & vm::access) == 0 &&
                        !planted(Bug::inaccessibleNotExempt);
    const std::uint64_t gap =
        std::uint64_t{rules.gapPages - (planted(Bug::gapOnePageShort) ? 1U : 0U)}
        << limits.pageShift;
    if (!isStack(*below) && !exempt && page - below->end < gap) return false;
  }
  if (!rules.anonVmaBeforeLowAddress) prepare();

  if (page >= area.start) return true;
  const Word count = (area.start - page) >> limits.pageShift;
  if (count > area.pgoff) return false;
  const std::uint64_t generous = planted(Bug::addressSpaceLimit) ? 1 : 0;
  if (counters.total + count > limits.asPages + generous) return false;
  const std::uint64_t discount =
      (rules.stackLimitDiscount + (planted(Bug::stackLimit) ? 1U : 0U)) * limits.page();
  if (area.end - page > discount && area.end - page - discount > limits.stack) return false;
  if (!lockedPagesFit(counters, area.flags, count, limits.capable, limits.memlockPages))
    return false;

  counters.committed += count;
  if ((area.flags & vm::locked) != 0 && !planted(Bug::lockedGrowthUncounted))
    counters.locked += count;
  if (planted(Bug::stackCountedAsData))
    accountPages(counters, rules, std::uint32_t{vm::write}, count);
  else
    accountPages(counters, rules, area.flags, count);
  area.start = page;
  if (!planted(Bug::growthKeepsOffset)) area.pgoff -= count;
  return true;
}

/// expand_stack: before 4.12 growth must leave the page free that will be the guard.
template <class Area, class Counters, class Word, class Truth, class Prepare>
bool expandStack(Area& area, const Area* below, const Word& page, Counters& counters,
                 const GrowthLimits<Word, Truth>& limits, const Prepare& prepare) {
  if (limits.rules.guard == trace::GuardStyle::pageInside && below != nullptr)
    if (below->end == page && !isStack(*below)) return false;
  return expandDownwards(area, below, page, counters, limits, prepare);
}

/// check_stack_guard_page (4.3): the first fault on a stack's lowest page adds one more below it.
template <class Area, class Counters, class Word, class Truth, class Prepare>
bool guardStep(Area& area, const Area* below, const Word& page, Counters& counters,
               const GrowthLimits<Word, Truth>& limits, const Prepare& prepare) {
  if (limits.rules.guard != trace::GuardStyle::pageInside || planted(Bug::guardStepMissing))
    return true;
  if ((area.flags & trace::vm::growsdown) == 0 || page != area.start) return true;
  if (below != nullptr && below->end == page) return isStack(*below);
  const Word lower = wrappingDifference(page, limits.page());
  return expandDownwards(area, below, lower, counters, limits, prepare);
}

} // namespace GROWSDOWN_REFERENCE_BUILD
} // namespace growsdown::reference
