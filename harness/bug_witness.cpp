#include "harness/bug_witness.h"

#include "trace/check.h"

#include <algorithm>

namespace growsdown::harness {

using model::Rule;

void BugWitness::show(std::span<const std::uint64_t> hits, bool differs) {
  GROWSDOWN_CHECK(hits.size() == model::ruleCount);
  last_.resize(hits.size());
  std::set<Rule> marked;
  for (std::size_t i = 0; i < hits.size(); ++i)
    if (hits[i] != last_[i] && model::rules()[i].rule != Rule::stepDone) {
      marked.insert(model::rules()[i].rule);
      ++steps_[i];
    }
  last_.assign(hits.begin(), hits.end());
  if (differs) ++shown_[std::move(marked)];
}

void BugWitness::count(Coverage& coverage, std::string_view bug) const {
  for (const auto& [rule, times] : fewestRules(shown_, steps_, 0.9))
    coverage.add(rule, Means::bug, bug, times);
}

std::vector<std::pair<Rule, std::uint64_t>> fewestRules(StepsByRules shown, const RuleCounts& steps,
                                                        double share) {
  GROWSDOWN_CHECK(share >= 0 && share <= 1);
  const auto sum = [&] {
    std::uint64_t times = 0;
    for (const auto& one : shown)
      times += one.second;
    return static_cast<double>(times);
  };
  std::vector<std::pair<Rule, std::uint64_t>> found;
  const double enough = (1 - share) * sum();
  while (sum() > enough) {
    RuleCounts explained{};
    for (const auto& [rules, times] : shown)
      for (const Rule rule : rules)
        explained[static_cast<std::size_t>(rule)] += times;
    const auto worth = [&](std::size_t i) {
      return explained[i] == 0
                 ? 0.0
                 : static_cast<double>(explained[i]) * static_cast<double>(explained[i]) /
                       static_cast<double>(std::max(steps[i], explained[i]));
    };
    std::size_t best = 0;
    for (std::size_t i = 1; i < model::ruleCount; ++i)
      if (worth(i) > worth(best)) best = i;
    if (explained[best] == 0) break;
    const Rule rule = model::rules()[best].rule;
    found.emplace_back(rule, explained[best]);
    std::erase_if(shown, [&](const auto& one) { return one.first.contains(rule); });
  }
  return found;
}

} // namespace growsdown::harness
