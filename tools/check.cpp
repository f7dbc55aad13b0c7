#include "tools/common.h"
#include "tools/fuzz.h"
#include "tools/prove.h"
#include "tools/replay.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>

namespace growsdown::tools {
namespace fs = std::filesystem;
using harness::Verdict;

namespace {

struct Arguments {
  std::string corpus, time = "20s", json, out = "findings";
  unsigned jobs = 1;
  std::uint64_t seed = 1;
  bool noProofs = false;
};

struct Row {
  std::string name;
  Verdict verdict = Verdict::agreed;
  std::string text;    ///< one line: what was done
  std::string numbers; ///< members of a JSON object, each with a comma before it
  double seconds = 0;
};

class Check {
 public:
  explicit Check(const Arguments& arguments) : arguments_(arguments) {}

  int run() {
    const fs::path corpus = corpusDirectory();
    replayed("corpus: rules", corpus / "rules", "");
    replayed("corpus: regressions", corpus / "regressions", "");
    for (const trace::RuleSet& set : trace::ruleSets())
      for (const fs::path& file : recordings(corpus, set))
        replayed("recording of " + file.stem().stem().string(), file, std::string(set.name));
    wrongRules(corpus);
    proofs();
    fuzzing(corpus);

    std::size_t width = 0;
    for (const Row& row : rows_)
      width = std::max(width, row.name.size());
    fmt::print("\n");
    Verdict worst = Verdict::agreed;
    for (const Row& row : rows_) {
      fmt::print("{:{}}  {:8}  {:6.1f} s  {}\n", row.name, width, harness::name(row.verdict),
                 row.seconds, row.text);
      worst = harness::worse(worst, row.verdict);
    }
    fmt::print("{:{}}  {}\n", "all", width, harness::name(worst));
    if (!arguments_.json.empty()) writeFile(arguments_.json, json(worst));
    return harness::exitCode(worst);
  }

 private:
  // --corpus, or `corpus` here, or beside a directory above the program.
  fs::path corpusDirectory() const {
    if (!arguments_.corpus.empty()) {
      if (!fs::is_directory(arguments_.corpus))
        throw Stop(usage, arguments_.corpus + ": no such directory");
      return arguments_.corpus;
    }
    std::error_code error;
    std::vector<fs::path> candidates{"corpus"};
    for (fs::path at = fs::read_symlink("/proc/self/exe", error); at.has_relative_path();
         at = at.parent_path())
      candidates.push_back(at.parent_path() / "corpus");
    for (const fs::path& candidate : candidates)
      if (fs::is_directory(candidate / "rules", error)) return candidate;
    throw Stop(usage, "check: no corpus here or above the program; say where it is with --corpus");
  }

  static fs::path recording(const fs::path& corpus, const trace::RuleSet& set) {
    return corpus / "observed" / (std::string(set.name) + ".trace.xz");
  }

  // That of a rule set, and those of the same kernel with something else about it: NAME@WHAT.
  static std::vector<fs::path> recordings(const fs::path& corpus, const trace::RuleSet& set) {
    std::vector<fs::path> files;
    const std::string variants = std::string(set.name) + "@";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(corpus / "observed", error))
      if (entry.path().filename().string().rfind(variants, 0) == 0) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    files.insert(files.begin(), recording(corpus, set));
    return files;
  }

  template <class Work>
  void row(std::string name, Work work) {
    progress(name);
    const auto start = std::chrono::steady_clock::now();
    Row row;
    row.name = std::move(name);
    try {
      work(row);
    } catch (const Stop& stop) {
      row.verdict = stop.code == unknown ? Verdict::unknown : Verdict::error;
      row.text = stop.what();
    } catch (const std::exception& e) {
      row.verdict = Verdict::error;
      row.text = e.what();
    }
    row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    progress("");
    fmt::print("{}: {}: {}\n", row.name, harness::name(row.verdict), row.text);
    std::fflush(stdout);
    rows_.push_back(std::move(row));
  }

  void replayed(const std::string& name, const fs::path& path, const std::string& rules) {
    row(name, [&](Row& row) {
      ReplayOptions options;
      options.rules = rules;
      options.on = {"model", "reference"};
      options.jobs = arguments_.jobs;
      const ReplayReport report = replay({path.string()}, options);
      std::size_t shown = 0;
      for (const ReplayRun& run : report.runs)
        if (run.verdict != Verdict::agreed && shown++ < 10) fmt::print("{}", run.text);
      row.verdict = report.verdict;
      row.text = report.summary();
      row.numbers = fmt::format(", \"traces\": {}, \"steps\": {}, \"mismatches\": {}, "
                                "\"unknown\": {}, \"errors\": {}",
                                report.runs.size(), report.steps, report.mismatches, report.unknown,
                                report.errors);
    });
  }

  // Whether `by` is the rule set of the release before or after that of `of`, or of another
  // architecture's kernel of the same release.
  static bool areNeighbours(const trace::RuleSet& of, const trace::RuleSet& by) {
    if (of.arch != by.arch) return of.version == by.version;
    for (const trace::RuleSet& set : trace::ruleSets())
      if (set.arch == of.arch && ((of.version < set.version && set.version < by.version) ||
                                  (by.version < set.version && set.version < of.version)))
        return false;
    return of.version != by.version;
  }

  // The judge must be able to say no: a recording under the rules of a neighbouring kernel. Where
  // one knob is all the difference, a recording of that kernel alone may well not come to it.
  void wrongRules(const fs::path& corpus) {
    row("recordings under wrong rules", [&](Row& row) {
      std::size_t pairs = 0;
      std::size_t least = ~std::size_t{0};
      std::string closest;
      for (const trace::RuleSet& of : trace::ruleSets())
        for (const trace::RuleSet& by : trace::ruleSets()) {
          if (!areNeighbours(of, by) || trace::differingKnobs(of, by).size() <= 1) continue;
          ReplayOptions options;
          options.rules = by.name;
          options.on = {"model"};
          options.jobs = arguments_.jobs;
          const ReplayReport report = replay({recording(corpus, of).string()}, options);
          ++pairs;
          if (report.mismatches < least) {
            least = report.mismatches;
            closest = fmt::format("{} by {}", of.name, by.name);
          }
          if (report.mismatches == 0) {
            row.verdict = Verdict::diverged;
            fmt::print("{} by {}: no mismatch\n", of.name, by.name);
          }
        }
      row.text = fmt::format("{} recordings by the rules of neighbouring kernels; fewest "
                             "mismatches: {} ({})",
                             pairs, least, closest);
    });
  }

  void proofs() {
    if (arguments_.noProofs) return;
    row("proofs", [&](Row& row) {
      const ProofSummary summary = proveAll();
      row.verdict = summary.verdict;
      row.text = summary.text;
      row.numbers = summary.numbers;
    });
  }

  void fuzzing(const fs::path& corpus) {
    if (seconds(arguments_.time) == 0) return;
    row("fuzzing", [&](Row& row) {
      FuzzOptions options;
      options.time = arguments_.time;
      options.jobs = arguments_.jobs;
      options.seed = arguments_.seed;
      options.corpus = {(corpus / "rules").string(), (corpus / "regressions").string()};
      options.out = arguments_.out;
      const fuzz::CampaignResult result = runFuzz(options);
      for (const fuzz::Finding& finding : result.findings)
        fmt::print("{}\n    {}\n", finding.description, finding.file.string());
      row.verdict = result.verdict;
      row.text = summary(result);
      row.numbers = fmt::format(", \"traces\": {}, \"steps\": {}, \"differences\": {}, "
                                "\"unknown\": {}, \"seed\": {}",
                                result.executions, result.steps, result.findings.size(),
                                result.unknown, arguments_.seed);
    });
  }

  std::string json(Verdict worst) const {
    std::string text = fmt::format("{{\n  \"format\": \"growsdown-check-1\",\n  \"verdict\": {},\n"
                                   "  \"exit\": {},\n  \"checks\": [",
                                   jsonString(harness::name(worst)), harness::exitCode(worst));
    const char* separator = "\n";
    for (const Row& row : rows_) {
      text += fmt::format(
          "{}    {{\"name\": {}, \"verdict\": {}, \"seconds\": {:.3f}, \"summary\": {}{}}}",
          separator, jsonString(row.name), jsonString(harness::name(row.verdict)), row.seconds,
          jsonString(row.text), row.numbers);
      separator = ",\n";
    }
    return text + "\n  ]\n}\n";
  }

  const Arguments& arguments_;
  std::vector<Row> rows_;
};

} // namespace

void addCheck(CLI::App& app, Action& action) {
  CLI::App* sub =
      app.add_subcommand("check", "Everything, for CI: corpus, recordings, proofs, fuzzing");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("--corpus", arguments->corpus,
                  "The corpus (default: ./corpus, or the one above the program)");
  sub->add_option("--time", arguments->time, "How long to fuzz (default 20s; 0: not at all)");
  sub->add_option("--jobs,-j", arguments->jobs, "Jobs at once")->check(CLI::Range(1, 256));
  sub->add_option("--seed", arguments->seed, "Seed of the fuzzing (default 1)");
  sub->add_option("--out", arguments->out,
                  "Directory for traces that the fuzzing finds (default: findings)");
  sub->add_option("--json", arguments->json, "Write the result as JSON to this file");
  sub->add_flag("--no-proofs", arguments->noProofs, "Leave the proofs out");
  sub->footer("\nPrints a summary; the exit code is that of the worst part.\n\n"
              "Examples:\n"
              "  growsdown check\n"
              "  growsdown check --time 60s --jobs 2 --json result.json");
  sub->callback([&action, arguments] { action = [arguments] { return Check(*arguments).run(); }; });
}

} // namespace growsdown::tools
