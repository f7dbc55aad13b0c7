#include "tools/coverage.h"

#include "tools/common.h"
#include "tools/files.h"
#include "tools/html.h"
#include "tools/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace growsdown::tools {

extern const std::string_view reachedText; // reached.cpp.in

namespace {

using harness::Coverage;
using harness::Means;
using harness::Reach;
using model::Rule;

std::string fromFile; // empty: the table built into the program

std::uint64_t countOf(Rule rule, Means means) {
  std::uint64_t count = 0;
  for (const Reach& reach : reached().of(rule, means))
    count += reach.count;
  return count;
}

// `linux-4.3-amd64` of `linux-4.3-amd64@sp`.
std::string_view kernelOf(std::string_view recording) {
  return recording.substr(0, recording.find('@'));
}

// The architectures of each version.
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

// The kernels whose recordings reach a rule: `all`, or versions. A version with fewer architectures
// than were recorded has their names: `4.3, 5.10 amd64`.
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
  return joined(parts, ", ");
}

std::size_t rulesWith(Means means) {
  const auto rules = model::rules();
  return static_cast<std::size_t>(std::count_if(rules.begin(), rules.end(), [&](const auto& rule) {
    return reached().has(rule.rule, means);
  }));
}

std::string titles(const std::vector<Means>& all) {
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const Means means : all)
    names.emplace_back(title(means));
  return joined(names, ", ");
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
    const std::vector<std::string> missing = missingOf(rule.rule);
    fmt::print("{:28} {:>4} {:>5} {:>5} {:>4} {:>3}  {:30} {}\n", rule.id,
               namesOf(rule.rule, Means::unit).size(), namesOf(rule.rule, Means::property).size(),
               number(countOf(rule.rule, Means::fuzz)), namesOf(rule.rule, Means::theorem).size(),
               namesOf(rule.rule, Means::bug).size(), kernelsOf(rule.rule),
               missing.empty() ? "-" : joined(missing, ", "));
  }
  fmt::print("\n{:28}", "rules reached");
  for (const Means means : columns)
    fmt::print("{} {}: {}", means == columns[0] ? "" : ",", title(means), rulesWith(means));
  fmt::print(", of {}\n\nExceptions:\n", model::rules().size());
  for (const harness::CoverageException& exception : harness::coverageExceptions())
    fmt::print("  {} ({}): {}\n", exception.rule, titles(exception.means), exception.why);
  const std::vector<std::string> wrong = harness::problems(reached());
  for (const std::string& problem : wrong)
    fmt::print("PROBLEM: {}\n", problem);
  return wrong.empty() ? agreed : diverged;
}

} // namespace

std::string htmlCoverage() {
  std::vector<std::string> names{"rule", "what"};
  for (const Means means : columns)
    names.push_back("#" + std::string(title(means)));
  names.emplace_back("recordings of");
  HtmlTable table(names);
  for (const model::RuleInfo& rule : model::rules()) {
    std::vector<std::string> cells{std::string(rule.id), std::string(rule.title)};
    for (const Means means : columns)
      cells.push_back(means == Means::fuzz ? number(countOf(rule.rule, means))
                                           : std::to_string(namesOf(rule.rule, means).size()));
    cells.push_back(kernelsOf(rule.rule));
    table.row(cells);
  }
  return table.text();
}

namespace {

constexpr const char* pageHead = R"(# Rule coverage

`scripts/coverage` writes this page; `growsdown rules --coverage` prints the same table, and
`growsdown rules ID` names everything that reached one rule. The counts come from marks that the
model leaves at each rule that decides, while tests, fuzzer and recordings run.

)";

// The columns, and what is counted in each.
void markdownColumns() {
  constexpr std::string_view what[] = {
      "a scenario named after the rule claims it (`by` or `hit`, tests/unit/rules)",
      "a generated program that a property judged reaches it (tests/properties)",
      "campaigns of fixed seed and length reach it, one campaign per rule set",
      "a recording of a real kernel reaches it on the model; the kernels",
      "a path of a theorem goes through it",
      "it explains best the steps in which a bug planted in the reference shows"};
  constexpr std::string_view names[] = {"unit tests", "properties", "fuzz hits",
                                        "recordings", "theorems",   "planted bugs"};
  fmt::print("{}", tableHead({"column", "a rule is counted if",
                              fmt::format("rules of {}", model::rules().size())}));
  for (std::size_t i = 0; i < columns.size(); ++i)
    fmt::print("{}", tableRow({std::string(names[i]), std::string(what[i]),
                               std::to_string(rulesWith(columns[i]))}));
}

std::string orNone(const std::string& cell) {
  return cell.empty() ? "–" : cell;
}

std::string code(const std::vector<std::string>& names) {
  std::vector<std::string> quoted;
  quoted.reserve(names.size());
  for (const std::string& name : names)
    quoted.push_back("`" + name + "`");
  return joined(quoted, ", ");
}

void markdownRow(const model::RuleInfo& rule) {
  const std::vector<std::string> missing = missingOf(rule.rule);
  const auto some = [&](Means means) {
    const std::size_t names = namesOf(rule.rule, means).size();
    return orNone(names == 0 ? "" : std::to_string(names));
  };
  const std::uint64_t hits = countOf(rule.rule, Means::fuzz);
  fmt::print("{}", tableRow({std::string(rule.id), some(Means::unit), some(Means::property),
                             orNone(hits == 0 ? "" : number(hits)), orNone(kernelsOf(rule.rule)),
                             orNone(code(namesOf(rule.rule, Means::theorem))),
                             orNone(code(namesOf(rule.rule, Means::bug))),
                             missing.empty() ? "full" : joined(missing, ", ")}));
}

int markdown() {
  fmt::print("{}", pageHead);
  markdownColumns();
  const auto full = std::count_if(model::rules().begin(), model::rules().end(),
                                  [](const auto& rule) { return missingOf(rule.rule).empty(); });
  fmt::print(
      "\n{} rows are full. Every rule must be reached by a unit test, the fuzzer, a recording and\n"
      "a hand-written trace of the corpus. The exceptions:\n\n{}",
      full, tableHead({"rule", "without", "because"}));
  for (const harness::CoverageException& exception : harness::coverageExceptions())
    fmt::print("{}", tableRow({std::string(exception.rule), titles(exception.means),
                               std::string(exception.why)}));
  std::string_view group;
  for (const model::RuleInfo& rule : model::rules()) {
    if (group != model::group(rule.rule)) {
      group = model::group(rule.rule);
      fmt::print("\n## {}\n\n{}", group,
                 tableHead({"rule", "unit tests", "properties", "fuzz hits", "recordings",
                            "theorems", "planted bugs", "missing"}));
    }
    markdownRow(rule);
  }
  return agreed;
}

int json() {
  Json document = jsonDocument("coverage");
  document["rules"] = jsonList(model::rules(), [](const model::RuleInfo& rule) {
    Json row = Json::object({{"id", rule.id}});
    for (const Means means : columns)
      row[std::string(harness::name(means))] = jsonReaches(rule.rule, means);
    row["missing"] = jsonList(missingOf(rule.rule));
    return row;
  });
  document["exceptions"] =
      jsonList(harness::coverageExceptions(), [](const harness::CoverageException& exception) {
        return Json::object(
            {{"rule", exception.rule},
             {"means", jsonList(exception.means,
                                [](const Means means) { return Json(harness::name(means)); })},
             {"why", exception.why}});
      });
  document["problems"] = jsonList(harness::problems(reached()));
  fmt::print("{}", printJson(document));
  return agreed;
}

} // namespace

const Coverage& reached() {
  static const Coverage coverage = [] {
    Coverage read;
    std::string error;
    const bool builtIn = fromFile.empty();
    if (!read.read(builtIn ? reachedText : readFile(fromFile), error))
      throw Stop(builtIn ? failure : usage,
                 (builtIn ? "the table of rule coverage in this program" : fromFile) + ": " +
                     error + "; scripts/coverage writes a new one");
    return read;
  }();
  return coverage;
}

void readReached(const std::string& file) {
  fromFile = file;
}

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

std::vector<std::string> namesOf(Rule rule, Means means) {
  std::vector<std::string> names;
  for (const Reach& reach : reached().of(rule, means))
    names.push_back(reach.by);
  return names;
}

std::vector<std::string> missingOf(Rule rule) {
  std::vector<std::string> names;
  for (const Means means : columns)
    if (!reached().has(rule, means)) names.emplace_back(title(means));
  return names;
}

Json jsonReaches(Rule rule, Means means) {
  return jsonList(reached().of(rule, means), [](const Reach& reach) {
    Json object = Json::object({{"name", reach.by}, {"count", reach.count}});
    if (!reach.where.empty()) object["first"] = reach.where;
    return object;
  });
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

} // namespace growsdown::tools
