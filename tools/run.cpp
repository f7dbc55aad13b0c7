#include "harness/shrink.h"
#include "harness/starting_state.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/options.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

struct Arguments {
  TraceOptions trace;
  std::string on = "model";
  bool full = false, all = false;
};

void printCommented(const std::string& lines) {
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t end = lines.find('\n', at);
    fmt::print("#   {}\n", lines.substr(at, end - at));
    at = end + 1;
  }
}

// The outcomes are those of one rule set. If the trace says that it is for others, it no longer is.
void correctRuleSets(trace::Trace& trace, std::string_view name) {
  const std::vector<std::string> sets = harness::metadata(trace).sets;
  if (sets.empty() || std::count(sets.begin(), sets.end(), name) != 0) return;
  for (std::string& comment : trace.before)
    if (comment.starts_with("# sets:")) comment = "# sets: " + std::string(name);
}

// The text of all states grows with the square of the number of areas.
constexpr std::size_t mostAreas = 100;

// Prints a trace that starts in the last state, with the earlier states as comments.
int runInFull(harness::System& on, const ChosenTrace& chosen, bool all) {
  const trace::Trace& trace = chosen.trace;
  trace::State state, initial;
  on.start(chosen.parameters, harness::startingState(chosen.parameters, trace, initial));
  fmt::print("growsdown-trace 1\n{}", trace::printWith(trace.with));
  for (const trace::Record& record : trace.records) {
    const trace::Outcome outcome = on.apply(record.step);
    fmt::print("# {} -> {}\n", trace::print(record.step), harness::describe(outcome));
    if (outcome.kind == trace::Outcome::Kind::unknown) return unknown;
    on.snapshot(state);
    if (&record == &trace.records.back())
      fmt::print("{}", trace::printInitial(state));
    else if (all || state.areas.size() <= mostAreas)
      printCommented(trace::printInitial(state));
  }
  return agreed;
}

int runUnder(const ChosenTrace& chosen, harness::System& on, const Arguments& arguments) {
  if (arguments.full) return runInFull(on, chosen, arguments.all);
  trace::Trace done = harness::annotate(on, chosen.parameters, chosen.trace,
                                        arguments.all ? ~std::size_t{0} : mostAreas);
  correctRuleSets(done, chosen.rules.name);
  fmt::print("{}", trace::print(done));
  const bool complete =
      std::none_of(done.records.begin(), done.records.end(), [](const trace::Record& record) {
        return record.expected.kind == trace::Outcome::Kind::unspecified;
      });
  if (complete) return agreed;
  fmt::print(stderr, "growsdown run: {} cannot say how the trace goes on: {}\n", arguments.on,
             on.reason().empty()
                 ? "it is out of simulated memory; `with memory BYTES` in the trace "
                   "gives it more"
                 : on.reason());
  return unknown;
}

int run(const Arguments& arguments) {
  const auto on = system(arguments.on);
  OfSystem own;
  if (on->placement().with) own.with = *on->placement().with;
  return underEachRuleSet(arguments.trace, own, [&](const ChosenTrace& chosen) {
    return runUnder(chosen, *on, arguments);
  });
}

} // namespace

void addRun(Command app, Action& action) {
  Command sub =
      app.addSubcommand("run", "Run a trace and print it with the outcome and state of each step");
  const auto arguments = std::make_shared<Arguments>();
  addTraceOptions(sub, arguments->trace);
  sub.addOption("--on", arguments->on, "System to run on (default: model): " + systemNames())
      .typeName("SYSTEM");
  sub.addFlag("--full", arguments->full,
              "Print the whole state as `init` lines: the last state as a trace that starts "
              "there, earlier states as comments");
  sub.addFlag("--all", arguments->all,
              "Print every state; by default those of more than 100 areas are left out, except for "
              "the last");
  sub.footer("The expectations of the trace are ignored. The output is a trace that can be "
             "replayed.\n\n"
             "Exit codes: 0 done; 2 wrong usage or malformed input; 3 the system cannot say how "
             "the trace\ngoes on.\n\n"
             "Examples:\n"
             "  growsdown run my.trace\n"
             "  growsdown run --rules linux-6.12-arm64 my.trace > expected.trace\n"
             "  printf 'growsdown-trace 1\\nmmap 0x1000400000 0x4000 rw growsdown,fixed\\n"
             "touch 0x10003ff000 w\\n' | growsdown run -");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
