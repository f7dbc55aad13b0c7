#include "harness/explain.h"
#include "tools/common.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string path, rules;
  std::vector<std::string> knobs;
  unsigned index = 0;
  harness::ExplainOptions options;
};

int run(const Arguments& arguments) {
  const trace::Trace trace = readTrace(arguments.path, arguments.index);
  const harness::Metadata data = harness::metadata(trace);
  const std::string set =
      arguments.rules.empty() ? ruleSetsOf(trace, data).front() : arguments.rules;
  const trace::RuleSet rules = ruleSet(set, arguments.knobs);
  const trace::Parameters parameters = parametersOf(rules, trace);
  if (arguments.options.only > trace.records.size())
    throw Stop(usage, fmt::format("{}: has no step {}, it has {}", arguments.path,
                                  arguments.options.only, trace.records.size()));
  fmt::print("{}\nunder {} (Linux {})\n\n",
             data.title.empty() ? place(trace, trace.line) : data.title, set, rules.kernel);
  fmt::print("{}", harness::explain(parameters, trace, arguments.options));
  return agreed;
}

} // namespace

void addExplain(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand(
      "explain", "Tell which rule decided each step, with the address space drawn");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("TRACE", arguments->path, "A trace file (also .xz; - is standard input)")
      ->required();
  sub->add_option("--trace", arguments->index, "Which trace of a file that holds several, from 1");
  sub->add_option("--step", arguments->options.only, "Tell this step only, from 1");
  sub->add_option("--rules", arguments->rules, "Rule set (default: as for replay)");
  sub->add_option("--knob", arguments->knobs, "NAME=VALUE: turn a knob of the rule set")
      ->allow_extra_args(false);
  sub->add_flag("--draw-always", arguments->options.drawAlways,
                "Draw the address space also where a step left it as it was");
  sub->footer(
      "\nIn the drawing a cell is a page (or several, as it says):\n"
      "  . absent   # a page of its own   z zero page   s shared   i inherited, not yet copied\n"
      "  G the guard page inside a growing area (before Linux 4.12)   ^ the address of the step\n"
      "A line `!!` marks where the model differs from what the trace expects.\n\n"
      "Examples:\n"
      "  growsdown explain finding.trace\n"
      "  growsdown explain --rules linux-4.3-arm64 --trace 2 --step 5 FILE.trace");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
