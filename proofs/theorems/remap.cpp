#include "proofs/theorems/remap.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem remapGrows() {
  Theorem t;
  t.name = "remap-grows";
  t.statement =
      "mremap that makes a range longer in its place changes its area and the counters by exactly "
      "what the range gains, within RLIMIT_AS, and keeps the list in order. A refusal changes "
      "nothing.";
  t.sizes = "any number of areas; symbolic 64-bit bounds";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty, private, not locked and without "
      "anon_vmas; address and lengths are page-aligned; no page is present";
  t.rules = {Rule::mremapInPlace,     Rule::mremapNoRoom,   Rule::mremapNoArea,
             Rule::mremapAcrossAreas, Rule::mremapRlimitAs, Rule::mremapRlimitData,
             Rule::mergeBelow,        Rule::mergeBoth};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"page", "65536", {}, false}};
  t.budget = budgets::remapGrows;
  t.explore = exploreText<RemapGrows>;
  return t;
}

} // namespace growsdown::proofs
