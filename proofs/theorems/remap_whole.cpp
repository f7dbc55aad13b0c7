#include "proofs/theorems/remap_whole.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem remapWhole() {
  Theorem t;
  t.name = "remap-whole";
  t.statement =
      "mremap as a whole, in place or to any target: areas stay in order and counters in step; the "
      "new range has the old one's flags and page offsets, the rest of the old range is gone, "
      "every other address keeps what it has. A refusal brings nothing new and leaves every "
      "address outside of the target and of a tail to be cut off.";
  t.sizes = "one area, or two where a version moves all areas of a range; any range above the "
            "program, length and target; symbolic 64-bit words";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty, private, readable, writable and "
      "accounted; counters cover them; ranges are page-aligned; no page is present";
  t.rules = {Rule::mremapMoved,
             Rule::mremapInPlace,
             Rule::mremapShrinks,
             Rule::mremapTarget,
             Rule::mremapOverlap,
             Rule::mremapUnmapsTarget,
             Rule::mremapNoRoom,
             Rule::mremapNoArea,
             Rule::mremapAcrossAreas,
             Rule::mremapMapCount,
             Rule::mremapRlimitAs,
             Rule::mremapRlimitData,
             Rule::mremapKeepsPgoff,
             Rule::mremapRebases,
             Rule::mremapArguments,
             Rule::mremapDuplicatePrivate,
             Rule::mremapDuplicateUnaccounts,
             Rule::munmapArguments,
             Rule::munmapMapCount,
             Rule::munmapDone,
             Rule::placeTooLong,
             Rule::placeLow,
             Rule::mergeBelow,
             Rule::mergeAbove,
             Rule::mergeBoth};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"mremap-moves-many",
                "true",
                {},
                true,
                [](const trace::RuleSet& r) { return !r.mremapMovesMany; }},
               {"page", "65536", {}, false}};
  t.budget = budgets::remapWhole;
  t.explore = exploreText<RemapWhole>;
  t.scene = sceneOf<RemapWhole>;
  return t;
}

} // namespace growsdown::proofs
