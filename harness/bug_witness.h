// Which rules a planted bug is about.
#pragma once

#include "harness/coverage.h"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace growsdown::harness {

/// A count per rule, indexed by its number.
using RuleCounts = std::array<std::uint64_t, model::ruleCount>;
/// How many steps came through each set of rules.
using StepsByRules = std::map<std::set<model::Rule>, std::uint64_t>;

/// A small set of rules that covers a share of the steps in `shown`: each of these steps came
/// through one of the rules. It is a greedy set cover, which prefers rules that few other steps come
/// through; `steps` has the number of all steps through each rule. Each rule is returned with the
/// number of steps that it newly covers.
std::vector<std::pair<model::Rule, std::uint64_t>>
fewestRules(StepsByRules shown, const RuleCounts& steps, double share);

/// Finds the rules that a planted bug is about: those marked in the steps in which the bug shows.
class BugWitness {
 public:
  /// Counts one step of a comparison. `hits` are the model's counts after the step; `differs` is
  /// whether the systems differ there, which ends the comparison of a trace.
  void show(std::span<const std::uint64_t> hits, bool differs);
  bool empty() const { return shown_.empty(); }
  /// Adds a set of rules that covers nine of ten such steps. In the others, the bug may have changed
  /// the state earlier, so their rules need not be about the bug.
  void count(Coverage& coverage, std::string_view bug) const;

 private:
  StepsByRules shown_;
  RuleCounts steps_{};
  std::vector<std::uint64_t> last_;
};

} // namespace growsdown::harness
