// Whether and how an area grows: expand_stack, and the guard step before 4.12.
#pragma once

#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/words.h"

#include <cstdint>

namespace growsdown::reference {

/// Growth over the types that `Traits` names:
///
/// - Word: an address, a size or a count;
/// - Flags: a set of trace::vm flags;
/// - Truth: a condition; it converts to bool;
/// - Area: has start, end, pgoff and flags;
/// - Counters: has total, stack, data, locked and committed.
///
/// The address space runs it on machine words, the proofs on symbolic ones.
template <class Traits>
class Growth {
 public:
  using Word = typename Traits::Word;
  using Flags = typename Traits::Flags;
  using Truth = typename Traits::Truth;
  using Area = typename Traits::Area;
  using Counters = typename Traits::Counters;

  /// What bounds growth. Addresses and sizes are in bytes, unless the name says pages.
  struct Limits {
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

  Growth(const Limits& limits, Counters& counters) : limits_(limits), counters_(counters) {}

  /// expand_stack: moves the start of `area` down to `page`, or returns false. An anon_vma that
  /// `prepare` makes on the way stays either way. `below` is the next lower area, or null. Before
  /// 4.12 growth must leave the page free that will be the guard.
  template <class Prepare>
  bool expandStack(Area& area, const Area* below, const Word& page, const Prepare& prepare) const {
    if (limits_.rules.guard == trace::GuardStyle::pageInside && below != nullptr)
      if (below->end == page && !isStack(*below)) return false;
    return expandDownwards(area, below, page, prepare);
  }

  /// check_stack_guard_page (4.3): the first fault on a stack's lowest page adds one page below it.
  /// Returns false if there is no room for that page.
  template <class Prepare>
  bool guardStep(Area& area, const Area* below, const Word& page, const Prepare& prepare) const {
    if (limits_.rules.guard != trace::GuardStyle::pageInside) return true;
    if ((area.flags & trace::vm::growsdown) == 0 || page != area.start) return true;
    if (below != nullptr && below->end == page) return isStack(*below);
    using trace::wrappingDifference;
    const Word lower = wrappingDifference(page, limits_.page());
    return expandDownwards(area, below, lower, prepare);
  }

  /// Linux 4.7 and later, mm.h:is_data_mapping.
  static bool isDataMapping(const Flags& flags) {
    namespace vm = trace::vm;
    return static_cast<bool>((flags & (vm::write | vm::shared | vm::growsdown)) == vm::write);
  }

  /// mm/mmap.c:vm_stat_account; 4.3 derives VmData in fs/proc/task_mmu.c:task_mem. `count` pages
  /// come, or go if `count` is negative in two's complement.
  static void account(Counters& counters, const trace::RuleSet& rules, const Flags& flags,
                      const Word& count) {
    namespace vm = trace::vm;
    counters.total += count;
    if ((flags & vm::growsdown) != 0)
      counters.stack += count;
    else if (rules.dataIsPrivateWritable ? isDataMapping(flags)
                                         : static_cast<bool>((flags & vm::shared) == 0))
      counters.data += count;
  }

  /// mm/mmap.c:mlock_future_check, mlock_future_ok: whether RLIMIT_MEMLOCK allows `count` more
  /// pages of an area with these flags.
  static bool lockedPagesFit(const Counters& counters, const Flags& flags, const Word& count,
                             const Truth& capable, const Word& memlockPages) {
    if ((flags & trace::vm::locked) == 0) return true;
    if (capable) return true;
    return static_cast<bool>(counters.locked + count <= memlockPages);
  }

 private:
  static bool isStack(const Area& neighbour) {
    return static_cast<bool>((neighbour.flags & trace::vm::growsdown) != 0);
  }

  // expand_downwards, acct_stack_growth.
  template <class Prepare>
  bool expandDownwards(Area& area, const Area* below, const Word& page,
                       const Prepare& prepare) const {
    namespace vm = trace::vm;
    const trace::RuleSet& rules = limits_.rules;
    if (rules.anonVmaBeforeLowAddress) prepare();
    const bool tooLow = rules.lowAddressByCapability
                            ? page < limits_.minAddr && !limits_.capable
                            : static_cast<bool>(page < limits_.effectiveMinAddr);
    if (tooLow) return false;
    if (rules.guard == trace::GuardStyle::gap && below != nullptr) {
      const bool exempt = rules.inaccessibleExempt && (below->flags & vm::access) == 0;
      const std::uint64_t gap = std::uint64_t{rules.gapPages} << limits_.pageShift;
      if (!isStack(*below) && !exempt && page - below->end < gap) return false;
    }
    if (!rules.anonVmaBeforeLowAddress) prepare();

    if (page >= area.start) return true;
    const Word count = (area.start - page) >> limits_.pageShift;
    if (count > area.pgoff) return false;
    if (counters_.total + count > limits_.asPages) return false;
    const std::uint64_t discount = rules.stackLimitDiscount * limits_.page();
    if (area.end - page > discount && area.end - page - discount > limits_.stack) return false;
    if (!lockedPagesFit(counters_, area.flags, count, limits_.capable, limits_.memlockPages))
      return false;

    counters_.committed += count;
    if ((area.flags & vm::locked) != 0) counters_.locked += count;
    account(counters_, rules, area.flags, count);
    area.start = page;
    area.pgoff -= count;
    return true;
  }

  Limits limits_;
  Counters& counters_;
};

} // namespace growsdown::reference
