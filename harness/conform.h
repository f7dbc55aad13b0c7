// Compares a system with a rule set, rule by rule: the rules that it follows, those that it does not
// follow with the smallest trace for each difference, and those that no trace exercised.
#pragma once

#include "harness/run.h"
#include "harness/shrink.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace growsdown::harness {

/// A way in which the system differs from the rule set.
struct Nonconformance {
  Signature signature;
  RunResult result;                 ///< of `trace`
  trace::Trace trace;               ///< the smallest; its expectations are those of the rule set
  std::string rule;                 ///< the rule that decided the step; empty: the start differs
  std::vector<std::string> through; ///< the other rules that the step came through
  std::uint64_t seen = 0;           ///< traces that show it
  std::size_t stepsBefore = 0;      ///< the number of steps before shrinking
};

/// The counts of one rule.
struct RuleConformance {
  enum class Status : std::uint8_t { notExercised, agree, differ };

  std::string id;
  std::uint64_t agree = 0;   ///< steps that came through the rule and agreed
  std::uint64_t differ = 0;  ///< differing steps that it decided
  std::uint64_t through = 0; ///< differing steps that came through it, decided by another
  Status status() const {
    if (differ != 0) return Status::differ;
    return agree != 0 ? Status::agree : Status::notExercised;
  }
};
std::string_view name(RuleConformance::Status status); ///< `not exercised`, `agree`, `differ`

/// Compares a system with the specification on any number of traces.
class Conformance {
 public:
  /// Both systems must outlive this object, and `specification` must have rules. Of the state,
  /// `fields` are compared if the system shows them.
  Conformance(System& specification, System& system, Fields fields = shown::all);

  /// Runs one trace, whose expectations do not matter. If the rule set does not support its
  /// parameters, the result is unknown and no rule counts it.
  const RunResult& run(const trace::RuleSet& rules, const trace::Trace& trace);

  /// Shrinks the traces of all differences, each with at most `attempts` runs.
  void shrink(const trace::RuleSet& rules, std::size_t attempts,
              const std::function<void(std::size_t done, std::size_t all)>& progress = {});

  /// The verdict on all traces. It is unknown if a system did not answer in time, or if no step
  /// could be compared; it is error after an internal error.
  Verdict verdict() const;

  const std::vector<RuleConformance>& rules() const { return rules_; } ///< in the model's order
  /// Rules that the difference came through and that seldom agree. One of them may be the cause.
  std::vector<std::string> suspects(const Nonconformance& difference) const;
  /// At most `mostDifferences`, sorted by rule, then by size.
  const std::vector<Nonconformance>& differences() const { return differences_; }
  static constexpr std::size_t mostDifferences = 100;
  static constexpr std::size_t mostReasons = 20; ///< all others are counted as `other reasons`

  std::uint64_t traces() const { return traces_; }
  std::uint64_t steps() const { return steps_; }         ///< compared, including those that differ
  std::uint64_t differing() const { return differing_; } ///< traces
  std::uint64_t unknown() const { return unknown_; }     ///< traces that ended in unknown
  std::uint64_t silent() const { return silent_; }       ///< of these, without an answer in time
  /// How often traces ended in unknown, by reason without the name of the system.
  const std::map<std::string, std::uint64_t>& reasons() const { return reasons_; }

 private:
  void countStep(bool agreed);
  void countUnknown(const std::string& reason);
  void found(const trace::Trace& trace);

  System& specification_;
  System& system_;
  Differential differential_;
  RunResult impossible_;
  std::vector<RuleConformance> rules_;
  std::vector<std::uint64_t> before_; ///< hits before the step
  std::vector<std::size_t> reached_;  ///< by the last step
  std::vector<Nonconformance> differences_;
  std::map<std::string, std::uint64_t> reasons_;
  std::uint64_t traces_ = 0, steps_ = 0, differing_ = 0, unknown_ = 0, silent_ = 0, errors_ = 0;
};

} // namespace growsdown::harness
