#include "proofs/theorems/equal.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

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
  for (const char* bug :
       {"stack-limit", "as-limit", "memlock-limit", "growsdown-not-exempt", "growth-below-min-addr",
        "growth-keeps-offset", "stack-counted-as-data", "locked-growth-uncounted"})
    t.planted.push_back({"bug", bug, {}, false});
  t.planted.push_back({"bug", "guard-step-missing", trace::GuardStyle::pageInside, false});
  t.planted.push_back({"bug", "inaccessible-not-exempt", trace::GuardStyle::gap, false});
  t.planted.push_back({"bug", "gap-one-page-short", trace::GuardStyle::gap, false});
  t.budget = budgets::growthEqual;
  t.explore = [](const Question& question, const Budget& budget, const Accept& accept) {
    return question.bug.empty() ? exploreText<GrowthEqual>(question, budget, accept)
                                : exploreGrowthEqualPlanted(question, budget, accept);
  };
  t.scene = sceneOf<GrowthEqual>;
  return t;
}

} // namespace growsdown::proofs
