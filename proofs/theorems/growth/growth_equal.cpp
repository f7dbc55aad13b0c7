// The reference's growth against the model's.
#include "model/grow.h"
#include "planted/growth.h"
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"
#include "reference/growth.h"

namespace growsdown::proofs {
namespace {

template <template <class> class Growth>
struct GrowthEqual {
  template <class D>
  struct Traits {
    using Word = typename D::Word;
    using Flags = typename D::Flags;
    using Truth = typename D::Truth;
    using Area = model::Vma<D>;
    using Counters = model::Counters<D>;
  };

  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    model::LoggedSpace<D> s =
        anyList(run, q, [&run](model::Vma<D>& area, unsigned) { makePrivate(run, area); });
    s.capable = run.truth("capable");
    const bool guard = q.demanded->guard == trace::GuardStyle::pageInside && run.flip("guard");
    const Word address =
        run.word("address", q.expressible ? trace::windows[1].start : 0, q.parameters.taskSize - 1);
    const auto i = s.findVma(address);
    run.assume(truthLike(address, s.isArea(i)));
    const Word page = s.pageDown(address);
    if (guard)
      run.assume(s.area(i).start <= address);
    else
      run.assume(both(address < s.area(i).start, any(s.area(i).flags & vm::growsdown)));
    setScene(run, s, trace::Op::touch, trace::Access::write, address, Word(0));

    const model::Space<D> before = s;
    model::Vma<D> area = s.area(i);
    model::Counters<D> counters = s.counters;
    counters.data = model::shownData<D>(s.rules(), s.counters); // what the reference keeps
    bool prepared = false;
    const Growth<Traits<D>> growth({*q.parameters.rules, s.pageShift(), s.minAddr,
                                    s.effectiveMinAddr, s.capable, s.limits.stack,
                                    s.pages(s.limits.as), s.pages(s.limits.memlock)},
                                   counters);
    const auto prepare = [&] { prepared = true; };
    const model::Vma<D>* below = s.below(i);
    const bool modelGrew = exactly<D>([&] {
      return guard ? model::guardStep<D>(s, i, page)
                   : model::expandStack<D>(s, i, address) == trace::Errno::none;
    });
    // The model may have put another object in its place.
    const std::optional<model::Vma<D>> neighbour =
        below == nullptr ? std::nullopt : std::optional(*s.below(i));
    const model::Vma<D>* under = neighbour ? &*neighbour : nullptr;
    const bool grew = exactly<D>([&] {
      return guard ? growth.guardStep(area, under, page, prepare)
                   : growth.expandStack(area, under, page, prepare);
    });

    run.require("both grow or both refuse", truthLike(address, grew == modelGrew));
    const model::Vma<D>& now = s.area(i);
    run.require("to the same start and page offset",
                both(area.start == now.start, area.pgoff == now.pgoff));
    run.require("end and flags stay", both(area.end == now.end, area.flags == now.flags));
    run.require("the counters are the same",
                both(both(counters.total == s.counters.total, counters.stack == s.counters.stack),
                     both(counters.locked == s.counters.locked,
                          counters.committed == s.counters.committed)));
    run.require("VmData shows the same",
                counters.data == model::shownData<D>(s.rules(), s.counters));
    run.require("both made an anon_vma or neither did",
                truthLike(address, prepared == (now.anon != 0)));
    run.require("other areas are as before", truthLike(address, othersAsBefore(before, s, i)));
    run.output("grew", std::uint64_t{grew});
    run.output("start", area.start);
    run.output("pgoff", area.pgoff);
    outputCounters(run, counters);
    noteRules(run, s);
  }
};

} // namespace

using model::Rule;
using planted::Bug;

Theorem growthEqual() {
  Theorem t;
  t.name = "growth-equal";
  t.claims = {"The growth of the reference, with 4.3's guard step, decides as the model does: both "
              "grow, or both refuse.",
              "Afterwards both have the same start and page offset of the area, the same counters "
              "total, stack, locked and committed, and the same VmData.",
              "Both made an anon_vma, or neither did. The area below is as it was."};
  t.sizes = "any number of areas; symbolic 64-bit bounds, limits, counters and flags";
  t.assumptions = {
      "the areas are in order, disjoint, page-aligned and not empty",
      "the area is private, shorter than 2^63 bytes, and the one that find_vma finds",
      "counters and page offsets are at most 2^52",
      "effective minimum address, limits and capability have the same meaning for both"};
  t.rules = {Rule::growDone,
             Rule::growLowAddress,
             Rule::guardGap,
             Rule::guardPageAbuts,
             Rule::growPgoff,
             Rule::growRlimitAs,
             Rule::growRlimitStack,
             Rule::growRlimitMemlock,
             Rule::guardPageAdded,
             Rule::guardPageNeighbour,
             Rule::guardPageShared,
             Rule::growCovered,
             Rule::anonNew,
             Rule::guardGapGrowsdownExempt,
             Rule::guardGapInaccessibleExempt};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  for (const Bug bug : {Bug::stackLimit, Bug::asLimit, Bug::memlockLimit, Bug::growsdownNotExempt,
                        Bug::growthBelowMinAddr, Bug::growthKeepsOffset, Bug::stackCountedAsData,
                        Bug::lockedGrowthUncounted})
    t.planted.push_back(plantedBug(bug, false));
  t.planted.push_back(plantedBug(Bug::guardStepMissing, false, trace::GuardStyle::pageInside));
  t.planted.push_back(plantedBug(Bug::inaccessibleNotExempt, false, trace::GuardStyle::gap));
  t.planted.push_back(plantedBug(Bug::gapOnePageShort, false, trace::GuardStyle::gap));
  t.budget = budgets::growthEqual;
  t.explore = [](const Question& question, const Budget& budget, const Accept& accept) {
    if (question.bug == Bug::none)
      return exploreCode<GrowthEqual<reference::Growth>>(question, budget, accept);
    const planted::ScopedBug scope(question.bug);
    return exploreCode<GrowthEqual<planted::Growth>>(question, budget, accept);
  };
  t.scene = sceneOf<GrowthEqual<reference::Growth>>;
  return t;
}

} // namespace growsdown::proofs
