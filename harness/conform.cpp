#include "harness/conform.h"

#include "trace/check.h"

#include <algorithm>
#include <utility>

namespace growsdown::harness {

std::string_view name(RuleConformance::Status status) {
  switch (status) {
  case RuleConformance::Status::notExercised:
    return "not exercised";
  case RuleConformance::Status::agree:
    return "agree";
  case RuleConformance::Status::differ:
    return "differ";
  }
  return "";
}

Conformance::Conformance(System& specification, System& system, Fields fields)
    : specification_(specification), system_(system), differential_(specification, system) {
  GROWSDOWN_CHECK(!specification.ruleHits().empty());
  differential_.compared = fields;
  for (std::size_t i = 0; i < specification.ruleHits().size(); ++i)
    rules_.push_back({.id = std::string(specification.ruleId(i))});
}

// Counts the rules that the last step came through in the specification.
void Conformance::countStep(bool agreed) {
  const auto hits = specification_.ruleHits();
  const std::string_view decided = specification_.decidingRule();
  reached_.clear();
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (hits[i] == before_[i]) continue;
    reached_.push_back(i);
    (agreed                    ? rules_[i].agree
     : rules_[i].id == decided ? rules_[i].differ
                               : rules_[i].through) += 1;
  }
}

const RunResult& Conformance::run(const trace::RuleSet& rules, const trace::Trace& trace) {
  const auto parameters = trace::makeParameters(rules, trace.with, impossible_.reason);
  if (!parameters) {
    impossible_.verdict = Verdict::unknown;
    impossible_.step = initialState;
    ++traces_;
    countUnknown(impossible_.reason);
    return impossible_;
  }
  trace::State initial;
  ++traces_;
  reached_.clear();
  system_.ahead(trace.records);
  differential_.start(*parameters, startingState(*parameters, trace, initial));
  for (const trace::Record& record : trace.records) {
    if (differential_.result().verdict != Verdict::agreed) break;
    const auto hits = specification_.ruleHits();
    before_.assign(hits.begin(), hits.end());
    differential_.step(record.step);
    const Verdict verdict = differential_.result().verdict;
    if (verdict == Verdict::agreed || verdict == Verdict::diverged) {
      ++steps_;
      countStep(verdict == Verdict::agreed);
    }
  }
  const RunResult& result = differential_.result();
  switch (result.verdict) {
  case Verdict::agreed:
    break;
  case Verdict::unknown: {
    const std::string own = std::string(system_.name()) + ": ";
    countUnknown(result.reason.starts_with(own) ? result.reason.substr(own.size()) : result.reason);
    if (result.silent) {
      ++silent_;
      found(trace);
    }
    break;
  }
  case Verdict::diverged:
    ++differing_;
    found(trace);
    break;
  case Verdict::error:
    ++errors_;
    found(trace);
    break;
  }
  return result;
}

void Conformance::countUnknown(const std::string& reason) {
  ++unknown_;
  const auto [place, isNew] = reasons_.try_emplace(reason);
  if (isNew && reasons_.size() > mostReasons) {
    reasons_.erase(place); // a system that names addresses has a new reason each time
    ++reasons_["other reasons"];
  } else {
    ++place->second;
  }
}

void Conformance::found(const trace::Trace& trace) {
  const RunResult& result = differential_.result();
  Signature wanted = signature(result, trace);
  const std::size_t steps = result.step == initialState ? 0 : result.step + 1;
  const auto known = std::find_if(differences_.begin(), differences_.end(),
                                  [&](const Nonconformance& n) { return n.signature == wanted; });
  const bool isNew = known == differences_.end();
  if (isNew && differences_.size() == mostDifferences) return;
  Nonconformance& found = isNew ? differences_.emplace_back() : *known;
  ++found.seen;
  if (!isNew && found.stepsBefore <= steps) return;
  found.signature = std::move(wanted);
  found.result = result;
  found.trace = trace;
  found.trace.records.resize(std::min(steps, trace.records.size()));
  found.trace.trailing.clear();
  found.trace.before.clear();
  for (trace::Record& record : found.trace.records)
    record.comments.clear();
  found.stepsBefore = steps;
  found.rule = result.rule;
  found.through.clear();
  for (const std::size_t i : reached_)
    if (rules_[i].id != found.rule) found.through.push_back(rules_[i].id);
}

std::vector<std::string> Conformance::suspects(const Nonconformance& difference) const {
  std::vector<std::string> suspects;
  for (const RuleConformance& rule : rules_)
    if (rule.agree < rule.through && std::find(difference.through.begin(), difference.through.end(),
                                               rule.id) != difference.through.end())
      suspects.push_back(rule.id);
  return suspects;
}

void Conformance::shrink(const trace::RuleSet& rules, std::size_t attempts,
                         const std::function<void(std::size_t, std::size_t)>& progress) {
  std::size_t done = 0;
  for (Nonconformance& n : differences_) {
    if (progress) progress(done++, differences_.size());
    // Each attempt with a system that does not answer takes the whole time limit.
    if (n.result.verdict != Verdict::diverged) continue;
    ShrinkOptions options;
    options.maxAttempts = attempts;
    ShrinkResult smaller = harness::shrink(
        n.trace, [&](const trace::Trace& candidate) { return differential_.run(rules, candidate); },
        options);
    if (!smaller.reproduced) continue; // not repeatable: the long trace has more information
    const RunResult& again = differential_.run(rules, smaller.trace);
    if (again.verdict != Verdict::diverged) continue; // it is no longer run, after crashes or hangs
    n.trace = std::move(smaller.trace);
    n.result = again;
    std::string error;
    if (const auto parameters = trace::makeParameters(rules, n.trace.with, error))
      n.trace = annotate(specification_, *parameters, n.trace);
  }
  const auto place = [&](const std::string& rule) {
    std::size_t i = 0;
    while (i < rules_.size() && rules_[i].id != rule)
      ++i;
    return i;
  };
  std::stable_sort(differences_.begin(), differences_.end(),
                   [&](const Nonconformance& a, const Nonconformance& b) {
                     return std::pair(place(a.rule), a.trace.records.size()) <
                            std::pair(place(b.rule), b.trace.records.size());
                   });
}

Verdict Conformance::verdict() const {
  if (errors_ != 0) return Verdict::error;
  if (differing_ != 0) return Verdict::diverged;
  return silent_ != 0 || steps_ == 0 ? Verdict::unknown : Verdict::agreed;
}

} // namespace growsdown::harness
