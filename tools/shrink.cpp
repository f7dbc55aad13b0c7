#include "harness/shrink.h"
#include "tools/common.h"
#include "trace/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <optional>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string path, rules, output = "-";
  std::vector<std::string> on, knobs;
  unsigned index = 0;
  std::size_t attempts = 20000;
  bool stepsOnly = false;
};

// The first trace of the file that shows a difference, or the one asked for.
struct Chosen {
  trace::Trace trace;
  std::string set;
};

int run(const Arguments& arguments) {
  const auto first = system(arguments.on[0]);
  const auto second = arguments.on.size() > 1 ? system(arguments.on[1]) : nullptr;
  harness::Replayer replayer(*first);
  std::optional<harness::Differential> differential;
  if (second) differential.emplace(*first, *second);

  std::vector<trace::Trace> traces;
  if (arguments.index != 0)
    traces.push_back(readTrace(arguments.path, arguments.index));
  else
    traces = readTraces(arguments.path);
  const auto shows = [&](const trace::RuleSet& rules, const trace::Trace& trace) {
    return differential ? differential->run(rules, trace) : replayer.run(rules, trace);
  };
  const std::string given = arguments.rules.empty() ? rulesOf(arguments.on) : arguments.rules;
  std::optional<Chosen> chosen;
  for (const trace::Trace& trace : traces) {
    std::vector<std::string> sets{given};
    if (given.empty()) sets = ruleSetsOf(trace, harness::metadata(trace));
    for (const std::string& set : sets) {
      const auto verdict = shows(ruleSet(set, arguments.knobs), trace).verdict;
      if (verdict == harness::Verdict::diverged || verdict == harness::Verdict::error)
        chosen = {trace, set};
      if (chosen) break;
    }
    if (chosen) break;
  }
  if (!chosen) {
    fmt::print(stderr, "growsdown shrink: {}: nothing to shrink: {}\n", arguments.path,
               differential ? "the two systems agree" : "the trace is as it says");
    return agreed;
  }

  const trace::RuleSet rules = ruleSet(chosen->set, arguments.knobs);
  harness::ShrinkOptions options;
  options.maxAttempts = arguments.attempts;
  // A replay's expectations belong to the steps as they are: only whole steps may go.
  options.arguments = differential.has_value() && !arguments.stepsOnly;
  options.progress = [](const harness::ShrinkProgress& p) {
    if (p.attempts % 16 == 0)
      progress(fmt::format("{} attempts, {} kept, {} steps left", p.attempts, p.kept, p.steps));
  };
  harness::ShrinkResult result = harness::shrink(
      chosen->trace, [&](const trace::Trace& t) { return shows(rules, t); }, options,
      !differential.has_value());
  progress("");

  // With two systems the trace says what the first one does, so that a replay on the second fails.
  if (differential)
    result.trace = harness::annotate(*first, parametersOf(rules, result.trace), result.trace);
  const harness::RunResult shown = shows(rules, result.trace);
  const std::string left = differential ? arguments.on[0] : "expected";
  const std::string right = differential ? arguments.on[1] : "got";
  result.trace.before.insert(result.trace.before.begin(), "# sets: " + chosen->set);
  writeFile(arguments.output, trace::print(result.trace));
  fmt::print(stderr, "{} steps of {} left after {} attempts{}\n{}", result.trace.records.size(),
             chosen->trace.records.size(), result.progress.attempts,
             result.complete ? "" : " (cut by --attempts)",
             report(result.trace, shown, left, right));
  return harness::exitCode(shown.verdict);
}

} // namespace

void addShrink(CLI::App& app, Action& action) {
  CLI::App* sub =
      app.add_subcommand("shrink", "Make a trace smaller while it shows the same difference");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("TRACE", arguments->path, "A trace file (also .xz; - is standard input)")
      ->required();
  sub->add_option("--on", arguments->on,
                  "Two systems: the difference between them (default: model and reference). One: "
                  "its first difference from what the trace expects")
      ->allow_extra_args(false);
  sub->add_option("--trace", arguments->index,
                  "Which trace of a file that holds several, from 1 (default: the first that shows "
                  "a difference)");
  sub->add_option("--rules", arguments->rules, "Rule set (default: as for replay)");
  sub->add_option("--knob", arguments->knobs, "NAME=VALUE: turn a knob of the rule set")
      ->allow_extra_args(false);
  sub->add_option("--output,-o", arguments->output,
                  "Where the result goes (default: standard output)");
  sub->add_option("--attempts", arguments->attempts, "Candidates to try at most (default 20000)");
  sub->add_flag("--steps-only", arguments->stepsOnly, "Drop steps, leave their arguments");
  sub->footer(
      "\nThe same difference: the same field, operation and deciding rule. Exits 1 where the\n"
      "result shows the difference (as it should), 0 where there was none to begin with.\n\n"
      "Examples:\n"
      "  growsdown shrink finding.trace -o small.trace\n"
      "  growsdown shrink --on model --rules linux-4.3-arm64 recording.trace");
  sub->callback([&action, arguments] {
    action = [arguments] {
      if (arguments->on.empty()) arguments->on = {"model", "reference"};
      if (arguments->on.size() > 2) throw Stop(usage, "shrink: --on takes one or two systems");
      return run(*arguments);
    };
  });
}

} // namespace growsdown::tools
