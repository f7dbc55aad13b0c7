// One trace under many rule sets: where the rule sets differ, and which knobs are responsible.
#pragma once

#include "harness/responsible.h"
#include "harness/system.h"
#include "trace/trace.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace growsdown::harness {

/// What a step shows, in the order of comparison. All but `internal` are words of the trace format;
/// `internal` is the whole state except for the identities of frames and anon_vmas.
enum class HistoryField : std::uint8_t {
  outcome,
  map,
  size,
  stack,
  locked,
  data,
  resident,
  tables,
  faults,
  internal,
};
inline constexpr unsigned historyFieldCount = 10;
/// `outcome`, `map`, `pages.size` …, `faults`, `internal`.
std::string_view name(HistoryField field);

/// A step under one rule set.
struct HistoryStep {
  trace::Outcome outcome;
  std::string_view rule; ///< the id of the rule that decided the step
  std::shared_ptr<const std::vector<trace::MapLine>> map;
  trace::PagesLine pages;
  std::optional<std::uint64_t> faults;
  std::shared_ptr<const trace::State> whole; ///< with HistoryOptions::internal only
};

/// A trace under one rule set.
struct HistoryRun {
  trace::RuleSet rules;
  std::vector<HistoryStep> steps; ///< one per step, up to the first undecided one
  bool complete = false;          ///< all steps were decided
  bool malformed = false;         ///< the initial state is impossible under this rule set
  std::string reason;             ///< why it is not complete
};

/// Knobs responsible for a difference (Responsibility).
struct Cause {
  std::vector<std::string_view> knobs; ///< their names
  bool enough = false; ///< turned in the left rule set, they give the right behaviour
  bool needed = false; ///< turned back in the right one, they give the left behaviour

  friend bool operator==(const Cause&, const Cause&) = default;
};

/// A difference between two rule sets.
struct HistoryDifference {
  std::size_t left = 0; ///< indices of History::runs
  std::size_t right = 0;
  std::size_t step = 0; ///< from 0
  HistoryField field = HistoryField::outcome;
  std::string leftValue;
  std::string rightValue;
  std::vector<Cause> causes; ///< alternatives; empty: no knob explains it
};

struct HistoryOptions {
  bool internal = false; ///< compare whole states, too. The system must not reuse identities
  bool outcomes = false; ///< compare outcomes only: what the program notices
  bool all = false;      ///< report all differences of outcomes and the first of each other kind,
                         ///< not only those of the first step that differs
};

struct History {
  std::vector<HistoryRun> runs;                     ///< one per rule set, in the given order
  std::vector<std::vector<std::size_t>> behaviours; ///< groups of runs that show the same
  std::vector<HistoryDifference> differences; ///< sorted by step, then in the order of `pairs`

  /// Neighbouring runs: successive releases of one architecture, then the architectures of one
  /// release.
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
};

/// Runs `trace` on `system` under each rule set and compares neighbours. For each pair that differs
/// it reports everything that differs in the first such step, and the first outcome that differs,
/// with the responsible knobs (KnobFlips::responsibilities). Knobs that change an earlier step on
/// which both rule sets agree count only if nothing else explains the difference. A rule set that
/// does not support the parameters or the initial state of the trace has an empty run with a reason.
History history(System& system, std::span<const trace::RuleSet> sets, const trace::Trace& trace,
                const HistoryOptions& options = {});

/// Whether both steps show the same.
bool same(HistoryField field, const trace::Step& step, const HistoryStep& a, const HistoryStep& b);

} // namespace growsdown::harness
