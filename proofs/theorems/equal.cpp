#include "proofs/theorems/equal.h"

#include "planted/growth.h"
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;
using planted::Bug;

Theorem growthEqual() {
  Theorem t;
  t.name = "growth-equal";
  t.statement =
      "The reference's growth, 4.3's guard step included, decides as the model does, and moves the "
      "start, the page offset and the counters to the same values.";
  t.sizes = "any number of areas; symbolic 64-bit bounds, limits, counters and flags";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty and private; the area is the one "
      "that find_vma finds; page offsets and counters are at most 2^52";
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
      return exploreText<GrowthEqual<reference::Growth>>(question, budget, accept);
    const planted::ScopedBug scope(question.bug);
    return exploreText<GrowthEqual<planted::Growth>>(question, budget, accept);
  };
  t.scene = sceneOf<GrowthEqual<reference::Growth>>;
  return t;
}

} // namespace growsdown::proofs
