// Growth: what one expansion of a grows-down area guarantees, and what a refusal leaves.
#pragma once

#include "model/grow.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM growth-safe. One expansion of a grows-down area (expand_stack: the model's expandStack),
/// either guard style.
///
/// If it succeeds: the area starts at the page of the address and ends, and is flagged, as before;
/// it reaches no area below and, gap style, keeps at least the guard gap from an accessible
/// neighbour that does not grow (page style: does not come to touch a neighbour that does not
/// grow); it lies at or above the effective mmap_min_addr (4.3: mmap_min_addr, unless capable); its
/// size, less the rule set's discount, is within RLIMIT_STACK; the total is within RLIMIT_AS; if it
/// is locked and the caller not capable, what is locked is within RLIMIT_MEMLOCK; the page offset
/// and the counters total, stack, committed and, if locked, locked changed by exactly the growth,
/// the others not at all; no other area and no page changed. If it is refused: no area's extent,
/// offset or flags and no counter changed; and one of these demands would have been broken, or the
/// page offset was too small, with EPERM for the address and ENOMEM for everything else.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas, the growing one anywhere among them, symbolic 64-bit bounds within
/// the task's addresses; the area with an anon_vma or without, and then its neighbours with none,
/// one of this process, or an inherited one.
/// Assumed: the list is in order, disjoint, page-aligned and not empty; the growing area is what
/// find_vma finds for the address and lies above it; counters cover the areas, and they and the
/// page offsets are at most 2^52; areas are private, and their anon_vmas distinct.
struct GrowthSafe {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    const trace::RuleSet& demanded = *q.demanded;
    const std::uint64_t page = q.page();
    model::LoggedSpace<D> s = anyList(run, q, [&run](model::Vma<D>& area, unsigned number) {
      makePrivate(run, area);
      chooseAnonVma(run, area, number);
    });
    s.capable = run.truth("capable");
    const auto address = run.word("address", 0, q.parameters.taskSize - 1);
    if (q.expressible) run.assume(address >= trace::windows[1].start);
    const auto i = s.findVma(address);
    run.assume(truthLike(address, s.isArea(i)));
    run.assume(both(address < s.area(i).start, any(s.area(i).flags & vm::growsdown)));
    setScene(run, s, trace::Op::touch, trace::Access::write, address, 0);

    const model::Space<D> before = s;
    const model::Vma<D> old = s.area(i);
    const trace::Errno error = exactly<D>([&] { return model::expandStack<D>(s, i, address); });

    const auto to = address & ~(page - 1);
    const auto grow = (old.start - to) / page;
    const auto locked = any(old.flags & vm::locked);

    // What the rule set demands of an area that reaches down to `to`.
    const std::uint64_t discount = demanded.stackLimitDiscount * page;
    const auto high = demanded.lowAddressByCapability
                          ? either(to >= before.minAddr, before.capable)
                          : either(to >= before.effectiveMinAddr, truthLike(to, false));
    const auto withinStack = old.end - to - discount <= before.limits.stack;
    const auto withinAs = before.counters.total + grow <= before.limits.as / page;
    const auto withinMemlock =
        either(either(negated(locked), before.capable),
               before.counters.locked + grow <= before.limits.memlock / page);
    const auto withinOffset = grow <= old.pgoff;
    auto apart = truthLike(to, true);
    if (const model::Vma<D>* below = s.below(i)) { // it never changes
      const auto grows = any(below->flags & vm::growsdown);
      if (demanded.guard == trace::GuardStyle::gap) {
        const auto exempt = either(grows, both(truthLike(to, demanded.inaccessibleExempt),
                                               negated(any(below->flags & vm::access))));
        apart = either(exempt, to - below->end >= demanded.gapPages * page);
      } else {
        apart = either(grows, to > below->end);
      }
    }

    const model::Vma<D>& now = s.area(i);
    if (error == trace::Errno::none) {
      run.require("the guard distance is kept", apart);
      run.require("it lies above the minimum address", high);
      run.require("its size is within RLIMIT_STACK", withinStack);
      run.require("the total is within RLIMIT_AS", withinAs);
      run.require("what is locked is within RLIMIT_MEMLOCK", withinMemlock);
      run.require("the area starts at the page of the address", now.start == to);
      run.require("its end and flags are as before",
                  both(now.end == old.end, now.flags == old.flags));
      run.require("the page offset fell by the growth",
                  both(withinOffset, now.pgoff + grow == old.pgoff));
      run.require("the total rose by the growth", s.counters.total == before.counters.total + grow);
      run.require("stack pages rose by the growth",
                  s.counters.stack == before.counters.stack + grow);
      run.require("the commitment rose by the growth",
                  s.counters.committed == before.counters.committed + grow);
      run.require("locked pages rose by the growth of a locked area",
                  s.counters.locked ==
                      before.counters.locked + select(locked, grow, typename D::Word(0)));
      run.require("other counters are as before",
                  both(s.counters.data == before.counters.data,
                       s.counters.shared == before.counters.shared));
    } else {
      run.require("a refusal leaves the area", sameArea<D>(now, old));
      run.require("a refusal leaves the counters", sameCounters<D>(s.counters, before.counters));
      run.require("a refusal has a reason",
                  negated(both(both(both(apart, high), withinStack),
                               both(both(withinAs, withinMemlock), withinOffset))));
      run.require("EPERM is for the minimum address, ENOMEM for the rest",
                  error == trace::Errno::eperm ? negated(high)
                                               : truthLike(to, error == trace::Errno::enomem));
    }
    // An anon_vma is prepared behind the first checks, in the order of the kernel's age.
    const auto early =
        demanded.anonVmaBeforeLowAddress ? negated(apart) : either(negated(apart), negated(high));
    run.require("an early refusal makes no anon_vma",
                implies(early, truthLike(to, now.anon == old.anon)));
    run.require("anything else makes one", either(early, truthLike(to, now.anon != 0)));
    requireOrdered(run, q, s);
    run.require("other areas are as before", truthLike(to, othersAsBefore(before, s, i)));
    run.require("no page became present", truthLike(to, s.entries.empty() && s.tables.empty()));

    run.output("error", std::uint64_t{static_cast<std::uint8_t>(error)});
    outputAreas(run, s);
    outputCounters(run, s.counters);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
