// The line protocol between the suite and a process that is a system (docs/protocol.md): the text
// of requests and answers, both ways. The words are those of the trace format.
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

/// The protocol's first line, which both sides say.
inline constexpr std::string_view greeting = "growsdown-system 1";
/// The last line of an answer that may have many.
inline constexpr std::string_view endOfAnswer = ".";

/// A system's description of itself, in answer to the greeting.
struct Hello : harness::Placement {
  std::string rules;         ///< the rule set that it follows; empty: it does not say
  harness::Fields shows = 0; ///< what its snapshots show at most
  std::uint32_t does = ~0U;  ///< bit Op: the steps it can do
  bool ahead = false;        ///< a trace may be sent at once
};

/// A reason or a name as a system gives it, for one line of a report: no longer than 300 bytes.
std::string said(std::string_view text);

/// Lines, each with a newline. Counters that `fields` does not have are left out, as is everything
/// else outside of it.
std::string print(const Hello& hello); ///< with the greeting and the last line
std::string printSnapshot(const trace::State& state, harness::Fields fields); ///< with the last
std::string printStart(const trace::Parameters& parameters);
/// `NAME=VALUE,…`: the knobs that are not as in the rule set of that name; empty where none is.
std::string turnedKnobs(const trace::RuleSet& rules);

/// What is wrong with an answer or a request, empty where nothing is. Lines have no newlines.
/// Text that is not well-formed leaves `out` in some valid state.
std::string parseHello(std::span<const std::string> lines, Hello& out);
/// An answer to a step. `unknown REASON` gives an outcome of that kind and the reason.
std::string parseOutcome(std::string_view line, const trace::Step& step, trace::Outcome& out,
                         std::string& reason);
/// `fields`: what the hello promised. Areas and pages must ascend, not overlap, be whole pages of
/// `page` bytes; a page must lie in an area where both are shown.
std::string parseSnapshot(std::span<const std::string> lines, harness::Fields fields,
                          std::uint64_t page, trace::State& out, harness::Fields& shows);
std::string parseStep(std::string_view line, trace::Step& out);
/// A start request. Words that this version does not know are passed over.
struct Start {
  std::string rules, knobs; ///< knobs: as turnedKnobs has them
  trace::With with;
};
std::string parseStart(std::string_view line, Start& out);
/// The `init` lines before a start request.
std::string parseInitial(std::span<const std::string> lines, trace::State& out);

} // namespace growsdown::systems
