#include "harness/coverage.h"

#include "harness/metadata.h"
#include "harness/starting_state.h"
#include "model/process.h"
#include "trace/check.h"

#include <algorithm>
#include <charconv>

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

/// The label of a trace: its first comment, or its title.
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
       "not a rule of a kernel: the simulated machine is full, and the trace has no verdict"},
      {"MREMAP-PGOFF",
       {Means::unit, Means::fuzz, Means::recording, Means::corpus},
       "requires a page offset near 2^64 pages; those of a well-formed state are below 2^52 "
       "(tests/unit/rules/specifics_test.cpp reaches the rule from another state)"},
      {"MINCORE-BEYOND-TASK",
       {Means::recording},
       "the range leaves the windows, and such a step is never carried out on a real kernel"},
      {"PLACE-GAP-WRAPS",
       {Means::recording},
       "the search must find no place above, and a real process has more free space above the "
       "windows than a trace can fill"},
  };
  return all;
}

} // namespace

std::string_view name(Means means) {
  GROWSDOWN_CHECK(static_cast<std::size_t>(means) < meansCount);
  return meansNames[static_cast<std::size_t>(means)];
}

void Coverage::add(Rule rule, Means means, std::string_view by, std::uint64_t count,
                   std::string_view where) {
  GROWSDOWN_CHECK(by.find_first_of("\t\n") == std::string_view::npos);
  GROWSDOWN_CHECK(where.find_first_of("\t\n") == std::string_view::npos);
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

} // namespace growsdown::harness
