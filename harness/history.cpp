#include "harness/history.h"

#include "harness/compare.h"
#include "harness/observe.h"
#include "harness/responsible.h"
#include "harness/starting_state.h"
#include "harness/state_diff.h"
#include "trace/check.h"
#include "trace/identities.h"

#include <algorithm>
#include <map>
#include <utility>

namespace growsdown::harness {

using trace::Outcome;

std::string_view name(HistoryField field) {
  constexpr std::string_view names[historyFieldCount] = {
      "outcome",        "map",          "pages.size", "pages.stack", "pages.locked", "pages.data",
      "pages.resident", "pages.tables", "faults",     "internal"};
  GROWSDOWN_CHECK(static_cast<std::size_t>(field) < historyFieldCount);
  return names[static_cast<std::size_t>(field)];
}

namespace {

// Numbers the identities of one run, so that whole states of two runs can be compared as they are.
class Numbering {
 public:
  void rename(trace::State& state) {
    for (trace::Area& area : state.areas)
      area.anon = anons_(area.anon);
    for (trace::Page& page : state.pages)
      page.frame = frames_(page.frame);
    for (trace::ObjectPage& page : state.objectPages)
      page.frame = frames_(page.frame);
  }

 private:
  trace::FirstAppearance frames_;
  trace::FirstAppearance anons_;
};

class Runner {
 public:
  Runner(System& system, const trace::Trace& trace, bool internal)
      : system_(system), trace_(trace), internal_(internal) {}

  HistoryRun run(const trace::RuleSet& rules) {
    HistoryRun run;
    run.rules = rules;
    const auto parameters = trace::makeParameters(rules, trace_.with, run.reason);
    if (!parameters) return run;
    trace::State initial;
    const trace::State* start = nullptr;
    try {
      start = startingState(*parameters, trace_, initial);
    } catch (const MalformedInitial& e) {
      run.reason = e.what();
      run.malformed = true;
      return run;
    }
    system_.start(*parameters, start);
    Observer observer;
    observer.start();
    Numbering numbering;
    for (const trace::Record& record : trace_.records) {
      if (record.state.abnormal) break;
      HistoryStep made;
      made.outcome = system_.apply(record.step);
      if (made.outcome.kind == Outcome::Kind::unknown) {
        run.reason = "step " + std::to_string(run.steps.size() + 1) +
                     ": the simulated machine is out of memory (`with memory BYTES`)";
        return run;
      }
      made.rule = system_.decidingRule();
      observer.after(record.step, made.outcome);
      system_.snapshot(state_);
      observer.observe(state_, observed_);
      // Most steps leave the map as it was.
      if (!run.steps.empty() && *run.steps.back().map == observed_.map)
        made.map = run.steps.back().map;
      else
        made.map = std::make_shared<const std::vector<trace::MapLine>>(observed_.map);
      made.pages = observed_.pages;
      if (observed_.hasFaults) made.faults = observed_.faults;
      if (internal_) {
        numbering.rename(state_);
        made.whole = std::make_shared<const trace::State>(state_);
      }
      run.steps.push_back(std::move(made));
    }
    run.complete = true;
    return run;
  }

  const trace::Step& step(std::size_t k) const { return trace_.records[k].step; }

 private:
  System& system_;
  const trace::Trace& trace_;
  const bool internal_;
  trace::State state_;
  trace::Observation observed_;
};

std::string text(std::int64_t value) {
  return (value < 0 ? "" : "+") + std::to_string(value);
}

// The values of a difference as text.
std::pair<std::string, std::string> texts(HistoryField field, const HistoryStep& a,
                                          const HistoryStep& b) {
  const trace::PagesLine& p = a.pages;
  const trace::PagesLine& q = b.pages;
  switch (field) {
  case HistoryField::outcome:
    return {describe(a.outcome), describe(b.outcome)};
  case HistoryField::map:
    for (std::size_t i = 0;; ++i) {
      const bool inA = i < a.map->size();
      const bool inB = i < b.map->size();
      if (inA && inB && (*a.map)[i] == (*b.map)[i]) continue;
      return {inA ? describe((*a.map)[i]) : "no such area",
              inB ? describe((*b.map)[i]) : "no such area"};
    }
  case HistoryField::size:
    return {text(p.size), text(q.size)};
  case HistoryField::stack:
    return {text(p.stack), text(q.stack)};
  case HistoryField::locked:
    return {text(p.locked), text(q.locked)};
  case HistoryField::data:
    return {text(p.data), text(q.data)};
  case HistoryField::resident:
    return {std::to_string(p.resident), std::to_string(q.resident)};
  case HistoryField::tables:
    return {text(p.tables), text(q.tables)};
  case HistoryField::faults:
    return {std::to_string(*a.faults), std::to_string(*b.faults)};
  case HistoryField::internal:
    break;
  }
  StateComparison comparison;
  comparison.reset();
  if (comparison.equal(*a.whole, *b.whole)) return {"identities", "identities"};
  const Difference d = comparison.difference(*a.whole, *b.whole);
  return {d.field + " " + d.left, d.field + " " + d.right};
}

// Two runs that differ, and the runs under the rule sets between theirs.
class RunsBetween {
 public:
  RunsBetween(Runner& runner, const HistoryRun& left, const HistoryRun& right)
      : runner_(runner), left_(left), right_(right), flips_(left.rules, right.rules) {}

  std::vector<Cause> causes(std::size_t step, HistoryField field) {
    for (const bool strict : {true, false}) {
      std::vector<Cause> found;
      for (const Responsibility& r : flips_.responsibilities(
               [&](KnobFlips::Set set) { return shows(set, right_, step, field, strict); },
               [&](KnobFlips::Set set) { return shows(set, left_, step, field, strict); }))
        found.push_back({flips_.names(r.knobs), r.enough, r.needed});
      if (!found.empty()) return found;
    }
    return {};
  }

 private:
  const HistoryRun& under(KnobFlips::Set set) {
    if (set == 0) return left_;
    const auto [at, fresh] = runs_.try_emplace(set);
    if (fresh) at->second = runner_.run(flips_.rules(set));
    return at->second;
  }

  // Whether a step shows the same as in `as` if the knobs of `set` are turned. With `strict`, earlier
  // steps must also show everything on which both sides agree.
  bool shows(KnobFlips::Set set, const HistoryRun& as, std::size_t step, HistoryField field,
             bool strict) {
    const HistoryRun& other = under(set);
    if (other.steps.size() <= step ||
        !same(field, runner_.step(step), other.steps[step], as.steps[step]))
      return false;
    if (!strict) return true;
    for (std::size_t k = 0; k < step; ++k)
      for (unsigned s = 0; s < historyFieldCount; ++s) {
        const auto differs = [&](const HistoryRun& run, const HistoryRun& from) {
          return !same(static_cast<HistoryField>(s), runner_.step(k), run.steps[k], from.steps[k]);
        };
        if (differs(other, left_) && !differs(right_, left_)) return false;
      }
    return true;
  }

  Runner& runner_;
  const HistoryRun& left_;
  const HistoryRun& right_;
  KnobFlips flips_;
  std::map<KnobFlips::Set, HistoryRun> runs_;
};

// The pairs of neighbours among the runs that made a step.
std::vector<std::pair<std::size_t, std::size_t>> neighbours(const std::vector<HistoryRun>& runs) {
  std::vector<std::size_t> made;
  std::vector<trace::RuleSet> sets;
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (!runs[i].steps.empty()) {
      made.push_back(i);
      sets.push_back(runs[i].rules);
    }
  auto pairs = trace::neighbours(sets);
  for (auto& [left, right] : pairs) {
    left = made[left];
    right = made[right];
  }
  return pairs;
}

} // namespace

bool same(HistoryField field, const trace::Step& step, const HistoryStep& a, const HistoryStep& b) {
  switch (field) {
  case HistoryField::outcome:
    return sameOutcome(step, a.outcome, b.outcome);
  case HistoryField::map:
    return a.map == b.map || *a.map == *b.map;
  case HistoryField::size:
    return a.pages.size == b.pages.size;
  case HistoryField::stack:
    return a.pages.stack == b.pages.stack;
  case HistoryField::locked:
    return a.pages.locked == b.pages.locked;
  case HistoryField::data:
    return a.pages.data == b.pages.data;
  case HistoryField::resident:
    return a.pages.resident == b.pages.resident;
  case HistoryField::tables: // not shown after some outcomes
    return !a.pages.hasTables || !b.pages.hasTables || a.pages.tables == b.pages.tables;
  case HistoryField::faults:
    return !a.faults || !b.faults || *a.faults == *b.faults;
  case HistoryField::internal:
    return a.whole == b.whole || sameState<shown::all>(*a.whole, *b.whole);
  }
  return true;
}

History history(System& system, std::span<const trace::RuleSet> sets, const trace::Trace& trace,
                const HistoryOptions& options) {
  GROWSDOWN_CHECK(!options.internal || !system.reusesIdentities());
  static_assert(static_cast<unsigned>(HistoryField::outcome) == 0);
  const unsigned fields = options.outcomes ? 1 : historyFieldCount;
  History result;
  Runner runner(system, trace, options.internal);
  for (const trace::RuleSet& rules : sets)
    result.runs.push_back(runner.run(rules));

  const auto parts = [&](const HistoryRun& a, const HistoryRun& b, std::size_t k,
                         HistoryField field) {
    return !same(field, runner.step(k), a.steps[k], b.steps[k]);
  };
  const auto alike = [&](const HistoryRun& a, const HistoryRun& b) {
    if (a.steps.size() != b.steps.size() || a.complete != b.complete) return false;
    for (std::size_t k = 0; k < a.steps.size(); ++k)
      for (unsigned s = 0; s < fields; ++s)
        if (parts(a, b, k, static_cast<HistoryField>(s))) return false;
    return true;
  };
  for (std::size_t i = 0; i < result.runs.size(); ++i) {
    if (result.runs[i].steps.empty()) continue;
    const auto group =
        std::find_if(result.behaviours.begin(), result.behaviours.end(), [&](const auto& members) {
          return alike(result.runs[members[0]], result.runs[i]);
        });
    if (group == result.behaviours.end())
      result.behaviours.push_back({i});
    else
      group->push_back(i);
  }

  result.pairs = neighbours(result.runs);
  for (const auto& [left, right] : result.pairs) {
    const HistoryRun& a = result.runs[left];
    const HistoryRun& b = result.runs[right];
    RunsBetween between(runner, a, b);
    const std::size_t steps = std::min(a.steps.size(), b.steps.size());
    bool diverged = false;
    bool told[historyFieldCount] = {};
    for (std::size_t k = 0; k < steps; ++k) {
      const bool first = !diverged;
      for (unsigned s = 0; s < fields; ++s) {
        const auto field = static_cast<HistoryField>(s);
        if (!parts(a, b, k, field)) continue;
        diverged = true;
        const bool again = std::exchange(told[s], true);
        const bool later =
            field == HistoryField::outcome ? options.all || !again : options.all && !again;
        if (!first && !later) continue;
        auto [leftValue, rightValue] = texts(field, a.steps[k], b.steps[k]);
        result.differences.push_back({left, right, k, field, std::move(leftValue),
                                      std::move(rightValue), between.causes(k, field)});
      }
    }
  }
  std::stable_sort(result.differences.begin(), result.differences.end(),
                   [](const HistoryDifference& a, const HistoryDifference& b) {
                     return std::pair(a.step, a.field) < std::pair(b.step, b.field);
                   });
  return result;
}

} // namespace growsdown::harness
