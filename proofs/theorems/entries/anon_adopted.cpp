// Which anon_vma the first write to a page of a private area gives the area (the model's
// handleMmFault).
#include "model/tables.h"
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/entries/entries.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

struct AnonAdopted {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    model::LoggedSpace<D> s = anyList(run, q, [&run](model::Vma<D>& area, unsigned number) {
      makePrivate(run, area);
      if (number == 0) run.assume(any(area.flags & vm::write));
      chooseAnonVma(run, area, number);
      run.within(number < 5);
    });
    const Word page = run.word("page", q.expressible ? trace::windows[1].start : 0,
                               q.parameters.taskSize - 1, q.demandedGeometry.pageShift);
    const auto i = s.findVma(page);
    run.assume(truthLike(page, s.isArea(i)));
    run.assume(s.area(i).start < page);
    model::Call<D> call;
    call.op = trace::Op::touch;
    call.access = trace::Access::write;
    call.address = page;
    setScene(run, s, call);
    const model::Vma<D> was = s.area(i);
    const auto neighbour = [](const model::Vma<D>* area) {
      return area != nullptr ? std::optional(*area) : std::nullopt;
    };
    const std::optional<model::Vma<D>> above = neighbour(s.above(i));
    const std::optional<model::Vma<D>> below = neighbour(s.below(i));
    const model::Space<D> before = s;
    model::StepResult<D> result;
    result.verdict = model::resultOf(model::handleMmFault<D>(s, i, page, true));
    applyPlantedBug<D>(q.bug, before, call, result, s);

    const auto lends = [&](const std::optional<model::Vma<D>>& from, bool isAbove) {
      if (!from || from->anon == 0 || from->forked) return truthLike(page, false);
      const model::Vma<D>& lower = isAbove ? was : *from;
      const model::Vma<D>& upper = isAbove ? *from : was;
      return both(both(lower.end == upper.start,
                       (lower.flags & ~vm::access) == (upper.flags & ~vm::access)),
                  upper.pgoff == lower.pgoff + (lower.end - lower.start) / q.page());
    };
    const model::Vma<D> now = s.area(s.findVma(page));
    const auto is = [&](std::uint64_t anon) { return truthLike(page, now.anon == anon); };
    run.require("the write is done", truthLike(page, result.done()));
    run.require("extent, offset and flags stay", sameArea<D>(now, was));
    run.require("other areas stay", truthLike(page, othersAsBefore(before, s, i)));
    if (was.anon != 0) {
      run.require("an anon_vma stays",
                  both(is(was.anon), truthLike(page, now.forked == was.forked)));
    } else {
      const auto fromAbove = lends(above, true);
      const auto fromBelow = lends(below, false);
      run.require("a neighbour's is adopted, the upper one's first",
                  both(implies(fromAbove, is(above ? above->anon : 0)),
                       implies(both(negated(fromAbove), fromBelow), is(below ? below->anon : 0))));
      run.require("else it is a new one", implies(negated(either(fromAbove, fromBelow)),
                                                  truthLike(page, now.anon > before.lastAnon)));
      run.require("it was made in this process", truthLike(page, !now.forked));
    }
    run.output("anon", now.anon);
    noteRules(run, s);
  }
};

} // namespace

using model::Rule;

Theorem anonAdopted() {
  Theorem t;
  t.name = "anon-adopted";
  t.claims = {
      "The first write to a private area gives it the anon_vma of the area above. The condition is "
      "that this area starts where the first one ends, has an anon_vma that was made in this "
      "process, and could be one area with it except for the access rights.",
      "Otherwise it gets that of the area below, under the same condition; otherwise a new one, "
      "which no other area has.",
      "The anon_vma counts as made in this process. No other area's anon_vma changes, and no "
      "extent, flags or page offset.",
      "A write that makes no anon_vma leaves all as it was."};
  t.sizes = "any number of areas with any bounds, page offsets and flags; without and with "
            "anon_vmas, own and inherited";
  t.assumptions = {
      "the areas are in order, disjoint, page-aligned and not empty", "areas are private",
      "the page is absent and not the lowest of its area (for 4.3's guard step see growth-equal)"};
  t.rules = {Rule::anonAdoptAbove, Rule::anonAdoptBelow, Rule::anonNew, Rule::anonWrite,
             Rule::tableMade};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::adoptionMissed)};
  t.budget = budgets::anonAdopted;
  t.explore = exploreCode<AnonAdopted>;
  t.scene = sceneOf<AnonAdopted>;
  return t;
}

} // namespace growsdown::proofs
