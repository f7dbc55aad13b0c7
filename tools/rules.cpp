#include "model/rule.h"
#include "tools/common.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string id;
  bool list = false;
  std::string rules;
  bool json = false;
};

// A row a knob, a column a rule set; where they differ, marked.
void knobTable() {
  const auto sets = trace::ruleSets();
  std::vector<std::vector<trace::Knob>> columns;
  for (const trace::RuleSet& set : sets)
    columns.push_back(trace::knobs(set));
  std::size_t nameWidth = 0;
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t width = sets[c].name.size();
    for (const trace::Knob& knob : columns[c]) {
      nameWidth = std::max(nameWidth, knob.name.size());
      width = std::max(width, knob.value.size());
    }
    widths.push_back(width);
  }
  std::string line = fmt::format("  {:{}}", "", nameWidth);
  for (std::size_t c = 0; c < columns.size(); ++c)
    line += fmt::format("  {:{}}", sets[c].name, widths[c]);
  fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  for (std::size_t r = 0; r < columns[0].size(); ++r) {
    bool differ = false;
    for (const auto& column : columns)
      differ |= column[r].value != columns[0][r].value;
    line = fmt::format("{} {:{}}", differ ? "*" : " ", columns[0][r].name, nameWidth);
    for (std::size_t c = 0; c < columns.size(); ++c)
      line += fmt::format("  {:{}}", columns[c][r].value, widths[c]);
    fmt::print("{}\n", line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

int ruleSets() {
  fmt::print("Rule sets (for --rules):\n");
  for (const trace::RuleSet& set : trace::ruleSets())
    fmt::print("  {:18}  Linux {}{}\n", set.name, set.kernel,
               set.name == trace::defaultRuleSet ? " (the default)" : "");
  fmt::print("\nKnobs (for --knob NAME=VALUE; * where the rule sets differ):\n");
  knobTable();
  fmt::print("\n{} rules: `growsdown rules --list`; one: `growsdown rules ID`.\n",
             model::rules().size());
  return agreed;
}

int list(bool json) {
  if (!json) {
    std::size_t width = 0;
    for (const model::RuleInfo& rule : model::rules())
      width = std::max(width, rule.id.size());
    for (const model::RuleInfo& rule : model::rules())
      fmt::print("{:{}}  {}\n", rule.id, width, rule.title);
    return agreed;
  }
  std::string text = "[";
  const char* separator = "\n";
  for (const model::RuleInfo& rule : model::rules()) {
    text += fmt::format("{}  {{\"id\": {}, \"title\": {}, \"text\": {}, \"source\": {}}}",
                        separator, jsonString(rule.id), jsonString(rule.title),
                        jsonString(rule.text), jsonString(rule.source));
    separator = ",\n";
  }
  fmt::print("{}\n]\n", text);
  return agreed;
}

int one(const std::string& id) {
  for (const model::RuleInfo& rule : model::rules())
    if (rule.id == id) {
      fmt::print("{}: {}\n\n{}\n\nSource: {}\n", rule.id, rule.title, rule.text, rule.source);
      return agreed;
    }
  std::string near;
  for (const model::RuleInfo& rule : model::rules())
    if (id.size() >= 3 && rule.id.find(id) != std::string_view::npos)
      near += "\n  " + std::string(rule.id);
  throw Stop(usage,
             "rules: no rule `" + id + "`" +
                 (near.empty() ? "; `growsdown rules --list` shows all" : "; near it:" + near));
}

} // namespace

void addRules(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("rules", "List rule sets, knobs and rules; show one rule");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("ID", arguments->id,
                  "Show this rule: what it says, and where in Linux it stands");
  sub->add_flag("--list", arguments->list, "List all rules: id and title");
  sub->add_flag("--json", arguments->json, "With --list: as JSON, with text and source");
  sub->footer("\nExamples:\n"
              "  growsdown rules\n"
              "  growsdown rules --list\n"
              "  growsdown rules GROW-RLIMIT-STACK");
  sub->callback([&action, arguments] {
    action = [arguments] {
      if (!arguments->id.empty()) return one(arguments->id);
      return arguments->list ? list(arguments->json) : ruleSets();
    };
  });
}

void addKnobs(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("knobs", "List the knobs of the rule sets");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("--rules", arguments->rules, "Of this rule set only, as NAME=VALUE lines");
  sub->footer("\nExamples:\n"
              "  growsdown knobs\n"
              "  growsdown knobs --rules linux-6.12-arm64");
  sub->callback([&action, arguments] {
    action = [arguments] {
      if (arguments->rules.empty()) {
        knobTable();
        return static_cast<int>(agreed);
      }
      for (const trace::Knob& knob : trace::knobs(ruleSet(arguments->rules)))
        fmt::print("{}={}\n", knob.name, knob.value);
      return static_cast<int>(agreed);
    };
  });
}

} // namespace growsdown::tools
