// growsdown_bugs: shows that a campaign finds each of the bugs planted in the reference.
#include "fuzz/campaign.h"
#include "fuzz/mutator.h"
#include "fuzz/seeds.h"
#include "harness/bug_witness.h"
#include "harness/builtin_systems.h"
#include "harness/coverage.h"
#include "harness/run.h"
#include "planted/address_space.h"
#include "planted/bugs.h"
#include "trace/text.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace growsdown;

namespace {

constexpr const char* usage = R"(usage: growsdown_bugs list
       growsdown_bugs hunt [OPTIONS] [SEEDS...]
       growsdown_bugs replay --bug ID --rules SET TRACE...
       growsdown_bugs reached TRACES...

list     names the bugs planted in the reference
hunt     runs a campaign against each of them, and one against none; a bug that is not found in time
         fails the hunt. SEEDS are trace files and directories of them
replay   replays trace files on the reference with that bug
reached  compares the model with each bug on trace files, directories of them and generated traces,
         and prints which rules each bug is about, for docs/generated/reached.tsv

options of hunt
  --bug ID      only this one (may be repeated)
  --time TIME   for each bug: 500ms, 60s, 10m (default 60s)
  --control N   traces that the campaign without a bug runs (default 50000; 0: none)
  --jobs N      worker processes (default 1)
  --seed N      (default 1)
  --out DIR     where a trace is written for each bug (default: nowhere)

exit codes: 0 each bug was found and confirmed, 1 one was not (replay: a mismatch), 2 usage,
3 a replay could not be decided, 4 an error of the hunt's own
)";

struct Options {
  std::vector<std::string> bugs;
  std::chrono::milliseconds time{60000};
  std::uint64_t control = 50000;
  unsigned jobs = 1;
  std::uint64_t seed = 1;
  std::filesystem::path out;
  std::vector<std::string> paths;
  std::string rules;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> duration(std::string_view text) {
  std::uint64_t unit = 1000;
  const auto ends = [&](std::string_view suffix, std::uint64_t by) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    unit = by;
    return true;
  };
  (void)(ends("ms", 1) || ends("s", 1000) || ends("m", 60000));
  const auto value = number(text);
  if (!value || *value > 1000000) return std::nullopt;
  return std::chrono::milliseconds(*value * unit);
}

int wrong(const std::string& message) {
  std::fprintf(stderr, "growsdown_bugs: %s\n", message.c_str());
  return 2;
}

/// The planted copy of the reference, with the bug that is switched on while it runs.
class Planted final : public harness::System {
 public:
  std::string_view name() const override { return "reference"; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    space_.start(parameters, initial);
  }
  trace::Outcome apply(const trace::Step& step) override { return space_.apply(step); }
  void snapshot(trace::State& out) const override { space_.snapshot(out); }

 private:
  planted::AddressSpace space_;
};
std::unique_ptr<harness::System> makePlanted() {
  return std::make_unique<Planted>();
}

/// What became of the hunt for one bug.
struct Row {
  std::string verdict = "NOT FOUND";
  std::uint64_t executions = 0;
  double seconds = 0;
  std::size_t steps = 0;
  std::size_t stepsBefore = 0;
  std::string found;
  bool good = false;
};

/// The trace written must differ with the bug, by replay where it can be seen from outside, and
/// must not without.
std::string confirm(planted::Bug bug, const fuzz::Finding& finding) {
  const trace::ParseResult parsed = trace::parse(finding.text, finding.signature);
  if (parsed.error) return "unreadable: " + parsed.error->text();
  const trace::RuleSet* rules = trace::findRuleSet(finding.rules);
  if (parsed.traces.size() != 1 || !rules) return "unreadable";
  const trace::Trace& trace = parsed.traces.front();
  const auto model = harness::makeModel();
  const auto planted = makePlanted();
  const auto reference = harness::makeReference();

  planted::activeBug = bug;
  if (harness::Differential(*model, *planted).run(*rules, trace).verdict !=
      harness::Verdict::diverged)
    return "does not differ again";
  const bool replayed =
      harness::Replayer(*planted).run(*rules, trace).verdict == harness::Verdict::diverged;
  planted::activeBug = planted::Bug::none;
  if (harness::Differential(*model, *planted).run(*rules, trace).verdict !=
          harness::Verdict::agreed ||
      harness::Differential(*model, *reference).run(*rules, trace).verdict !=
          harness::Verdict::agreed ||
      harness::Replayer(*reference).run(*rules, trace).verdict != harness::Verdict::agreed)
    return "differs without the bug too";
  if (replayed) return "replay";
  return "diff only";
}

Row hunt(const planted::BugInfo& bug, const Options& options,
         const std::vector<fuzz::Program>& seeds) {
  fuzz::CampaignOptions campaign;
  campaign.time = options.time;
  campaign.jobs = options.jobs;
  campaign.seed = options.seed;
  campaign.seeds = seeds;
  campaign.right = makePlanted;
  campaign.progress = true;
  if (!options.out.empty()) campaign.out = options.out / bug.id;
  planted::activeBug = bug.bug;
  const fuzz::CampaignResult result = fuzz::runCampaign(campaign);
  planted::activeBug = planted::Bug::none;
  Row row;
  row.executions = result.executions;
  row.seconds = result.seconds;
  if (!result.error.empty()) row.verdict = "ERROR: " + result.error;
  if (result.findings.empty()) return row;
  const fuzz::Finding* first = &result.findings.front();
  for (const fuzz::Finding& finding : result.findings)
    if (finding.seconds < first->seconds) first = &finding;
  row.executions = first->executions;
  row.seconds = first->seconds;
  row.steps = first->steps;
  row.stepsBefore = first->stepsBefore;
  row.found = first->description;
  if (first->verdict != harness::Verdict::diverged) {
    row.verdict = "CRASH";
    return row;
  }
  row.verdict = confirm(bug.bug, *first);
  row.good = row.verdict == "replay" || row.verdict == "diff only";
  return row;
}

int huntAll(const Options& options) {
  std::vector<fuzz::Program> seeds;
  std::string error;
  for (const std::string& path : options.paths)
    if (!fuzz::readSeeds(path, {}, seeds, error)) return wrong(error);
  std::vector<planted::BugInfo> bugs;
  for (const planted::BugInfo& bug : planted::allBugs())
    if (options.bugs.empty() ||
        std::find(options.bugs.begin(), options.bugs.end(), bug.id) != options.bugs.end())
      bugs.push_back(bug);

  bool good = true;
  if (options.control) {
    // Without a bug nothing may be found: else a catch below would say nothing.
    fuzz::CampaignOptions campaign;
    campaign.runs = options.control;
    campaign.jobs = options.jobs;
    campaign.seed = options.seed;
    campaign.seeds = seeds;
    campaign.right = makePlanted;
    const fuzz::CampaignResult result = fuzz::runCampaign(campaign);
    std::printf("%-24s %10llu traces, %llu steps in %.1f s (%.0f steps a second): %s\n", "(no bug)",
                static_cast<unsigned long long>(result.executions),
                static_cast<unsigned long long>(result.steps), result.seconds,
                static_cast<double>(result.steps) / std::max(result.seconds, 0.001),
                result.findings.empty() ? "no difference" : "A DIFFERENCE");
    for (const fuzz::Finding& finding : result.findings)
      std::printf("  %s: %s\n%s", finding.rules.c_str(), finding.description.c_str(),
                  finding.text.c_str());
    good = result.findings.empty() && result.error.empty();
  }

  std::printf("%-24s %10s %9s %6s %8s  %s\n", "bug", "traces", "seconds", "steps", "(before)",
              "confirmed by");
  std::size_t found = 0;
  for (const planted::BugInfo& bug : bugs) {
    const Row row = hunt(bug, options, seeds);
    found += row.good;
    std::printf("%-24.*s %10llu %9.2f %6zu %8zu  %s\n", static_cast<int>(bug.id.size()),
                bug.id.data(), static_cast<unsigned long long>(row.executions), row.seconds,
                row.steps, row.stepsBefore, row.verdict.c_str());
    if (!row.found.empty()) std::printf("    %s\n", row.found.c_str());
    std::fflush(stdout);
  }
  std::printf("%zu of %zu planted bugs found\n", found, bugs.size());
  return good && found == bugs.size() ? 0 : 1;
}

int replay(const Options& options) {
  const trace::RuleSet* rules = trace::findRuleSet(options.rules);
  if (!rules) return wrong("--rules names no rule set: '" + options.rules + "'");
  if (options.bugs.size() > 1) return wrong("replay takes one --bug");
  if (!options.bugs.empty()) planted::activeBug = planted::findBug(options.bugs.front())->bug;
  std::vector<trace::Trace> traces;
  std::string error;
  for (const std::string& path : options.paths)
    if (!fuzz::readTraces(path, traces, error)) return wrong(error);
  const auto system = makePlanted();
  harness::Replayer replayer(*system);
  auto verdict = harness::Verdict::agreed;
  for (const trace::Trace& trace : traces) {
    const harness::RunResult& result = replayer.run(*rules, trace);
    verdict = harness::worse(verdict, result.verdict);
    if (result.verdict == harness::Verdict::diverged)
      std::printf("%s:%u: step %zu: %s: expected %s, got %s\n", trace.file.c_str(), trace.line,
                  result.step + 1, result.difference.field.c_str(), result.difference.left.c_str(),
                  result.difference.right.c_str());
  }
  std::printf("%zu traces: %s\n", traces.size(), std::string(harness::name(verdict)).c_str());
  return harness::exitCode(verdict);
}

/// The rules that the bugs are about: rows of a coverage.
int reached(const Options& options) {
  std::vector<fuzz::Program> programs;
  std::string error;
  for (const std::string& path : options.paths)
    if (!fuzz::readSeeds(path, {}, programs, error)) return wrong(error);
  const auto guide = harness::makeModel();
  fuzz::Mutator mutator(*guide);
  fuzz::Random random(options.seed);
  for (int i = 0; i < 2000; ++i)
    mutator.generate(random, fuzz::Swarm::draw(random), 40, programs.emplace_back());
  std::vector<trace::Parameters> parameters;
  parameters.reserve(programs.size());
  for (fuzz::Program& program : programs)
    parameters.push_back(fuzz::repair(program));

  // Without a bug nothing may differ: such a trace says nothing of a bug.
  std::vector<bool> useful(programs.size(), true);
  harness::Coverage coverage;
  bool all = true;
  std::vector<planted::BugInfo> bugs = {{}};
  for (const planted::BugInfo& bug : planted::allBugs())
    bugs.push_back(bug);
  for (const planted::BugInfo& bug : bugs) {
    planted::activeBug = bug.bug;
    const auto model = harness::makeModel();
    const auto planted = makePlanted();
    harness::Differential differential(*model, *planted);
    harness::BugWitness witness;
    for (std::size_t i = 0; i < programs.size(); ++i) {
      if (!useful[i]) continue;
      differential.start(parameters[i], programs[i].initial.get());
      witness.show(model->ruleHits(), false);
      for (const trace::Step& step : programs[i].steps) {
        const bool goesOn = differential.step(step);
        const bool differs = differential.result().verdict == harness::Verdict::diverged;
        if (bug.id.empty() && differs) useful[i] = false;
        witness.show(model->ruleHits(), differs);
        if (!goesOn) break;
      }
    }
    if (bug.id.empty()) continue;
    witness.count(coverage, bug.id);
    if (witness.empty()) {
      std::fprintf(stderr, "growsdown_bugs: nothing shows %s\n", std::string(bug.id).c_str());
      all = false;
    }
  }
  std::fputs(coverage.print().c_str(), stdout);
  return all ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.empty()) {
    std::fputs(usage, stderr);
    return 2;
  }
  if (words[0] == "--help" || words[0] == "-h") {
    std::fputs(usage, stdout);
    return 0;
  }
  Options options;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with("--")) {
      options.paths.emplace_back(word);
      continue;
    }
    if (i + 1 == words.size()) return wrong(std::string(word) + " needs a value");
    const std::string_view value = words[++i];
    const auto n = number(value);
    if (word == "--bug") {
      if (planted::findBug(value) == nullptr)
        return wrong("there is no planted bug '" + std::string(value) + "'");
      options.bugs.emplace_back(value);
    } else if (word == "--time" && duration(value)) {
      options.time = *duration(value);
    } else if (word == "--control" && n) {
      options.control = *n;
    } else if (word == "--jobs" && n && *n > 0 && *n <= 256) {
      options.jobs = static_cast<unsigned>(*n);
    } else if (word == "--seed" && n) {
      options.seed = *n;
    } else if (word == "--out") {
      options.out = value;
    } else if (word == "--rules") {
      options.rules = value;
    } else {
      return wrong("unknown option or value: " + std::string(word) + " " + std::string(value));
    }
  }
  if (words[0] == "list") {
    for (const planted::BugInfo& bug : planted::allBugs())
      std::printf("%-24s %-10s %s\n", std::string(bug.id).c_str(), std::string(bug.group).c_str(),
                  std::string(bug.title).c_str());
    return 0;
  }
  if (words[0] == "hunt") return huntAll(options);
  if (words[0] == "replay") return replay(options);
  if (words[0] == "reached") return reached(options);
  return wrong("unknown command '" + std::string(words[0]) + "'");
}
