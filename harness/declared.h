// Differences between recordings and the model that are known, explained and counted apart. There
// are as few as can be: a mismatch is otherwise the model's error.
#pragma once

#include "harness/compare.h"
#include "trace/ruleset.h"
#include "trace/trace.h"

#include <cstddef>
#include <string_view>

namespace growsdown::harness {

/// Why a recording may differ from the model in `difference` (left: expected) after step `step` of
/// `trace`; empty where it may not. Nothing else of that step differs.
std::string_view declaredDifference(const trace::RuleSet& rules, const trace::Trace& trace,
                                    std::size_t step, const Difference& difference);

} // namespace growsdown::harness
