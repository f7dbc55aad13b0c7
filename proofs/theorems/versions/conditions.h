// The table of conditions: one row per knob and operation. A knob without a row for an operation
// does not matter to it; the versions theorems prove that too.
#pragma once

#include "proofs/theorems/versions/conditions_access.h"
#include "proofs/theorems/versions/conditions_map.h"
#include "proofs/theorems/versions/conditions_ranges.h"
#include "proofs/theorems/versions/conditions_remap.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace growsdown::proofs {

/// The table.
template <class D>
const std::vector<Condition<D>>& allConditions() {
  using namespace conditions;
  static const std::vector<Condition<D>> table = [] {
    std::vector<Condition<D>> all;
    for (const auto& part :
         {growthConditions<D>(), accessConditions<D>(), lockConditions<D>(), protectConditions<D>(),
          tagConditions<D>(), remapCheckConditions<D>(), remapResultConditions<D>(),
          remapMergeConditions<D>(), placementConditions<D>(), fixedConditions<D>()})
      all.insert(all.end(), part.begin(), part.end());
    return all;
  }();
  return table;
}

/// The rows of an operation that two rule sets need.
template <class D>
std::vector<Condition<D>> conditionsOf(Operation operation, const trace::RuleSet& left,
                                       const trace::RuleSet& right) {
  std::vector<Condition<D>> rows;
  const std::vector<std::string_view> knobs = trace::differingKnobs(left, right);
  for (const Condition<D>& row : allConditions<D>())
    if ((row.operations & conditions::bit(operation)) != 0 &&
        std::find(knobs.begin(), knobs.end(), row.knob) != knobs.end() &&
        (row.matters == nullptr || row.matters(left, right)))
      rows.push_back(row);
  return rows;
}

} // namespace growsdown::proofs
