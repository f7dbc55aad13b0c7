#include "model/rule.h"
#include "tools/common.h"
#include "tools/coverage.h"
#include "tools/knobs.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string id;
  bool list = false;
  bool kernels = false;
  std::vector<std::string> archs;
  bool json = false;
  bool coverage = false;
  bool markdown = false;
  std::string collect;
  std::vector<std::string> data;
};

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

int one(const std::string& id, bool json) {
  if (const model::RuleInfo* rule = model::findRule(id)) return printRule(*rule, json);
  if (!trace::meaning(id).empty()) return printKnob(id, json);
  std::string near;
  for (const std::string_view other : rulesNear(id))
    near += "\n  " + std::string(other);
  throw Stop(usage, "rules: no rule `" + id + "`, nor a knob" +
                        (near.empty() ? "; `growsdown rules --list` and `growsdown knobs` show all"
                                      : "; near it:" + near));
}

} // namespace

void addRules(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("rules", "List rule sets, knobs and rules; show one rule");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("ID", arguments->id,
                  "Show this rule: what it says, and where in Linux it stands; or this knob: its "
                  "values, and what changed it when and why");
  sub->add_flag("--list", arguments->list, "List all rules: id and title");
  sub->add_flag("--kernels", arguments->kernels,
                "Which recorded rule set stands for each release of the kernel");
  sub->add_option("--arch", arguments->archs, "With --kernels: of this architecture only")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"arm64", "amd64", "um"}));
  sub->add_flag("--coverage", arguments->coverage,
                "What reaches each rule: tests, fuzzing, recordings, theorems, planted bugs");
  sub->add_flag("--markdown", arguments->markdown,
                "With --coverage or --kernels: as the page in docs/generated/");
  sub->add_flag("--json", arguments->json, "As JSON (any of these)");
  sub->add_option("--collect", arguments->collect,
                  "Go through this corpus and print what reaches which rule (scripts/coverage)");
  sub->add_option("--data", arguments->data,
                  "What reaches which rule, instead of what was built in; with --collect: rows to "
                  "add (may be repeated)")
      ->allow_extra_args(false);
  sub->footer("\nExamples:\n"
              "  growsdown rules\n"
              "  growsdown rules --list\n"
              "  growsdown rules GROW-RLIMIT-STACK\n"
              "  growsdown rules gup-grows\n"
              "  growsdown rules --kernels --arch arm64\n"
              "  growsdown rules --coverage");
  sub->callback([&action, arguments] {
    action = [arguments] {
      if (!arguments->collect.empty()) return collect(arguments->collect, arguments->data);
      if (!arguments->data.empty()) readReached(arguments->data.back());
      if (!arguments->id.empty()) return one(arguments->id, arguments->json);
      if (arguments->coverage)
        return printCoverage(arguments->markdown ? CoverageForm::markdown
                             : arguments->json   ? CoverageForm::json
                                                 : CoverageForm::text);
      if (arguments->kernels)
        return printKernels(arguments->archs, arguments->markdown ? KernelsForm::markdown
                                              : arguments->json   ? KernelsForm::json
                                                                  : KernelsForm::text);
      return arguments->list ? list(arguments->json) : printRuleSets(arguments->json);
    };
  });
}

} // namespace growsdown::tools
