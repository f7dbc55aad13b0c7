#include "proofs/theorems/guardpage.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;
using trace::GuardStyle;

Theorem guardPageFault() {
  Theorem t;
  t.name = "guard-page-fault";
  t.statement =
      "A fault that succeeds in a grows-down area leaves an untouched page below the page touched, "
      "inside the area (or touches another grows-down area, or page 0); it grows to the page "
      "touched and at most one page more. A refused guard step leaves the first expansion with all "
      "that it took, makes no page present, is MAPERR, and is refused again. Limits and counters "
      "hold throughout.";
  t.sizes = "any number of areas; symbolic 64-bit bounds, limits and flags";
  t.assumptions =
      "the areas are in order, disjoint, page-aligned, not empty, private, with an anon_vma each; "
      "no "
      "page is present; counters cover the areas; counters and page offsets are at most 2^52; the "
      "simulated machine has memory";
  t.rules = {Rule::faultNoArea,     Rule::faultNotGrowsdown,  Rule::faultAccess,
             Rule::growDone,        Rule::growCovered,        Rule::growLowAddress,
             Rule::guardPageAbuts,  Rule::guardPageNeighbour, Rule::guardPageShared,
             Rule::guardPageAdded,  Rule::growPgoff,          Rule::growRlimitAs,
             Rule::growRlimitStack, Rule::growRlimitMemlock,  Rule::anonZero,
             Rule::anonWrite,       Rule::tableMade};
  t.speaksOf = [](const trace::RuleSet& r) {
    return r.guard == GuardStyle::pageInside && !r.execMapsFirst;
  };
  t.planted = {{"guard", "gap"},
               {"stack-limit-discount", "0"},
               {"stack-limit-discount", "2"},
               {"low-address-by-capability", "false"},
               plantedBug(planted::Bug::guardRollsBack, false),
               plantedBug(planted::Bug::growthUndoneOnAccerr, false)};
  t.budget = budgets::guardPageFault;
  t.explore = exploreText<GuardPageFault>;
  t.scene = sceneOf<GuardPageFault>;
  return t;
}

} // namespace growsdown::proofs
