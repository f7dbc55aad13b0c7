#include "tools/conditions.h"

#include "tools/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

std::string_view operationOf(const proofs::Theorem& theorem) {
  return theorem.name.substr(theorem.name.find('-') + 1);
}

// The knobs in which a pair differs and that no theorem is about, by what they decide.
std::string knobsWithoutTheorem(const proofs::Subject& pair) {
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
  if (conditions.empty()) return "    always agree\n";
  std::string text = "    may differ if:\n";
  for (const proofs::Unless& condition : conditions)
    text += fmt::format("      {}: {}\n", condition.knob, condition.words);
  return text;
}

Json conditionsJson(const proofs::Theorem& theorem, const proofs::Subject& subject) {
  return jsonList(proofs::mayPart(theorem, subject), [](const proofs::Unless& condition) {
    return Json::object({{"knob", condition.knob}, {"where", condition.words}});
  });
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

namespace {

constexpr const char* pageHead = R"(# Under which conditions neighbouring rule sets may differ

<!-- What `growsdown prove --conditions --markdown` prints; a test compares. -->

Two rule sets make the same step from the same state. The theorems of pairs state that their answers
and new states are equal, for all inputs of the sizes below, unless a condition on this page holds
for a knob in which the two differ. They also state that no condition can be left out.
`growsdown prove --rules all --only versions-growth` (and so on) proves both; with `--planted` it
shows that each condition is needed. The wording of a condition is beside its formula, in
`proofs/theorems/versions/conditions.h`. [differences.md](differences.md) shows by examples what the two rule
sets do there.

)";

std::string pairMarkdown(const proofs::Subject& pair,
                         const std::vector<const proofs::Theorem*>& theorems) {
  std::string text = tableHead({"operation", "knob", "may differ if"});
  std::vector<std::string> always;
  for (const proofs::Theorem* theorem : theorems) {
    const std::string operation(operationOf(*theorem));
    const std::vector<proofs::Unless> conditions = proofs::mayPart(*theorem, pair);
    for (const proofs::Unless& condition : conditions)
      text +=
          tableRow({operation, fmt::format("`{}`", condition.knob), std::string(condition.words)});
    if (conditions.empty()) always.push_back(operation);
  }
  if (!always.empty()) text += tableRow({joined(always, ", "), "", "never"});
  if (const std::string others = knobsWithoutTheorem(pair); !others.empty())
    text += fmt::format("\nIn no theorem of pairs: {}.\n", others);
  return text;
}

} // namespace

std::string conditionsMarkdown() {
  std::vector<const proofs::Theorem*> theorems;
  for (const proofs::Theorem& theorem : proofs::theorems())
    if (theorem.unless != nullptr) theorems.push_back(&theorem);
  std::string text = pageHead + tableHead({"operation", "theorem", "proved for"});
  for (const proofs::Theorem* theorem : theorems)
    text += tableRow({std::string(operationOf(*theorem)), fmt::format("`{}`", theorem->name),
                      std::string(theorem->sizes)});
  text +=
      fmt::format("\nAll of them assume: {}.\n", fmt::join(theorems.front()->assumptions, "; "));
  for (const trace::Neighbours& names : trace::neighbours()) {
    const proofs::Subject pair(*trace::findRuleSet(names.left), trace::findRuleSet(names.right));
    text +=
        fmt::format("\n## {} and {}\n\n{}", names.left, names.right, pairMarkdown(pair, theorems));
  }
  return text;
}

} // namespace growsdown::tools
