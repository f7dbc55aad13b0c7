// Known and explained differences between recordings and the model, which are counted separately.
// There should be few: every other mismatch is an error of the model.
#pragma once

#include "harness/compare.h"
#include "trace/ruleset.h"
#include "trace/trace.h"

#include <cstddef>
#include <string_view>

namespace growsdown::harness {

/// Why a recording may differ from the model in `difference` (left: expected) after step `step` of
/// `trace`; empty if it may not. It must be the only difference of that step.
std::string_view declaredDifference(const trace::RuleSet& rules, const trace::Trace& trace,
                                    std::size_t step, const Difference& difference);

} // namespace growsdown::harness
