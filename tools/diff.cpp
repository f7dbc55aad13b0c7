#include "harness/draw.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/options.h"

#include <fmt/format.h>

namespace growsdown::tools {
namespace {

struct Arguments {
  TraceOptions trace;
  std::vector<std::string> on;
};

int diffUnder(const ChosenTrace& chosen, const Arguments& arguments) {
  const auto left = system(arguments.on[0]);
  const auto right = system(arguments.on[1]);
  harness::Differential differential(*left, *right);
  differential.trustReports = harness::isLong(chosen.trace);
  const harness::RunResult& result = differential.run(chosen.parameters, chosen.trace);
  if (result.verdict == harness::Verdict::agreed) {
    fmt::print("{} and {} agree on all {} steps under {}\n", left->name(), right->name(),
               result.steps, chosen.rules.name);
    return agreed;
  }
  fmt::print("{}", report(chosen.trace, result, left->name(), right->name()));
  if (result.verdict == harness::Verdict::diverged &&
      result.what != harness::RunResult::What::outcome) {
    harness::DrawOptions drawing;
    if (result.step < chosen.trace.records.size())
      drawing.touched = chosen.trace.records[result.step].step.address;
    fmt::print("  {}:\n{}  {}:\n{}", left->name(),
               harness::draw(differential.leftState(), chosen.parameters, drawing), right->name(),
               harness::draw(differential.rightState(), chosen.parameters, drawing));
  }
  return harness::exitCode(result.verdict);
}

int run(const Arguments& arguments) {
  OfSystem own;
  for (const std::string& name : arguments.on) {
    const auto on = system(name);
    if (own.rules.empty()) own.rules = rulesOf(*on);
    if (on->placement().with) fill(own.with, *on->placement().with);
  }
  return underEachRuleSet(arguments.trace, own,
                          [&](const ChosenTrace& chosen) { return diffUnder(chosen, arguments); });
}

} // namespace

void addDiff(Command app, Action& action) {
  Command sub =
      app.addSubcommand("diff", "Show the first step of a trace in which two systems differ");
  const auto arguments = std::make_shared<Arguments>();
  addTraceOptions(sub, arguments->trace);
  sub.addOption("--on", arguments->on,
                "One of the two systems (given twice; default: model and reference): " +
                    systemNames())
      .typeName("SYSTEM")
      .oneValueEach();
  sub.footer("After each step the outcome, the whole state (areas, page-table entries, shared\n"
             "objects, counters) and the invariants are compared. The expectations of the trace\n"
             "are ignored; `growsdown replay` compares with them.\n\n"
             "Exit codes: 0 the systems agree; 1 they differ; 2 wrong usage or malformed input;\n"
             "3 a system cannot say; 4 an error of this program.\n\n"
             "Examples:\n"
             "  growsdown diff finding.trace\n"
             "  growsdown diff --trace 3 --rules linux-6.12-arm64 corpus/rules/FILE.trace");
  sub.callback([&action, arguments] {
    action = [arguments] {
      if (arguments->on.empty()) arguments->on = {"model", "reference"};
      if (arguments->on.size() != 2)
        throw Stop(usage, "diff: --on must be given twice, once for each system");
      return run(*arguments);
    };
  });
}

} // namespace growsdown::tools
