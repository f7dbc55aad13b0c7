#include "proofs/theorems/fork.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem forkKeeps() {
  Theorem t;
  t.name = "fork-keeps";
  t.statement =
      "fork leaves every area its extent, page offset and flags but VM_LOCKED, gives those with an "
      "anon_vma one of the child's own, and counts no page as locked.";
  t.sizes = "any number of areas with any flags; symbolic 64-bit bounds";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty and private; no page is present";
  t.rules = {Rule::forkDone, Rule::forkAnonVma, Rule::forkSkipsEntries};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::forkKeepsLocked, false)};
  t.budget = budgets::forkKeeps;
  t.explore = exploreText<ForkKeeps>;
  t.scene = sceneOf<ForkKeeps>;
  return t;
}

} // namespace growsdown::proofs
