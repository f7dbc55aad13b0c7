// Holds a system to a rule set, rule by rule: which rules it follows, which it does not, with the
// smallest trace for each difference, and which nothing has tried.
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
  RunResult result;   ///< of `trace`
  trace::Trace trace; ///< the smallest; it expects what the rule set answers
  std::string rule;   ///< decided the step in the specification; empty: none did (the start)
  std::vector<std::string> through; ///< further rules that the step came through
  std::uint64_t seen = 0;           ///< traces that show it
  std::size_t stepsBefore = 0;      ///< of the trace as it was found
};

/// What is known of one rule.
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

/// Compares a system with the specification on one trace after the other.
class Conformance {
 public:
  /// Both must outlive this; `specification` has rules (the model). `fields` of states are
  /// compared as far as the system shows them.
  Conformance(System& specification, System& system, Fields fields = shown::all);

  /// One trace; what it expects is not looked at. Where the rule set cannot take on its parameters
  /// the result is unknown, and counts nowhere.
  const RunResult& run(const trace::RuleSet& rules, const trace::Trace& trace);

  /// Makes the traces of the differences found so far small. At most `attempts` runs each.
  void shrink(const trace::RuleSet& rules, std::size_t attempts,
              const std::function<void(std::size_t done, std::size_t all)>& progress = {});

  /// agreed; diverged; unknown where a trace had no answer at all, or no step could be compared;
  /// error where something of ours failed.
  Verdict verdict() const;

  const std::vector<RuleConformance>& rules() const { return rules_; } ///< in the model's order
  /// The rules that a difference came through and that seldom agree: what is behind it may be they.
  std::vector<std::string> suspects(const Nonconformance& difference) const;
  /// By rule, then smallest first. At most `mostDifferences`.
  const std::vector<Nonconformance>& differences() const { return differences_; }
  static constexpr std::size_t mostDifferences = 100;
  static constexpr std::size_t mostReasons = 20; ///< all further ones are `other reasons`

  std::uint64_t traces() const { return traces_; }
  std::uint64_t steps() const { return steps_; }         ///< compared, differing ones included
  std::uint64_t differing() const { return differing_; } ///< traces
  std::uint64_t unknown() const { return unknown_; }     ///< traces that ended so
  std::uint64_t silent() const { return silent_; }       ///< of these, because no answer came
  /// Why traces ended in unknown, without names of systems: how often.
  const std::map<std::string, std::uint64_t>& reasons() const { return reasons_; }

 private:
  void countStep(bool agreed);
  void because(const std::string& reason); ///< one more ended in unknown
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
