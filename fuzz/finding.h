// The report of a difference or of a crash: its name, its description and its trace file.
#pragma once

#include "fuzz/campaign.h"
#include "fuzz/slot.h"
#include "harness/run.h"

#include <chrono>
#include <string>
#include <string_view>

namespace growsdown::fuzz {

/// The name of a result: equal for results of the same signature (harness/shrink.h).
std::string signatureName(const harness::RunResult& result, const trace::Trace& trace);

/// A result in one line: the step, what differs, both values and the deciding rule.
std::string describe(const harness::RunResult& result, const trace::Trace& trace,
                     std::string_view left, std::string_view right);

/// The trace file of a finding: its metadata as comments, then the trace.
std::string fileText(trace::Trace trace, std::string_view title, std::string_view description,
                     const trace::RuleSet& rules, std::string_view rule);

/// A crash or hang (`how`) of a worker, with what the worker was running. `begin`: the start of the
/// campaign.
Finding crashFinding(const CampaignOptions& options, const Slot& slot, const std::string& how,
                     std::chrono::steady_clock::time_point begin);

/// Runs the trace of such a finding in a separate process, and shrinks it while it crashes there.
/// False: it does not crash there, and the description says so.
bool reproduce(const CampaignOptions& options, const Slot& slot, const std::string& how,
               Finding& finding);

/// The text with all characters that a signature does not have replaced by single `-`.
std::string fileName(std::string_view text);

} // namespace growsdown::fuzz
