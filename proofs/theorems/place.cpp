#include "proofs/theorems/place.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem placeFree() {
  Theorem t;
  t.name = "place-free";
  t.statement =
      "a place that mmap finds without MAP_FIXED (at the hint, or the highest or lowest in a hole) "
      "is free, page-aligned, within bounds and as far below a stack that comes next as this "
      "version keeps away; a "
      "hint or a hole is passed over only where nothing of that length fits.";
  t.sizes = "any number of areas, stacks or not; any hole; symbolic 64-bit bounds";
  t.assumptions = "the areas are in order, disjoint, page-aligned, not empty; hint and length are "
                  "page-aligned, the length not 0 and not longer than the task";
  t.rules = {Rule::placeHint, Rule::placeHintTaken, Rule::placeGapWraps};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  // Where no gap is kept, a wrong gap shows nothing.
  const auto seesGap = [](const trace::RuleSet& r) { return r.placementSeesGap; };
  t.planted = {{"bug", "hint-ignores-gap", {}, true, seesGap},
               {"placement-sees-gap", "false", {}, true, seesGap},
               {"page", "65536", {}, false}};
  t.budget = budgets::placeFree;
  t.explore = exploreText<PlaceFree>;
  t.scene = sceneOf<PlaceFree>;
  return t;
}

} // namespace growsdown::proofs
