// 4.3's guard page: a whole fault on a process without any present page, the guard step included.
#pragma once

#include "model/fault.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM guard-page-fault (guard style: page inside). One fault (do_page_fault: the model's
/// pageFault) by a read, a write or a fetch, at any address, with no page present.
///
/// Whatever the outcome: the areas stay in order; none but the one found changes; its end and flags
/// stay; its page offset fell and the counters total, stack, committed and, if it is locked, locked
/// rose by exactly the pages that it grew, the other counters not at all; if it grew, its new start
/// is within the task, it was a grows-down area, the total is within RLIMIT_AS, its size less one
/// page is within RLIMIT_STACK, and, locked and not capable, what is locked is within
/// RLIMIT_MEMLOCK; it did not grow below mmap_min_addr unless capable.
/// If the access succeeds in a grows-down area: the page touched is its only present page, and at
/// least one page of the area lies below it, untouched (the guard); or a grows-down area ends right
/// at the page; or the page is page 0. The area grew to the page touched and, if that was then its
/// lowest, by one page more.
/// A grows-down area that may grow to the page touched reaches to it afterwards, whatever else is
/// refused.
/// If it is refused: no page is present. Where the first expansion succeeded and the guard step was
/// refused, the area has grown to the page and keeps what that took, and the access is refused
/// (MAPERR); the same access again is refused again and changes nothing.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas; symbolic 64-bit bounds; writes at any address, reads and fetches
/// from 32 GiB (the high window's start) on. Assumed: the list is in order, disjoint, page-aligned,
/// not empty; areas are private and have an anon_vma each; counters cover the areas, and they and
/// the page offsets are at most 2^52; the address is within the task; the simulated machine has
/// memory.
struct GuardPageFault {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    const std::uint64_t page = q.page();
    model::LoggedSpace<D> s = anyList(run, q, [&run](model::Vma<D>& area, unsigned number) {
      makePrivate(run, area);
      area.anon = number + 1;
    });
    s.capable = run.truth("capable");
    const auto address =
        run.word("address", q.expressible ? trace::windows[1].start : 0,
                 (q.expressible ? trace::windows[1].end : q.parameters.taskSize) - 1);
    const auto access = static_cast<trace::Access>(run.choose("access", 3));
    if (access != trace::Access::write) run.assume(address >= trace::windows[1].start);
    setScene(run, s, trace::Op::touch, access, address & ~std::uint64_t{3}, 0);

    const auto at = address & ~std::uint64_t{3};
    const auto found = s.findVma(at);
    const model::Space<D> before = s;
    const model::Verdict verdict =
        exactly<D>([&] { return model::pageFault<D>(s, at, access, true); });
    model::Call<D> call;
    call.op = trace::Op::touch;
    call.access = access;
    call.address = at;
    model::StepResult<D> came;
    came.verdict = verdict;
    applyPlantedBug(q.bug, before, call, came, s);
    const bool done = verdict == model::Verdict::ok;
    const Word to = at & ~(page - 1);

    requireOrdered(run, q, s);

    run.require("the machine has memory", truthLike(to, verdict != model::Verdict::outOfMemory));

    run.require("other areas are as before", truthLike(to, othersAsBefore(before, s, found)));
    Word grown = 0;
    if (s.isArea(found)) {
      const model::Vma<D>& old = before.area(found);
      const model::Vma<D>& now = s.area(found);
      const model::Vma<D>* prev = s.below(found);
      run.require("its end and flags are as before",
                  both(now.end == old.end, now.flags == old.flags));
      run.require("it did not shrink", now.start <= old.start);
      grown = (old.start - now.start) / page;
      run.require("its page offset fell by the growth",
                  both(grown <= old.pgoff, now.pgoff + grown == old.pgoff));

      const auto grew = now.start < old.start;
      const auto locked = any(old.flags & vm::locked);
      const auto capable = before.capable;
      run.require("only grows-down areas grow", implies(grew, any(old.flags & vm::growsdown)));
      run.require("the total is within RLIMIT_AS",
                  implies(grew, s.counters.total <= before.limits.as / page));
      run.require("its size less the guard is within RLIMIT_STACK",
                  implies(grew, now.end - now.start - page * q.demanded->stackLimitDiscount <=
                                    before.limits.stack));
      run.require("what is locked is within RLIMIT_MEMLOCK",
                  implies(both(grew, locked),
                          either(capable, s.counters.locked <= before.limits.memlock / page)));
      run.require("it lies above the minimum address",
                  implies(grew, either(now.start >= before.minAddr, capable)));
      run.require("locked pages rose by the growth of a locked area",
                  s.counters.locked == before.counters.locked + select(locked, grown, Word(0)));
      if (prev != nullptr)
        run.require("the page touched keeps a page from a neighbour that does not grow",
                    implies(both(truthLike(to, done), any(old.flags & vm::growsdown)),
                            either(any(prev->flags & vm::growsdown), to >= prev->end + page)));

      const auto stack = any(old.flags & vm::growsdown);
      // What the first expansion must keep; it is kept whatever comes after it.
      const Word step = (old.start - to) / page;
      auto allows =
          both(both(step <= old.pgoff, either(to >= before.minAddr, capable)),
               both(before.counters.total + step <= before.limits.as / page,
                    old.end - to - page * q.demanded->stackLimitDiscount <= before.limits.stack));
      allows = both(allows, either(either(negated(locked), capable),
                                   before.counters.locked + step <= before.limits.memlock / page));
      if (prev != nullptr)
        allows = both(allows, either(prev->end < to, any(prev->flags & vm::growsdown)));
      for (const trace::Window& window : trace::windows) // nothing above one grows into it
        allows =
            both(allows,
                 negated(both(both(at >= window.start, at < window.end), old.start >= window.end)));
      if (q.demanded->stackPointerSlack != 0)
        allows = both(allows, at + q.demanded->stackPointerSlack >= before.stackPointer);
      run.require("an expansion that nothing forbids is kept",
                  implies(both(both(stack, to < old.start), allows), now.start <= to));
      if (done) {
        auto shared = truthLike(to, false);
        if (prev != nullptr) shared = both(prev->end == to, any(prev->flags & vm::growsdown));
        run.require("a guard page lies below the page touched",
                    implies(stack, either(now.start < to, either(shared, to == 0))));
        // To the page touched; one more if that was the lowest.
        const auto lowest = select(to < old.start, to, old.start);
        const auto guard = both(stack, both(to == lowest, negated(either(shared, to == 0))));
        run.require("it grew to the page touched and one guard page",
                    now.start == lowest - select(guard, Word(page), Word(0)));
      } else {
        const auto kept = either(now.start == old.start, both(stack, now.start == to));
        run.require("a refusal leaves all or the first expansion", kept);
        const auto allowed = any(old.flags & model::accessMask(access));
        run.require("ACCERR is for the area's rights alone",
                    implies(truthLike(to, verdict == model::Verdict::accerr), negated(allowed)));
        // The guard step alone can refuse what the area allows once it reaches to the page.
        auto noRoom = truthLike(to, false);
        if (prev != nullptr)
          noRoom = both(prev->end == to, negated(any(prev->flags & vm::growsdown)));
        const Word guarded = now.end - to + page - page * q.demanded->stackLimitDiscount;
        const auto overLimit = either(
            either(s.counters.total + 1 > before.limits.as / page, guarded > before.limits.stack),
            both(both(locked, negated(capable)),
                 s.counters.locked + 1 > before.limits.memlock / page));
        const auto tooLow = both(to - page < before.minAddr, negated(capable));
        run.require("a refused guard step has a reason",
                    implies(both(now.start <= to, allowed),
                            either(either(noRoom, now.pgoff == 0), either(overLimit, tooLow))));
        run.require("a refused guard step is MAPERR",
                    implies(both(now.start < old.start, allowed),
                            truthLike(to, verdict == model::Verdict::maperr)));
      }
    }
    run.require("the total rose by the growth", s.counters.total == before.counters.total + grown);
    run.require("stack pages rose by the growth",
                s.counters.stack == before.counters.stack + grown);
    run.require("the commitment rose by the growth",
                s.counters.committed == before.counters.committed + grown);
    run.require("other counters are as before", both(s.counters.data == before.counters.data,
                                                     s.counters.shared == before.counters.shared));
    run.require("the page touched alone is present",
                truthLike(to, s.entries.size() == (done ? 1u : 0u)));
    if (done) run.require("the page present is the one touched", s.entries[0].address == to);

    run.output("verdict", std::uint64_t{static_cast<std::uint8_t>(verdict)});
    outputAreas(run, s);
    outputCounters(run, s.counters);
    run.output("tables", std::uint64_t{s.tables.size()});

    if (!done) {
      model::LoggedSpace<D> again = s;
      const model::Verdict second =
          exactly<D>([&] { return model::pageFault<D>(again, at, access, true); });
      run.require("a refused access is refused again", truthLike(to, second == verdict));
      run.require("and changes nothing more", sameCounters<D>(again.counters, s.counters));
      run.require("and no area", truthLike(to, othersAsBefore(before, again, found)));
      if (s.isArea(found))
        run.require("and not the one found", sameArea<D>(again.area(found), s.area(found)));
      run.output("again", std::uint64_t{static_cast<std::uint8_t>(second)});
    }
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
