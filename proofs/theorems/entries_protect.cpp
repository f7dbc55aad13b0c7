#include "proofs/theorems/entries_protect.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem entriesProtect() {
  Theorem t;
  t.name = "entries-protect";
  t.statement =
      "mprotect recomputes exactly the entries of the areas' parts whose rights it changes, and "
      "they "
      "grant what the new rights make of them; mlock and munlock leave all entries as they are, "
      "but "
      "for what mlock makes present. Every entry lies in an area that allows what it grants.";
  t.sizes = "one area of any kind, one entry of any kind or two; symbolic 64-bit bounds, start and "
            "length; no rights, each alone, and all; two pages where pages are made present";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty; entries satisfy the invariants; "
      "counters and page offsets are at most 2^52; the area lies from 32 GiB on; no page tables "
      "are "
      "listed; the simulated machine has memory; all capabilities";
  t.rules = {Rule::anonNew,
             Rule::splitArea,
             Rule::splitMapCount,
             Rule::anonZero,
             Rule::anonWrite,
             Rule::cowZero,
             Rule::cowCopy,
             Rule::cowReuse,
             Rule::sharedRead,
             Rule::sharedBeyondObject,
             Rule::tableMade,
             Rule::populateDone,
             Rule::populateNoAccess,
             Rule::mprotectChanged,
             Rule::mprotectSame,
             Rule::mprotectEmpty,
             Rule::mprotectUnaligned,
             Rule::mprotectWraps,
             Rule::mprotectHole,
             Rule::mprotectToStart,
             Rule::mprotectNotGrowsdown,
             Rule::mprotectRlimitData,
             Rule::mprotectCharges,
             Rule::mprotectPopulates,
             Rule::mlockLocks,
             Rule::munlockUnlocks,
             Rule::mlockEmpty,
             Rule::mlockWraps,
             Rule::mlockHole,
             Rule::mlockPopulateFails};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::entriesKeepRights, false),
               plantedBug(planted::Bug::splitNotRecorded, false)};
  t.budget = budgets::entriesProtect;
  t.explore = exploreText<EntriesProtect>;
  t.scene = sceneOf<EntriesProtect>;
  return t;
}

} // namespace growsdown::proofs
