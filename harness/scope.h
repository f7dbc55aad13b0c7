// Compares two rule sets on all traces of a small scope: in which situations they differ, and which
// knobs are responsible.
#pragma once

#include "harness/aspects.h"
#include "harness/grid.h"
#include "harness/responsible.h"
#include "model/rule.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/step.h"
#include "trace/trace.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::harness {

/// No bound on the length of a trace: the search ends when there is no new joint state.
inline constexpr unsigned anyLength = ~0U;

/// A set of traces. Each point of a grid starts one, and each sequence of up to `depth` steps of the
/// alphabet continues it. Without axes there is one start. With depth 0 there are only the starts.
struct Scope {
  std::string name;
  std::string about; ///< what is enumerated, in one sentence
  trace::With with{};
  std::vector<Axis> axes{};
  /// The steps of a point, which is an index into the values of each axis. Empty: no steps.
  std::function<std::vector<trace::Step>(std::span<const std::size_t>)> start{};
  std::vector<trace::Step> alphabet{};
  unsigned depth = 0;
};

/// One way in which the two rule sets differ.
struct Situation {
  trace::Op op{};
  model::Rule left{}; ///< the rule that decided the step on this side
  model::Rule right{};
  trace::Outcome leftOutcome; ///< without addresses
  trace::Outcome rightOutcome;
  Aspects aspects = 0;      ///< that differ in some step of this kind
  bool parts = false;       ///< the state that rules read differs
  KnobFlips::Set knobs = 0; ///< the smallest responsible set; 0: no set of allowed knobs

  std::uint64_t count = 0;             ///< pairs of joint state and step
  std::set<std::string> variants;      ///< accesses and flags of the steps
  std::set<KnobFlips::Set> also;       ///< other sets of the same size that explain `trace`
  std::vector<trace::Step> trace;      ///< the first of the shortest traces
  std::vector<std::string> leftRules;  ///< ids of rules reached in its last step on this side only
  std::vector<std::string> rightRules; ///< the same on the other side
  std::vector<std::vector<std::uint16_t>> points; ///< points of the grid whose last step shows it
};

/// The result on one scope.
struct ScopeResult {
  std::vector<Situation> situations; ///< by knobs, then in the order found
  std::uint64_t states = 0;          ///< distinct joint states
  std::uint64_t steps = 0;           ///< pairs of joint state and step compared
  std::uint64_t starts = 0;          ///< points of the grid
  unsigned length = 0;               ///< the largest number of steps after a start
  bool closed = false;               ///< longer traces reach no new joint state
  std::uint64_t diverged = 0;        ///< steps after which the sides had diverged
  std::uint64_t unknown = 0;         ///< steps for which the simulated memory was too small
};

struct ScopeOptions {
  /// Knobs that may explain a difference (bits: indices of KnobFlips::changes).
  KnobFlips::Set allowed = ~KnobFlips::Set{0};
  bool explain = true; ///< find the knobs responsible for each difference
  bool prune = true;   ///< continue each joint state only once
  std::function<void(std::uint64_t steps)> progress; ///< called every 8192 steps, if set
};

/// Runs a scope under both rule sets of `flips`, breadth first over joint states. Joint states are
/// distinguished by a 128-bit hash (Digest). Throws std::invalid_argument if a rule set does not
/// support the parameters of the scope.
ScopeResult compareOnScope(const Scope& scope, KnobFlips& flips, const ScopeOptions& options = {});

/// The trace of a situation, with the outcomes and state lines of a rule set.
trace::Trace shownUnder(const Scope& scope, const Situation& situation,
                        const trace::RuleSet& rules);

} // namespace growsdown::harness
