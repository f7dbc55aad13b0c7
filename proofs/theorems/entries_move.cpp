#include "proofs/theorems/entries_move.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem entriesMove() {
  Theorem t;
  t.name = "entries-move";
  t.statement =
      "mremap moves the entries of its range by exactly the distance, with their rights, and "
      "duplicates none; those of a tail cut off and of a fixed target are gone; all others stay.";
  t.sizes = "one area, with MREMAP_FIXED two, one entry of any kind in an area of any kind, or "
            "two; symbolic 64-bit bounds, range and target";
  t.assumptions = "the areas are in order, disjoint, page-aligned, not empty; entries satisfy the "
                  "invariants; counters and page offsets are at most 2^52; no page tables are "
                  "listed; no area is locked; the range lies from 32 GiB on; all capabilities";
  t.rules = {Rule::mergeBelow,         Rule::placeTooLong,
             Rule::placeTopDown,       Rule::placeBottomUp,
             Rule::placeAligned,       Rule::placeNoRoom,
             Rule::munmapDone,         Rule::munmapArguments,
             Rule::munmapMapCount,     Rule::mremapArguments,
             Rule::mremapTarget,       Rule::mremapOverlap,
             Rule::mremapUnmapsTarget, Rule::mremapNoArea,
             Rule::mremapAcrossAreas,  Rule::mremapDuplicatePrivate,
             Rule::mremapRlimitAs,     Rule::mremapRlimitData,
             Rule::mremapShrinks,      Rule::mremapInPlace,
             Rule::mremapNoRoom,       Rule::mremapMapCount,
             Rule::mremapMoved,        Rule::mremapKeepsPgoff};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::moveForgetsWrite, false)};
  t.budget = budgets::entriesMove;
  t.explore = exploreText<EntriesMove>;
  t.scene = sceneOf<EntriesMove>;
  return t;
}

} // namespace growsdown::proofs
