#include "tools/conditions.h"

#include "tools/common.h"

#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

std::string_view operationOf(const proofs::Theorem& theorem) {
  return theorem.name.substr(theorem.name.find('-') + 1);
}

// The knobs of a pair that no theorem is about, by what they decide.
std::string beyond(const proofs::Subject& pair) {
  std::vector<std::pair<std::string_view, std::string>> groups;
  const auto differing = trace::differingKnobs(*pair.rules, *pair.against);
  for (const proofs::Unless& knob : proofs::beyondPairs()) {
    if (std::find(differing.begin(), differing.end(), knob.knob) == differing.end()) continue;
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& g) { return g.first == knob.words; });
    if (group == groups.end())
      groups.emplace_back(knob.words, fmt::format("`{}`", knob.knob));
    else
      group->second += fmt::format(", `{}`", knob.knob);
  }
  std::string text;
  for (const auto& [words, knobs] : groups)
    text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", knobs, words);
  return text;
}

} // namespace

std::string conditionsText(const proofs::Theorem& theorem, const proofs::Subject& subject) {
  if (theorem.unless == nullptr) return {};
  const std::vector<proofs::Unless> conditions = proofs::mayPart(theorem, subject);
  if (conditions.empty()) return "    agree always\n";
  std::string text = "    may part where:\n";
  for (const proofs::Unless& condition : conditions)
    text += fmt::format("      {}: {}\n", condition.knob, condition.words);
  return text;
}

std::string conditionsJson(const proofs::Theorem& theorem, const proofs::Subject& subject) {
  std::string text;
  for (const proofs::Unless& condition : proofs::mayPart(theorem, subject))
    text += fmt::format("{}{{\"knob\": {}, \"where\": {}}}", text.empty() ? "" : ", ",
                        jsonString(condition.knob), jsonString(condition.words));
  return "[" + text + "]";
}

std::string conditionsList(const std::vector<const proofs::Theorem*>& theorems,
                           const std::vector<const trace::RuleSet*>& sets) {
  std::string text;
  for (const proofs::Theorem* theorem : theorems)
    if (theorem->unless != nullptr)
      for (const trace::RuleSet* set : sets)
        for (const proofs::Subject& pair : proofs::subjects(*theorem, *set))
          text += fmt::format("{} for {}\n{}", theorem->name, pair.name(),
                              conditionsText(*theorem, pair));
  return text;
}

std::string conditionsMarkdown() {
  std::vector<const proofs::Theorem*> theorems;
  for (const proofs::Theorem& theorem : proofs::theorems())
    if (theorem.unless != nullptr) theorems.push_back(&theorem);
  std::string text =
      "# Under which conditions neighbouring rule sets may part\n\n"
      "<!-- What `growsdown prove --conditions --markdown` prints; a test compares. -->\n\n"
      "Two rule sets make the same step from the same state. The theorems of pairs say that they\n"
      "come to the same answer and the same state, for all inputs of the sizes below, unless a\n"
      "condition of this page holds for a knob in which they differ; and that no condition can be\n"
      "left out. `growsdown prove --rules all --only versions-growth` (and so on) proves that,\n"
      "`--planted` shows that each condition is needed. The words stand beside the formula, in\n"
      "`proofs/theorems/conditions.h`. [differences.md](differences.md) shows by examples what "
      "the\n"
      "two do there.\n\n"
      "| operation | theorem | proved for |\n|---|---|---|\n";
  for (const proofs::Theorem* theorem : theorems)
    text +=
        fmt::format("| {} | `{}` | {} |\n", operationOf(*theorem), theorem->name, theorem->sizes);
  text += fmt::format("\nAll of them assume: {}.\n", theorems.front()->assumptions);
  for (const trace::Neighbours& names : trace::neighbours()) {
    const proofs::Subject pair(*trace::findRuleSet(names.left), trace::findRuleSet(names.right));
    text += fmt::format("\n## {} and {}\n\n| operation | knob | may part where |\n|---|---|---|\n",
                        names.left, names.right);
    std::string always;
    for (const proofs::Theorem* theorem : theorems) {
      const std::vector<proofs::Unless> conditions = proofs::mayPart(*theorem, pair);
      for (const proofs::Unless& condition : conditions)
        text += fmt::format("| {} | `{}` | {} |\n", operationOf(*theorem), condition.knob,
                            condition.words);
      if (conditions.empty())
        always += fmt::format("{}{}", always.empty() ? "" : ", ", operationOf(*theorem));
    }
    if (!always.empty()) text += fmt::format("| {} | | agree always |\n", always);
    if (const std::string others = beyond(pair); !others.empty())
      text += fmt::format("\nIn no theorem of pairs: {}.\n", others);
  }
  return text;
}

} // namespace growsdown::tools
