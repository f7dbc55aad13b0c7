#include "fuzz/folder_campaign.h"
#include "fuzz/whole_file.h"
#include "tools/canary.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/corpus_items.h"
#include "tools/files.h"
#include "tools/fuzz.h"
#include "tools/json.h"
#include "tools/junit.h"
#include "tools/table.h"
#include "tools/targets.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>

namespace growsdown::tools {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string folder, time, json, junit;
  unsigned jobs = 0;
  std::vector<std::string> only, corpus;
  bool init = false, status = false, untilStable = false, onlyNew = false;
};

fs::path settingsFile(const Arguments& arguments) {
  return fs::path(arguments.folder) / "campaign.txt";
}

/// Writes the settings unless the folder has some. True: it had none.
bool writeSettings(const Arguments& arguments) {
  makeDirectory(arguments.folder);
  const fs::path file = settingsFile(arguments);
  const int error = fuzz::writeWhole(file, fuzz::defaultSettings(), fuzz::Existing::keep);
  if (error != 0 && error != EEXIST)
    throw Stop(failure, file.string() + ": cannot write: " + std::strerror(error));
  return error == 0;
}

fuzz::CampaignSettings readSettings(const Arguments& arguments) {
  fuzz::CampaignSettings settings;
  const std::string file = settingsFile(arguments).string();
  if (const std::string wrong = fuzz::parseSettings(readFile(file), settings); !wrong.empty())
    throw Stop(usage, file + ":" + wrong);
  for (const fuzz::WorkerSettings& worker : settings.workers)
    for (const std::string& rules : worker.rules)
      ruleSet(rules); // stops if no rule set has that name
  checkCanary(settings.canary);
  for (const std::string& name : arguments.only)
    if (std::none_of(settings.workers.begin(), settings.workers.end(),
                     [&](const auto& worker) { return worker.name == name; }))
      throw Stop(usage, file + " has no worker `" + name + "`");
  if (arguments.jobs > 0) settings.jobs = arguments.jobs;
  return settings;
}

fuzz::CampaignWorker prepareWorker(const fuzz::WorkerSettings& settings) {
  fuzz::CampaignWorker worker;
  worker.settings = settings;
  if (settings.kind == "system") {
    const std::string rules = settings.rules.empty() ? "" : settings.rules.front();
    try {
      SystemSearch search = searchOn(settings.on, rules);
      worker.options = std::move(search.options);
      worker.rules = settings.rules.empty() ? std::vector{search.rules} : settings.rules;
      if (settings.on == "host" && !worker.options.with) worker.whyNot = "no trace can be run here";
    } catch (const std::exception& e) {
      worker.whyNot = trace::plainText(e.what());
    }
  } else if (settings.kind == "rules") {
    worker.rules = settings.rules;
    if (worker.rules.empty())
      for (const trace::RuleSet& rules : trace::ruleSets())
        worker.rules.emplace_back(rules.name);
  } else {
    worker.options.inputs = inputTarget(settings.kind);
  }
  return worker;
}

fuzz::FolderOptions optionsOf(const Arguments& arguments) {
  fuzz::FolderOptions options;
  options.folder = arguments.folder;
  options.settings = readSettings(arguments);
  for (const fuzz::WorkerSettings& settings : options.settings.workers)
    if (arguments.only.empty() || std::find(arguments.only.begin(), arguments.only.end(),
                                            settings.name) != arguments.only.end())
      options.workers.push_back(prepareWorker(settings));
  options.time = arguments.time.empty() ? 0 : seconds(arguments.time);
  options.untilStable = arguments.untilStable;
  const std::string id = options.settings.canary;
  options.canary = [id](const fs::path& out) { return huntCanary(id, out); };
  return options;
}

/// A line about what runs.
std::string statusLine(const fuzz::CampaignStatus& s) {
  if (!s.waits.empty()) return fmt::format("campaign: {:.0f} s, waiting: {}", s.seconds, s.waits);
  return fmt::format(
      "campaign: {:.0f} s, {} runs, {} steps ({:.0f} per second); corpus {}, reach {}; {} open "
      "findings; now {}{}{}: {} runs, {} features, {} unknown",
      s.seconds, s.executions, s.steps, double(s.steps) / std::max(s.seconds, 0.001), s.corpus,
      s.reach, s.open, s.worker, s.rules.empty() ? "" : " ", s.rules, s.slice.executions,
      s.slice.features, s.slice.unknown);
}

void watch(fuzz::FolderOptions& options) {
  if (showsProgress()) options.statusEvery = std::chrono::seconds(1);
  options.status = [](const fuzz::CampaignStatus& status) {
    if (showsProgress())
      progress(statusLine(status));
    else
      fmt::print(stderr, "{}\n", trace::plainText(statusLine(status)));
  };
  options.onFinding = [](const fuzz::CampaignFinding& found) {
    progress("");
    fmt::print(stderr, "campaign: {}: {}: {}\n", found.standing.state, found.worker,
               found.signature);
  };
  options.onProblem = [](const std::string& text) {
    progress("");
    fmt::print(stderr, "campaign: {}\n", trace::plainText(text));
  };
}

// --- the verdict ---

bool isFixed(const fuzz::CampaignFinding& finding) {
  return finding.standing.state == "fixed";
}

/// The reasons for which the run says less than was asked for.
std::vector<std::string> doubts(const fuzz::FolderResult& result,
                                const fuzz::FolderOptions& options) {
  std::vector<std::string> out;
  if (!result.canary.empty())
    out.push_back(
        fmt::format("the canary `{}` was not found: {}", options.settings.canary, result.canary));
  if (result.interrupted) out.push_back(result.ended);
  for (std::size_t i = 0; i < result.workers.size(); ++i) {
    const fuzz::WorkerReport& worker = result.workers[i];
    if (!worker.whyNot.empty() && !options.workers[i].settings.optional)
      out.push_back(fmt::format("worker {} did not run: {}", worker.name, worker.whyNot));
    if (!worker.problem.empty())
      out.push_back(fmt::format("worker {}: {}", worker.name, worker.problem));
  }
  return out;
}

int codeOf(const fuzz::FolderResult& result, const fuzz::FolderOptions& options, bool onlyNew) {
  if (!result.error.empty()) return failure;
  if ((onlyNew ? result.fresh() : result.open()) > 0) return diverged;
  return doubts(result, options).empty() ? agreed : unknown;
}

// --- reports ---

std::string reproduceLine(const fuzz::CampaignFinding& finding) {
  return "growsdown repro " + trace::plainText(finding.file.string());
}

void print(const fuzz::CampaignFinding& finding) {
  fmt::print("{:5} {}: {}\n      {}\n", finding.standing.state, finding.worker, finding.signature,
             trace::plainText(finding.standing.description));
  if (!finding.note.empty()) fmt::print("      not judged again: {}\n", finding.note);
  if (!finding.file.empty())
    fmt::print("      since {}: {}\n", finding.standing.since, reproduceLine(finding));
  else if (!finding.text.empty())
    fmt::print("      not written:\n{}", finding.text);
  else
    fmt::print("      since {}; its file is gone\n", finding.standing.since);
}

std::uint64_t count(const fuzz::FolderResult& result, std::string_view state) {
  return static_cast<std::uint64_t>(
      std::count_if(result.findings.begin(), result.findings.end(),
                    [&](const auto& each) { return each.standing.state == state; }));
}

void print(const fuzz::FolderResult& result, const fuzz::FolderOptions& options, bool ran) {
  for (const fuzz::CampaignFinding& finding : result.findings)
    if (!isFixed(finding)) print(finding);
  fmt::print("{:12} {:>10} {:>12} {:>14} {:>10} {:>8} {:>10}\n", "worker", "time", "runs", "steps",
             "unknown", "open", "in all");
  for (const fuzz::WorkerReport& worker : result.workers) {
    if (!worker.whyNot.empty()) {
      fmt::print("{:12} did not run: {}\n", worker.name, worker.whyNot);
      continue;
    }
    const fuzz::Spent& spent = ran ? worker.spent : worker.total;
    fmt::print("{:12} {:>8.1f} s {:>12} {:>14} {:>10} {:>8} {:>8.1f} s\n", worker.name,
               spent.seconds, spent.executions, spent.steps, spent.unknown, worker.findings,
               worker.total.seconds);
  }
  std::uint64_t entries = 0;
  for (const auto& [group, counts] : result.corpus)
    entries += counts.entries;
  fmt::print("corpus: {} entries in {} groups, reach {}\n", entries, result.corpus.size(),
             result.reach());
  fmt::print("findings: {} new, {} known, {} back, {} fixed\n", count(result, "new"),
             count(result, "known"), count(result, "back"), count(result, "fixed"));
  if (!ran) return;
  if (result.canary.empty())
    fmt::print("canary {}: found, shrunk, written and known again\n", options.settings.canary);
  for (const std::string& doubt : doubts(result, options))
    fmt::print("unknown: {}\n", doubt);
  if (!result.error.empty()) fmt::print("error: {}\n", trace::plainText(result.error));
  fmt::print("the run ended after {:.1f} s: {}\n", result.seconds, result.ended);
}

Json json(const fuzz::Spent& spent) {
  return Json::object({{"seconds", jsonSeconds(spent.seconds)},
                       {"runs", spent.executions},
                       {"steps", spent.steps},
                       {"unknown", spent.unknown},
                       {"kept", spent.kept},
                       {"dropped", spent.dropped},
                       {"slices", spent.slices}});
}

Json json(const fuzz::CampaignFinding& finding) {
  Json object = Json::object({{"worker", finding.worker},
                              {"signature", finding.signature},
                              {"state", finding.standing.state},
                              {"since", finding.standing.since},
                              {"changed", finding.standing.time},
                              {"inThisRun", finding.fresh},
                              {"description", finding.standing.description},
                              {"rules", finding.standing.rules},
                              {"file", finding.file.string()},
                              {"note", finding.note}});
  if (!finding.file.empty()) object["reproduce"] = reproduceLine(finding);
  if (!finding.text.empty()) object["trace"] = finding.text;
  return object;
}

Json json(const fuzz::FolderResult& result, const fuzz::FolderOptions& options, int code) {
  Json document = jsonDocument("campaign");
  document["exit"] = code;
  document["seconds"] = jsonSeconds(result.seconds);
  document["ended"] = result.ended;
  document["stable"] = result.stable;
  document["error"] = result.error;
  document["canary"] = Json::object(
      {{"bug", options.settings.canary}, {"found", result.canary.empty()}, {"why", result.canary}});
  document["unknown"] = jsonList(doubts(result, options));
  document["problems"] = jsonList(result.problems);
  document["open"] = result.open();
  document["new"] = result.fresh();
  document["reach"] = result.reach();
  document["workers"] = jsonList(result.workers, [](const fuzz::WorkerReport& worker) {
    return Json::object({{"name", worker.name},
                         {"kind", worker.kind},
                         {"whyNot", worker.whyNot},
                         {"run", json(worker.spent)},
                         {"total", json(worker.total)},
                         {"open", worker.findings},
                         {"problem", worker.problem}});
  });
  Json corpus = Json::array();
  for (const auto& [group, counts] : result.corpus)
    corpus.push_back(
        Json::object({{"group", group}, {"entries", counts.entries}, {"reach", counts.reach}}));
  document["corpus"] = corpus;
  document["findings"] =
      jsonList(result.findings, [](const fuzz::CampaignFinding& each) { return json(each); });
  return document;
}

// One test case per worker, per finding, and for the canary.
std::string junitOf(const fuzz::FolderResult& result, const fuzz::FolderOptions& options) {
  using Result = JunitCase::Result;
  JunitSuite suite{"growsdown campaign", {}};
  const auto add = [&](std::string group, std::string name, Result how, std::string message) {
    JunitCase one;
    one.className = std::move(group);
    one.name = std::move(name);
    one.result = how;
    one.message = std::move(message);
    suite.cases.push_back(std::move(one));
  };
  add("campaign", "canary " + options.settings.canary,
      result.canary.empty() ? Result::passed : Result::error, result.canary);
  add("campaign", "files", result.error.empty() ? Result::passed : Result::error, result.error);
  for (std::size_t i = 0; i < result.workers.size(); ++i) {
    const fuzz::WorkerReport& worker = result.workers[i];
    const bool skipped = !worker.whyNot.empty() && options.workers[i].settings.optional;
    add("worker", worker.name,
        skipped                                           ? Result::skipped
        : worker.whyNot.empty() && worker.problem.empty() ? Result::passed
                                                          : Result::error,
        worker.whyNot.empty() ? worker.problem : worker.whyNot);
    suite.cases.back().seconds = worker.spent.seconds;
  }
  for (const fuzz::CampaignFinding& finding : result.findings) {
    add(finding.worker, finding.signature, isFixed(finding) ? Result::passed : Result::failure,
        finding.standing.description);
    suite.cases.back().type = finding.standing.state;
    if (!finding.file.empty()) suite.cases.back().text = reproduceLine(finding);
  }
  return junit({suite}, true);
}

void addSeeds(const Arguments& arguments, fuzz::FolderOptions& options) {
  const Items items = readItems(arguments.corpus);
  if (!arguments.corpus.empty() && items.entries.empty())
    throw Stop(usage, "--corpus: no trace was found there");
  for (const std::string& lost : items.damaged)
    fmt::print(stderr, "growsdown: damaged: {}\n", trace::plainText(lost));
  for (const fuzz::PackEntry& entry : items.entries) {
    if (isInput(entry)) continue;
    trace::ParseResult parsed = trace::parse(entry.bytes, entry.name);
    if (parsed.error) throw Stop(usage, parsed.error->text());
    for (trace::Trace& trace : parsed.traces)
      options.seeds.push_back(std::move(trace));
  }
}

int run(const Arguments& arguments) {
  const bool isNew = !arguments.status && writeSettings(arguments);
  if (arguments.init) {
    fmt::print("{} {}\n", isNew ? "wrote" : "kept", settingsFile(arguments).string());
    return agreed;
  }
  for (const std::string& path : {arguments.json, arguments.junit})
    checkWritable(path);
  fuzz::FolderOptions options = optionsOf(arguments);
  addSeeds(arguments, options);
  if (!arguments.status) watch(options);
  const fuzz::FolderResult result =
      arguments.status ? fuzz::inspectFolder(options) : fuzz::runFolder(options);
  progress("");
  const int code = arguments.status && result.open() == 0
                       ? static_cast<int>(agreed)
                       : codeOf(result, options, arguments.onlyNew);
  print(result, options, !arguments.status);
  if (!arguments.json.empty()) writeFile(arguments.json, printJson(json(result, options, code)));
  if (!arguments.junit.empty()) writeFile(arguments.junit, junitOf(result, options));
  return code;
}

void addOptions(Command sub, Arguments& arguments) {
  sub.addOption("DIR", arguments.folder, "Folder of the campaign").typeName("DIR").required();
  sub.addFlag("--init", arguments.init,
              "Only write DIR/campaign.txt, the settings, to be edited; an existing file stays");
  sub.addFlag("--status", arguments.status, "Print what the folder has, and run nothing");
  sub.addOption("--time", arguments.time,
                "How long to run, such as 8h (default: until all budgets of the settings are "
                "spent, or a signal comes)")
      .typeName("TIME");
  sub.addOption("--jobs,-j", arguments.jobs,
                "Number of worker processes of each search (default: as the settings say)")
      .typeName("N")
      .between(1, 256);
  sub.addOption("--only", arguments.only, "Run only this worker (may be repeated)")
      .typeName("WORKER")
      .oneValueEach();
  sub.addOption("--corpus", arguments.corpus,
                "Traces to add to the corpus: a file, a pack or a directory (may be repeated)")
      .typeName("PATH")
      .oneValueEach();
  sub.addFlag("--until-stable", arguments.untilStable,
              "End when some rounds brought no new finding and little growth of what the corpus "
              "reaches (stable-rounds and stable-growth of the settings)");
  sub.addFlag("--only-new", arguments.onlyNew,
              "Exit with 1 only for findings that are new or back since this run began");
  sub.addOption("--json", arguments.json, "File for the result as JSON").typeName("FILE");
  sub.addOption("--junit", arguments.junit, "File for the result as JUnit XML").typeName("FILE");
}

} // namespace

void addCampaign(Command app, Action& action) {
  Command sub = app.addSubcommand(
      "campaign", "Search for weeks, in a folder that keeps corpus, findings and history");
  const auto arguments = std::make_shared<Arguments>();
  addOptions(sub, *arguments);
  sub.footer(
      "Workers take turns: model against reference for each rule set, the trace parser, the line\n"
      "protocol, answers of plug-ins, the running kernel, and each system that the settings "
      "name.\n"
      "What they find is written at once. A run that is killed loses at most seconds of corpus;\n"
      "the next one goes on. Several processes and machines may run the same folder.\n\n"
      "A finding is new, known (from an earlier run), fixed, or back. Each run begins by judging\n"
      "the findings again, and by hunting a planted bug, the canary. On a terminal a line shows\n"
      "the progress; otherwise there is one line every 10 s on stderr. If the disk is full, the\n"
      "run reports that and waits until there is room.\n\n"
      "Exit codes: 0 no finding is open; 1 one is; 2 wrong usage or settings; 3 the canary was\n"
      "not found, the run was interrupted, a worker that is not optional could not run, or too\n"
      "much was unknown; 4 something could not be written.\n\n"
      "Examples:\n"
      "  growsdown campaign night --time 8h --jobs 2 --corpus corpus --json night.json\n"
      "  growsdown campaign night --status");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
