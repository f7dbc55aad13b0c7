#include "tools/coverage.h"

#include "harness/coverage.h"
#include "planted/bugs.h"
#include "tools/common.h"
#include "tools/knobs.h"
#ifdef GROWSDOWN_WITH_PROOFS
#include "proofs/prove.h"
#endif

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <numeric>
#include <set>

namespace growsdown::tools {

extern const std::string_view reachedText; // reached.cpp.in

namespace {

using harness::Coverage;
using harness::Means;
using harness::Reach;
using model::Rule;

std::string fromFile; ///< empty: what was built in

} // namespace

const Coverage& reached() {
  static const Coverage coverage = [] {
    Coverage read;
    std::string error;
    if (!read.read(fromFile.empty() ? reachedText : readFile(fromFile), error))
      throw Stop(fromFile.empty() ? failure : usage,
                 (fromFile.empty() ? "docs/generated/reached.tsv, as built in" : fromFile) + ": " +
                     error + "; scripts/coverage makes it anew");
    return read;
  }();
  return coverage;
}

namespace {

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::vector<std::string> namesOf(Rule rule, Means means) {
  std::vector<std::string> names;
  for (const Reach& reach : reached().of(rule, means))
    names.push_back(reach.by);
  return names;
}

std::uint64_t countOf(Rule rule, Means means) {
  std::uint64_t count = 0;
  for (const Reach& reach : reached().of(rule, means))
    count += reach.count;
  return count;
}

/// `linux-4.3-amd64` of `linux-4.3-amd64@sp`
std::string_view kernelOf(std::string_view recording) {
  return recording.substr(0, recording.find('@'));
}

/// The kernels that any rule's recordings are of: the architectures of each version.
using Kernels = std::map<trace::Version, std::set<trace::Arch>>;
void add(Kernels& kernels, const Reach& recording) {
  if (const trace::RuleSet* rules = trace::findRuleSet(kernelOf(recording.by)))
    kernels[rules->version].insert(rules->arch);
}
const Kernels& recordedKernels() {
  static const Kernels kernels = [] {
    Kernels all;
    for (const Reach& reach : reached().rows())
      if (reach.means == Means::recording) add(all, reach);
    return all;
  }();
  return kernels;
}

/// The kernels in whose recordings a rule was reached: `all`, or versions, with architectures where
/// not all that were recorded have it: `4.3, 5.10 amd64`.
std::string kernelsOf(Rule rule) {
  Kernels kernels;
  for (const Reach& reach : reached().of(rule, Means::recording))
    add(kernels, reach);
  if (kernels == recordedKernels()) return "all";
  std::vector<std::string> parts;
  for (const auto& [version, archs] : kernels) {
    std::string part = trace::print(version);
    if (archs != recordedKernels().at(version))
      for (const trace::Arch arch : archs)
        part += " " + std::string(trace::name(arch));
    parts.push_back(part);
  }
  return join(parts, ", ");
}

constexpr Means columns[] = {Means::unit,      Means::property, Means::fuzz,
                             Means::recording, Means::theorem,  Means::bug};
std::string_view title(Means means) {
  switch (means) {
  case Means::unit:
    return "unit test";
  case Means::bug:
    return "planted bug";
  case Means::corpus:
    return "corpus";
  default:
    return harness::name(means);
  }
}

/// What a full row lacks.
std::vector<std::string> lacks(Rule rule) {
  std::vector<std::string> names;
  for (const Means means : columns)
    if (!reached().has(rule, means)) names.emplace_back(title(means));
  return names;
}

std::size_t rulesWith(Means means) {
  const auto rules = model::rules();
  return static_cast<std::size_t>(std::count_if(rules.begin(), rules.end(), [&](const auto& rule) {
    return reached().has(rule.rule, means);
  }));
}

std::string number(std::uint64_t value) {
  if (value < 10000) return std::to_string(value);
  if (value < 10000000) return std::to_string(value / 1000) + "k";
  return std::to_string(value / 1000000) + "M";
}

int text() {
  fmt::print("{:28} {:>4} {:>5} {:>5} {:>4} {:>3}  {:30} {}\n", "rule", "unit", "prop.", "fuzz",
             "thm.", "bug", "recordings", "missing");
  std::string_view group;
  for (const model::RuleInfo& rule : model::rules()) {
    if (group != model::group(rule.rule)) fmt::print("\n{}\n", group = model::group(rule.rule));
    const std::vector<std::string> missing = lacks(rule.rule);
    fmt::print("{:28} {:>4} {:>5} {:>5} {:>4} {:>3}  {:30} {}\n", rule.id,
               namesOf(rule.rule, Means::unit).size(), namesOf(rule.rule, Means::property).size(),
               number(countOf(rule.rule, Means::fuzz)), namesOf(rule.rule, Means::theorem).size(),
               namesOf(rule.rule, Means::bug).size(), kernelsOf(rule.rule),
               missing.empty() ? "-" : join(missing, ", "));
  }
  fmt::print("\n{:28}", "rules reached");
  for (const Means means : columns)
    fmt::print("{} {}: {}", means == columns[0] ? "" : ",", title(means), rulesWith(means));
  fmt::print(", of {}\n\nExceptions:\n", model::rules().size());
  for (const harness::CoverageException& exception : harness::coverageExceptions()) {
    std::vector<std::string> means;
    for (const Means one : exception.means)
      means.emplace_back(title(one));
    fmt::print("  {} ({}): {}\n", exception.rule, join(means, ", "), exception.why);
  }
  const std::vector<std::string> wrong = harness::problems(reached());
  for (const std::string& problem : wrong)
    fmt::print("PROBLEM: {}\n", problem);
  return wrong.empty() ? agreed : diverged;
}

std::string code(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "`" : ", `") + name + "`";
  return text;
}

int markdown() {
  const std::size_t count = model::rules().size();
  const auto full = static_cast<std::size_t>(
      std::count_if(model::rules().begin(), model::rules().end(),
                    [](const auto& rule) { return lacks(rule.rule).empty(); }));
  fmt::print(R"(# Rule coverage

Made by `scripts/coverage`; `growsdown rules --coverage` prints the same, and `growsdown rules ID` who
reached one rule and where. Everything is counted from the marks that the model leaves where a rule
decides, while the tests, the fuzzer and the replay of the recordings run.

| column | a rule is in it where | rules of {0} |
|---|---|---|
| unit tests | a scenario named after the rule claims it (`by` or `hit`, tests/unit/rules) | {1} |
| properties | a generated program that a property judged came to it (tests/properties) | {2} |
| fuzz hits | campaigns of fixed seed and length came to it, one for each rule set | {3} |
| recordings | what a real kernel did comes to it on the model; the kernels | {4} |
| theorems | a path of a theorem goes through it | {5} |
| planted bugs | it best explains the steps in which a bug planted in the reference shows | {6} |

{7} rows are full. A unit test, the fuzzer, a recording and a hand-written trace of the corpus are to reach
every rule. What cannot be:

| rule | without | because |
|---|---|---|
)",
             count, rulesWith(Means::unit), rulesWith(Means::property), rulesWith(Means::fuzz),
             rulesWith(Means::recording), rulesWith(Means::theorem), rulesWith(Means::bug), full);
  for (const harness::CoverageException& exception : harness::coverageExceptions()) {
    std::vector<std::string> means;
    for (const Means one : exception.means)
      means.emplace_back(title(one));
    fmt::print("| {} | {} | {} |\n", exception.rule, join(means, ", "), exception.why);
  }
  std::string_view group;
  for (const model::RuleInfo& rule : model::rules()) {
    if (group != model::group(rule.rule)) {
      group = model::group(rule.rule);
      fmt::print(
          "\n## {}\n\n| rule | unit tests | properties | fuzz hits | recordings | theorems | "
          "planted bugs | missing |\n|---|---|---|---|---|---|---|---|\n",
          group);
    }
    const std::vector<std::string> missing = lacks(rule.rule);
    const auto orNone = [](const std::string& cell) { return cell.empty() ? "–" : cell; };
    const auto some = [&](Means means) {
      const std::size_t names = namesOf(rule.rule, means).size();
      return names == 0 ? std::string() : std::to_string(names);
    };
    const std::uint64_t hits = countOf(rule.rule, Means::fuzz);
    fmt::print("| {} | {} | {} | {} | {} | {} | {} | {} |\n", rule.id, orNone(some(Means::unit)),
               orNone(some(Means::property)), orNone(hits == 0 ? "" : number(hits)),
               orNone(kernelsOf(rule.rule)), orNone(code(namesOf(rule.rule, Means::theorem))),
               orNone(code(namesOf(rule.rule, Means::bug))),
               missing.empty() ? "full" : join(missing, ", "));
  }
  return agreed;
}

/// A JSON array of strings.
std::string jsonList(const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  quoted.reserve(values.size());
  for (const std::string& value : values)
    quoted.push_back(jsonString(value));
  return "[" + join(quoted, ", ") + "]";
}

/// What reached a rule by those means: an array of objects.
std::string jsonReaches(Rule rule, Means means) {
  std::vector<std::string> objects;
  for (const Reach& reach : reached().of(rule, means)) {
    std::string object =
        fmt::format("{{\"name\": {}, \"count\": {}", jsonString(reach.by), reach.count);
    if (!reach.where.empty()) object += fmt::format(", \"first\": {}", jsonString(reach.where));
    objects.push_back(object + "}");
  }
  return "[" + join(objects, ", ") + "]";
}

int json() {
  std::string text;
  for (const model::RuleInfo& rule : model::rules()) {
    text += fmt::format("{}    {{\"id\": {}", text.empty() ? "\n" : ",\n", jsonString(rule.id));
    for (const Means means : columns)
      text +=
          fmt::format(", {}: {}", jsonString(harness::name(means)), jsonReaches(rule.rule, means));
    text += fmt::format(", \"missing\": {}}}", jsonList(lacks(rule.rule)));
  }
  std::string exceptions;
  for (const harness::CoverageException& exception : harness::coverageExceptions()) {
    std::vector<std::string> means;
    for (const Means one : exception.means)
      means.emplace_back(harness::name(one));
    exceptions += fmt::format("{}    {{\"rule\": {}, \"means\": {}, \"why\": {}}}",
                              exceptions.empty() ? "\n" : ",\n", jsonString(exception.rule),
                              jsonList(means), jsonString(exception.why));
  }
  fmt::print("{{\n  \"format\": \"growsdown-coverage-1\",\n  \"rules\": [{}\n  ],\n"
             "  \"exceptions\": [{}\n  ],\n  \"problems\": {}\n}}\n",
             text, exceptions, jsonList(harness::problems(reached())));
  return agreed;
}

// ---- one rule

/// Wraps at `width` columns, with `indent` blanks in front of each line.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 100) {
  std::string out(indent, ' ');
  std::size_t column = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

void list(std::string_view heading, const std::vector<std::string>& lines,
          std::string_view none = "none") {
  fmt::print("\n{}:", heading);
  if (lines.empty()) fmt::print(" {}", none);
  fmt::print("\n");
  for (const std::string& line : lines)
    fmt::print("{}\n", wrapped(line, 2));
}

std::vector<const trace::Change*> changesOf(std::string_view knob) {
  std::vector<const trace::Change*> rows;
  for (const trace::Change& change : trace::changes())
    if (change.knob == knob) rows.push_back(&change);
  return rows;
}

std::string_view describeBug(std::string_view id) {
  const planted::BugInfo* const bug = planted::findBug(id);
  return bug == nullptr ? std::string_view() : bug->title;
}

std::string_view describeTheorem([[maybe_unused]] std::string_view name) {
#ifdef GROWSDOWN_WITH_PROOFS
  if (const proofs::Theorem* theorem = proofs::findTheorem(name)) return theorem->statement;
#endif
  return {};
}

int ruleText(const model::RuleInfo& rule) {
  fmt::print("{}: {}\n\n{}\n", rule.id, rule.title, wrapped(rule.text, 0));

  std::vector<std::string> lines;
  for (const model::RuleSource& source : model::sources(rule))
    lines.push_back(fmt::format("{}  {}: {}", source.versions, source.path, source.functions));
  list("Kernel functions", lines);

  fmt::print("\nKnobs that it depends on, and what changed them when and why:");
  const std::vector<Reach> knobs = reached().of(rule.rule, Means::knob);
  fmt::print("{}\n", knobs.empty() ? " none" : "");
  for (const Reach& knob : knobs) {
    fmt::print("{}: {}\n", knob.by, trace::meaning(knob.by));
    for (const trace::Change* change : changesOf(knob.by))
      fmt::print("{}", changeText(*change));
  }

  lines = namesOf(rule.rule, Means::unit);
  list("Unit tests", lines);
  lines = namesOf(rule.rule, Means::property);
  list("Properties that reached it", lines);

  lines.clear();
  for (const Reach& fuzz : reached().of(rule.rule, Means::fuzz))
    lines.push_back(fmt::format("{:22} {:>6} hits", fuzz.by, fuzz.count));
  list("Fuzzing (fixed seed and length)", lines);

  fmt::print("\nRecordings:");
  const std::vector<Reach> recordings = reached().of(rule.rule, Means::recording);
  fmt::print("{}\n", recordings.empty() ? " none" : "");
  for (const Reach& recording : recordings)
    fmt::print("  {:22} {:>6} hits, first in line {}\n", recording.by, recording.count,
               recording.where);

  lines.clear();
  for (const std::string& name : namesOf(rule.rule, Means::theorem))
    lines.push_back(fmt::format("{}: {}", name, describeTheorem(name)));
  list("Theorems", lines);
  lines.clear();
  for (const std::string& id : namesOf(rule.rule, Means::bug))
    lines.push_back(fmt::format("{}: {}", id, describeBug(id)));
  list("Planted bugs", lines);
  list("Traces of the corpus that are about it", namesOf(rule.rule, Means::corpus));

  const std::vector<std::string> missing = lacks(rule.rule);
  fmt::print("\nCoverage: {}\n", missing.empty() ? "full" : "without " + join(missing, ", "));
  for (const Means means : harness::wanted)
    if (const harness::CoverageException* exception = harness::exceptionFor(rule.rule, means))
      fmt::print("  {}: {}\n", title(means), exception->why);
  return agreed;
}

int ruleJson(const model::RuleInfo& rule) {
  std::vector<std::string> sources;
  for (const model::RuleSource& source : model::sources(rule))
    sources.push_back(fmt::format("{{\"versions\": {}, \"path\": {}, \"functions\": {}}}",
                                  jsonString(source.versions), jsonString(source.path),
                                  jsonString(source.functions)));
  std::vector<std::string> knobs;
  for (const Reach& knob : reached().of(rule.rule, Means::knob)) {
    std::vector<std::string> rows;
    for (const trace::Change* change : changesOf(knob.by))
      rows.push_back(changeJson(*change));
    knobs.push_back(fmt::format("{{\"name\": {}, \"meaning\": {}, \"changes\": [{}]}}",
                                jsonString(knob.by), jsonString(trace::meaning(knob.by)),
                                join(rows, ", ")));
  }
  fmt::print("{{\n  \"id\": {},\n  \"title\": {},\n  \"group\": {},\n  \"text\": {},\n"
             "  \"sources\": [{}],\n  \"knobs\": [{}]",
             jsonString(rule.id), jsonString(rule.title), jsonString(model::group(rule.rule)),
             jsonString(rule.text), join(sources, ", "), join(knobs, ", "));
  for (const Means means : columns)
    fmt::print(",\n  {}: {}", jsonString(harness::name(means)), jsonReaches(rule.rule, means));
  fmt::print(",\n  \"corpus\": {},\n  \"missing\": {}\n}}\n",
             jsonList(namesOf(rule.rule, Means::corpus)), jsonList(lacks(rule.rule)));
  return agreed;
}

} // namespace

void readReached(const std::string& file) {
  fromFile = file;
}

int printCoverage(CoverageForm form) {
  switch (form) {
  case CoverageForm::markdown:
    return markdown();
  case CoverageForm::json:
    return json();
  case CoverageForm::text:
    break;
  }
  return text();
}

std::vector<std::string_view> rulesNear(std::string_view id) {
  // Letters to change, leave out or add (Levenshtein's distance), in any case.
  const auto letter = [](char c) { return std::toupper(static_cast<unsigned char>(c)); };
  const auto distance = [&](std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
      std::size_t diagonal = row[0]++;
      for (std::size_t j = 0; j < b.size(); ++j) {
        const std::size_t same = diagonal + (letter(a[i]) == letter(b[j]) ? 0 : 1);
        diagonal = row[j + 1];
        row[j + 1] = std::min({same, row[j] + 1, diagonal + 1});
      }
    }
    return row.back();
  };
  const auto within = [&](std::string_view part, std::string_view all) {
    return std::search(all.begin(), all.end(), part.begin(), part.end(),
                       [&](char a, char b) { return letter(a) == letter(b); }) != all.end();
  };
  std::vector<std::string_view> near;
  for (const model::RuleInfo& rule : model::rules())
    if ((id.size() >= 3 && within(id, rule.id)) || distance(id, rule.id) <= 3)
      near.push_back(rule.id);
  return near;
}

int printRule(const model::RuleInfo& rule, bool asJson) {
  return asJson ? ruleJson(rule) : ruleText(rule);
}

} // namespace growsdown::tools
