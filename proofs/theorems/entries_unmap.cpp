#include "proofs/theorems/entries_unmap.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem entriesUnmap() {
  Theorem t;
  t.name = "entries-unmap";
  t.statement =
      "munmap and MADV_DONTNEED take exactly the entries of their range (MADV_DONTNEED up "
      "to the first locked area) and leave all others as they are; every entry left lies "
      "in an area that allows what it grants; no private frame is mapped twice.";
  t.sizes =
      "one area for munmap (unmap-exact has any number), two for MADV_DONTNEED; one entry of any "
      "kind in an area of any kind, or two; symbolic 64-bit bounds, start and length";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty; entries satisfy the "
      "invariants; counters and page offsets are at most 2^52; no page tables are listed";
  t.rules = {Rule::munmapArguments,   Rule::munmapMapCount, Rule::munmapDone,    Rule::dontneedDone,
             Rule::dontneedArguments, Rule::dontneedHole,   Rule::dontneedLocked};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::staleEntry), plantedBug(planted::Bug::dontneedOfLocked)};
  t.budget = budgets::entriesUnmap;
  t.explore = exploreText<EntriesUnmap>;
  t.scene = sceneOf<EntriesUnmap>;
  return t;
}

} // namespace growsdown::proofs
