#include "tools/theorems.h"

#include "proofs/prove.h"

#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

constexpr const char* pageHead =
    "# The theorems\n\n"
    "`growsdown prove --list --markdown` prints this page from the theorems themselves; a test\n"
    "keeps it current. [proofs.md](../proofs.md) explains how they are proved. The code of a\n"
    "theorem is in the file of its name below `proofs/theorems/` (`growth-safe` in\n"
    "`growth/growth_safe.cpp`).\n\n"
    "In every theorem, no arithmetic of the rules wraps, except where their code says that it\n"
    "may (`trace/words.h`).\n";

// The rule sets for which a theorem is proved.
std::string ruleSetsOf(const proofs::Theorem& theorem) {
  if (theorem.unless != nullptr)
    return "all pairs of neighbours, under the conditions of [conditions.md](conditions.md)";
  std::string names;
  std::size_t count = 0;
  for (const trace::RuleSet& rules : trace::ruleSets())
    if (theorem.speaksOf(rules)) {
      names += (count++ == 0 ? "" : ", ") + std::string(rules.name);
    }
  if (count == trace::ruleSets().size()) return "all";
  if (names == trace::defaultRuleSet) return "the theorem does not depend on the rule set";
  return names;
}

std::string rulesOf(const proofs::Theorem& theorem) {
  std::string ids;
  for (const model::Rule rule : theorem.rules)
    ids += (ids.empty() ? "`" : ", `") + std::string(model::info(rule).id) + "`";
  return ids;
}

std::string plantedOf(const proofs::Theorem& theorem) {
  std::string all;
  for (const proofs::Planted& planted : theorem.planted)
    all += fmt::format("{}`{}={}`", all.empty() ? "" : ", ", planted.knob, planted.value);
  return all;
}

// A list item in lines of at most 98 columns.
std::string item(std::string_view text) {
  constexpr std::size_t width = 98;
  std::string lines = "-";
  std::size_t column = 1;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (column + 1 + word.size() > width) {
      lines += "\n ";
      column = 1;
    }
    lines += " " + std::string(word);
    column += 1 + word.size();
    at = end + 1;
  }
  return lines + "\n";
}

std::string section(const proofs::Theorem& theorem) {
  std::string text = fmt::format("\n## {}\n\n", theorem.name);
  for (const std::string_view claim : theorem.claims)
    text += item(claim);
  text += fmt::format("\nSizes:\n\n{}", item(theorem.sizes));
  if (!theorem.assumptions.empty()) text += "\nAssumed:\n\n";
  for (const std::string_view assumption : theorem.assumptions)
    text += item(assumption);
  text += fmt::format("\nProved for:\n\n{}", item(ruleSetsOf(theorem)));
  if (!theorem.rules.empty()) text += fmt::format("\nRules:\n\n{}", item(rulesOf(theorem)));
  if (!theorem.planted.empty())
    text += fmt::format("\nMust be refuted with:\n\n{}", item(plantedOf(theorem)));
  return text;
}

} // namespace

std::string theoremsList() {
  std::string text;
  for (const proofs::Theorem& theorem : proofs::theorems()) {
    text += fmt::format("{}\n", theorem.name);
    for (const std::string_view claim : theorem.claims)
      text += fmt::format("    {}\n", claim);
    text += fmt::format("    sizes: {}\n", theorem.sizes);
    for (const std::string_view assumption : theorem.assumptions)
      text += fmt::format("    assumes: {}\n", assumption);
    for (const proofs::Planted& planted : theorem.planted)
      text += fmt::format("    must fail with {}={}\n", planted.knob, planted.value);
  }
  return text;
}

std::string theoremsMarkdown() {
  std::string text = pageHead;
  for (const proofs::Theorem& theorem : proofs::theorems())
    text += section(theorem);
  return text;
}

} // namespace growsdown::tools
