#include "harness/knob_witnesses.h"

#include "harness/responsible.h"
#include "harness/starting_state.h"
#include "harness/state_diff.h"
#include "model/process.h"
#include "model/start.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace growsdown::harness {
namespace {

using model::Rule;

/// A rule reached less often under one value says nothing about the other values.
constexpr std::uint64_t leastReached = 5;

/// The fields that a rule may read. Only observers read the others, such as the guard page that
/// /proc/self/maps hides.
constexpr Fields readByRules =
    shown::all & ~(shown::maps | shown::data | shown::tables | shown::faults);

/// One step on the model.
struct ModelStep {
  std::vector<Rule> reached;
  trace::Outcome outcome;
  trace::State state;
};

/// The first rules in which two paths through the rules differ; empty if the paths are equal.
std::set<Rule> divergence(std::span<const Rule> a, std::span<const Rule> b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  std::set<Rule> rules;
  if (x != a.end()) rules.insert(*x);
  if (y != b.end()) rules.insert(*y);
  return rules;
}

/// The difference of the counters that only an observer reads. It stays the same in a step that
/// changes both sides alike.
trace::Counters difference(const trace::Counters& a, const trace::Counters& b) {
  trace::Counters out;
  out.data = a.data - b.data;
  out.tables = a.tables - b.tables;
  return out;
}

/// A trace under one rule set, compared with the same trace under others.
class BaseRun {
 public:
  /// Whether the rule set supports the trace.
  bool start(const trace::RuleSet& rules, const trace::Trace& trace) {
    std::string error;
    const auto parameters = trace::makeParameters(rules, trace.with, error);
    if (!parameters) return false;
    trace_ = &trace;
    process_.start(*parameters, startingState(*parameters, trace, initial_));
    steps_.assign(trace.records.size() + 1, {}); // the start, and each step
    process_.snapshot(steps_[0].state);
    for (std::size_t i = 1; i < steps_.size(); ++i) {
      steps_[i].outcome = process_.apply(trace.records[i - 1].step);
      steps_[i].reached.assign(process_.reachedRules().begin(), process_.reachedRules().end());
      process_.snapshot(steps_[i].state);
      if (steps_[i].outcome.kind == trace::Outcome::Kind::unknown) steps_.resize(i + 1);
    }
    return true;
  }
  const std::vector<ModelStep>& steps() const { return steps_; }

  /// The sets of rules from which on the trace behaves differently under `turned`: in each step
  /// that differs, the first rules in which the paths differ, or the rule that decided the step.
  /// Calls `saw(base, turned)` with the paths of each step. Comparing states is slow, so without
  /// `everyState` only the last states are compared.
  template <typename Saw>
  std::vector<std::set<Rule>> divergences(const trace::Parameters& turned, bool everyState,
                                          const Saw& saw) {
    std::vector<std::set<Rule>> all;
    process_.start(turned, startingState(turned, *trace_, initial_));
    process_.snapshot(state_);
    trace::Counters apart = difference(state_.counters, steps_[0].state.counters);
    for (std::size_t i = 1; i < steps_.size(); ++i) {
      const ModelStep& base = steps_[i];
      const trace::Outcome outcome = process_.apply(trace_->records[i - 1].step);
      saw(std::span<const Rule>(base.reached), std::span<const Rule>(process_.reachedRules()));
      if (const std::set<Rule> rest = divergence(base.reached, process_.reachedRules());
          !rest.empty()) {
        all.push_back(rest);
        return all;
      }
      bool stop = outcome != base.outcome;
      bool differs = stop || process_.log().faults != base.state.counters.faults;
      if (everyState || i + 1 == steps_.size()) {
        process_.snapshot(state_);
        const trace::Counters now = difference(state_.counters, base.state.counters);
        stop = stop || !sameState<readByRules>(state_, base.state);
        differs = differs || stop || now.data != apart.data || now.tables != apart.tables;
        apart = now;
      }
      if (differs) all.push_back({process_.decidingRule()});
      if (stop || outcome.kind == trace::Outcome::Kind::unknown) return all;
    }
    return all;
  }

 private:
  const trace::Trace* trace_ = nullptr;
  model::Process process_;
  std::vector<ModelStep> steps_;
  trace::State initial_, state_;
};

/// The parameters of a trace under a rule set, if both the trace and its initial state are possible.
std::optional<trace::Parameters> parametersOf(const trace::RuleSet& rules,
                                              const trace::Trace& trace) {
  std::string error;
  auto parameters = trace::makeParameters(rules, trace.with, error);
  if (!parameters || !trace.initial) return parameters;
  trace::State start = *trace.initial;
  if (model::completeStart(*parameters, start)) return std::nullopt;
  return parameters;
}

} // namespace

void KnobWitnesses::run(const trace::RuleSet& rules, const trace::Trace& trace) {
  BaseRun base;
  if (!base.start(rules, trace)) return;
  for (std::size_t i = 1; i < base.steps().size(); ++i)
    for (const Rule rule :
         std::set<Rule>(base.steps()[i].reached.begin(), base.steps()[i].reached.end()))
      ++steps_[static_cast<std::size_t>(rule)];

  for (const KnobTurn& turn : knobTurns(rules)) {
    const auto parameters = parametersOf(turn.rules, trace);
    if (!parameters) continue;
    Knob& knob = knobs_[std::string(turn.knob)];
    Reached& reached = knob.reached[{turn.from, turn.to}];
    const auto countBoth = [&](std::span<const Rule> unturned, std::span<const Rule> turned) {
      for (const Rule rule : unturned)
        ++reached.base[static_cast<std::size_t>(rule)];
      for (const Rule rule : turned)
        ++reached.turned[static_cast<std::size_t>(rule)];
    };
    if (base.divergences(*parameters, false, countBoth).empty()) continue;
    for (const std::set<Rule>& rest : base.divergences(*parameters, true, [](auto, auto) {}))
      ++knob.shown[rest];
  }
}

void KnobWitnesses::count(Coverage& coverage) const {
  for (const auto& [name, knob] : knobs_) {
    for (const auto& [rule, times] : fewestRules(knob.shown, steps_, 1))
      coverage.add(rule, Means::knob, name, times);
    // A rule that is reached under one value only, before the paths differ.
    for (const auto& [values, reached] : knob.reached)
      for (const model::RuleInfo& rule : model::rules()) {
        const std::uint64_t base = reached.base[static_cast<std::size_t>(rule.rule)];
        const std::uint64_t turned = reached.turned[static_cast<std::size_t>(rule.rule)];
        if (std::min(base, turned) == 0 && std::max(base, turned) >= leastReached &&
            !coverage.has(rule.rule, Means::knob, name))
          coverage.add(rule.rule, Means::knob, name, base + turned);
      }
  }
}

} // namespace growsdown::harness
