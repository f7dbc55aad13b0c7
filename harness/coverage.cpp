#include "harness/coverage.h"

#include "harness/initial.h"
#include "harness/metadata.h"
#include "model/process.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace growsdown::harness {
namespace {

using model::Rule;

constexpr std::array<std::string_view, meansCount> meansNames = {
    "unit", "property", "fuzz", "recording", "theorem", "bug", "knob", "corpus"};

std::vector<std::string_view> split(std::string_view line, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = line.find(by);
    parts.push_back(line.substr(0, at));
    if (at == std::string_view::npos) return parts;
    line.remove_prefix(at + 1);
  }
}

/// What one step was on the model.
struct Made {
  std::vector<Rule> way;
  trace::Outcome outcome;
  trace::State state;
};

void take(const model::Process& process, trace::State& state) {
  process.snapshot(state);
  for (trace::Area& area : state.areas)
    area.shownStart = area.start; // /proc/self/maps hides a guard page: no rule decides that
}

/// The rules at which two ways part; empty where they are the same.
std::set<Rule> parting(std::span<const Rule> a, std::span<const Rule> b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  std::set<Rule> rules;
  if (x != a.end()) rules.insert(*x);
  if (y != b.end()) rules.insert(*y);
  return rules;
}

/// Whether two states differ in what a rule may read, not only in what an observer sees.
bool differForRules(trace::State a, const trace::State& b) {
  a.counters.data = b.counters.data;
  a.counters.tables = b.counters.tables;
  a.counters.faults = b.counters.faults;
  return !(a == b);
}

/// Fewer times say nothing of what a knob's value lets happen.
constexpr std::uint64_t leastOnly = 5;

/// By how much what only an observer sees is apart: it stays so where nothing new happens.
trace::Counters difference(const trace::Counters& a, const trace::Counters& b) {
  trace::Counters out;
  out.data = a.data - b.data;
  out.tables = a.tables - b.tables;
  return out;
}

/// The values that kernels have for a knob, and those next to a number, without its own.
std::set<std::string> otherValues(const trace::Knob& knob) {
  static const auto known = [] {
    std::map<std::string_view, std::set<std::string>> values;
    for (const trace::RuleSet& release : trace::releases())
      for (const trace::Knob& one : trace::knobs(release))
        values[one.name].insert(one.value);
    return values;
  }();
  std::set<std::string> values = known.at(knob.name);
  if (knob.value == "true" || knob.value == "false") values = {"true", "false"};
  std::uint64_t number = 0;
  const char* const end = knob.value.data() + knob.value.size();
  if (std::from_chars(knob.value.data(), end, number).ptr == end && number > 1) {
    values.insert(std::to_string(number + 1)); // 0 and 1 may be no number at all
    values.insert(std::to_string(number - 1));
  }
  values.erase(knob.value);
  return values;
}

/// The words that say what a trace is: of its title, or the first comment in it.
std::string labelOf(const trace::Trace& trace) {
  std::string label = metadata(trace).title;
  if (!trace.records.empty() && !trace.records[0].comments.empty())
    label = trace.records[0].comments[0].substr(1);
  std::replace(label.begin(), label.end(), '\t', ' ');
  label.erase(0, std::min(label.find_first_not_of(' '), label.size()));
  return label;
}

const std::vector<CoverageException>& exceptions() {
  static const std::vector<CoverageException> all = {
      {"MACHINE-MEMORY",
       {Means::recording, Means::corpus},
       "no rule of a kernel: the simulated machine is full, and a trace has no verdict"},
      {"MREMAP-PGOFF",
       {Means::unit, Means::fuzz, Means::recording, Means::corpus},
       "asks for a page offset near 2^64 pages; a well-formed state's are below 2^52 "
       "(tests/unit/rules/specifics_test.cpp reaches it from one that is not)"},
      {"PLACE-GAP-WRAPS",
       {Means::recording},
       "a real process has more free space than the recordings' windows, far above them: a search "
       "that fails elsewhere and ends at address 0 needs all of it filled"},
  };
  return all;
}

} // namespace

std::string_view name(Means means) {
  return meansNames[static_cast<std::size_t>(means)];
}

void Coverage::add(Rule rule, Means means, std::string_view by, std::uint64_t count,
                   std::string_view where) {
  Value& value = rows_[{rule, means, std::string(by)}];
  value.count += count;
  if (value.where.empty()) value.where = where;
}

std::vector<Reach> Coverage::rows() const {
  std::vector<Reach> all;
  for (const auto& [key, value] : rows_)
    all.push_back({key.rule, key.means, key.by, value.count, value.where});
  return all;
}

std::vector<Reach> Coverage::of(Rule rule, Means means) const {
  std::vector<Reach> all;
  for (auto at = rows_.lower_bound({rule, means, {}});
       at != rows_.end() && at->first.rule == rule && at->first.means == means; ++at)
    all.push_back({rule, means, at->first.by, at->second.count, at->second.where});
  return all;
}

bool Coverage::has(Rule rule, Means means, std::string_view by) const {
  return rows_.contains({rule, means, std::string(by)});
}

bool Coverage::has(Rule rule, Means means) const {
  const auto at = rows_.lower_bound({rule, means, {}});
  return at != rows_.end() && at->first.rule == rule && at->first.means == means;
}

std::string Coverage::print() const {
  std::string text;
  for (const auto& [key, value] : rows_) {
    text += std::string(model::info(key.rule).id) + "\t" + std::string(name(key.means)) + "\t" +
            key.by + "\t" + std::to_string(value.count);
    if (!value.where.empty()) text += "\t" + value.where;
    text += "\n";
  }
  return text;
}

bool Coverage::read(std::string_view text, std::string& error) {
  unsigned number = 0;
  while (!text.empty()) {
    ++number;
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto wrong = [&](const std::string& what) {
      error = "line " + std::to_string(number) + ": " + what;
      return false;
    };
    const std::vector<std::string_view> words = split(line, '\t');
    if (words.size() < 4 || words.size() > 5) return wrong("expected RULE MEANS BY COUNT WHERE");
    const model::RuleInfo* const rule = model::findRule(words[0]);
    if (rule == nullptr) return wrong("no rule is called " + std::string(words[0]));
    const auto means = std::find(meansNames.begin(), meansNames.end(), words[1]);
    if (means == meansNames.end()) return wrong("no means is called " + std::string(words[1]));
    std::uint64_t count = 0;
    const char* const end = words[3].data() + words[3].size();
    if (const auto [at, code] = std::from_chars(words[3].data(), end, count);
        code != std::errc() || at != end)
      return wrong("expected a count, found " + std::string(words[3]));
    add(rule->rule, static_cast<Means>(means - meansNames.begin()), words[2], count,
        words.size() == 5 ? words[4] : std::string_view());
  }
  return true;
}

std::span<const CoverageException> coverageExceptions() {
  return exceptions();
}

std::vector<Means> missing(const Coverage& coverage, Rule rule) {
  std::vector<Means> all;
  for (std::size_t i = 0; i < meansCount; ++i)
    if (const auto means = static_cast<Means>(i); !coverage.has(rule, means)) all.push_back(means);
  return all;
}

const CoverageException* exceptionFor(Rule rule, Means means) {
  for (const CoverageException& exception : exceptions())
    if (exception.rule == model::info(rule).id &&
        std::count(exception.means.begin(), exception.means.end(), means) != 0)
      return &exception;
  return nullptr;
}

std::vector<std::string> problems(const Coverage& coverage) {
  std::vector<std::string> all;
  for (const model::RuleInfo& rule : model::rules())
    for (const Means means : wanted) {
      const std::string what = std::string(rule.id) + ": " + std::string(name(means)) + ": ";
      const CoverageException* const exception = exceptionFor(rule.rule, means);
      if (!coverage.has(rule.rule, means) && exception == nullptr)
        all.push_back(what + "nothing reaches it, and no exception says why");
      if (coverage.has(rule.rule, means) && exception != nullptr)
        all.push_back(what + "an exception (" + std::string(exception->why) +
                      ") that is reached by " + coverage.of(rule.rule, means).front().by);
    }
  for (const CoverageException& exception : exceptions())
    if (model::findRule(exception.rule) == nullptr)
      all.push_back(std::string(exception.rule) + ": an exception for a rule that does not exist");
  return all;
}

void countTrace(Coverage& coverage, Means means, std::string_view by, const trace::RuleSet& rules,
                const trace::Trace& trace) {
  std::string error;
  const auto parameters = trace::makeParameters(rules, trace.with, error);
  if (!parameters) return;
  model::Process process;
  trace::State initial;
  process.start(*parameters, startingState(*parameters, trace, initial));
  std::array<std::uint64_t, model::ruleCount> before{};
  std::array<unsigned, model::ruleCount> line{};
  for (const trace::Record& record : trace.records) {
    process.apply(record.step);
    for (std::size_t i = 0; i < model::ruleCount; ++i)
      if (before[i] == 0 && process.hits()[i] != 0) line[i] = record.line;
    before = process.hits();
    if (record.state.abnormal) break; // the recorded process ended here
  }
  const std::string label = labelOf(trace);
  for (std::size_t i = 0; i < model::ruleCount; ++i)
    if (before[i] != 0)
      coverage.add(model::rules()[i].rule, means, by, before[i],
                   line[i] == 0 ? label : std::to_string(line[i]) + ": " + label);
}

void KnobPartings::run(const trace::RuleSet& rules, const trace::Trace& trace) {
  std::string error;
  const auto parameters = trace::makeParameters(rules, trace.with, error);
  if (!parameters) return;
  model::Process process;
  trace::State initial;
  process.start(*parameters, startingState(*parameters, trace, initial));
  std::vector<Made> made(trace.records.size() + 1); // the start, and behind each step
  take(process, made[0].state);
  for (std::size_t i = 1; i < made.size(); ++i) {
    made[i].outcome = process.apply(trace.records[i - 1].step);
    made[i].way.assign(process.way().begin(), process.way().end());
    take(process, made[i].state);
    for (const Rule rule : std::set<Rule>(made[i].way.begin(), made[i].way.end()))
      ++steps_[static_cast<std::size_t>(rule)];
    if (made[i].outcome.kind == trace::Outcome::Kind::unknown) made.resize(i + 1);
  }

  // The rules where the way under other rules parts from the one above. A look at every state is
  // slow, so the first pass looks at the first and the last one only.
  trace::State state;
  const auto partings = [&](const trace::Parameters& turned, bool everyState, Only* only) {
    std::vector<std::set<Rule>> all;
    const auto saw = [&](std::span<const Rule> base, std::span<const Rule> other) {
      if (only == nullptr) return;
      for (const Rule rule : base)
        ++only->base[static_cast<std::size_t>(rule)];
      for (const Rule rule : other)
        ++only->turned[static_cast<std::size_t>(rule)];
    };
    process.start(turned, startingState(turned, trace, initial));
    take(process, state);
    trace::Counters apart = difference(state.counters, made[0].state.counters);
    for (std::size_t i = 1; i < made.size(); ++i) {
      const trace::Outcome outcome = process.apply(trace.records[i - 1].step);
      saw(made[i].way, process.way());
      if (const std::set<Rule> rest = parting(made[i].way, process.way()); !rest.empty()) {
        all.push_back(rest);
        return all;
      }
      bool stop = outcome != made[i].outcome;
      bool differs = stop || process.space().counters.faults != made[i].state.counters.faults;
      if (everyState || i + 1 == made.size()) {
        take(process, state);
        const trace::Counters now = difference(state.counters, made[i].state.counters);
        stop = stop || differForRules(state, made[i].state);
        differs = differs || stop || now.data != apart.data || now.tables != apart.tables;
        apart = now;
      }
      if (differs) all.push_back({process.decidingRule()});
      if (stop || outcome.kind == trace::Outcome::Kind::unknown) return all;
    }
    return all;
  };

  for (const trace::Knob& knob : trace::knobs(rules)) {
    // `arch` shapes the address space and decides nothing itself; `page` is what a trace says.
    if (knob.name == "arch" || knob.name == "page") continue;
    for (const std::string& value : otherValues(knob)) {
      trace::RuleSet turned = rules;
      if (!trace::setKnob(turned, knob.name, value, error)) continue;
      const auto turnedParameters = trace::makeParameters(turned, trace.with, error);
      if (!turnedParameters) continue;
      if (trace.initial) {
        trace::State start = *trace.initial;
        if (trace::completeInitial(*turnedParameters, start)) continue;
      }
      Knob& found = knobs_[std::string(knob.name)];
      Only& only = found.only[{knob.value, value}];
      if (partings(*turnedParameters, false, &only).empty()) continue;
      for (const std::set<Rule>& rest : partings(*turnedParameters, true, nullptr))
        ++found.shown[rest];
    }
  }
}

void KnobPartings::count(Coverage& coverage) const {
  for (const auto& [name, knob] : knobs_) {
    for (const auto& [rule, times] : fewestRules(knob.shown, steps_, 1))
      coverage.add(rule, Means::knob, name, times);
    // A rule that only one value lets happen, where the ways parted before it.
    for (const auto& [values, only] : knob.only)
      for (const model::RuleInfo& rule : model::rules()) {
        const std::uint64_t base = only.base[static_cast<std::size_t>(rule.rule)];
        const std::uint64_t turned = only.turned[static_cast<std::size_t>(rule.rule)];
        if (std::min(base, turned) == 0 && std::max(base, turned) >= leastOnly &&
            !coverage.has(rule.rule, Means::knob, name))
          coverage.add(rule.rule, Means::knob, name, base + turned);
      }
  }
}

void BugWitness::show(std::span<const std::uint64_t> hits, bool differs) {
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

std::vector<std::pair<Rule, std::uint64_t>> fewestRules(Steps shown, const RuleCounts& steps,
                                                        double share) {
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
