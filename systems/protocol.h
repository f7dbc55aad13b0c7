// The line protocol between the suite and a system in another process (docs/protocol.md): prints and
// parses requests and answers. The words are those of the trace format.
#pragma once

#include "harness/state_fields.h"
#include "harness/system.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::systems {

/// The first line that each side sends.
inline constexpr std::string_view greeting = "growsdown-system 1";
/// The last line of an answer of several lines.
inline constexpr std::string_view endOfAnswer = ".";

/// A system's description of itself, in answer to the greeting.
struct Hello : harness::Placement {
  std::string rules;                    ///< the rule set that it follows; may be empty
  harness::Fields shows = 0;            ///< what its snapshots show at most
  std::uint32_t does = trace::firstOps; ///< bit Op: the steps it can do
  bool ahead = false;                   ///< a trace may be sent at once
};

/// A reason or a name that a system sent, made safe for one line of a report: at most 300 bytes.
std::string said(std::string_view text);

/// Lines, each with a newline. Whatever `fields` does not have is left out.
std::string print(const Hello& hello); ///< with the greeting and the last line
std::string printSnapshot(const trace::State& state, harness::Fields fields); ///< with the last
std::string printStart(const trace::Parameters& parameters);
/// `NAME=VALUE,…`: the knobs that differ from those of the rule set of that name.
std::string turnedKnobs(const trace::RuleSet& rules);

/// The parse functions return why an answer or a request is not well-formed, or an empty string.
/// Lines have no newlines. After an error `out` is some valid value.
std::string parseHello(std::span<const std::string> lines, Hello& out);
/// An answer to a step. `reason` is set if it is `unknown REASON`.
std::string parseOutcome(std::string_view line, const trace::Step& step, trace::Outcome& out,
                         std::string& reason);
/// `fields`: those of the hello. Areas and pages must ascend, must not overlap, and must consist of
/// whole pages of `page` bytes. If both are shown, each page must lie in an area.
std::string parseSnapshot(std::span<const std::string> lines, harness::Fields fields,
                          std::uint64_t page, trace::State& out, harness::Fields& shows);
std::string parseStep(std::string_view line, trace::Step& out);
/// A start request. Unknown keys are ignored.
struct Start {
  std::string rules, knobs; ///< knobs: as turnedKnobs has them
  trace::With with;
};
std::string parseStart(std::string_view line, Start& out);
/// The `init` lines before a start request.
std::string parseInitial(std::span<const std::string> lines, trace::State& out);

} // namespace growsdown::systems
