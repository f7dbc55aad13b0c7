// The model over machine words: a process that performs the steps of a trace.
#pragma once

#include "model/rule.h"
#include "model/state.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/state_changes.h"
#include "trace/step.h"

#include <array>
#include <cstdint>
#include <span>

namespace growsdown::model {

/// One simulated process. Deterministic; not thread-safe.
class Process {
 public:
  /// Starts with no areas and the limits of the trace format, or with the state `initial`, which
  /// must be well-formed (checkStart).
  void start(const trace::Parameters& parameters, const trace::State* initial);

  /// Performs a step. An outcome of kind `unknown` means that the simulated machine ran out of
  /// memory (Parameters::memoryPages): only `start` may follow.
  trace::Outcome apply(const trace::Step& step);

  /// The whole state into `out`.
  void snapshot(trace::State& out) const;
  /// The same, for a `state` that the last call of `update` wrote: writes only what may have changed
  /// since then. The first call after `start` writes everything, and `state` may be any.
  trace::StateChanges update(trace::State& state);

  /// Everything that a later step can depend on.
  const Space<Concrete>& space() const { return space_; }

  /// The rules and faults of the last step, and the counts of rules.
  const StepLog& log() const { return space_.log; }
  /// The rule that decided the last step.
  Rule decidingRule() const { return space_.log.decided; }
  /// The first rules that the last step reached, in order (24 at most).
  std::span<const Rule> reachedRules() const { return space_.log.rules(); }

  /// How often each rule was reached since the process was made (over all starts).
  const std::array<std::uint64_t, ruleCount>& hits() const { return space_.log.hits; }

 private:
  LoggedSpace<Concrete> space_;
};

/// The state of a space as a trace shows it, without faults of a step.
trace::State stateOf(const Space<Concrete>& space);

} // namespace growsdown::model
