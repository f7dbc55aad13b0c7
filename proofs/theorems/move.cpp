#include "proofs/theorems/move.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem remapMoves() {
  Theorem t;
  t.name = "remap-moves";
  t.statement =
      "mremap to a free target: the target gets the flags and page offsets of the old range, the "
      "old range is gone, every other address keeps what it has, and the counters change by what "
      "the target counts for less the old range, within RLIMIT_AS. A refusal changes nothing.";
  t.sizes = "any number of areas; symbolic 64-bit bounds; five kinds of areas";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty; those not moved are private and "
      "readable; addresses and lengths are page-aligned, the ranges apart, the new length not "
      "below "
      "the old; nothing lies in the target (unmap-exact); no page is present";
  t.rules = {Rule::mremapMoved,
             Rule::mremapDuplicateUnaccounts,
             Rule::mremapDuplicatePrivate,
             Rule::mremapRebases,
             Rule::mremapKeepsPgoff,
             Rule::mremapNoArea,
             Rule::mremapAcrossAreas,
             Rule::mremapMapCount,
             Rule::mremapRlimitAs,
             Rule::mremapRlimitData,
             Rule::mergeBelow,
             Rule::mergeAbove};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"page", "65536", {}, false}};
  t.budget = budgets::remapMoves;
  t.explore = exploreText<RemapMoves>;
  return t;
}

} // namespace growsdown::proofs
