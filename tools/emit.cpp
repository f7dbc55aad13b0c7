#include "systems/emit.h"
#include "harness/shrink.h"
#include "tools/common.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

namespace growsdown::tools {
namespace {

struct Arguments {
  std::string format, path, rules, output = "-";
  unsigned index = 0;
};

bool expectsNothing(const trace::Trace& trace) {
  return std::all_of(trace.records.begin(), trace.records.end(), [](const trace::Record& r) {
    return r.expected == trace::Outcome{} && r.state == trace::Observation{};
  });
}

int run(const Arguments& arguments) {
  trace::Trace trace = readTrace(arguments.path, arguments.index);
  std::vector<std::string> names = ruleSetsOf(trace, harness::metadata(trace));
  if (!arguments.rules.empty()) names = {arguments.rules};
  const trace::RuleSet rules = ruleSet(names.front());
  const trace::Parameters parameters = parametersOf(rules, trace);
  if (!arguments.rules.empty() || expectsNothing(trace)) {
    trace = harness::annotate(*system("model"), parameters, trace);
    names.resize(1);
  }
  std::string error;
  const std::string text =
      systems::emitC(trace, parameters, fmt::format("{}", fmt::join(names, ", ")), error);
  if (text.empty()) throw Stop(unknown, place(trace, trace.line) + ": " + error);
  writeFile(arguments.output, text);
  return agreed;
}

} // namespace

void addEmit(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("emit", "Write a trace as a program that performs it");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("FORMAT", arguments->format, "c: a C program for Linux on x86-64 or arm64")
      ->required()
      ->check(CLI::IsMember({"c"}));
  sub->add_option("TRACE", arguments->path, "A trace file (also .xz; - is standard input)")
      ->required();
  sub->add_option("--trace", arguments->index, "Which trace of a file that holds several, from 1");
  sub->add_option("--rules", arguments->rules,
                  "Check what the model says under this rule set (default: what the trace expects; "
                  "where it expects nothing, the model, as for replay)");
  sub->add_option("--output,-o", arguments->output,
                  "Where the program goes (default: standard output)");
  sub->footer(
      "\nThe program needs nothing but a C compiler and Linux. It performs the trace in a\n"
      "process of its own, prints each step, and says what differs. It exits 0 where all\n"
      "is as expected, 1 where it is not, 3 where the place cannot say, 4 where it died.\n\n"
      "Example:\n"
      "  growsdown emit c finding.trace -o finding.c && cc -O2 finding.c && ./a.out");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
