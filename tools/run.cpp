#include "harness/shrink.h"
#include "harness/starting_state.h"
#include "tools/common.h"
#include "trace/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string path, rules, on = "model";
  std::vector<std::string> knobs;
  unsigned index = 0;
  bool full = false;
};

int run(const Arguments& arguments) {
  const trace::Trace trace = readTrace(arguments.path, arguments.index);
  const std::string set = arguments.rules.empty()
                              ? ruleSetsOf(trace, harness::metadata(trace)).front()
                              : arguments.rules;
  const trace::RuleSet rules = ruleSet(set, arguments.knobs);
  const trace::Parameters parameters = parametersOf(rules, trace);
  const auto on = system(arguments.on);
  const trace::Trace done = harness::annotate(*on, parameters, trace);
  if (!arguments.full) {
    fmt::print("{}", trace::print(done));
    bool complete = true;
    for (const trace::Record& r : done.records)
      complete &= r.expected.kind != trace::Outcome::Kind::unspecified;
    if (complete) return agreed;
    fmt::print(stderr,
               "growsdown run: {} cannot say how the trace goes on: out of simulated "
               "memory (`with memory BYTES`)\n",
               arguments.on);
    return unknown;
  }
  trace::State state;
  trace::State initial;
  on->start(parameters, harness::startingState(parameters, trace, initial));
  fmt::print("growsdown-trace 1\n{}", trace::printWith(trace.with));
  for (const trace::Record& record : trace.records) {
    const trace::Outcome outcome = on->apply(record.step);
    fmt::print("# {} -> {}\n", trace::print(record.step), harness::describe(outcome));
    if (outcome.kind == trace::Outcome::Kind::unknown) return unknown;
    on->snapshot(state);
    if (&record == &trace.records.back()) {
      fmt::print("{}", trace::printInitial(state));
      break;
    }
    std::string text = trace::printInitial(state);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      fmt::print("#   {}\n", text.substr(at, end - at));
      at = end + 1;
    }
  }
  return agreed;
}

} // namespace

void addRun(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("run", "Run a trace, print outcomes and states as a trace");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("TRACE", arguments->path, "A trace file (also .xz; - is standard input)")
      ->required();
  sub->add_option("--trace", arguments->index, "Which trace of a file that holds several, from 1");
  sub->add_option("--rules", arguments->rules, "Rule set (default: as for replay)");
  sub->add_option("--on", arguments->on, "System (default: model): " + systemNames());
  sub->add_option("--knob", arguments->knobs, "NAME=VALUE: turn a knob of the rule set")
      ->allow_extra_args(false);
  sub->add_flag("--full", arguments->full,
                "Print the whole state, as init lines: of the last step as a trace that starts "
                "there, of the others as comments");
  sub->footer("\nWhat the trace expects is not looked at; the output can be replayed.\n\n"
              "Examples:\n"
              "  growsdown run my.trace\n"
              "  growsdown run --rules linux-6.12-arm64 my.trace > expected.trace\n"
              "  printf 'growsdown-trace 1\\nmmap 0x1000400000 0x4000 rw growsdown,fixed\\n"
              "touch 0x10003ff000 w\\n' | growsdown run -");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
