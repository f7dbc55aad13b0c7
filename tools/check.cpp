#include "fuzz/interrupt.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/coverage.h"
#include "tools/files.h"
#include "tools/fuzz.h"
#include "tools/html.h"
#include "tools/json.h"
#include "tools/junit.h"
#include "tools/ktap.h"
#include "tools/prove.h"
#include "tools/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

namespace growsdown::tools {
namespace fs = std::filesystem;
using harness::Verdict;

namespace {

struct Arguments {
  std::string corpus, time = "20s", json, junit, ktap, html, out = "findings";
  unsigned jobs = 1;
  std::uint64_t seed = 1;
  bool noProofs = false;
};

// One line of the summary.
struct Part {
  std::string name;
  Verdict verdict = Verdict::agreed;
  std::string text;             ///< one line: what was done
  Json counts = Json::object(); ///< for --json
  double seconds = 0;
  std::string details; ///< what does not agree, in lines
};

class Check {
 public:
  explicit Check(const Arguments& arguments) : arguments_(arguments) {}

  int run() {
    const fuzz::Interrupt interrupt;
    seconds(arguments_.time); // refused before the work, as a report that cannot be written
    for (const std::string& path :
         {arguments_.json, arguments_.junit, arguments_.ktap, arguments_.html})
      checkWritable(path);
    if (seconds(arguments_.time) > 0) checkDirectory(arguments_.out);
    const fs::path corpus = corpusDirectory();
    replayed("corpus: rules", corpus / "rules", "");
    replayed("corpus: regressions", corpus / "regressions", "");
    for (const trace::RuleSet& set : trace::ruleSets())
      for (const fs::path& file : recordings(corpus, set))
        replayed("recording of " + file.stem().stem().string(), file, std::string(set.name));
    wrongRules(corpus);
    proofs();
    fuzzing(corpus);

    const std::string interrupted = fuzz::Interrupt::text();
    std::size_t width = 0;
    for (const Part& part : parts_)
      width = std::max(width, part.name.size());
    fmt::print("\n");
    Verdict worst = Verdict::agreed;
    for (const Part& part : parts_) {
      fmt::print("{:{}}  {:8}  {:6.1f} s  {}\n", part.name, width, harness::name(part.verdict),
                 part.seconds, part.text);
      worst = harness::worse(worst, part.verdict);
    }
    if (!interrupted.empty()) worst = harness::worse(worst, Verdict::unknown);
    fmt::print("{:{}}  {}{}\n", "all", width, harness::name(worst),
               interrupted.empty() ? "" : "  " + interrupted);
    write(worst);
    return harness::exitCode(worst);
  }

 private:
  void write(Verdict worst) const {
    if (!arguments_.json.empty()) writeFile(arguments_.json, printJson(json(worst)));
    if (!arguments_.junit.empty()) writeFile(arguments_.junit, junit({suite()}));
    if (!arguments_.ktap.empty()) writeFile(arguments_.ktap, ktap({suite()}));
    if (!arguments_.html.empty()) writeFile(arguments_.html, html(worst));
  }

  // --corpus, or `corpus` in the working directory or in one above the program.
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
    throw Stop(usage,
               "check: no directory `corpus` here or above the program; name it with --corpus");
  }

  static fs::path recording(const fs::path& corpus, const trace::RuleSet& set) {
    return corpus / "observed" / (std::string(set.name) + ".trace.xz");
  }

  // The recordings of a rule set: its own, and variants that are named NAME@WHAT.
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
  void part(std::string name, Work work) {
    progress(name);
    const auto start = std::chrono::steady_clock::now();
    Part part;
    part.name = std::move(name);
    try {
      if (fuzz::Interrupt::signal() != 0)
        throw Stop(unknown, "not done: " + fuzz::Interrupt::text());
      work(part);
    } catch (const Stop& stop) {
      part.verdict = stop.code == unknown ? Verdict::unknown : Verdict::error;
      part.text = stop.what();
    } catch (const std::exception& e) {
      part.verdict = Verdict::error;
      part.text = e.what();
    }
    part.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    progress("");
    fmt::print("{}: {}: {}\n", part.name, harness::name(part.verdict), part.text);
    std::fflush(stdout);
    parts_.push_back(std::move(part));
  }

  void replayed(const std::string& name, const fs::path& path, const std::string& rules) {
    part(name, [&](Part& part) {
      ReplayOptions options;
      if (!rules.empty()) options.rules = {rules};
      options.on = {"model", "reference"};
      options.jobs = arguments_.jobs;
      const ReplayReport report = replay({path.string()}, options);
      std::size_t shown = 0;
      for (const ReplayRun& run : report.runs)
        if (run.verdict != Verdict::agreed && shown++ < 10) {
          fmt::print("{}", run.text);
          part.details += run.text;
        }
      part.verdict = report.verdict;
      part.text = report.summary();
      part.counts = Json::object({{"traces", report.judged},
                                  {"steps", report.steps},
                                  {"mismatches", report.mismatches},
                                  {"unknown", report.unknown},
                                  {"errors", report.errors}});
    });
  }

  // Whether `by` is the rule set of the release before or after that of `of`, or of the same
  // release on another architecture.
  static bool areNeighbours(const trace::RuleSet& of, const trace::RuleSet& by) {
    if (of.arch != by.arch) return of.version == by.version;
    for (const trace::RuleSet& set : trace::ruleSets())
      if (set.arch == of.arch && ((of.version < set.version && set.version < by.version) ||
                                  (by.version < set.version && set.version < of.version)))
        return false;
    return of.version != by.version;
  }

  // The judge must be able to reject: each recording under the rules of a neighbouring kernel must
  // mismatch. Pairs that differ in a single knob are left out, because a recording may not depend
  // on that knob.
  void wrongRules(const fs::path& corpus) {
    part("recordings under wrong rules", [&](Part& part) {
      std::size_t pairs = 0;
      std::size_t least = ~std::size_t{0};
      std::string closest;
      for (const trace::RuleSet& of : trace::ruleSets())
        for (const trace::RuleSet& by : trace::ruleSets()) {
          if (!areNeighbours(of, by) || trace::differingKnobs(of, by).size() <= 1) continue;
          ReplayOptions options;
          options.rules = {std::string(by.name)};
          options.on = {"model"};
          options.jobs = arguments_.jobs;
          const ReplayReport report = replay({recording(corpus, of).string()}, options);
          ++pairs;
          if (report.mismatches < least) {
            least = report.mismatches;
            closest = fmt::format("{} by {}", of.name, by.name);
          }
          if (report.mismatches == 0) {
            part.verdict = Verdict::diverged;
            fmt::print("{} by {}: no mismatch\n", of.name, by.name);
          }
        }
      part.text = fmt::format("{} recordings by the rules of neighbouring kernels; fewest "
                              "mismatches: {} ({})",
                              pairs, least, closest);
    });
  }

  void proofs() {
    if (arguments_.noProofs) return;
    part("proofs", [&](Part& part) {
      ProofSummary summary = proveAll(arguments_.jobs);
      part.verdict = summary.verdict;
      part.text = std::move(summary.text);
      part.counts = std::move(summary.counts);
      theorems_ = std::move(summary.theorems);
    });
  }

  void fuzzing(const fs::path& corpus) {
    if (seconds(arguments_.time) == 0) return;
    part("fuzzing", [&](Part& part) {
      FuzzOptions options;
      options.time = arguments_.time;
      options.jobs = arguments_.jobs;
      options.seed = arguments_.seed;
      options.corpus = {(corpus / "rules").string(), (corpus / "regressions").string()};
      options.out = arguments_.out;
      const fuzz::CampaignResult result = runFuzz(options);
      for (const fuzz::Finding& finding : result.findings) {
        fmt::print("{}\n    {}\n", finding.description, finding.file.string());
        part.details += finding.description + "\n" + finding.text + "\n";
      }
      part.verdict = result.verdict;
      part.text = summary(result);
      part.counts = Json::object({{"traces", result.executions},
                                  {"steps", result.steps},
                                  {"differences", result.findings.size()},
                                  {"unknown", result.unknown},
                                  {"seed", arguments_.seed}});
    });
  }

  Json json(Verdict worst) const {
    Json document = jsonDocument("check");
    document["verdict"] = harness::name(worst);
    document["exit"] = harness::exitCode(worst);
    document["checks"] = jsonList(parts_, [](const Part& part) {
      Json object = Json::object({{"name", part.name},
                                  {"verdict", harness::name(part.verdict)},
                                  {"seconds", jsonSeconds(part.seconds)},
                                  {"summary", part.text}});
      object.update(part.counts);
      return object;
    });
    return document;
  }

  JunitSuite suite() const {
    using Result = JunitCase::Result;
    JunitSuite suite{"growsdown check", {}};
    for (const Part& part : parts_) {
      JunitCase one;
      one.className = "check";
      one.name = part.name;
      one.seconds = part.seconds;
      if (part.verdict != Verdict::agreed) {
        one.result = part.verdict == Verdict::diverged ? Result::failure : Result::error;
        one.message = part.text;
        one.text = part.details;
      }
      suite.cases.push_back(std::move(one));
    }
    return suite;
  }

  std::string html(Verdict worst) const {
    HtmlTable parts({"part", "verdict", "#seconds", "result"});
    std::string details;
    for (const Part& part : parts_) {
      parts.row({part.name, std::string(harness::name(part.verdict)),
                 fmt::format("{:.1f}", part.seconds), part.text});
      if (!part.details.empty())
        details +=
            fmt::format("<h3>{}</h3>\n<pre>{}</pre>\n", xmlText(part.name), xmlText(part.details));
    }
    HtmlTable theorems({"theorem", "rule set", "verdict", "#seconds"});
    for (const ProofSummary::Theorem& theorem : theorems_)
      theorems.row(
          {theorem.name, theorem.rules, theorem.verdict, fmt::format("{:.1f}", theorem.seconds)});
    std::string body = parts.text();
    if (!details.empty()) body += "<h2>What does not agree</h2>\n" + details;
    if (!theorems_.empty()) body += "<h2>Theorems</h2>\n" + theorems.text();
    body +=
        "<h2>Rules, and how many tests, recordings and theorems reach each</h2>\n" + htmlCoverage();
    return htmlPage(fmt::format("growsdown check: {}", harness::name(worst)), body);
  }

  const Arguments& arguments_;
  std::vector<Part> parts_;
  std::vector<ProofSummary::Theorem> theorems_;
};

} // namespace

void addCheck(Command app, Action& action) {
  Command sub =
      app.addSubcommand("check", "Run everything: corpus, recordings, proofs, and fuzzing");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("--corpus", arguments->corpus,
                "Directory of the corpus (default: ./corpus, or the one above the program)")
      .typeName("DIR");
  sub.addOption("--time", arguments->time,
                "How long to fuzz, such as 60s or 10m (default: 20s; 0: not at all)")
      .typeName("TIME");
  sub.addOption("--jobs,-j", arguments->jobs, "Number of jobs at once (default: 1)")
      .typeName("N")
      .between(1, 256);
  sub.addOption("--seed", arguments->seed, "Seed of the fuzzing (default: 1)").typeName("N");
  sub.addOption("--out", arguments->out,
                "Directory for traces that the fuzzing finds (default: findings)")
      .typeName("DIR");
  sub.addOption("--json", arguments->json, "File for the result as JSON").typeName("FILE");
  sub.addOption("--junit", arguments->junit, "File for the result as JUnit XML, a case per part")
      .typeName("FILE");
  sub.addOption("--ktap", arguments->ktap, "File for the result as KTAP").typeName("FILE");
  sub.addOption(
         "--html", arguments->html,
         "File for a page with the parts, what does not agree, the theorems with their times, "
         "and the coverage of the rules")
      .typeName("FILE");
  sub.addFlag("--no-proofs", arguments->noProofs, "Leave out the proofs");
  sub.footer("Meant for CI. Prints one line per part and a summary.\n\n"
             "Exit codes, of the worst part: 0 agreed; 1 a difference, or a theorem refuted; 2 "
             "wrong usage;\n3 unknown, or interrupted; 4 an error of this program.\n\n"
             "Examples:\n"
             "  growsdown check\n"
             "  growsdown check --time 60s --jobs 2 --json result.json");
  sub.callback([&action, arguments] { action = [arguments] { return Check(*arguments).run(); }; });
}

} // namespace growsdown::tools
