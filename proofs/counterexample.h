// The counterexample to a theorem, as a trace.
#pragma once

#include "proofs/theorems/theorem.h"

#include <optional>
#include <string>
#include <string_view>

namespace growsdown::proofs {

/// A trace with an initial state, limits, one step, and the outcomes that the rule set requires. The
/// trace to a planted bug of the reference continues with steps that may make the effect of that
/// step visible, and ends with the expected state.
struct Counterexample {
  trace::Trace trace;
  std::string text; ///< in trace format 1
  /// Replayed with the right rules, the trace has its outcomes (and its last state). With the wrong
  /// rules it has others.
  bool outcomesDiffer = false;
  /// The whole states after the step differ.
  bool statesDiffer = false;
  /// Of a pair: the two differ only with the address layout of the left rule set.
  bool byLayout = false;
};

/// The counterexample that a witness gives to the obligation of a theorem, compared with what the
/// wrong rules or the planted bug of the question do. Nothing, with the reason in `problem`, if no
/// trace can show it.
std::optional<Counterexample> counterexample(const Theorem& theorem, const Question& question,
                                             const Witness& witness, std::string_view obligation,
                                             std::string& problem);

} // namespace growsdown::proofs
