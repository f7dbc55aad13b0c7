#include "proofs/theorems/needed.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem tablesNeeded() {
  Theorem t;
  t.name = "tables-needed";
  t.statement =
      "After munmap a page table that an area touched is there exactly if an area that is "
      "left touches it: none is left behind, none is missing.";
  t.sizes =
      "any number of areas; a page table of any level; symbolic 64-bit bounds, start and length";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty, private, readable and "
      "writable; page offsets and counters are at most 2^52";
  t.rules = {Rule::munmapArguments, Rule::munmapMapCount, Rule::munmapDone, Rule::tableFreed,
             Rule::tableMade};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::tableNotFreed), plantedBug(planted::Bug::tableFreedEarly)};
  t.budget = budgets::tablesNeeded;
  t.explore = exploreText<TablesNeeded>;
  t.scene = sceneOf<TablesNeeded>;
  return t;
}

Theorem anonAdopted() {
  Theorem t;
  t.name = "anon-adopted";
  t.statement =
      "The first write to a private area gives it the anon_vma of the neighbour with which "
      "it could be one area, the upper one's first, or a new one; nothing else changes.";
  t.sizes = "any number of areas with any bounds, page offsets and flags";
  t.assumptions = "the areas are in order, disjoint, page-aligned, not empty and private; the page "
                  "is absent and not the lowest of its area";
  t.rules = {Rule::anonAdoptAbove, Rule::anonAdoptBelow, Rule::anonNew, Rule::anonWrite,
             Rule::tableMade};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::adoptionMissed)};
  t.budget = budgets::anonAdopted;
  t.explore = exploreText<AnonAdopted>;
  t.scene = sceneOf<AnonAdopted>;
  return t;
}

} // namespace growsdown::proofs
