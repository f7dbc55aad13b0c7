// Which rules depend on a knob.
#pragma once

#include "harness/bug_witness.h"
#include "harness/coverage.h"
#include "trace/ruleset.h"
#include "trace/trace.h"

#include <map>
#include <string>
#include <utility>

namespace growsdown::harness {

/// Finds the rules that depend on a knob. These are the rules from which on a trace takes another
/// path when the knob is turned, and rules that are reached under some values of the knob only.
class KnobWitnesses {
 public:
  /// Turns each knob of `rules`, one at a time, and runs `trace` on the model with and without the
  /// turn, up to the first step where the paths differ.
  void run(const trace::RuleSet& rules, const trace::Trace& trace);
  void count(Coverage& coverage) const;

 private:
  /// How often each rule was reached with the knob as it was, and turned, until the paths differed.
  struct Reached {
    RuleCounts base{};
    RuleCounts turned{};
  };
  struct Knob {
    StepsByRules shown;
    std::map<std::pair<std::string, std::string>, Reached> reached; ///< by both values
  };

  std::map<std::string, Knob> knobs_;
  RuleCounts steps_{};
};

} // namespace growsdown::harness
