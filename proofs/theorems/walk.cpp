#include "proofs/theorems/walk.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem walkExact() {
  Theorem t;
  t.name = "walk-exact";
  t.statement =
      "mprotect, mlock and munlock go from area to area: each round changes the part of the range "
      "that lies in its area, and the counters by exactly that; the next starts where it ended. A "
      "hole ends the walk with ENOMEM.";
  t.sizes = "any number of areas with any flags, any number of rounds; symbolic 64-bit bounds";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty, private, without anon_vmas, for "
      "mprotect not locked; the range is page-aligned and does not wrap; counters cover the areas; "
      "counters and page offsets are at most 2^52; no page is present";
  t.rules = {Rule::mprotectSame,        Rule::mprotectChanged, Rule::mprotectCharges,
             Rule::mlockLocks,          Rule::munlockUnlocks,  Rule::mlockHole,
             Rule::splitArea,           Rule::splitMapCount,   Rule::mergeBelow,
             Rule::mergeAbove,          Rule::mergeBoth,       Rule::mprotectRlimitData,
             Rule::mprotectDropsAccount};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"mprotect-drops-account", "true", {}, false},
               {"mprotect-drops-account", "false", {}, false},
               {"page", "65536", {}, false}};
  t.budget = budgets::walkExact;
  t.explore = exploreText<WalkExact>;
  t.scene = sceneOf<WalkExact>;
  return t;
}

} // namespace growsdown::proofs
