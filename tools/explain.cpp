#include "harness/explain.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/options.h"

#include <fmt/format.h>

#include <utility>

namespace growsdown::tools {
namespace {

struct Arguments {
  TraceOptions trace;
  bool all = false;
  harness::ExplainOptions options;
};

int explainUnder(const ChosenTrace& chosen, const Arguments& arguments) {
  const std::size_t steps = chosen.trace.records.size();
  if (arguments.options.only > steps)
    throw Stop(usage, fmt::format("{}: has no step {}; it has {}", arguments.trace.path,
                                  arguments.options.only, steps));
  const std::string title = harness::metadata(chosen.trace).title;
  const trace::RuleSet& rules = chosen.rules;
  harness::ExplainOptions options = arguments.options;
  if (arguments.all) options.most = 0;
  fmt::print("{}\nunder {} (Linux {})\n\n{}",
             title.empty() ? place(chosen.trace, chosen.trace.line) : title, rules.name,
             rules.kernel.empty() ? print(rules.version) : std::string(rules.kernel),
             harness::explain(chosen.parameters, chosen.trace, options));
  return agreed;
}

int run(const Arguments& arguments) {
  bool first = true;
  return underEachRuleSet(arguments.trace, {}, [&](const ChosenTrace& chosen) {
    if (!std::exchange(first, false)) fmt::print("\n");
    return explainUnder(chosen, arguments);
  });
}

} // namespace

void addExplain(Command app, Action& action) {
  Command sub = app.addSubcommand(
      "explain", "Show which rule decided each step, with a drawing of the address space");
  const auto arguments = std::make_shared<Arguments>();
  addTraceOptions(sub, arguments->trace);
  sub.addOption("--step", arguments->options.only, "Show this step only, from 1").typeName("N");
  sub.addFlag("--draw-always", arguments->options.drawAlways,
              "Draw the address space after every step, not only after those that changed it");
  sub.addFlag("--all", arguments->all,
              "Draw all areas, not only the 20 around the address of the step");
  sub.footer(
      "In the drawing a cell is one page, or as many as the drawing says:\n"
      "  . absent   # a private page   z zero page   s shared   i inherited, not yet copied\n"
      "  G the guard page inside a growing area (before Linux 4.12)   ^ the address of the step\n"
      "A line `!!` marks where the model differs from the expectation of the trace.\n\n"
      "Exit codes: 0 done; 2 wrong usage or malformed input; 3 the rule set cannot run the trace.\n"
      "\nExamples:\n"
      "  growsdown explain finding.trace\n"
      "  growsdown explain --rules linux-4.3-arm64 --trace 2 --step 5 FILE.trace");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
