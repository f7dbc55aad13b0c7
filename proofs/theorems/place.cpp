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
  t.planted = {plantedBug(planted::Bug::hintIgnoresGap, true, {}, seesGap),
               {"placement-sees-gap", "false", {}, true, seesGap},
               {"page", "65536", {}, false}};
  t.budget = budgets::placeFree;
  t.explore = exploreText<PlaceFree>;
  t.scene = sceneOf<PlaceFree>;
  return t;
}

Theorem placeSearch() {
  Theorem t;
  t.name = "place-search";
  t.statement =
      "The searches of mmap without MAP_FIXED start with the highest hole, or the lowest, go from "
      "hole to hole and leave none out, end with the first that serves or when there is no further "
      "one; a range of whole huge blocks is put on a block within what was found.";
  t.sizes = "any number of areas; any hole; symbolic 64-bit addresses; blocks of every level";
  t.assumptions = "the areas are in order, disjoint, page-aligned, not empty";
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"encoding", "skips-a-hole"}, {"encoding", "one-block-short"}};
  t.budget = budgets::placeSearch;
  t.explore = exploreText<PlaceSearch>;
  return t;
}

} // namespace growsdown::proofs
