#include "tools/rule.h"

#include "planted/bugs.h"
#include "tools/common.h"
#include "tools/coverage.h"
#include "tools/help.h"
#include "tools/json.h"
#include "tools/knobs.h"
#include "tools/table.h"
#ifdef GROWSDOWN_WITH_PROOFS
#include "proofs/prove.h"
#endif

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace growsdown::tools {
namespace {

using harness::Means;
using harness::Reach;
using model::Rule;

constexpr std::size_t lineWidth = 100;

void list(std::string_view heading, const std::vector<std::string>& lines) {
  fmt::print("\n{}:{}\n", heading, lines.empty() ? " none" : "");
  for (const std::string& line : lines)
    fmt::print("{}\n", wrapped(line, 2, lineWidth));
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
  if (const proofs::Theorem* theorem = proofs::findTheorem(name)) return theorem->claims.front();
#endif
  return {};
}

void printKnobs(Rule rule) {
  fmt::print("\nKnobs that it depends on, and their changes:");
  const std::vector<Reach> knobs = reached().of(rule, Means::knob);
  fmt::print("{}\n", knobs.empty() ? " none" : "");
  for (const Reach& knob : knobs) {
    fmt::print("{}: {}\n", knob.by, trace::meaning(knob.by));
    for (const trace::Change* change : changesOf(knob.by))
      fmt::print("{}", changeText(*change));
  }
}

void printRecordings(Rule rule) {
  fmt::print("\nRecordings:");
  const std::vector<Reach> recordings = reached().of(rule, Means::recording);
  fmt::print("{}\n", recordings.empty() ? " none" : "");
  for (const Reach& recording : recordings)
    fmt::print("  {:22} {:>6} hits, first in line {}\n", recording.by, recording.count,
               recording.where);
}

void printMissing(Rule rule) {
  const std::vector<std::string> missing = missingOf(rule);
  fmt::print("\nCoverage: {}\n", missing.empty() ? "full" : "without " + joined(missing, ", "));
  for (const Means means : harness::wanted)
    if (const harness::CoverageException* exception = harness::exceptionFor(rule, means))
      fmt::print("  {}: {}\n", title(means), exception->why);
}

// `NAME: DESCRIPTION` of each name that reached the rule.
template <class Describe>
std::vector<std::string> described(Rule rule, Means means, Describe describe) {
  std::vector<std::string> lines;
  for (const std::string& name : namesOf(rule, means))
    lines.push_back(fmt::format("{}: {}", name, describe(name)));
  return lines;
}

int ruleText(const model::RuleInfo& rule) {
  fmt::print("{}: {}\n\n{}\n", rule.id, rule.title, wrapped(rule.text, 0, lineWidth));
  std::vector<std::string> sources, fuzzing;
  for (const model::RuleSource& source : model::sources(rule))
    sources.push_back(fmt::format("{}  {}: {}", source.versions, source.path, source.functions));
  for (const Reach& fuzz : reached().of(rule.rule, Means::fuzz))
    fuzzing.push_back(fmt::format("{:22} {:>6} hits", fuzz.by, fuzz.count));
  list("Kernel functions", sources);
  printKnobs(rule.rule);
  list("Unit tests", namesOf(rule.rule, Means::unit));
  list("Properties that reached it", namesOf(rule.rule, Means::property));
  list("Fuzzing (fixed seed and length)", fuzzing);
  printRecordings(rule.rule);
  list("Theorems", described(rule.rule, Means::theorem, describeTheorem));
  list("Planted bugs", described(rule.rule, Means::bug, describeBug));
  list("Traces of the corpus that are about it", namesOf(rule.rule, Means::corpus));
  printMissing(rule.rule);
  return agreed;
}

Json sourcesJson(const model::RuleInfo& rule) {
  return jsonList(model::sources(rule), [](const model::RuleSource& source) {
    return Json::object(
        {{"versions", source.versions}, {"path", source.path}, {"functions", source.functions}});
  });
}

Json knobsJson(const model::RuleInfo& rule) {
  return jsonList(reached().of(rule.rule, Means::knob), [](const Reach& knob) {
    return Json::object({{"name", knob.by},
                         {"meaning", trace::meaning(knob.by)},
                         {"changes", jsonList(changesOf(knob.by), [](const trace::Change* change) {
                            return jsonChange(*change);
                          })}});
  });
}

int ruleJson(const model::RuleInfo& rule) {
  Json document = jsonDocument("rule");
  document["id"] = rule.id;
  document["title"] = rule.title;
  document["group"] = model::group(rule.rule);
  document["text"] = rule.text;
  document["sources"] = sourcesJson(rule);
  document["knobs"] = knobsJson(rule);
  for (const Means means : columns)
    document[std::string(harness::name(means))] = jsonReaches(rule.rule, means);
  document["corpus"] = jsonList(namesOf(rule.rule, Means::corpus));
  document["missing"] = jsonList(missingOf(rule.rule));
  fmt::print("{}", printJson(document));
  return agreed;
}

} // namespace

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

int printRule(const model::RuleInfo& rule, bool json) {
  return json ? ruleJson(rule) : ruleText(rule);
}

} // namespace growsdown::tools
