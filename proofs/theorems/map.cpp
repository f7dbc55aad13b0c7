#include "proofs/theorems/map.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem mapExact() {
  Theorem t;
  t.name = "map-exact";
  t.statement =
      "mmap of a range puts exactly its area there and takes away what was: every other address "
      "keeps its flags and page offset, counters change by what came and went, RLIMIT_AS and "
      "RLIMIT_DATA are kept. A refusal has one of these reasons, or max_map_count, and changes no "
      "address and no counter.";
  t.sizes = "any number of areas, of which the range may take any number; symbolic 64-bit bounds";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty, private and without anon_vmas; "
      "the range is page-aligned and within the task; counters cover the areas; counters and page "
      "offsets are at most 2^52; no page is present";
  t.rules = {Rule::mapReplaces, Rule::mapRlimitAs, Rule::mapRlimitData, Rule::mapRegionMapCount,
             Rule::mergeBelow,  Rule::mergeAbove,  Rule::mergeBoth,     Rule::mapFixedKeepsSplit};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"rlimit-data", "true"},
               {"rlimit-data", "false"},
               {"fixed-failure-keeps", "true", {}, false},
               plantedBug(planted::Bug::dataLimit, true, {},
                          [](const trace::RuleSet& r) { return r.rlimitData; }),
               {"page", "65536", {}, false}};
  t.budget = budgets::mapExact;
  t.explore = exploreText<MapExact>;
  t.scene = sceneOf<MapExact>;
  return t;
}

} // namespace growsdown::proofs
