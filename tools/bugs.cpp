// growsdown_bugs: shows that a campaign finds each bug that can be planted in the reference
// (reference/bugs). A program of its own, so that `growsdown` does not run the planted copy.
#include "planted/bugs.h"
#include "fuzz/campaign.h"
#include "fuzz/mutator.h"
#include "fuzz/seeds.h"
#include "harness/bug_witness.h"
#include "harness/builtin_systems.h"
#include "harness/coverage.h"
#include "harness/run.h"
#include "harness/space_system.h"
#include "planted/address_space.h"
#include "tools/common.h"
#include "tools/files.h"
#include "trace/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace growsdown::tools {
namespace {

struct Options {
  std::vector<std::string> bugs, paths;
  std::string time = "60s", out, rules;
  std::uint64_t control = 50000;
  unsigned jobs = 1;
  std::uint64_t seed = 1;
};

/// The planted copy of the reference, with the bug that is switched on while it runs.
using Planted = harness::SpaceSystem<planted::AddressSpace>;
std::unique_ptr<harness::System> makePlanted() {
  return std::make_unique<Planted>();
}

planted::Bug bugOf(const std::string& id) {
  const planted::BugInfo* const bug = planted::findBug(id);
  if (bug == nullptr)
    throw Stop(usage, "no planted bug is named `" + id + "`; `growsdown_bugs list` lists them");
  return bug->bug;
}

std::vector<fuzz::Program> seedsOf(const Options& options) {
  std::vector<fuzz::Program> seeds;
  std::string error;
  for (const std::string& path : options.paths)
    if (!fuzz::readSeeds(path, {}, seeds, error)) throw Stop(usage, error);
  return seeds;
}

int list() {
  for (const planted::BugInfo& bug : planted::allBugs())
    fmt::print("{:24} {:10} {}\n", bug.id, bug.group, bug.title);
  return agreed;
}

/// The result of the hunt for one bug.
struct Row {
  std::string verdict = "NOT FOUND";
  std::uint64_t executions = 0;
  double seconds = 0;
  std::size_t steps = 0;
  std::size_t stepsBefore = 0; ///< before it was shrunk
  std::string found;
  bool good = false;
};

/// How the planted copy ends on a trace, in a child process: `crash`, `hang`, or empty.
std::string endOf(planted::Bug bug, const trace::RuleSet& rules, const trace::Trace& trace) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const rlimit seconds{2, 2}, none{0, 0};
    setrlimit(RLIMIT_CPU, &seconds); // of the processor's time: the machine may be busy
    setrlimit(RLIMIT_CORE, &none);
    const planted::ScopedBug scope(bug);
    const auto model = harness::makeModel();
    const auto planted = makePlanted();
    harness::Differential(*model, *planted).run(rules, trace);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return "not run";
  if (!WIFSIGNALED(status)) return {};
  return WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ? "hang" : "crash";
}

std::string confirmCrash(const planted::BugInfo& bug, const trace::RuleSet& rules,
                         const trace::Trace& trace) {
  if (endOf(bug.bug, rules, trace) != bug.group) return fmt::format("no {} again", bug.group);
  if (!endOf(planted::Bug::none, rules, trace).empty()) return "ends without the bug too";
  return std::string(bug.group);
}

/// Requires that the trace found shows a difference with the bug and none without it. Returns
/// whether `replay` shows it, or only `diff`, which compares the whole state.
std::string confirm(const planted::BugInfo& bug, const fuzz::Finding& finding) {
  const trace::ParseResult parsed = trace::parse(finding.text, finding.signature);
  if (parsed.error) return "unreadable: " + parsed.error->text();
  const trace::RuleSet* rules = trace::findRuleSet(finding.rules);
  if (parsed.traces.size() != 1 || !rules) return "unreadable";
  const trace::Trace& trace = parsed.traces.front();
  if (bug.endsProcess()) return confirmCrash(bug, *rules, trace);
  const auto model = harness::makeModel();
  const auto planted = makePlanted();
  const auto reference = harness::makeReference();
  const auto differs = [&](harness::System& right) {
    return harness::Differential(*model, right).run(*rules, trace).verdict;
  };
  const auto replayed = [&](harness::System& system) {
    return harness::Replayer(system).run(*rules, trace).verdict;
  };
  bool shownByReplay = false;
  {
    const planted::ScopedBug scope(bug.bug);
    if (differs(*planted) != harness::Verdict::diverged) return "does not differ again";
    shownByReplay = replayed(*planted) == harness::Verdict::diverged;
  }
  if (differs(*planted) != harness::Verdict::agreed ||
      differs(*reference) != harness::Verdict::agreed ||
      replayed(*reference) != harness::Verdict::agreed)
    return "differs without the bug too";
  return shownByReplay ? "replay" : "diff only";
}

fuzz::CampaignOptions campaignOf(const Options& options, const std::vector<fuzz::Program>& seeds) {
  fuzz::CampaignOptions campaign;
  campaign.jobs = options.jobs;
  campaign.seed = options.seed;
  campaign.seeds = seeds;
  campaign.right = makePlanted;
  return campaign;
}

Row huntOne(const planted::BugInfo& bug, const Options& options,
            const std::vector<fuzz::Program>& seeds) {
  fuzz::CampaignOptions campaign = campaignOf(options, seeds);
  campaign.time = std::chrono::milliseconds(static_cast<long>(seconds(options.time) * 1000));
  campaign.hang = std::chrono::seconds(3);
  if (!options.out.empty()) campaign.out = std::filesystem::path(options.out) / bug.id;
  fuzz::CampaignResult result;
  {
    const planted::ScopedBug scope(bug.bug);
    result = fuzz::runCampaign(campaign);
  }
  Row row;
  row.executions = result.executions;
  row.seconds = result.seconds;
  if (!result.error.empty()) row.verdict = "ERROR: " + result.error;
  if (result.findings.empty()) return row;
  const fuzz::Finding& first =
      *std::min_element(result.findings.begin(), result.findings.end(),
                        [](const auto& a, const auto& b) { return a.seconds < b.seconds; });
  row.executions = first.executions;
  row.seconds = first.seconds;
  row.steps = first.steps;
  row.stepsBefore = first.stepsBefore;
  row.found = first.description;
  const bool died = first.verdict == harness::Verdict::error;
  row.verdict = died == bug.endsProcess() ? confirm(bug, first) : died ? "CRASH" : "NO CRASH";
  row.good = row.verdict == "replay" || row.verdict == "diff only" || row.verdict == bug.group;
  return row;
}

/// A campaign without a bug, which must find nothing: otherwise a catch would mean nothing.
bool control(const Options& options, const std::vector<fuzz::Program>& seeds) {
  fuzz::CampaignOptions campaign = campaignOf(options, seeds);
  campaign.runs = options.control;
  const fuzz::CampaignResult result = fuzz::runCampaign(campaign);
  fmt::print("{:24} {:10} traces, {} steps in {:.1f} s ({:.0f} steps per second): {}\n", "(no bug)",
             result.executions, result.steps, result.seconds,
             static_cast<double>(result.steps) / std::max(result.seconds, 0.001),
             result.findings.empty() ? "no difference" : "A DIFFERENCE");
  for (const fuzz::Finding& finding : result.findings)
    fmt::print("  {}: {}\n{}", finding.rules, finding.description, finding.text);
  return result.findings.empty() && result.error.empty();
}

int hunt(const Options& options) {
  const std::vector<fuzz::Program> seeds = seedsOf(options);
  std::vector<planted::Bug> chosen;
  for (const std::string& id : options.bugs)
    chosen.push_back(bugOf(id));
  const bool good = options.control == 0 || control(options, seeds);

  fmt::print("{:24} {:>10} {:>9} {:>6} {:>8}  {}\n", "bug", "traces", "seconds", "steps",
             "(before)", "confirmed by");
  std::size_t hunted = 0, found = 0;
  for (const planted::BugInfo& bug : planted::allBugs()) {
    if (!chosen.empty() && std::find(chosen.begin(), chosen.end(), bug.bug) == chosen.end())
      continue;
    const Row row = huntOne(bug, options, seeds);
    ++hunted;
    found += row.good;
    fmt::print("{:24} {:10} {:9.2f} {:6} {:8}  {}\n", bug.id, row.executions, row.seconds,
               row.steps, row.stepsBefore, row.verdict);
    if (!row.found.empty()) fmt::print("    {}\n", row.found);
    std::fflush(stdout);
  }
  fmt::print("{} of {} planted bugs found\n", found, hunted);
  return good && found == hunted ? agreed : diverged;
}

int replay(const Options& options) {
  const trace::RuleSet rules = ruleSet(options.rules);
  const planted::ScopedBug scope(options.bugs.empty() ? planted::Bug::none
                                                      : bugOf(options.bugs.front()));
  const auto system = makePlanted();
  harness::Replayer replayer(*system);
  auto verdict = harness::Verdict::agreed;
  std::size_t traces = 0;
  for (const std::string& file : traceFiles(options.paths))
    for (const trace::Trace& trace : readTraces(file)) {
      ++traces;
      const harness::RunResult& result = replayer.run(rules, trace);
      verdict = harness::worse(verdict, result.verdict);
      if (result.verdict == harness::Verdict::diverged)
        fmt::print("{}: step {}: {}: expected {}, got {}\n", place(trace, trace.line),
                   result.step + 1, result.difference.field, result.difference.left,
                   result.difference.right);
    }
  fmt::print("{} traces: {}\n", traces, harness::name(verdict));
  return harness::exitCode(verdict);
}

/// The traces on which `reached` compares the model with each bug: seeds, and generated ones.
std::vector<fuzz::Program> reachingPrograms(const Options& options) {
  std::vector<fuzz::Program> programs = seedsOf(options);
  const auto guide = harness::makeModel();
  fuzz::Mutator mutator(*guide);
  fuzz::Random random(options.seed);
  for (int i = 0; i < 2000; ++i)
    mutator.generate(random, fuzz::Swarm::draw(random), 40, programs.emplace_back());
  return programs;
}

/// The model against the planted copy. A witness takes what the model's marks add from one step to the
/// next, so each witness needs a comparison that begins with no marks.
class Comparison {
 public:
  /// Runs a trace up to the first difference. Returns whether there is one.
  bool differs(const trace::Parameters& parameters, const fuzz::Program& program) {
    differential_.start(parameters, program.initial.get());
    witness.show(model_->ruleHits(), false);
    for (const trace::Step& step : program.steps) {
      const bool goesOn = differential_.step(step);
      const bool diverged = differential_.result().verdict == harness::Verdict::diverged;
      witness.show(model_->ruleHits(), diverged);
      if (diverged) return true;
      if (!goesOn) break;
    }
    return false;
  }
  harness::BugWitness witness;

 private:
  std::unique_ptr<harness::System> model_ = harness::makeModel();
  std::unique_ptr<harness::System> planted_ = makePlanted();
  harness::Differential differential_{*model_, *planted_};
};

/// The rules that each bug is about, as rows of a coverage.
int reached(const Options& options) {
  std::vector<fuzz::Program> programs = reachingPrograms(options);
  std::vector<trace::Parameters> parameters;
  parameters.reserve(programs.size());
  for (fuzz::Program& program : programs)
    parameters.push_back(fuzz::repair(program));

  // A trace that differs without a bug is no evidence about a bug.
  std::vector<bool> useful(programs.size());
  Comparison withoutBug;
  for (std::size_t i = 0; i < programs.size(); ++i)
    useful[i] = !withoutBug.differs(parameters[i], programs[i]);

  harness::Coverage coverage;
  bool all = true;
  for (const planted::BugInfo& bug : planted::allBugs()) {
    if (bug.endsProcess()) continue; // this process
    const planted::ScopedBug scope(bug.bug);
    Comparison comparison;
    for (std::size_t i = 0; i < programs.size(); ++i)
      if (useful[i]) comparison.differs(parameters[i], programs[i]);
    comparison.witness.count(coverage, bug.id);
    if (comparison.witness.empty()) {
      fmt::print(stderr, "growsdown_bugs: no trace shows {}\n", bug.id);
      all = false;
    }
  }
  fmt::print("{}", coverage.print());
  return all ? agreed : diverged;
}

int run(int argc, char** argv) {
  CLI::App app("Hunts the bugs that can be planted in the reference.", "growsdown_bugs");
  app.footer("Exit codes: 0 each bug was found and confirmed; 1 one was not (replay: a mismatch); "
             "2 wrong usage;\n3 a replay could not be decided; 4 an error of this program.");
  app.require_subcommand(1);
  Options options;
  const auto bugs = [&](CLI::App* sub, const char* text) {
    return sub->add_option("--bug", options.bugs, text)->type_name("ID");
  };
  const auto traces = [&](CLI::App* sub) {
    return sub->add_option("traces", options.paths, "Trace files, and directories of them");
  };
  app.add_subcommand("list", "List the bugs: id, group and title");

  CLI::App* sub = app.add_subcommand(
      "hunt", "Run one campaign against each bug, and one without a bug. A bug that no campaign "
              "finds in time fails the hunt");
  bugs(sub, "Hunt only this bug (may be repeated)");
  sub->add_option("--time", options.time, "Time for each bug")->capture_default_str();
  sub->add_option("--control", options.control,
                  "Traces that the campaign without a bug runs; 0: no such campaign")
      ->capture_default_str();
  sub->add_option("--jobs", options.jobs, "Worker processes")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  sub->add_option("--seed", options.seed, "Seed of the campaigns")->capture_default_str();
  sub->add_option("--out", options.out, "Write a trace for each bug to this directory");
  traces(sub);

  sub = app.add_subcommand("replay", "Replay traces on the reference with a bug");
  bugs(sub, "The bug; without it, none is switched on")->expected(1);
  sub->add_option("--rules", options.rules, "The rule set")->required();
  traces(sub)->required();

  sub = app.add_subcommand("reached", "Compare the model with each bug on traces and on generated "
                                      "ones, and print which rules each bug is about, as rows of "
                                      "docs/generated/reached.tsv");
  traces(sub);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? agreed : usage;
  }
  if (app.got_subcommand("list")) return list();
  if (app.got_subcommand("hunt")) return hunt(options);
  if (app.got_subcommand("replay")) return replay(options);
  return reached(options);
}

} // namespace
} // namespace growsdown::tools

int main(int argc, char** argv) {
  try {
    return growsdown::tools::run(argc, argv);
  } catch (const growsdown::tools::Stop& stop) {
    fmt::print(stderr, "growsdown_bugs: {}\n", stop.what());
    return stop.code;
  } catch (const std::exception& error) {
    fmt::print(stderr, "growsdown_bugs: {}\n", error.what());
    return growsdown::tools::failure;
  }
}
