#include "systems/emit.h"
#include "harness/shrink.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/options.h"

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
  std::vector<std::string> names = arguments.rules.empty()
                                       ? ruleSetsOrDefault(trace, harness::metadata(trace))
                                       : std::vector<std::string>{arguments.rules};
  const trace::RuleSet rules = ruleSet(names.front());
  const trace::Parameters parameters = parametersOf(rules, trace);
  if (!arguments.rules.empty() || expectsNothing(trace)) {
    trace = harness::annotate(*system("model"), parameters, trace);
    names.resize(1);
  }
  std::string error;
  const std::string sets = fmt::format("{}", fmt::join(names, ", "));
  const std::string text =
      arguments.format == "gtest"      ? systems::emitGtest(trace, parameters, error)
      : arguments.format == "selftest" ? systems::emitSelftest(trace, parameters, sets, error)
                                       : systems::emitC(trace, parameters, sets, error);
  if (text.empty()) throw Stop(unknown, place(trace, trace.line) + ": " + error);
  writeFile(arguments.output, text);
  return agreed;
}

} // namespace

void addEmit(Command app, Action& action) {
  Command sub = app.addSubcommand("emit", "Write a trace as a program or a test that performs it");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption(
         "FORMAT", arguments->format,
         "c: a C program for Linux on x86-64 or arm64; selftest: the same, which prints KTAP "
         "in the manner of the kernel's selftests; gtest: a test of the library "
         "(growsdown/address_space.hpp) with GoogleTest")
      .typeName("FORMAT")
      .required()
      .oneOf({"c", "gtest", "selftest"});
  addTraceArgument(sub, arguments->path);
  addIndexOption(sub, arguments->index);
  sub.addOption("--rules", arguments->rules,
                "Rule set whose answers the program checks (default: it checks what the trace "
                "expects; a trace without expectations is run on the model, as by replay)")
      .typeName("SET");
  sub.addOption("--output,-o", arguments->output, "File for the program (default: standard output)")
      .typeName("FILE");
  sub.footer(
      "The program needs a C compiler and Linux, nothing else. It performs the trace in a\n"
      "separate process, prints each step, and reports each difference. It exits with 0 if all\n"
      "is as expected, 1 if something differs, 3 if this machine cannot perform the trace, and\n"
      "4 if the process died. A selftest exits with 0, 1 or 4 (skip), as kselftest.h has them.\n"
      "A test with GoogleTest performs the trace on the library under one rule set.\n\n"
      "Exit codes of this command: 0 done; 2 wrong usage or malformed input; 3 no program can\n"
      "perform this trace; 4 the file could not be written.\n\n"
      "Example:\n"
      "  growsdown emit c finding.trace -o finding.c && cc -O2 finding.c && ./a.out\n"
      "  growsdown emit selftest finding.trace -o finding.c && cc -O2 finding.c && ./a.out\n"
      "  growsdown emit gtest --rules linux-6.12-arm64 finding.trace -o finding_test.cpp");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
