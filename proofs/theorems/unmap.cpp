#include "proofs/theorems/unmap.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem unmapExact() {
  Theorem t;
  t.name = "unmap-exact";
  t.statement = "munmap takes away exactly the pages of its range: every address outside keeps its "
                "flags and page offset, the areas stay in order, and the counters fall by exactly "
                "what is gone. A refusal (EINVAL, ENOMEM) comes for the stated reasons only and "
                "changes nothing.";
  t.sizes = "any number of areas, of which the range may take any number; none or one present "
            "page; symbolic 64-bit bounds, start and length";
  t.assumptions = "the areas are in order, disjoint, page-aligned, not empty and private; counters "
                  "cover the areas; counters and page offsets are at most 2^52; no page tables are "
                  "listed";
  t.rules = {Rule::munmapArguments, Rule::munmapMapCount, Rule::munmapDone};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"page", "65536", {}, false},
               plantedBug(planted::Bug::staleEntry, false),
               plantedBug(planted::Bug::commitNotReturned, false)};
  t.budget = budgets::unmapExact;
  t.explore = exploreText<UnmapExact>;
  t.scene = sceneOf<UnmapExact>;
  return t;
}

} // namespace growsdown::proofs
