#include "model/rule.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/coverage.h"
#include "tools/json.h"
#include "tools/knobs.h"
#include "tools/rule.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string id, collect;
  std::vector<std::string> archs, data;
  bool list = false, kernels = false, coverage = false, json = false, markdown = false;
};

int list(bool json) {
  if (json) {
    Json document = jsonDocument("rules");
    document["rules"] = jsonList(model::rules(), [](const model::RuleInfo& rule) {
      return Json::object(
          {{"id", rule.id}, {"title", rule.title}, {"text", rule.text}, {"source", rule.source}});
    });
    fmt::print("{}", printJson(document));
    return agreed;
  }
  std::size_t width = 0;
  for (const model::RuleInfo& rule : model::rules())
    width = std::max(width, rule.id.size());
  for (const model::RuleInfo& rule : model::rules())
    fmt::print("{:{}}  {}\n", rule.id, width, rule.title);
  return agreed;
}

int one(const std::string& id, bool json) {
  if (const model::RuleInfo* rule = model::findRule(id)) return printRule(*rule, json);
  if (!trace::meaning(id).empty()) return printKnob(id, json);
  std::string near;
  for (const std::string_view other : rulesNear(id))
    near += "\n  " + std::string(other);
  throw Stop(usage, "rules: no rule `" + id + "`, and no knob of that name" +
                        (near.empty() ? "; `growsdown rules --list` and `growsdown knobs` list all"
                                      : "; similar names:" + near));
}

int run(const Arguments& arguments) {
  if (!arguments.collect.empty()) return collect(arguments.collect, arguments.data);
  if (!arguments.data.empty()) readReached(arguments.data.back());
  if (!arguments.id.empty()) return one(arguments.id, arguments.json);
  if (arguments.coverage)
    return printCoverage(arguments.markdown ? CoverageForm::markdown
                         : arguments.json   ? CoverageForm::json
                                            : CoverageForm::text);
  if (arguments.kernels)
    return printKernels(arguments.archs, arguments.markdown ? KernelsForm::markdown
                                         : arguments.json   ? KernelsForm::json
                                                            : KernelsForm::text);
  return arguments.list ? list(arguments.json) : printRuleSets(arguments.json);
}

} // namespace

void addRules(CLI::App& app, Action& action) {
  CLI::App* sub =
      app.add_subcommand("rules", "List rule sets, knobs and rules, or describe one of them");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("ID", arguments->id,
                  "Describe this rule (what it says, its source in Linux, everything that reaches "
                  "it) or this knob (its values, and the commits that changed it)")
      ->type_name("ID");
  sub->add_flag("--list", arguments->list, "List the ids and titles of all rules");
  sub->add_flag("--kernels", arguments->kernels,
                "List which recorded rule set stands for each kernel release");
  sub->add_option("--arch", arguments->archs,
                  "With --kernels: list this architecture only (may be repeated)")
      ->type_name("ARCH")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"arm64", "amd64", "um"}));
  sub->add_flag("--coverage", arguments->coverage,
                "Show what reaches each rule: tests, fuzzing, recordings, theorems, planted bugs");
  sub->add_flag("--markdown", arguments->markdown,
                "With --coverage or --kernels: print the page of the documentation");
  sub->add_flag("--json", arguments->json, "Print any of these as JSON");
  sub->add_option("--collect", arguments->collect,
                  "Run this corpus and print what reaches which rule (used by scripts/coverage)")
      ->type_name("DIR");
  sub->add_option("--data", arguments->data,
                  "Read what reaches which rule from this file instead of the table built into the "
                  "program; with --collect: a file of rows to add (may be repeated)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  sub->footer(
      "Without arguments: the recorded rule sets and the table of knobs.\n\n"
      "Exit codes: 0 done; 1 --coverage found a rule that nothing reaches; 2 wrong usage.\n\n"
      "Examples:\n"
      "  growsdown rules\n"
      "  growsdown rules --list\n"
      "  growsdown rules GROW-RLIMIT-STACK\n"
      "  growsdown rules gup-grows\n"
      "  growsdown rules --kernels --arch arm64\n"
      "  growsdown rules --coverage");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
