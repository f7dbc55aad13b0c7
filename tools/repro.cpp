#include "fuzz/input_worker.h"
#include "fuzz/recheck.h"
#include "fuzz/settings.h"
#include "harness/explain.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/fuzz.h"
#include "tools/options.h"
#include "tools/targets.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include <sys/utsname.h>

namespace growsdown::tools {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  TraceOptions trace;
  std::string on;
  unsigned times = 3;
};

/// The system that the campaign compared with: the folder is CAMPAIGN/findings/WORKER.
std::string systemOf(const std::string& path) {
  const fs::path worker = fs::absolute(path).parent_path();
  const fs::path settingsFile = worker.parent_path().parent_path() / "campaign.txt";
  std::error_code none;
  fuzz::CampaignSettings settings;
  if (!fs::exists(settingsFile, none) ||
      !fuzz::parseSettings(readFile(settingsFile.string()), settings).empty())
    return "reference";
  for (const fuzz::WorkerSettings& each : settings.workers)
    if (each.name == worker.filename() && each.kind == "system") return each.on;
  return "reference";
}

void printHead(const std::string& path) {
  utsname kernel{};
  uname(&kernel);
  fmt::print("finding: {}\ngrowsdown {} on {} {} {}\n", trace::plainText(path), GROWSDOWN_VERSION,
             kernel.sysname, kernel.release, kernel.machine);
}

int reproduceInput(const Arguments& arguments, const std::string& target) {
  const std::string bytes = readFile(arguments.trace.path);
  printHead(arguments.trace.path);
  fmt::print("input of {} bytes for the decoder `{}`\n", bytes.size(), target);
  unsigned shown = 0;
  std::string wrong;
  for (unsigned i = 0; i < arguments.times; ++i) {
    std::string now = fuzz::wrongWith(*inputTarget(target), bytes, std::chrono::seconds(10));
    if (now.empty()) continue;
    ++shown;
    wrong = std::move(now);
  }
  fmt::print("{} of {} runs show it\n", shown, arguments.times);
  if (!wrong.empty()) fmt::print("{}\n", trace::plainText(wrong, true));
  return shown > 0 ? diverged : agreed;
}

/// What the trace does on both systems, in words. Both may end the process, so this runs after the
/// check in a child process.
int printDifference(const ChosenTrace& chosen, const std::string& on) {
  const auto left = system("model");
  const auto right = system(on);
  harness::Differential differential(*left, *right);
  differential.trustReports = harness::isLong(chosen.trace);
  const harness::RunResult result = differential.run(chosen.parameters, chosen.trace);
  fmt::print("{}", report(chosen.trace, result, left->name(), right->name()));
  if (result.verdict == harness::Verdict::diverged && result.step < chosen.trace.records.size()) {
    harness::ExplainOptions options;
    options.only = result.step + 1;
    fmt::print("\nthe rules say:\n{}", harness::explain(chosen.parameters, chosen.trace, options));
  }
  return harness::exitCode(result.verdict);
}

void printMore(const std::string& path, const std::string& rules, const std::string& on) {
  const std::string file = trace::plainText(path);
  fmt::print("\nmore:\n"
             "  growsdown diff --rules {0} --on model --on '{1}' {2}\n"
             "  growsdown shrink --rules {0} --on model --on '{1}' {2}\n"
             "  growsdown emit c --rules {0} {2}          # a program for a real kernel\n"
             "  growsdown emit selftest --rules {0} {2}   # the same, as a kernel selftest\n"
             "  growsdown emit gtest --rules {0} {2}      # a test of the library\n",
             rules, trace::plainText(on), file);
}

int reproduceUnder(const ChosenTrace& chosen, const std::string& path, const std::string& on,
                   unsigned times) {
  const trace::RuleSet& rules = chosen.rules;
  printHead(path);
  fmt::print("model against {} under {} (Linux {})\n\n{}\n", trace::plainText(on), rules.name,
             rules.kernel.empty() ? print(rules.version) : std::string(rules.kernel),
             trace::print(chosen.trace));
  fuzz::CampaignOptions options;
  options.rules = {&rules};
  options.right = [on] { return system(on); };
  if (on.starts_with("kernel:")) options.hang = std::chrono::minutes(5); // it boots
  unsigned shown = 0, unknowns = 0;
  std::string why, ended;
  for (unsigned i = 0; i < times; ++i) {
    const fuzz::Rechecked now = fuzz::recheckTrace(options, rules, chosen.trace);
    shown += now.shows == fuzz::Shows::yes;
    unknowns += now.shows == fuzz::Shows::unknown;
    if (!now.ended.empty()) ended = now.ended;
    if (!now.why.empty()) why = now.why;
  }
  fmt::print("{} of {} runs show it\n", shown, times);
  if (!why.empty()) fmt::print("unknown: {}\n", why);
  int code = shown > 0 ? diverged : unknowns > 0 ? unknown : agreed;
  if (!ended.empty())
    fmt::print("the process that runs it ends with {}\n", ended);
  else if (shown > 0)
    code = std::max(code, printDifference(chosen, on));
  printMore(path, std::string(rules.name), on);
  return code;
}

int reproduceTrace(const Arguments& arguments) {
  const std::string& path = arguments.trace.path;
  const std::string on = arguments.on.empty() ? systemOf(path) : arguments.on;
  return underEachRuleSet(arguments.trace, {rulesOf({on}), {}}, [&](const ChosenTrace& chosen) {
    return reproduceUnder(chosen, path, on, arguments.times);
  });
}
int run(const Arguments& arguments) {
  const std::string target = targetOfFile(arguments.trace.path);
  return target.empty() ? reproduceTrace(arguments) : reproduceInput(arguments, target);
}

} // namespace

void addRepro(Command app, Action& action) {
  Command sub =
      app.addSubcommand("repro", "Run a finding again, and print what a report about it needs");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("FINDING", arguments->trace.path,
                "File of a finding: a trace, or an input for a decoder (.input)")
      .typeName("FINDING")
      .required();
  addIndexOption(sub, arguments->trace.index);
  addRulesOption(sub, arguments->trace.rules, rulesOfTrace);
  addKnobOption(sub, arguments->trace.knobs);
  addWithOption(sub, arguments->trace.with);
  sub.addOption("--on", arguments->on,
                "The system to compare with the model (default: that of the campaign whose folder "
                "has the finding, or the reference): " +
                    systemNames())
      .typeName("SYSTEM");
  sub.addOption("--times", arguments->times, "How often to run it (default: 3)")
      .typeName("N")
      .between(1, 1000);
  sub.footer(
      "Each run is in a child process, so a crash or a hang is shown as what it is. The report\n"
      "has the versions, the trace, the difference, and what the rules say about the step.\n\n"
      "Exit codes: 0 no run shows it; 1 at least one does; 2 wrong usage or malformed input; 3 a\n"
      "system cannot say; 4 an error of this program.\n\n"
      "Examples:\n"
      "  growsdown repro night/findings/rules/FILE.trace\n"
      "  growsdown repro --on host --times 10 finding.trace");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
