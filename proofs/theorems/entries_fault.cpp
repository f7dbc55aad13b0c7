#include "proofs/theorems/entries_fault.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem entriesFault() {
  Theorem t;
  t.name = "entries-fault";
  t.statement =
      "An access changes no entry except that of its page, and leaves every entry in an area that "
      "allows what it grants. After a write to private memory the page belongs to the process "
      "alone: "
      "neither the zero page nor one that the parent or another entry maps is ever writable.";
  t.sizes = "one area of any kind, one entry of any kind or two; symbolic 64-bit bounds; addresses "
            "from 32 GiB on";
  t.assumptions = "the areas are in order, disjoint, page-aligned, not empty; entries satisfy the "
                  "invariants; counters and page offsets are at most 2^52; no page tables are "
                  "listed; the simulated machine has memory; all capabilities";
  t.rules = {
      Rule::accessPresent,      Rule::faultNoArea,  Rule::faultNotGrowsdown, Rule::faultAccess,
      Rule::faultRefusedCounts, Rule::growDone,     Rule::growLowAddress,    Rule::guardPageAdded,
      Rule::growPgoff,          Rule::growRlimitAs, Rule::growRlimitStack,   Rule::anonNew,
      Rule::anonZero,           Rule::anonWrite,    Rule::cowZero,           Rule::cowCopy,
      Rule::cowReuse,           Rule::sharedRead,   Rule::sharedWrite,       Rule::firstWrite,
      Rule::sharedBeyondObject, Rule::tableMade,    Rule::gupDone,           Rule::gupNoArea,
      Rule::gupNoGrowth,        Rule::gupAccess,    Rule::gupUnshares};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::copyMissing, false),
               plantedBug(planted::Bug::zeroPageReused, false)};
  t.budget = budgets::entriesFault;
  t.explore = exploreText<EntriesFault>;
  t.scene = sceneOf<EntriesFault>;
  return t;
}

} // namespace growsdown::proofs
