#include "harness/history.h"

#include "harness/compare.h"
#include "harness/initial.h"
#include "harness/observe.h"
#include "harness/responsible.h"
#include "harness/state_diff.h"
#include "trace/identities.h"

#include <algorithm>
#include <map>
#include <utility>

namespace growsdown::harness {

using trace::Outcome;

std::string_view name(Shown shown) {
  constexpr std::string_view names[shownCount] = {
      "outcome",        "map",          "pages.size", "pages.stack", "pages.locked", "pages.data",
      "pages.resident", "pages.tables", "faults",     "internal"};
  return names[static_cast<std::size_t>(shown)];
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

  Life run(const trace::RuleSet& rules) {
    Life life;
    life.rules = rules;
    const auto parameters = trace::makeParameters(rules, trace_.with, life.reason);
    if (!parameters) return life;
    trace::State initial;
    const trace::State* start = nullptr;
    try {
      start = startingState(*parameters, trace_, initial);
    } catch (const MalformedInitial& e) {
      life.reason = e.what();
      life.malformed = true;
      return life;
    }
    system_.start(*parameters, start);
    Observer observer;
    observer.start(*parameters);
    Numbering numbering;
    for (const trace::Record& record : trace_.records) {
      if (record.state.abnormal) break;
      Moment moment;
      moment.outcome = system_.apply(record.step);
      if (moment.outcome.kind == Outcome::Kind::unknown) {
        life.reason = "step " + std::to_string(life.moments.size() + 1) +
                      ": the simulated machine is out of memory (`with memory BYTES`)";
        return life;
      }
      moment.rule = system_.decidingRule();
      observer.after(record.step, moment.outcome);
      system_.snapshot(state_);
      observer.observe(state_, observed_);
      // Most steps leave the map as it was.
      if (!life.moments.empty() && *life.moments.back().map == observed_.map)
        moment.map = life.moments.back().map;
      else
        moment.map = std::make_shared<const std::vector<trace::MapLine>>(observed_.map);
      moment.pages = observed_.pages;
      if (observed_.hasFaults) moment.faults = observed_.faults;
      if (internal_) {
        numbering.rename(state_);
        moment.whole = std::make_shared<const trace::State>(state_);
      }
      life.moments.push_back(std::move(moment));
    }
    life.complete = true;
    return life;
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

// What both show of a step in which they differ, as text.
std::pair<std::string, std::string> texts(Shown shown, const Moment& a, const Moment& b) {
  const trace::PagesLine& p = a.pages;
  const trace::PagesLine& q = b.pages;
  switch (shown) {
  case Shown::outcome:
    return {describe(a.outcome), describe(b.outcome)};
  case Shown::map:
    for (std::size_t i = 0;; ++i) {
      const bool inA = i < a.map->size();
      const bool inB = i < b.map->size();
      if (inA && inB && (*a.map)[i] == (*b.map)[i]) continue;
      return {inA ? describe((*a.map)[i]) : "no such area",
              inB ? describe((*b.map)[i]) : "no such area"};
    }
  case Shown::size:
    return {text(p.size), text(q.size)};
  case Shown::stack:
    return {text(p.stack), text(q.stack)};
  case Shown::locked:
    return {text(p.locked), text(q.locked)};
  case Shown::data:
    return {text(p.data), text(q.data)};
  case Shown::resident:
    return {std::to_string(p.resident), std::to_string(q.resident)};
  case Shown::tables:
    return {text(p.tables), text(q.tables)};
  case Shown::faults:
    return {std::to_string(*a.faults), std::to_string(*b.faults)};
  case Shown::internal:
    break;
  }
  StateComparison comparison;
  comparison.reset();
  if (comparison.equal(*a.whole, *b.whole)) return {"identities", "identities"};
  const Difference d = comparison.difference(*a.whole, *b.whole);
  return {d.field + " " + d.left, d.field + " " + d.right};
}

// Two lives that part, and those under the rule sets between them.
class Between {
 public:
  Between(Runner& runner, const Life& left, const Life& right)
      : runner_(runner), left_(left), right_(right), flips_(left.rules, right.rules) {}

  std::vector<Cause> causes(std::size_t step, Shown shown) {
    for (const bool strict : {true, false}) {
      std::vector<Cause> found;
      for (const Responsibility& r : flips_.responsibilities(
               [&](KnobFlips::Set set) { return shows(set, right_, step, shown, strict); },
               [&](KnobFlips::Set set) { return shows(set, left_, step, shown, strict); }))
        found.push_back({flips_.names(r.knobs), r.enough, r.needed});
      if (!found.empty()) return found;
    }
    return {};
  }

 private:
  const Life& life(KnobFlips::Set set) {
    if (set == 0) return left_;
    const auto [at, fresh] = lives_.try_emplace(set);
    if (fresh) at->second = runner_.run(flips_.rules(set));
    return at->second;
  }

  // Whether with the knobs of `set` turned a step shows what it shows in `as`; strict: and earlier
  // steps show what both sides agree on.
  bool shows(KnobFlips::Set set, const Life& as, std::size_t step, Shown shown, bool strict) {
    const Life& other = life(set);
    if (other.moments.size() <= step ||
        !same(shown, runner_.step(step), other.moments[step], as.moments[step]))
      return false;
    if (!strict) return true;
    for (std::size_t k = 0; k < step; ++k)
      for (unsigned s = 0; s < shownCount; ++s) {
        const auto differs = [&](const Life& life, const Life& from) {
          return !same(static_cast<Shown>(s), runner_.step(k), life.moments[k], from.moments[k]);
        };
        if (differs(other, left_) && !differs(right_, left_)) return false;
      }
    return true;
  }

  Runner& runner_;
  const Life& left_;
  const Life& right_;
  KnobFlips flips_;
  std::map<KnobFlips::Set, Life> lives_;
};

std::vector<std::pair<std::size_t, std::size_t>> neighbours(const std::vector<Life>& lives) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < lives.size(); ++i)
    if (!lives[i].moments.empty()) order.push_back(i);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  const auto pairUp = [&](auto key, auto&& alike) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return key(lives[a].rules) < key(lives[b].rules);
    });
    for (std::size_t i = 1; i < order.size(); ++i)
      if (alike(lives[order[i - 1]].rules, lives[order[i]].rules))
        pairs.emplace_back(order[i - 1], order[i]);
  };
  using trace::RuleSet;
  pairUp([](const RuleSet& r) { return std::pair(r.arch, r.version); },
         [](const RuleSet& a, const RuleSet& b) { return a.arch == b.arch; });
  pairUp([](const RuleSet& r) { return std::pair(r.version, r.arch); },
         [](const RuleSet& a, const RuleSet& b) { return a.version == b.version; });
  return pairs;
}

} // namespace

bool same(Shown shown, const trace::Step& step, const Moment& a, const Moment& b) {
  switch (shown) {
  case Shown::outcome:
    return sameOutcome(step, a.outcome, b.outcome);
  case Shown::map:
    return a.map == b.map || *a.map == *b.map;
  case Shown::size:
    return a.pages.size == b.pages.size;
  case Shown::stack:
    return a.pages.stack == b.pages.stack;
  case Shown::locked:
    return a.pages.locked == b.pages.locked;
  case Shown::data:
    return a.pages.data == b.pages.data;
  case Shown::resident:
    return a.pages.resident == b.pages.resident;
  case Shown::tables: // not shown behind some outcomes
    return !a.pages.hasTables || !b.pages.hasTables || a.pages.tables == b.pages.tables;
  case Shown::faults:
    return !a.faults || !b.faults || *a.faults == *b.faults;
  case Shown::internal:
    return a.whole == b.whole || sameState<shown::all>(*a.whole, *b.whole);
  }
  return true;
}

History history(System& system, std::span<const trace::RuleSet> sets, const trace::Trace& trace,
                const HistoryOptions& options) {
  History result;
  Runner runner(system, trace, options.internal);
  for (const trace::RuleSet& rules : sets)
    result.lives.push_back(runner.run(rules));

  const auto parts = [&](const Life& a, const Life& b, std::size_t k, Shown shown) {
    return !same(shown, runner.step(k), a.moments[k], b.moments[k]);
  };
  const auto alike = [&](const Life& a, const Life& b) {
    if (a.moments.size() != b.moments.size() || a.complete != b.complete) return false;
    for (std::size_t k = 0; k < a.moments.size(); ++k)
      for (unsigned s = 0; s < shownCount; ++s)
        if (parts(a, b, k, static_cast<Shown>(s))) return false;
    return true;
  };
  for (std::size_t i = 0; i < result.lives.size(); ++i) {
    if (result.lives[i].moments.empty()) continue;
    const auto group =
        std::find_if(result.behaviours.begin(), result.behaviours.end(), [&](const auto& members) {
          return alike(result.lives[members[0]], result.lives[i]);
        });
    if (group == result.behaviours.end())
      result.behaviours.push_back({i});
    else
      group->push_back(i);
  }

  result.pairs = neighbours(result.lives);
  for (const auto& [left, right] : result.pairs) {
    const Life& a = result.lives[left];
    const Life& b = result.lives[right];
    Between between(runner, a, b);
    const std::size_t steps = std::min(a.moments.size(), b.moments.size());
    bool parted = false;
    bool told[shownCount] = {};
    for (std::size_t k = 0; k < steps; ++k) {
      const bool first = !parted;
      for (unsigned s = 0; s < shownCount; ++s) {
        const auto shown = static_cast<Shown>(s);
        if (!parts(a, b, k, shown)) continue;
        parted = true;
        const bool again = std::exchange(told[s], true);
        const bool later = shown == Shown::outcome ? options.all || !again : options.all && !again;
        if (!first && !later) continue;
        auto [leftValue, rightValue] = texts(shown, a.moments[k], b.moments[k]);
        result.partings.push_back({left, right, k, shown, std::move(leftValue),
                                   std::move(rightValue), between.causes(k, shown)});
      }
    }
  }
  std::stable_sort(result.partings.begin(), result.partings.end(),
                   [](const Parting& a, const Parting& b) {
                     return std::pair(a.step, a.shown) < std::pair(b.step, b.shown);
                   });
  return result;
}

} // namespace growsdown::harness
