#include "proofs/theorems/entries_fork.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem entriesFork() {
  Theorem t;
  t.name = "entries-fork";
  t.statement =
      "After a fork the child has the same areas, none of them locked, and exactly the entries of "
      "areas with an anon_vma, none of them writable; private pages are the parent's too.";
  t.sizes =
      "two areas, one entry of any kind in an area of any kind, or two; symbolic 64-bit bounds";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty; entries satisfy the invariants; "
      "counters and page offsets are at most 2^52; no page tables are listed";
  t.rules = {Rule::forkDone, Rule::forkAnonVma, Rule::forkSkipsEntries};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::forkKeepsLocked, false)};
  t.budget = budgets::entriesFork;
  t.explore = exploreText<EntriesFork>;
  t.scene = sceneOf<EntriesFork>;
  return t;
}

} // namespace growsdown::proofs
