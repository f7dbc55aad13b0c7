#include "proofs/theorems/entries_map.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem entriesMap() {
  Theorem t;
  t.name = "entries-map";
  t.statement = "mmap takes exactly the entries of the range that it replaces, and makes pages "
                "present only in the new area and only where it was asked to; every entry lies in "
                "an area that allows what it grants.";
  t.sizes = "one area of any kind, one entry of any kind or two; symbolic 64-bit bounds, address "
            "and length; with MAP_POPULATE one or two pages";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty; entries satisfy the invariants; "
      "counters and page offsets are at most 2^52; no page tables are listed; the address is from "
      "32 GiB on; the simulated machine has memory; all capabilities";
  t.rules = {
      Rule::mapFixed,       Rule::mapAtHint,       Rule::mapChosen,      Rule::mapEmpty,
      Rule::mapTooLong,     Rule::mapHintRaised,   Rule::mapCount,       Rule::mapRegionMapCount,
      Rule::mapRlimitAs,    Rule::mapRlimitData,   Rule::mapReplaces,    Rule::mapFixedKeepsSplit,
      Rule::placeTooLong,   Rule::placeBeyondTask, Rule::placeUnaligned, Rule::placeHint,
      Rule::placeHintTaken, Rule::placeTopDown,    Rule::placeBottomUp,  Rule::placeNoRoom};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::staleEntry, false)};
  t.budget = budgets::entriesMap;
  t.explore = exploreText<EntriesMap>;
  t.scene = sceneOf<EntriesMap>;
  return t;
}

} // namespace growsdown::proofs
