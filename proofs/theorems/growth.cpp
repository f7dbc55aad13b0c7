#include "proofs/theorems/growth.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;
using trace::GuardStyle;

Theorem growthSafe() {
  Theorem t;
  t.name = "growth-safe";
  t.statement =
      "A successful expansion moves the area's start to the page of the address and keeps the "
      "guard "
      "distance, the minimum address, RLIMIT_STACK, RLIMIT_AS and RLIMIT_MEMLOCK; page offset and "
      "counters change by exactly the growth. A refused one changes no area and no counter, and "
      "one of these demands would have been broken.";
  t.sizes = "any number of areas, any of which grows; symbolic 64-bit bounds, limits and flags";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty and private; the address lies "
      "below "
      "the area and above the one before it; counters cover the areas; counters and page offsets "
      "are at most 2^52; anon_vmas are distinct";
  t.rules = {Rule::growDone,
             Rule::growLowAddress,
             Rule::guardGap,
             Rule::guardGapGrowsdownExempt,
             Rule::guardGapInaccessibleExempt,
             Rule::guardPageAbuts,
             Rule::growPgoff,
             Rule::growRlimitAs,
             Rule::growRlimitStack,
             Rule::growRlimitMemlock,
             Rule::anonNew,
             Rule::anonAdoptAbove};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"gap-pages", "255", GuardStyle::gap},
               {"gap-pages", "257", GuardStyle::gap},
               {"inaccessible-exempt", "false", GuardStyle::gap},
               {"stack-limit-discount", "0"},
               {"stack-limit-discount", "1"},
               {"stack-limit-discount", "4096"}, // the size less that wraps
               {"low-address-by-capability", "true"},
               {"low-address-by-capability", "false"},
               {"guard", "gap", GuardStyle::pageInside},
               {"guard", "page-inside", GuardStyle::gap},
               {"anon-vma-before-low-address", "true", {}, false},
               {"anon-vma-before-low-address", "false", {}, false}};
  t.budget = budgets::growthSafe;
  t.explore = exploreText<GrowthSafe>;
  t.scene = sceneOf<GrowthSafe>;
  return t;
}

} // namespace growsdown::proofs
