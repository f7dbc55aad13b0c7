#include "proofs/theorems/fault.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem faultKeeps() {
  Theorem t;
  t.name = "fault-keeps";
  t.statement =
      "A fault keeps the areas in order and the counters in step, and every present page in an "
      "area "
      "that allows what its entry grants; writing is granted to the process' own pages only. A "
      "success leaves the page present and granting the access; a refusal leaves the entries.";
  t.sizes = "any number of areas; none or one present page of each kind; symbolic 64-bit bounds; "
            "addresses from 32 GiB on";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty, private and with an anon_vma "
      "each; "
      "the "
      "present entry is as the invariants have it and does not permit the access; counters and "
      "page "
      "offsets are at most 2^52; no page table exists yet; the simulated machine has memory; all "
      "capabilities";
  t.rules = {Rule::faultNoArea,
             Rule::faultNotGrowsdown,
             Rule::faultAccess,
             Rule::growDone,
             Rule::growLowAddress,
             Rule::guardGap,
             Rule::guardGapGrowsdownExempt,
             Rule::guardGapInaccessibleExempt,
             Rule::guardPageAbuts,
             Rule::guardPageNeighbour,
             Rule::guardPageShared,
             Rule::guardPageAdded,
             Rule::growPgoff,
             Rule::growRlimitAs,
             Rule::growRlimitStack,
             Rule::anonZero,
             Rule::anonWrite,
             Rule::cowZero,
             Rule::cowCopy,
             Rule::cowReuse,
             Rule::firstWrite,
             Rule::tableMade};
  // x86 makes a page present before it refuses a fetch from it: another theorem.
  t.speaksOf = [](const trace::RuleSet& r) { return !r.execMapsFirst; };
  t.planted = {{"page", "65536", {}, false}};
  t.budget = budgets::faultKeeps;
  t.explore = exploreText<FaultKeeps>;
  t.scene = sceneOf<FaultKeeps>;
  return t;
}

} // namespace growsdown::proofs
