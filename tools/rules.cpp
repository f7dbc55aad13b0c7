#include "model/rule.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/coverage.h"
#include "tools/json.h"
#include "tools/knobs.h"
#include "tools/rule.h"

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

void addRules(Command app, Action& action) {
  Command sub =
      app.addSubcommand("rules", "List rule sets, knobs and rules, or describe one of them");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("ID", arguments->id,
                "Describe this rule (what it says, its source in Linux, everything that reaches "
                "it) or this knob (its values, and the commits that changed it)")
      .typeName("ID");
  sub.addFlag("--list", arguments->list, "List the ids and titles of all rules");
  sub.addFlag("--kernels", arguments->kernels,
              "List which recorded rule set stands for each kernel release");
  sub.addOption("--arch", arguments->archs,
                "With --kernels: list this architecture only (may be repeated)")
      .typeName("ARCH")
      .oneValueEach()
      .oneOf({"arm64", "amd64", "um"});
  sub.addFlag("--coverage", arguments->coverage,
              "Show what reaches each rule: tests, fuzzing, recordings, theorems, planted bugs");
  sub.addFlag("--markdown", arguments->markdown,
              "With --coverage or --kernels: print the page of the documentation");
  sub.addFlag("--json", arguments->json, "Print any of these as JSON");
  sub.addOption("--collect", arguments->collect,
                "Run this corpus and print what reaches which rule (used by scripts/coverage)")
      .typeName("DIR");
  sub.addOption("--data", arguments->data,
                "Read what reaches which rule from this file instead of the table built into the "
                "program; with --collect: a file of rows to add (may be repeated)")
      .typeName("FILE")
      .oneValueEach();
  sub.footer(
      "Without arguments: the recorded rule sets and the table of knobs.\n\n"
      "Exit codes: 0 done; 1 --coverage found a rule that nothing reaches; 2 wrong usage.\n\n"
      "Examples:\n"
      "  growsdown rules\n"
      "  growsdown rules --list\n"
      "  growsdown rules GROW-RLIMIT-STACK\n"
      "  growsdown rules gup-grows\n"
      "  growsdown rules --kernels --arch arm64\n"
      "  growsdown rules --coverage");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
