#include "proofs/theorems/step_address.h"

#include "proofs/budgets.h"
#include "proofs/theorems/all.h"

namespace growsdown::proofs {

using model::Rule;

Theorem stepAddress() {
  Theorem t;
  t.name = "step-address";
  t.statement =
      "A step at any 64-bit address is the step at the address without the tag that the rule set "
      "ignores. Beyond user addresses it is refused and changes nothing. A non-canonical address "
      "is refused as stated, and every other signal reports the address that was accessed.";
  t.sizes = "one area; symbolic 64-bit bounds and address; calls on one page";
  t.assumptions = "the area is page-aligned, not empty, private, readable, writable and accounted; "
                  "counters and page offset are at most 2^52; no page is present";
  t.rules = {Rule::faultBeyondTask,
             Rule::faultNonCanonical,
             Rule::faultNoArea,
             Rule::faultNotGrowsdown,
             Rule::faultAccess,
             Rule::faultExecMaps,
             Rule::faultRefusedCounts,
             Rule::faultUmFlushes,
             Rule::faultUmFetch,
             Rule::faultUmNonCanonical,
             Rule::anonNew,
             Rule::mergeBelow,
             Rule::splitArea,
             Rule::splitMapCount,
             Rule::anonZero,
             Rule::anonWrite,
             Rule::tableMade,
             Rule::gupDone,
             Rule::gupNoArea,
             Rule::gupNoGrowth,
             Rule::populateDone,
             Rule::munmapDone,
             Rule::munmapArguments,
             Rule::munmapMapCount,
             Rule::mprotectChanged,
             Rule::mprotectUnaligned,
             Rule::mprotectWraps,
             Rule::mprotectHole,
             Rule::mprotectDropsAccount,
             Rule::mlockLocks,
             Rule::mlockWraps,
             Rule::mlockHole,
             Rule::dontneedDone,
             Rule::dontneedArguments,
             Rule::dontneedHole,
             Rule::mremapArguments,
             Rule::mremapNoArea,
             Rule::mremapRlimitAs,
             Rule::mremapRlimitData,
             Rule::mremapInPlace,
             Rule::mremapNoRoom,
             Rule::mremapMapCount};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"untags-calls", "false"},           {"untags-calls", "true"},
               {"ignores-top-byte", "false"},       {"si-addr-clears-top-byte", "false"},
               {"si-addr-clears-top-byte", "true"}, {"general-protection", "false"},
               {"general-protection", "true"},      {"host-address-bits", "0"}};
  t.budget = budgets::stepAddress;
  t.explore = exploreText<StepAddress>;
  t.scene = sceneOf<StepAddress>;
  return t;
}

} // namespace growsdown::proofs
