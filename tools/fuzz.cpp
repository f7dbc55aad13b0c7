#include "tools/fuzz.h"

#include "tools/common.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace growsdown::tools {

void checkSearch(const FuzzOptions& options) {
  if (seconds(options.time) == 0 && options.runs == 0) throw Stop(usage, "give --time or --runs");
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
    ruleSet(name); // says which are known
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
      // Not every difference shows in what a trace can say.
      fmt::print("    written to {}\n    see it: growsdown {} {}\n", finding.file.string(),
                 finding.visible ? fmt::format("replay --on {}", right)
                                 : fmt::format("diff --on model --on {}", right),
                 finding.file.string());
    } else {
      fmt::print("{}", finding.text);
    }
  }
  fmt::print("{}\n", summary(result));
  // A search that spent its time without a difference says just that; unknown traces are counted.
  return harness::exitCode(result.verdict);
}

void addSearchOptions(CLI::App& command, FuzzOptions& options) {
  command.add_option("--time", options.time,
                     "How long, such as 20s or 10m (default 60s; 0: see --runs)");
  command.add_option("--runs", options.runs, "Stop after this many traces");
  command.add_option("--jobs,-j", options.jobs, "Worker processes")->check(CLI::Range(1, 256));
  command.add_option("--seed", options.seed, "Where the random choices start (default 1)");
  command
      .add_option("--corpus", options.corpus,
                  "Traces to start from: files, or directories (of those, all *.trace)")
      ->allow_extra_args(false);
  command.add_option("--out", options.out, "Directory for traces that show a difference");
  command.add_flag("--keep-going", options.keepGoing,
                   "Look for further differences behind the first");
}

void addFuzz(CLI::App& app, Action& action) {
  CLI::App* sub =
      app.add_subcommand("fuzz", "Search for differences between the model and the reference");
  const auto options = std::make_shared<FuzzOptions>();
  addSearchOptions(*sub, *options);
  sub->add_option("--rules", options->rules, "Rule set (may be repeated; default: all)")
      ->allow_extra_args(false);
  sub->footer(
      "\nNeeds no fuzzing engine. Each difference is made small and written as a trace, which\n"
      "`growsdown diff`, `replay --on model --on reference` and `explain` read.\n"
      "Exits 0 where the time passed without a difference, 1 where there was one.\n\n"
      "Examples:\n"
      "  growsdown fuzz --time 10m --jobs 2 --corpus corpus --out findings\n"
      "  growsdown fuzz --time 0 --runs 100000 --seed 7 --rules linux-4.3-arm64");
  sub->callback([&action, options] {
    action = [options] { return report(runFuzz(*options), "reference"); };
  });
}

} // namespace growsdown::tools
