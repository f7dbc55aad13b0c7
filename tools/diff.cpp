#include "harness/draw.h"
#include "harness/shrink.h"
#include "tools/common.h"
#include "trace/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string path, rules;
  std::vector<std::string> on, knobs;
  unsigned index = 0;
};

int run(const Arguments& arguments) {
  const trace::Trace trace = readTrace(arguments.path, arguments.index);
  std::string set = arguments.rules.empty() ? rulesOf(arguments.on) : arguments.rules;
  if (set.empty()) set = ruleSetsOf(trace, harness::metadata(trace)).front();
  const trace::RuleSet rules = ruleSet(set, arguments.knobs);
  const trace::Parameters parameters = parametersOf(rules, trace);
  const auto left = system(arguments.on[0]);
  const auto right = system(arguments.on[1]);
  harness::Differential differential(*left, *right);
  const harness::RunResult& result = differential.run(parameters, trace);
  if (result.verdict == harness::Verdict::agreed) {
    fmt::print("{} and {} agree on all {} steps under {}\n", left->name(), right->name(),
               result.steps, set);
    return agreed;
  }
  fmt::print("{}", report(trace, result, left->name(), right->name()));
  if (result.verdict == harness::Verdict::diverged &&
      result.what != harness::RunResult::What::outcome) {
    harness::DrawOptions drawing;
    if (result.step < trace.records.size())
      drawing.touched = trace.records[result.step].step.address;
    fmt::print("  {}:\n{}  {}:\n{}", left->name(),
               harness::draw(differential.leftState(), parameters, drawing), right->name(),
               harness::draw(differential.rightState(), parameters, drawing));
  }
  return harness::exitCode(result.verdict);
}

} // namespace

void addDiff(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("diff", "Show where two systems part on a trace");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("TRACE", arguments->path, "A trace file (also .xz; - is standard input)")
      ->required();
  sub->add_option("--on", arguments->on, "The two systems (default: --on model --on reference)")
      ->allow_extra_args(false);
  sub->add_option("--trace", arguments->index, "Which trace of a file that holds several, from 1");
  sub->add_option("--rules", arguments->rules, "Rule set (default: as for replay)");
  sub->add_option("--knob", arguments->knobs, "NAME=VALUE: turn a knob of the rule set")
      ->allow_extra_args(false);
  sub->footer("\nAfter each step the outcome, the whole state (areas, page-table entries, shared\n"
              "objects, counters) and the invariants are compared. What the trace expects is not\n"
              "looked at: that is replay.\n\n"
              "Examples:\n"
              "  growsdown diff finding.trace\n"
              "  growsdown diff --trace 3 --rules linux-6.12-arm64 corpus/rules/FILE.trace");
  sub->callback([&action, arguments] {
    action = [arguments] {
      if (arguments->on.empty()) arguments->on = {"model", "reference"};
      if (arguments->on.size() != 2) throw Stop(usage, "diff: --on wants two systems");
      return run(*arguments);
    };
  });
}

} // namespace growsdown::tools
