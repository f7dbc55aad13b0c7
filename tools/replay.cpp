#include "tools/replay.h"

#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/files.h"
#include "tools/json.h"
#include "tools/junit.h"
#include "tools/ktap.h"
#include "tools/options.h"
#include "tools/sarif.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace growsdown::tools {

using harness::Verdict;

namespace {

// The systems of one worker.
class Worker {
 public:
  explicit Worker(const std::vector<std::string>& on)
      : first_(system(on.at(0))), replayer_(*first_) {
    if (on.size() < 2) return;
    second_ = system(on[1]);
    differential_.emplace(*first_, *second_);
  }

  /// What the systems do not show.
  std::string notCompared() const {
    return tools::notCompared(*first_) + (second_ ? tools::notCompared(*second_) : "");
  }

  harness::RunResult run(const trace::RuleSet& rules, const trace::Trace& trace, ReplayRun& run) {
    std::string left = "expected", right = "got";
    harness::RunResult result = replayer_.run(rules, trace);
    if (result.verdict == Verdict::agreed && differential_) {
      const std::size_t declared = result.declared;
      differential_->trustReports = harness::isLong(trace);
      result = differential_->run(rules, trace);
      result.declared = declared;
      left = std::string(first_->name()) + " has";
      right = std::string(second_->name()) + " has";
    }
    run.verdict = result.verdict;
    if (run.expectedToDiverge && run.verdict == Verdict::diverged) {
      run.verdict = Verdict::agreed;
    } else if (run.expectedToDiverge && run.verdict == Verdict::agreed) {
      run.verdict = Verdict::diverged;
      run.text = place(trace, trace.line) + ": agrees, but is marked `expect: diverge`\n";
    } else if (run.verdict != Verdict::agreed) {
      run.text = report(trace, result, left, right);
    }
    return result;
  }

 private:
  std::unique_ptr<harness::System> first_, second_;
  harness::Replayer replayer_;
  std::optional<harness::Differential> differential_;
};

class Replay {
 public:
  explicit Replay(const ReplayOptions& options) : options_(options) {
    only_ = ruleSetNames(options.rules);
    with_ = withOf(options.with);
    for (const std::string& name : only_)
      named(name);
    // A system that follows one rule set gets only the traces for that one.
    if (only_.empty()) followed_ = rulesOf(options.on);
  }

  ReplayReport run(const std::vector<std::string>& paths) {
    files_ = traceFiles(paths);
    for (std::size_t i = 0; i < files_.size(); ++i)
      look(i);
    runAll();
    std::sort(kept_.begin(), kept_.end(),
              [](const Kept& a, const Kept& b) { return a.place < b.place; });
    for (Kept& kept : kept_)
      report_.runs.push_back(std::move(kept.run));
    return std::move(report_);
  }

 private:
  const trace::RuleSet* named(const std::string& name) {
    for (const auto& rules : made_)
      if (rules->name == name) return rules.get();
    made_.push_back(std::make_unique<trace::RuleSet>(ruleSet(name, options_.knobs)));
    return made_.back().get();
  }

  // The rule sets to judge a trace by; empty if it is not for the one asked for.
  std::vector<std::string> setsFor(const trace::Trace& trace, const harness::Metadata& data) {
    if (only_.empty() && followed_.empty()) return ruleSetsOrDefault(trace, data);
    const auto among = [](const std::vector<std::string>& sets, const std::string& name) {
      return sets.empty() || std::count(sets.begin(), sets.end(), name) != 0;
    };
    if (only_.empty()) {
      if (!among(ruleSetsOf(trace, data), followed_)) return {};
      return {followed_};
    }
    // With --rules the name of the file does not count.
    if (!data.error.empty()) throw Stop(usage, place(trace, trace.line) + ": " + data.error);
    std::vector<std::string> meant;
    for (const std::string& name : only_)
      if (among(data.sets, name)) meant.push_back(name);
    return meant;
  }

  // Reads a file without running anything, so that an error in it stops the command before the work.
  void look(std::size_t index) {
    const std::string& file = files_[index];
    progress("reading " + file);
    std::string text = readFile(file);
    const std::string name = nameOf(file);
    trace::TraceReader reader(text, name);
    for (trace::Trace trace; reader.next(trace);) {
      const auto sets = setsFor(trace, harness::metadata(trace));
      if (sets.empty()) ++report_.skipped;
      for (const std::string& set : sets)
        named(set);
      expected_ += sets.size();
    }
    if (reader.error()) throw Stop(usage, reader.error()->text());
    // A pipe can be read once. Small files are not worth a second reading.
    std::error_code error;
    constexpr std::size_t most = std::size_t{64} << 20;
    if (file == "-" || !std::filesystem::is_regular_file(file, error) ||
        held_ + text.size() <= most) {
      held_ += text.size();
      texts_[index] = std::move(text);
    }
  }

  static std::string nameOf(const std::string& file) {
    return file == "-" ? "standard input" : file;
  }

  /// A trace, one of its rule sets, and their place in the order of all runs.
  struct Job {
    std::size_t place = 0;
    std::shared_ptr<const trace::Trace> trace;
    const trace::RuleSet* rules = nullptr;
    ReplayRun run;
  };

  /// Makes jobs of the next trace of the files. Returns false after the last trace.
  bool readJobs() {
    while (true) {
      if (!reader_) {
        if (file_ == files_.size()) return false;
        const auto text = texts_.find(file_);
        text_ = text != texts_.end() ? std::move(text->second) : readFile(files_[file_]);
        name_ = nameOf(files_[file_]);
        reader_ = std::make_unique<trace::TraceReader>(text_, name_);
        ++file_;
      }
      auto trace = std::make_shared<trace::Trace>();
      if (reader_->next(*trace)) {
        fill(trace->with, with_);
        const harness::Metadata data = harness::metadata(*trace);
        for (const std::string& set : setsFor(*trace, data)) {
          Job& job = jobs_.emplace_back();
          job.place = place_++;
          job.trace = trace;
          job.rules = named(set);
          job.run.file = trace->file;
          job.run.line = trace->line;
          job.run.rules = set;
          job.run.title = data.title;
          job.run.expectedToDiverge = data.expect == harness::Metadata::Expect::diverge;
        }
        if (!jobs_.empty()) return true;
        continue;
      }
      if (reader_->error()) throw Stop(usage, reader_->error()->text());
      reader_.reset();
    }
  }

  std::optional<Job> next() {
    const std::lock_guard lock(mutex_);
    if (failed_ || (jobs_.empty() && !readJobs())) return {};
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    if (job.place % 256 == 0) progress(fmt::format("{} of {} traces", job.place, expected_));
    return job;
  }

  void work() {
    try {
      Worker worker(options_.on);
      {
        const std::lock_guard lock(mutex_);
        report_.notCompared = worker.notCompared();
      }
      while (std::optional<Job> job = next()) {
        harness::RunResult result = worker.run(*job->rules, *job->trace, job->run);
        done(std::move(*job), std::move(result));
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failed_ = std::current_exception();
    }
  }

  void runAll() {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < options_.jobs; ++i)
      threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads)
      thread.join();
    progress("");
    if (failed_) std::rethrow_exception(failed_);
  }

  void done(Job job, harness::RunResult result) {
    const std::lock_guard lock(mutex_);
    ReplayRun& run = job.run;
    ReplayCount& file = report_.files[{run.file, run.rules}];
    ++file.traces;
    file.steps += result.steps;
    file.mismatches += run.verdict == Verdict::diverged;
    ++report_.judged;
    report_.steps += result.steps;
    report_.declared += result.declared;
    report_.mismatches += run.verdict == Verdict::diverged;
    report_.unknown += run.verdict == Verdict::unknown;
    report_.errors += run.verdict == Verdict::error;
    report_.verdict = harness::worse(report_.verdict, run.verdict);
    const bool agreed = run.verdict == Verdict::agreed;
    if (agreed && !options_.keepAgreed) return;
    const bool inside = result.step < job.trace->records.size();
    run.at = inside ? job.trace->records[result.step].line : run.line;
    run.step = inside ? result.step + 1 : 0;
    if (!agreed) run.result = std::make_unique<const harness::RunResult>(std::move(result));
    kept_.push_back({job.place, std::move(run)});
  }

  struct Kept {
    std::size_t place;
    ReplayRun run;
  };

  const ReplayOptions& options_;
  trace::With with_;              ///< of --with
  std::vector<std::string> only_; ///< the rule sets of --rules
  std::string followed_;          ///< the rule set that the systems follow, without --rules
  std::vector<std::unique_ptr<trace::RuleSet>> made_;
  std::vector<std::string> files_;
  std::map<std::size_t, std::string> texts_; ///< of some files, by their place
  std::size_t held_ = 0;                     ///< bytes in texts_
  std::size_t expected_ = 0;                 ///< runs

  std::mutex mutex_; ///< for all that follows, and named()
  std::size_t file_ = 0, place_ = 0;
  std::string text_, name_;
  std::unique_ptr<trace::TraceReader> reader_; ///< of text_, which is named name_
  std::deque<Job> jobs_;
  std::vector<Kept> kept_;
  ReplayReport report_;
  std::exception_ptr failed_;
};

} // namespace

std::string ReplayReport::summary() const {
  std::string text = fmt::format("{} traces, {} steps, {} mismatches", judged, steps, mismatches);
  if (declared != 0) text += fmt::format(", {} declared differences", declared);
  if (unknown != 0) text += fmt::format(", {} unknown", unknown);
  if (errors != 0) text += fmt::format(", {} errors", errors);
  if (skipped != 0) text += fmt::format(", {} skipped (for other rule sets)", skipped);
  return text;
}

ReplayReport replay(const std::vector<std::string>& paths, const ReplayOptions& options) {
  return Replay(options).run(paths);
}

namespace {

Json json(const ReplayReport& report) {
  Json document = jsonDocument("replay");
  document["traces"] = report.judged;
  document["steps"] = report.steps;
  document["mismatches"] = report.mismatches;
  document["declared"] = report.declared;
  document["unknown"] = report.unknown;
  document["errors"] = report.errors;
  document["skipped"] = report.skipped;
  document["verdict"] = harness::name(report.verdict);
  document["files"] = jsonList(report.files, [](const auto& entry) {
    const auto& [by, file] = entry;
    return Json::object({{"file", by.first},
                         {"rules", by.second},
                         {"traces", file.traces},
                         {"steps", file.steps},
                         {"mismatches", file.mismatches}});
  });
  Json findings = Json::array();
  for (const ReplayRun& run : report.runs) {
    if (run.verdict == Verdict::agreed) continue;
    const harness::RunResult none;
    const harness::RunResult& r = run.result ? *run.result : none;
    findings.push_back(Json::object({{"file", run.file},
                                     {"line", run.at},
                                     {"title", run.title},
                                     {"rules", run.rules},
                                     {"verdict", harness::name(run.verdict)},
                                     {"step", run.step},
                                     {"field", r.difference.field},
                                     {"left", r.difference.left},
                                     {"right", r.difference.right},
                                     {"rule", r.rule},
                                     {"reason", r.reason}}));
  }
  document["findings"] = std::move(findings);
  return document;
}

// One suite per file, one case per run.
std::vector<JunitSuite> suitesOf(const ReplayReport& report) {
  std::vector<JunitSuite> suites;
  for (const ReplayRun& run : report.runs) {
    if (suites.empty() || suites.back().name != run.file) suites.push_back({run.file, {}});
    JunitCase one;
    one.className = run.rules;
    one.name = fmt::format("line {}{}{}", run.line, run.title.empty() ? "" : " ", run.title);
    one.result = run.verdict == Verdict::agreed     ? JunitCase::Result::passed
                 : run.verdict == Verdict::diverged ? JunitCase::Result::failure
                 : run.verdict == Verdict::error    ? JunitCase::Result::error
                                                    : JunitCase::Result::skipped;
    if (run.result && run.verdict != Verdict::unknown)
      one.message = run.result->difference.field + run.result->reason;
    one.text = run.text;
    suites.back().cases.push_back(std::move(one));
  }
  return suites;
}

std::string sarifOf(const ReplayReport& report) {
  std::vector<SarifResult> results;
  for (const ReplayRun& run : report.runs) {
    if (run.verdict != Verdict::diverged && run.verdict != Verdict::error) continue;
    const harness::RunResult none;
    const harness::RunResult& r = run.result ? *run.result : none;
    results.push_back({r.rule, run.text + "rule set " + run.rules, run.file, run.at, {}});
  }
  return sarif(results);
}

struct Arguments {
  std::vector<std::string> paths;
  ReplayOptions options;
  std::string json, junit, ktap, sarif;
  std::size_t maxShown = 10;
  bool files = false;
};

// Which rule set judged what: one line per rule set, or per file and rule set.
void printCounts(const ReplayReport& report, bool files) {
  struct Sum {
    std::string file;
    std::size_t files = 0, traces = 0;
    std::uint64_t mismatches = 0;
  };
  std::map<std::string, Sum> sums;
  for (const auto& [by, count] : report.files) {
    Sum& sum = sums[files ? by.second + " " + by.first : by.second];
    sum.file = by.first;
    ++sum.files;
    sum.traces += count.traces;
    sum.mismatches += count.mismatches;
  }
  for (const auto& [by, sum] : sums)
    fmt::print("{}: {} traces of {}, {} mismatches\n", by.substr(0, by.find(' ')), sum.traces,
               sum.files == 1 ? trace::plainText(sum.file) : fmt::format("{} files", sum.files),
               sum.mismatches);
}

int run(const Arguments& arguments) {
  for (const std::string& path : {arguments.json, arguments.junit, arguments.ktap, arguments.sarif})
    checkWritable(path);
  ReplayOptions options = arguments.options;
  options.keepAgreed = !arguments.junit.empty() || !arguments.ktap.empty();
  ReplayReport report = replay(arguments.paths, options);
  if (report.judged == 0) report.verdict = harness::worse(report.verdict, Verdict::unknown);
  std::size_t shown = 0;
  std::size_t left = 0;
  for (const ReplayRun& run : report.runs) {
    if (run.verdict == Verdict::agreed) continue;
    if (shown == arguments.maxShown) {
      ++left;
      continue;
    }
    ++shown;
    fmt::print("{}", run.text);
    fmt::print("    rule set {}{}\n", run.rules, run.title.empty() ? "" : "; trace: " + run.title);
  }
  if (left != 0) fmt::print("… and {} more (--max-shown N shows more)\n", left);
  printCounts(report, arguments.files);
  if (!arguments.json.empty()) writeFile(arguments.json, printJson(json(report)));
  if (!arguments.junit.empty()) writeFile(arguments.junit, junit(suitesOf(report), true));
  if (!arguments.ktap.empty()) writeFile(arguments.ktap, ktap(suitesOf(report)));
  if (!arguments.sarif.empty()) writeFile(arguments.sarif, sarifOf(report));
  fmt::print("{}{}\n", report.notCompared, report.summary());
  if (report.judged == 0)
    fmt::print(stderr,
               "growsdown replay: no trace is for these rule sets, so nothing was judged\n");
  return harness::exitCode(report.verdict);
}

} // namespace

void addReplay(Command app, Action& action) {
  Command sub =
      app.addSubcommand("replay", "Run traces and compare each step with what the trace expects");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("PATH", arguments->paths,
                "Trace files; may be compressed (.xz), - is standard input. Of a directory, all "
                "*.trace and *.trace.xz files below it")
      .typeName("PATH")
      .required();
  addRulesOption(
      sub, arguments->options.rules,
      "all of the trace's `# sets:` comment, or the one that the file is named after, or "
      "$GROWSDOWN_RULES, or the one for the running kernel, or the newest");
  sub.addOption("--on", arguments->options.on,
                "System to run on (default: model): " + systemNames() +
                    ". Given twice: the first is compared with the trace, then both with each "
                    "other after every step")
      .typeName("SYSTEM")
      .oneValueEach();
  addKnobOption(sub, arguments->options.knobs);
  addWithOption(sub, arguments->options.with);
  sub.addOption("--jobs,-j", arguments->options.jobs, "Number of traces run at once (default: 1)")
      .typeName("N")
      .between(1, 256);
  sub.addOption("--json", arguments->json, "File for the result as JSON").typeName("FILE");
  sub.addOption("--junit", arguments->junit, "File for the result as JUnit XML").typeName("FILE");
  sub.addOption("--ktap", arguments->ktap, "File for the result as KTAP").typeName("FILE");
  sub.addOption("--sarif", arguments->sarif, "File for the mismatches as SARIF 2.1.0")
      .typeName("FILE");
  sub.addFlag("--files", arguments->files,
              "Print the counts of each file, not only their sums per rule set");
  sub.addOption("--max-shown", arguments->maxShown,
                "Number of mismatches to print in full (default: 10)")
      .typeName("N");
  sub.footer("A trace counts once: after its first mismatch nothing more of it is compared.\n\n"
             "Exit codes: 0 all traces agree; 1 a mismatch; 2 wrong usage or malformed input; 3 a "
             "trace\nthat could not be judged; 4 an error of this program.\n\n"
             "Examples:\n"
             "  growsdown replay corpus\n"
             "  growsdown replay --rules linux-6.12-arm64 recording.trace.xz\n"
             "  growsdown replay --on model --on reference --jobs 2 corpus/regressions\n"
             "  growsdown replay --rules linux-6.12-arm64 --knob gap-pages=1 recording.trace");
  sub.callback([&action, arguments] {
    action = [arguments] {
      if (arguments->options.on.empty()) arguments->options.on = {"model"};
      if (arguments->options.on.size() > 2)
        throw Stop(usage, "replay: --on is given once or twice");
      return run(*arguments);
    };
  });
}

} // namespace growsdown::tools
