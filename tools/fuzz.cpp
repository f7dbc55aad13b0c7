#include "tools/fuzz.h"

#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"

#include <fmt/format.h>

#include <filesystem>

namespace growsdown::tools {

void checkSearch(const FuzzOptions& options) {
  if (seconds(options.time) == 0 && options.runs == 0)
    throw Stop(usage, "--time 0 needs --runs, or the search would have no end");
  for (const std::string& path : options.corpus)
    if (!std::filesystem::exists(path)) throw Stop(usage, path + ": no such file or directory");
}

fuzz::CampaignResult runFuzz(const FuzzOptions& options, fuzz::CampaignOptions campaign) {
  checkSearch(options);
  const double time = seconds(options.time);
  campaign.time = std::chrono::milliseconds(static_cast<std::int64_t>(time * 1000));
  campaign.runs = options.runs;
  campaign.jobs = options.jobs;
  campaign.seed = options.seed;
  campaign.keepGoing = options.keepGoing;
  campaign.out = options.out;
  campaign.progress = showsProgress();
  for (const std::string& name : options.rules) {
    ruleSet(name); // stops if there is none
    campaign.rules.push_back(trace::findRuleSet(name));
  }
  for (const std::string& path : options.corpus) {
    std::vector<trace::Trace> traces;
    if (!std::filesystem::is_directory(path)) {
      traces = readTraces(path);
    } else if (std::string error; !fuzz::readTraces(path, traces, error)) {
      throw Stop(usage, error);
    } else if (traces.empty()) {
      throw Stop(usage, path + ": no *.trace in this directory or below");
    }
    fuzz::addSeeds(traces, campaign.rules, campaign.seeds);
  }
  std::error_code ignored;
  const bool hadOut = options.out.empty() || std::filesystem::exists(options.out, ignored);
  fuzz::CampaignResult result = fuzz::runCampaign(campaign);
  progress("");
  if (!hadOut && result.findings.empty()) std::filesystem::remove(options.out, ignored);
  return result;
}

std::string summary(const fuzz::CampaignResult& result) {
  std::string text =
      fmt::format("{} traces, {} steps in {:.1f} s ({:.0f} steps/s), {} unknown, {} differences",
                  result.executions, result.steps, result.seconds,
                  result.seconds > 0 ? double(result.steps) / result.seconds : 0.0, result.unknown,
                  result.findings.size());
  if (!result.error.empty()) text += "; error: " + result.error;
  return text;
}

int report(const fuzz::CampaignResult& result, std::string_view right) {
  for (const fuzz::Finding& finding : result.findings) {
    fmt::print("{}\n    rule set {}, {} steps (found with {} after {:.1f} s)\n",
               finding.description, finding.rules, finding.steps, finding.stepsBefore,
               finding.seconds);
    if (!finding.file.empty()) {
      // Some differences are in parts of the state that a trace has no words for.
      fmt::print("    written to {}\n    see it: growsdown {} {}\n", finding.file.string(),
                 finding.visible ? fmt::format("replay --on {}", right)
                                 : fmt::format("diff --on model --on {}", right),
                 finding.file.string());
    } else {
      fmt::print("{}", finding.text);
    }
  }
  fmt::print("{}\n", summary(result));
  return harness::exitCode(result.verdict);
}

void addSearchOptions(Command command, FuzzOptions& options) {
  command
      .addOption("--time", options.time,
                 "How long to search, such as 20s or 10m (default: 60s; 0: until --runs)")
      .typeName("TIME");
  command.addOption("--runs", options.runs, "Stop after this many traces").typeName("N");
  command.addOption("--jobs,-j", options.jobs, "Number of worker processes (default: 1)")
      .typeName("N")
      .between(1, 256);
  command.addOption("--seed", options.seed, "Seed of the random choices (default: 1)")
      .typeName("N");
  command
      .addOption("--corpus", options.corpus,
                 "Traces to start from: a file, or a directory with all *.trace files below it "
                 "(may be repeated)")
      .typeName("PATH")
      .oneValueEach();
  command.addOption("--out", options.out, "Directory for a trace of each difference")
      .typeName("DIR");
  command.addFlag("--keep-going", options.keepGoing,
                  "Search on after the first difference, for others");
}

void addFuzz(Command app, Action& action) {
  Command sub =
      app.addSubcommand("fuzz", "Search for differences between the model and the reference");
  const auto options = std::make_shared<FuzzOptions>();
  addSearchOptions(sub, *options);
  sub.addOption("--rules", options->rules, "Rule set (may be repeated; default: all)")
      .typeName("SET")
      .oneValueEach();
  sub.footer("Runs random traces on both, without a fuzzing engine. Each difference is shrunk "
             "and written as\na trace, for `growsdown diff`, `growsdown explain` and `growsdown "
             "replay --on model --on reference`.\n\n"
             "Exit codes: 0 no difference was found; 1 a difference; 2 wrong usage; 4 a worker "
             "crashed\nor hung, or an error of this program.\n\n"
             "Examples:\n"
             "  growsdown fuzz --time 10m --jobs 2 --corpus corpus --out findings\n"
             "  growsdown fuzz --time 0 --runs 100000 --seed 7 --rules linux-4.3-arm64");
  sub.callback([&action, options] {
    action = [options] { return report(runFuzz(*options), "reference"); };
  });
}

} // namespace growsdown::tools
