#include "proofs/theorems/change.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem changeExact() {
  Theorem t;
  t.name = "change-exact";
  t.statement =
      "Splitting and merging change what they should and nothing else: a range that gets new "
      "flags, or a new area in free space, has them afterwards; every other address keeps "
      "flags, page offset and being covered; the areas stay in order; areas join exactly where "
      "they fit; no "
      "anon_vma is lost. "
      "A refusal for too many areas leaves every address as it was.";
  t.sizes = "any number of areas; symbolic 64-bit bounds, range and flags; anon_vmas none, shared, "
            "own or inherited";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty and private; the range is "
      "page-aligned, not empty and within the area (in free space); its flags change";
  t.rules = {Rule::mergeBelow,   Rule::mergeAbove, Rule::mergeBoth,
             Rule::mergeNotBoth, Rule::splitArea,  Rule::splitMapCount};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"merge-adopts-changed", "true", {}, false},
               {"mmap-merge-prefers-next", "true", {}, false},
               plantedBug(planted::Bug::mergeAcrossFork, true, {},
                          [](const trace::RuleSet& r) { return !r.mmapMergePrefersNext; }),
               {"page", "65536", {}, false}};
  t.budget = budgets::changeExact;
  t.explore = exploreText<ChangeExact>;
  t.scene = sceneOf<ChangeExact>;
  return t;
}

} // namespace growsdown::proofs
