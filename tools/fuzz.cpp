#include "tools/fuzz.h"

#include "fuzz/seeds.h"
#include "fuzz/whole_file.h"
#include "systems/host.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/json.h"
#include "tools/junit.h"
#include "tools/options.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

namespace growsdown::tools {

namespace {

Json counts(const fuzz::CampaignResult& r, std::uint64_t seed) {
  return Json::object({{"seconds", jsonSeconds(r.seconds)},
                       {"seed", seed},
                       {"traces", r.executions},
                       {"steps", r.steps},
                       {"unknown", r.unknown},
                       {"features", r.features},
                       {"pool", r.pool},
                       {"rulesReached", r.rulesReached},
                       {"crashes", r.crashes},
                       {"differences", r.found}});
}

/// Reports a search while it runs: a line on a terminal, which is replaced each second; otherwise a
/// line on stderr every 10 s; and JSON lines in a file.
class Heartbeat {
 public:
  Heartbeat(std::string_view log, std::uint64_t seed) : log_(log), seed_(seed) {}

  void add(fuzz::CampaignOptions& campaign) {
    if (showsProgress()) campaign.statusEvery = std::chrono::seconds(1);
    campaign.status = [this](const fuzz::CampaignResult& r) { status(r); };
    campaign.onFinding = [this](const fuzz::Finding& finding) { found(finding); };
  }

  void status(const fuzz::CampaignResult& r) {
    const std::string text = fmt::format(
        "fuzz: {:.0f} s, {} traces, {} steps ({:.0f} a second), {} features, {} in the pool, {} "
        "unknown, {} rules, {} differences",
        r.seconds, r.executions, r.steps, double(r.steps) / std::max(r.seconds, 0.001), r.features,
        r.pool, r.unknown, r.rulesReached, r.found);
    if (showsProgress())
      progress(text);
    else
      fmt::print(stderr, "{}\n", text);
    if (r.seconds < nextLog_) return;
    nextLog_ = r.seconds + 9.5;
    append("status", counts(r, seed_));
  }

  void found(const fuzz::Finding& finding) {
    progress("");
    fmt::print(stderr, "fuzz: found after {:.1f} s: {}{}\n", finding.seconds, finding.signature,
               finding.file.empty() ? "" : " in " + trace::plainText(finding.file.string()));
    append("finding", jsonFinding(finding));
  }

  void end(const fuzz::CampaignResult& r) {
    progress("");
    Json object = counts(r, seed_);
    object["verdict"] = harness::name(r.verdict);
    object["ended"] = r.ended;
    object["error"] = r.error;
    append("end", object);
  }

 private:
  void append(std::string_view event, const Json& object) {
    if (log_.empty()) return;
    Json line = Json::object({{"event", event}});
    line.update(object);
    const int error = fuzz::appendLine(log_, printJsonLine(line));
    if (error != 0 && !std::exchange(failed_, true))
      fmt::print(stderr, "growsdown: {}: cannot write: {}\n", log_, std::strerror(error));
  }

  const std::string log_;
  const std::uint64_t seed_;
  double nextLog_ = 0;
  bool failed_ = false;
};

} // namespace

void checkSearch(const FuzzOptions& options) {
  if (seconds(options.time) == 0 && options.runs == 0)
    throw Stop(usage, "--time 0 needs --runs, or the search would have no end");
  for (const std::string& path : options.corpus)
    if (!std::filesystem::exists(path)) throw Stop(usage, path + ": no such file or directory");
  ruleSetNames(options.rules); // stops if a word selects none
  for (const std::string& path : {options.json, options.junit, options.log})
    checkWritable(path);
  checkDirectory(options.out);
}

fuzz::CampaignResult runFuzz(const FuzzOptions& options, fuzz::CampaignOptions campaign) {
  checkSearch(options);
  const double time = seconds(options.time);
  campaign.time = std::chrono::milliseconds(static_cast<std::int64_t>(time * 1000));
  campaign.runs = options.runs;
  campaign.jobs = options.jobs;
  campaign.seed = options.seed;
  campaign.keepGoing = options.keepGoing || options.stopAfter > 0;
  campaign.stopAfter = options.stopAfter;
  campaign.out = options.out;
  for (const std::string& name : ruleSetNames(options.rules))
    campaign.rules.push_back(trace::findRuleSet(name));
  for (const std::string& path : options.corpus) {
    std::vector<trace::Trace> traces;
    for (const std::string& file : traceFiles({path}))
      for (trace::Trace& trace : readTraces(file))
        traces.push_back(std::move(trace));
    fuzz::addSeeds(traces, campaign.rules, campaign.seeds);
  }
  Heartbeat heartbeat(options.log, options.seed);
  heartbeat.add(campaign);
  fuzz::CampaignResult result = fuzz::runCampaign(campaign);
  heartbeat.end(result);
  return result;
}

std::string summary(const fuzz::CampaignResult& result) {
  std::string text =
      fmt::format("{} traces, {} steps in {:.1f} s ({:.0f} steps/s), {} unknown, {} differences",
                  result.executions, result.steps, result.seconds,
                  result.seconds > 0 ? double(result.steps) / result.seconds : 0.0, result.unknown,
                  result.findings.size());
  if (result.crashes > result.killed && result.crashes > 1)
    text += fmt::format("; {} workers died", result.crashes);
  if (result.killed > 0)
    text += fmt::format("; {} workers were killed from outside (out of memory?)", result.killed);
  if (!result.ended.empty()) text += "; " + result.ended;
  if (!result.error.empty()) text += "; error: " + result.error;
  return text;
}

Json jsonFinding(const fuzz::Finding& finding) {
  return Json::object({{"signature", finding.signature},
                       {"verdict", harness::name(finding.verdict)},
                       {"description", finding.description},
                       {"rules", finding.rules},
                       {"steps", finding.steps},
                       {"stepsBefore", finding.stepsBefore},
                       {"foundAfter", jsonSeconds(finding.seconds)},
                       {"executions", finding.executions},
                       {"file", finding.file.string()},
                       {"known", finding.known},
                       {"visible", finding.visible},
                       {"error", finding.error}});
}

namespace {

Json json(std::string_view command, const FuzzOptions& options,
          const fuzz::CampaignResult& result) {
  Json document = jsonDocument(command);
  document["verdict"] = harness::name(result.verdict);
  document["exit"] = harness::exitCode(result.verdict);
  document["jobs"] = options.jobs;
  document.update(counts(result, options.seed));
  document["killed"] = result.killed;
  document["ended"] = result.ended;
  document["error"] = result.error;
  document["rules"] = jsonList(result.rules, [](const auto& rule) {
    return Json::object({{"rule", rule.first}, {"times", rule.second}});
  });
  document["findings"] = jsonList(result.findings, [](const fuzz::Finding& finding) {
    Json object = jsonFinding(finding);
    object["trace"] = finding.text;
    return object;
  });
  return document;
}

// One test case for the search, and one per finding.
std::string junitOf(std::string_view command, const fuzz::CampaignResult& result) {
  using Result = JunitCase::Result;
  JunitSuite suite{fmt::format("growsdown {}", command), {}};
  JunitCase search;
  search.className = command;
  search.name = "the search";
  search.seconds = result.seconds;
  if (!result.error.empty() || result.incomplete || result.killed > 0) {
    search.result = Result::error;
    search.message = summary(result);
  }
  suite.cases.push_back(std::move(search));
  for (const fuzz::Finding& finding : result.findings) {
    JunitCase one;
    one.className = finding.rules;
    one.name = finding.signature;
    one.result = finding.verdict == harness::Verdict::diverged ? Result::failure : Result::error;
    one.message = finding.description;
    one.text = finding.text;
    suite.cases.push_back(std::move(one));
  }
  return junit({suite}, true);
}

void print(const fuzz::Finding& finding, std::string_view right) {
  fmt::print("{}\n    rule set {}, {} steps (found with {} after {:.1f} s)\n", finding.description,
             finding.rules, finding.steps, finding.stepsBefore, finding.seconds);
  if (finding.file.empty()) {
    fmt::print("{}", finding.text);
    return;
  }
  const std::string file = trace::plainText(finding.file.string());
  // Some differences are in parts of the state that a trace has no words for.
  fmt::print("    {} {}\n    see it: growsdown {} {}\n",
             finding.known ? "found before:" : "written to", file,
             finding.visible ? fmt::format("replay --on {}", right)
                             : fmt::format("diff --on model --on {}", right),
             file);
}

} // namespace

int report(std::string_view command, const FuzzOptions& options, const fuzz::CampaignResult& result,
           std::string_view right) {
  for (const fuzz::Finding& finding : result.findings)
    print(finding, right);
  if (!options.json.empty()) writeFile(options.json, printJson(json(command, options, result)));
  if (!options.junit.empty()) writeFile(options.junit, junitOf(command, result));
  fmt::print("{}\n", summary(result));
  return harness::exitCode(result.verdict);
}

SystemSearch searchOn(const std::string& on, const std::string& rules) {
  SystemSearch search;
  const auto opened = system(on);
  const harness::Placement& place = opened->placement();
  search.name = place.name.empty() ? on : place.name;
  search.rules = rules.empty() ? rulesOf(*opened) : rules;
  if (search.rules.empty())
    throw Stop(usage, on + " names no rule set to hold it to; name one with rules");
  search.notCompared = notCompared(*opened);
  const trace::RuleSet set = ruleSet(search.rules);
  fuzz::CampaignOptions& options = search.options;
  options.with = place.with;
  if (options.with) options.with = fitting(*options.with, set);
  options.begins = place.begins;
  const bool kernel = on == "host" || on.starts_with("kernel:");
  options.possible = [place, kernel, does = opened->does()](const trace::Step& step) {
    return (does >> static_cast<unsigned>(step.op) & 1U) != 0 &&
           (!kernel || systems::isCarriedOut(step, place));
  };
  options.right = [on] { return system(on); };
  options.mostUnknown = 0.5; // limits and capabilities of this process make steps unknown
  if (on.starts_with("kernel:")) options.hang = std::chrono::minutes(5); // it boots
  return search;
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
                 "Traces to start from: a file, or a directory with all *.trace and *.trace.xz "
                 "files below it (may be repeated)")
      .typeName("PATH")
      .oneValueEach();
  command.addOption("--out", options.out, "Directory for a trace of each difference")
      .typeName("DIR");
  command.addFlag("--keep-going", options.keepGoing,
                  "Search on after the first difference, for others");
  command
      .addOption("--stop-after", options.stopAfter,
                 "Search on, and stop after this many different findings")
      .typeName("N");
  command.addOption("--json", options.json, "File for the result as JSON").typeName("FILE");
  command.addOption("--junit", options.junit, "File for the result as JUnit XML").typeName("FILE");
  command
      .addOption("--log", options.log,
                 "File that gets JSON lines while the search runs: its counts every 10 s, and each "
                 "finding")
      .typeName("FILE");
}

void addFuzz(Command app, Action& action) {
  Command sub =
      app.addSubcommand("fuzz", "Search for differences between the model and the reference");
  const auto options = std::make_shared<FuzzOptions>();
  addSearchOptions(sub, *options);
  addRulesOption(sub, options->rules, "all");
  sub.footer(
      "Runs random traces on both, without a fuzzing engine. Each difference is shrunk "
      "and written as\na trace, for `growsdown diff`, `growsdown explain` and `growsdown "
      "replay --on model --on reference`.\n\n"
      "Findings are written when they are found; DIR also has a journal of them, findings.jsonl. "
      "SIGINT,\nSIGTERM and SIGHUP end the search and print the report.\n\n"
      "Exit codes: 0 no difference was found; 1 a difference; 2 wrong usage; 3 the search "
      "was\ninterrupted, or more than 20 % of the traces ended in `unknown`; 4 a worker crashed "
      "or\n"
      "hung, or an error of this program.\n\n"
      "Examples:\n"
      "  growsdown fuzz --time 10m --jobs 2 --corpus corpus --out findings\n"
      "  growsdown fuzz --time 0 --runs 100000 --seed 7 --rules linux-4.3-arm64");
  sub.callback([&action, options] {
    action = [options] { return report("fuzz", *options, runFuzz(*options), "reference"); };
  });
}

} // namespace growsdown::tools
