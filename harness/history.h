// One trace under many rule sets: where what it shows parts, and which knobs make it part.
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

/// What a step shows, in the order in which it is looked at: what trace format 1 has a word for,
/// and `internal`, the whole state up to the names of frames and anon_vmas.
enum class Shown : std::uint8_t {
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
inline constexpr unsigned shownCount = 10;
/// `outcome`, `map`, `pages.size` …, `faults`, `internal`.
std::string_view name(Shown shown);

/// A step as one rule set has it.
struct Moment {
  trace::Outcome outcome;
  std::string_view rule; ///< the id of the rule that decided it
  std::shared_ptr<const std::vector<trace::MapLine>> map;
  trace::PagesLine pages;
  std::optional<std::uint64_t> faults;
  std::shared_ptr<const trace::State> whole; ///< with HistoryOptions::internal only
};

/// A trace under one rule set.
struct Life {
  trace::RuleSet rules;
  std::vector<Moment>
      moments;            ///< one a step, until the trace ends or nobody can say how it goes on
  bool complete = false;  ///< there is a moment for every step
  bool malformed = false; ///< its initial state cannot be under this rule set
  std::string reason;     ///< why it is not complete
};

/// Knobs that make one thing part between two rule sets: see KnobFlips.
struct Cause {
  std::vector<std::string_view> knobs; ///< as `differingKnobs` names them, or `layoutKnob`
  bool enough = false; ///< turned in the left rule set, they give what the right one shows
  bool needed = false; ///< turned back in the right one, they give what the left one shows

  friend bool operator==(const Cause&, const Cause&) = default;
};

/// Where two rule sets part in one thing.
struct Parting {
  std::size_t left = 0; ///< of History::lives
  std::size_t right = 0;
  std::size_t step = 0; ///< from 0
  Shown shown = Shown::outcome;
  std::string leftValue;
  std::string rightValue;
  std::vector<Cause> causes; ///< each of them by itself; empty: no knob explains it
};

struct HistoryOptions {
  bool internal = false; ///< compare whole states too. The system must not reuse identities
  bool all = false; ///< go on behind the first partings: every later difference of outcomes, and
                    ///< the first parting of each other thing
};

struct History {
  std::vector<Life> lives;                          ///< one a rule set, as given
  std::vector<std::vector<std::size_t>> behaviours; ///< lives that show the same throughout
  std::vector<Parting> partings;                    ///< by step, then as `pairs`

  /// Lives of neighbours that ran: successive releases of an architecture, then the architectures
  /// of a release.
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
};

/// Runs `trace` on `system` under each rule set. Neighbours that part are told with the first step
/// that shows something else, all that it shows, and the first outcome that differs. The knobs are
/// found by turning those in which the two differ (KnobFlips::responsible). Knobs that change what
/// both rule sets show of an earlier step count only if nothing else explains the step. A rule set
/// that cannot take on the trace's parameters or initial state is left out, with its reason.
History history(System& system, std::span<const trace::RuleSet> sets, const trace::Trace& trace,
                const HistoryOptions& options = {});

/// True where both show the same of a step.
bool same(Shown shown, const trace::Step& step, const Moment& a, const Moment& b);

} // namespace growsdown::harness
