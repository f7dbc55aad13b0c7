#include "tools/kernel_tree.h"

#include "fuzz/examine.h"
#include "fuzz/interrupt.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/corpus.h"
#include "tools/files.h"
#include "tools/fuzz.h"
#include "tools/ktap.h"
#include "tools/options.h"
#include "trace/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>

namespace growsdown::tools {

using harness::Verdict;

namespace {

struct Arguments {
  FuzzOptions search;
  std::string path, rules, cache, ignore, ktap;
  std::vector<std::string> knobs;
  bool sanitize = false, bisect = false;
};

/// The exit code by which `git bisect run` skips a commit.
constexpr int skipCommit = 125;

trace::Version versionOf(const std::string& text) {
  trace::Version version;
  const char* const end = text.data() + text.size();
  const auto dot = std::from_chars(text.data(), end, version.major).ptr;
  if (dot != end) std::from_chars(dot + 1, end, version.minor);
  return version;
}

/// A search step by step on one tree: its systems are made in each worker process.
class Tree {
 public:
  Tree(const Arguments& arguments, systems::BuiltTree built)
      : how_{.sanitize = arguments.sanitize, .edges = true, .coverage = false},
        built_(std::move(built)), name_("kernel-tree:" + arguments.path) {}

  std::unique_ptr<systems::KernelTree> make() const {
    return std::make_unique<systems::KernelTree>(built_, how_, name_);
  }
  const systems::BuiltTree& built() const { return built_; }
  const std::string& name() const { return name_; }

 private:
  systems::TreeBuild how_;
  systems::BuiltTree built_;
  std::string name_;
};

/// Without the steps of known findings, and after the first of them: later states differ too.
void leaveOut(std::vector<trace::Trace>& traces, const std::vector<const KnownFinding*>& known) {
  for (trace::Trace& trace : traces) {
    const auto shows = [&](const trace::Record& record) {
      return std::any_of(known.begin(), known.end(),
                         [&](const KnownFinding* one) { return one->shows(record.step); });
    };
    trace.records.erase(std::find_if(trace.records.begin(), trace.records.end(), shows),
                        trace.records.end());
  }
  std::erase_if(traces, [](const trace::Trace& trace) { return trace.records.empty(); });
}

/// The traces to begin with.
std::vector<trace::Trace> corpus(const Arguments& arguments, const trace::RuleSet& rules,
                                 const std::vector<const KnownFinding*>& known) {
  const std::vector<std::string>& given = arguments.search.corpus;
  std::vector<trace::Trace> traces = corpusFor(rules, given.empty() ? ownCorpus() : given);
  leaveOut(traces, known);
  return traces;
}

/// Ends a part of the run that takes far longer than usual, or that a signal interrupts.
class Deadline {
 public:
  explicit Deadline(const Arguments& arguments)
      : most_(std::max(120.0, seconds(arguments.search.time))) {}

  bool over() {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
    late_ = late_ || spent.count() > most_;
    return late_ || fuzz::Interrupt::signal() != 0;
  }
  /// A line that says that `part` is not complete; empty if it is.
  std::string text(std::string_view part) const {
    return late_ ? fmt::format("{}: ended after {:.0f} s, not complete\n", part, most_) : "";
  }

 private:
  const double most_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  bool late_ = false;
};

RecordingRuns replayRecording(const std::string& file, const trace::RuleSet& rules,
                              harness::System& system, Deadline& deadline) {
  constexpr std::size_t mostTexts = 10;
  RecordingRuns runs;
  runs.file = file;
  harness::Replayer replayer(system);
  for (const trace::Trace& trace : readTraces(file)) {
    if (deadline.over()) break;
    system.ahead(trace.records);
    const harness::RunResult& result = replayer.run(rules, trace);
    ++runs.traces;
    runs.steps += result.steps;
    if (result.verdict == Verdict::unknown) {
      ++runs.unknown;
      const std::string own = std::string(system.name()) + ": ";
      ++runs.reasons[result.reason.starts_with(own) ? result.reason.substr(own.size())
                                                    : result.reason];
    }
    if (result.verdict == Verdict::agreed || result.verdict == Verdict::unknown) continue;
    ++runs.mismatches;
    if (runs.texts.size() < mostTexts)
      runs.texts.push_back(report(trace, result, "the recording", "the tree"));
  }
  return runs;
}

std::vector<RecordingRuns> replayRecordings(const trace::RuleSet& rules, harness::System& system,
                                            Deadline& deadline) {
  std::vector<RecordingRuns> all;
  const std::filesystem::path folder = std::filesystem::path(corpusFolder()) / "observed";
  std::error_code none;
  if (!std::filesystem::is_directory(folder, none)) return all;
  for (const std::string& file : traceFiles({folder.string()})) {
    const std::string name = std::filesystem::path(file).filename().string();
    if (name.starts_with(std::string(rules.name) + ".") ||
        name.starts_with(std::string(rules.name) + "@"))
      all.push_back(replayRecording(file, rules, system, deadline));
  }
  return all;
}

fuzz::CampaignResult runSearch(const Arguments& arguments, const Tree& tree,
                               const trace::RuleSet& rules, harness::Fields fields,
                               const std::vector<const KnownFinding*>& known) {
  FuzzOptions options = arguments.search;
  options.corpus.clear(); // seeds are given below
  options.rules.clear();
  fuzz::CampaignOptions campaign;
  campaign.rules = {&rules};
  fuzz::addSeeds(corpus(arguments, rules, known), campaign.rules, campaign.seeds);
  std::erase_if(campaign.seeds, [](const fuzz::Program& seed) { return seed.initial != nullptr; });
  campaign.right = [&tree] { return tree.make(); };
  campaign.fields = fields;
  const std::uint32_t does = tree.make()->does();
  campaign.possible = [does, known](const trace::Step& step) {
    return (does >> static_cast<unsigned>(step.op) & 1U) != 0 &&
           std::none_of(known.begin(), known.end(),
                        [&](const KnownFinding* one) { return one->shows(step); });
  };
  return runFuzz(options, campaign);
}

/// Adds how often each rule was reached by the corpus and the search.
void countRules(TreeReport& report) {
  std::map<std::string, std::uint64_t> times;
  if (report.corpus != nullptr)
    for (const harness::RuleConformance& rule : report.corpus->rules())
      times[rule.id] += rule.agree + rule.differ + rule.through;
  for (const auto& [id, count] : report.search.rules)
    times[id] += count;
  for (TreeRule& rule : report.table)
    rule.times = times[rule.id];
}

std::string undone(const harness::System& system) {
  std::string text;
  for (unsigned op = 0; op < trace::opCount; ++op)
    if ((system.does() >> op & 1U) == 0)
      text += " " + std::string(trace::name(static_cast<trace::Op>(op)));
  return text.empty() ? "" : "not done by the tree:" + text + "\n";
}

int finish(const Arguments& arguments, const TreeReport& report) {
  const FuzzOptions& search = arguments.search;
  printReport(report);
  if (!search.json.empty()) writeFile(search.json, printJson(jsonReport(report, search)));
  if (!search.junit.empty()) writeFile(search.junit, junit(suitesOf(report)));
  if (!arguments.ktap.empty()) writeFile(arguments.ktap, ktap(suitesOf(report)));
  return harness::exitCode(report.verdict());
}

int runOn(const Arguments& arguments, systems::BuiltTree built) {
  TreeReport report;
  report.path = arguments.path;
  report.built = built;
  report.sanitized = arguments.sanitize;
  report.rules = arguments.rules.empty() ? built.rules : arguments.rules;
  if (report.rules.empty()) throw Stop(unknown, built.whyNot);
  const trace::RuleSet rules = ruleSet(report.rules, arguments.knobs);
  harness::Fields fields = harness::shown::all;
  if (!arguments.ignore.empty()) fields &= ~fieldsOf(arguments.ignore, "--ignore");
  report.known = knownFindings(versionOf(built.version));
  report.table = rulesOfTree(rules);

  const Tree tree(arguments, std::move(built));
  std::unique_ptr<fuzz::Examination> examination;
  const auto model = harness::makeModel();
  {
    const fuzz::Interrupt interrupt;
    const auto system = tree.make();
    report.notCovered = notCompared(*system, fields) + undone(*system);
    fuzz::ExaminationOptions options;
    options.runs = 0;
    options.fields = fields;
    options.progress = progress;
    Deadline deadline(arguments);
    options.stopped = [&deadline] { return deadline.over(); };
    examination = std::make_unique<fuzz::Examination>(rules, *model, *system, options);
    examination->run(corpus(arguments, rules, report.known));
    report.corpus = &examination->conformance();
    Deadline replays(arguments);
    report.recordings = replayRecordings(rules, *system, replays);
    report.cut = deadline.text("corpus") + replays.text("recordings");
    progress("");
  }
  report.search = runSearch(arguments, tree, rules, fields, report.known);
  countRules(report);
  return finish(arguments, report);
}

int judge(const Arguments& arguments) {
  checkSearch(arguments.search);
  checkWritable(arguments.ktap);
  if (!arguments.rules.empty()) ruleSet(arguments.rules, arguments.knobs);
  if (!arguments.ignore.empty()) fieldsOf(arguments.ignore, "--ignore");
  systems::BuiltTree built;
  try {
    progress("building the tree");
    built = systems::buildTree(arguments.path,
                               {.sanitize = arguments.sanitize, .edges = true, .coverage = false},
                               arguments.cache);
    progress("");
  } catch (const harness::CannotSay& why) {
    progress("");
    throw Stop(unknown, why.what());
  }
  return runOn(arguments, std::move(built));
}

/// `git bisect run` takes every exit code below 128 except 0 and 125 for a bad commit.
int run(const Arguments& arguments) {
  if (!arguments.bisect) return judge(arguments);
  try {
    const int code = judge(arguments);
    return code == agreed || code == diverged ? code : skipCommit;
  } catch (const harness::Misbehaved&) {
    throw; // of the tree: exit code 1
  } catch (const std::exception& why) {
    throw Stop(skipCommit, why.what());
  }
}

} // namespace

void addKernelTree(Command app, Action& action) {
  Command sub = app.addSubcommand(
      "kernel-tree", "Hold the memory code of a kernel tree to the rules, without booting it");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("PATH", arguments->path, "A kernel tree, 6.11 or newer").required();
  addSearchOptions(sub, arguments->search);
  sub.addOption("--rules", arguments->rules, "Rule set (default: the one for the tree's version)")
      .typeName("SET");
  addKnobOption(sub, arguments->knobs);
  sub.addOption("--ignore", arguments->ignore,
                "Parts of a state that are not compared, as a list such as committed,pgoff")
      .typeName("LIST");
  sub.addOption("--build-dir", arguments->cache,
                "Folder for what is built (default: $XDG_CACHE_HOME/growsdown)")
      .typeName("DIR");
  sub.addFlag("--sanitize", arguments->sanitize,
              "Build with ASan and UBSan, and run the kernel's own validators after each step");
  sub.addOption("--ktap", arguments->ktap, "File for the result as KTAP").typeName("FILE");
  sub.addFlag("--bisect", arguments->bisect,
              "Exit with 0, 1, or 125 if there is no verdict, so that `git bisect run` skips it");
  sub.footer(
      "Compiles files of mm/ against the tree's own user-space layer (tools/testing/vma), replays\n"
      "the corpus and the recordings of the release on them, and searches for differences. Needs\n"
      "a C compiler and liburcu. The tree is read only.\n\n"
      "Exit codes: 0 no difference; 1 a difference; 2 wrong usage; 3 the tree does not fit, with\n"
      "the reason, or the search was interrupted; 4 an error of this program; with --bisect, 125\n"
      "instead of 2, 3 and 4.\n\n"
      "Examples:\n"
      "  growsdown kernel-tree ~/linux\n"
      "  growsdown kernel-tree ~/linux --time 10m --jobs 2 --sanitize --out findings\n"
      "  git bisect run growsdown kernel-tree . --bisect --time 20s");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
