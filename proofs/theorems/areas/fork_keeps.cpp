// What a child process starts with.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

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
    model::StepResult<D> result;
    applyPlantedBug(q.bug, before, call, result, s);

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

} // namespace

using model::Rule;

Theorem forkKeeps() {
  Theorem t;
  t.name = "fork-keeps";
  t.claims = {"In the child, each area keeps its extent, page offset and flags, except that "
              "VM_LOCKED is cleared.",
              "An area with an anon_vma has a new one of its own, marked as inherited. An area "
              "without one still has none.",
              "No page counts as locked. The other counters are the parent's."};
  t.sizes = "any number of areas with any flags; symbolic 64-bit bounds";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private", "no page is present (for pages see entries-fork)"};
  t.rules = {Rule::forkDone, Rule::forkAnonVma, Rule::forkSkipsEntries};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::forkKeepsLocked, false)};
  t.budget = budgets::forkKeeps;
  t.explore = exploreCode<ForkKeeps>;
  t.scene = sceneOf<ForkKeeps>;
  return t;
}

} // namespace growsdown::proofs
