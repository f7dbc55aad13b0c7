// What a child process starts with.
#pragma once

#include "model/fork.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM fork-keeps. fork (the model's fork), as the child sees it.
///
/// Every area keeps its extent and page offset, and its flags but VM_LOCKED, which is cleared; an
/// area with an anon_vma has one of its own afterwards, marked as inherited, one without has none.
/// No page counts as locked; the other counters are the parent's.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas with any flags (of the areas one stands for all, any of them; that
/// the extent stays is shown of every one); symbolic 64-bit bounds. Assumed: the list is in order,
/// disjoint, page-aligned, not empty; areas are private; no page is present (what becomes of pages
/// is entries-fork's).
struct ForkKeeps {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Area = model::Vma<D>;
    model::LoggedSpace<D> s = anyList(run, q, [&run](Area& area, unsigned number) {
      makePrivate(run, area);
      chooseAnonVma(run, area, number);
    });
    const auto address = run.word("address", 0, q.parameters.taskSize - 1);
    const auto i = s.findVma(address);
    run.assume(truthLike(address, s.isArea(i)));
    const Area old = s.area(i);
    setScene(run, s, trace::Op::fork, trace::Access::read, typename D::Word(0),
             typename D::Word(0));
    const model::Space<D> before = s;

    exactly<D>([&] { model::fork<D>(s); });
    model::Call<D> call;
    model::StepResult<D> came;
    applyPlantedBug(q.bug, before, call, came, s);

    const Area now = s.area(i);
    run.require("an area keeps its extent and page offset",
                both(both(now.start == old.start, now.end == old.end), now.pgoff == old.pgoff));
    run.require("VM_LOCKED is cleared, other flags stay",
                now.flags == (old.flags & ~std::uint32_t{vm::locked}));
    run.require("an anon_vma is the child's own",
                truthLike(address, old.anon == 0 ? now.anon == 0 && now.forked == old.forked
                                                 : now.anon > before.lastAnon && now.forked));
    run.require("nothing is locked", s.counters.locked == 0);
    model::Counters<D> others = s.counters;
    others.locked = before.counters.locked;
    run.require("the other counters are the parent's", sameCounters<D>(others, before.counters));
    requireOrdered(run, q, s);
    outputAreas(run, s);
    outputCounters(run, s.counters);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
