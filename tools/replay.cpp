#include "tools/replay.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
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

  void run(const trace::RuleSet& rules, const trace::Trace& trace, ReplayRun& run) {
    run.result = replayer_.run(rules, trace);
    run.leftName = "expected";
    run.rightName = "got";
    if (run.result.verdict == Verdict::agreed && differential_) {
      const std::size_t declared = run.result.declared;
      run.result = differential_->run(rules, trace);
      run.result.declared = declared;
      run.leftName = std::string(first_->name()) + " has";
      run.rightName = std::string(second_->name()) + " has";
    }
    run.verdict = run.result.verdict;
    if (run.expectedToDiverge && run.verdict == Verdict::diverged) {
      run.verdict = Verdict::agreed;
    } else if (run.expectedToDiverge && run.verdict == Verdict::agreed) {
      run.verdict = Verdict::diverged;
      run.text = place(trace, trace.line) + ": agrees, but is marked `expect: diverge`\n";
    } else if (run.verdict != Verdict::agreed) {
      run.text = report(trace, run.result, run.leftName, run.rightName);
    }
  }

 private:
  std::unique_ptr<harness::System> first_, second_;
  harness::Replayer replayer_;
  std::optional<harness::Differential> differential_;
};

} // namespace

std::string ReplayReport::summary() const {
  std::string text =
      fmt::format("{} traces, {} steps, {} mismatches", runs.size(), steps, mismatches);
  if (declared != 0) text += fmt::format(", {} declared differences", declared);
  if (unknown != 0) text += fmt::format(", {} unknown", unknown);
  if (errors != 0) text += fmt::format(", {} errors", errors);
  if (skipped != 0) text += fmt::format(", {} skipped (for other rule sets)", skipped);
  return text;
}

ReplayReport replay(const std::vector<std::string>& paths, const ReplayOptions& options) {
  ReplayReport report;
  std::vector<const trace::RuleSet*> ruleOfRun;
  std::vector<std::unique_ptr<trace::RuleSet>> made;
  const auto named = [&](const std::string& name) {
    for (const auto& rules : made)
      if (rules->name == name) return rules.get();
    made.push_back(std::make_unique<trace::RuleSet>(ruleSet(name, options.knobs)));
    return made.back().get();
  };
  if (!options.rules.empty()) named(options.rules);
  // A system that says which rule set it follows is given what is meant for that one.
  const std::string followed = options.rules.empty() ? rulesOf(options.on) : std::string();

  for (const std::string& file : traceFiles(paths)) {
    progress("reading " + file);
    std::vector<trace::Trace> traces = readTraces(file);
    for (trace::Trace& trace : traces) {
      const harness::Metadata data = harness::metadata(trace);
      std::vector<std::string> sets;
      if (!followed.empty()) {
        sets = ruleSetsOf(trace, data, followed);
        const bool meant = std::count(sets.begin(), sets.end(), followed) != 0;
        if (!meant) ++report.skipped;
        sets.assign(meant ? 1 : 0, followed);
      } else if (options.rules.empty()) {
        sets = ruleSetsOf(trace, data);
      } else { // the file's name does not matter then
        if (!data.error.empty()) throw Stop(usage, place(trace, trace.line) + ": " + data.error);
        const bool meant =
            data.sets.empty() || std::count(data.sets.begin(), data.sets.end(), options.rules) != 0;
        if (!meant) ++report.skipped;
        sets.assign(meant ? 1 : 0, options.rules);
      }
      for (const std::string& set : sets) {
        ReplayRun run;
        run.trace = report.traces.size();
        run.rules = set;
        run.title = data.title;
        run.expectedToDiverge = data.expect == harness::Metadata::Expect::diverge;
        report.runs.push_back(std::move(run));
        ruleOfRun.push_back(named(set));
      }
      report.traces.push_back(std::move(trace));
    }
  }

  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failed;
  const auto work = [&] {
    try {
      Worker worker(options.on);
      {
        const std::lock_guard lock(mutex);
        report.notCompared = worker.notCompared();
      }
      for (std::size_t i; (i = next++) < report.runs.size();) {
        ReplayRun& run = report.runs[i];
        worker.run(*ruleOfRun[i], report.traces[run.trace], run);
        if (i % 256 == 0) progress(fmt::format("{} of {} traces", i, report.runs.size()));
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failed = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.jobs; ++i)
    threads.emplace_back(work);
  work();
  for (std::thread& thread : threads)
    thread.join();
  progress("");
  if (failed) std::rethrow_exception(failed);

  for (const ReplayRun& run : report.runs) {
    Judged& judged = report.judged[{report.traces[run.trace].file, run.rules}];
    ++judged.traces;
    judged.steps += run.result.steps;
    judged.mismatches += run.verdict == Verdict::diverged;
    report.steps += run.result.steps;
    report.declared += run.result.declared;
    report.mismatches += run.verdict == Verdict::diverged;
    report.unknown += run.verdict == Verdict::unknown;
    report.errors += run.verdict == Verdict::error;
    report.verdict = harness::worse(report.verdict, run.verdict);
  }
  return report;
}

namespace {

std::string json(const ReplayReport& report) {
  std::string text = fmt::format(
      "{{\n  \"format\": \"growsdown-replay-1\",\n  \"traces\": {},\n"
      "  \"steps\": {},\n  \"mismatches\": {},\n  \"declared\": {},\n  \"unknown\": {},\n"
      "  \"errors\": {},\n  \"skipped\": {},\n  \"verdict\": {},\n"
      "  \"findings\": [",
      report.runs.size(), report.steps, report.mismatches, report.declared, report.unknown,
      report.errors, report.skipped, jsonString(harness::name(report.verdict)));
  const char* separator = "\n";
  for (const auto& [by, judged] : report.judged) {
    text += fmt::format("{}    {{\"file\": {}, \"rules\": {}, \"traces\": {}, \"steps\": {}, "
                        "\"mismatches\": {}}}",
                        separator, jsonString(by.first), jsonString(by.second), judged.traces,
                        judged.steps, judged.mismatches);
    separator = ",\n";
  }
  text += "\n  ],\n  \"findings\": [";
  separator = "\n";
  for (const ReplayRun& run : report.runs) {
    if (run.verdict == Verdict::agreed) continue;
    const trace::Trace& trace = report.traces[run.trace];
    const harness::RunResult& r = run.result;
    const bool inside = r.step < trace.records.size();
    text += fmt::format(
        "{}    {{\"file\": {}, \"line\": {}, \"title\": {}, \"rules\": {}, \"verdict\": {}, "
        "\"step\": {}, \"field\": {}, \"left\": {}, \"right\": {}, \"rule\": {}, \"reason\": {}}}",
        separator, jsonString(trace.file), inside ? trace.records[r.step].line : trace.line,
        jsonString(run.title), jsonString(run.rules), jsonString(harness::name(run.verdict)),
        inside ? r.step + 1 : 0, jsonString(r.difference.field), jsonString(r.difference.left),
        jsonString(r.difference.right), jsonString(r.rule), jsonString(r.reason));
    separator = ",\n";
  }
  return text + "\n  ]\n}\n";
}

std::string junit(const ReplayReport& report) {
  std::string text = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                 "<testsuites tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
                                 report.runs.size(), report.mismatches, report.errors);
  for (std::size_t i = 0; i < report.runs.size();) {
    const std::string& file = report.traces[report.runs[i].trace].file;
    std::string cases;
    std::size_t tests = 0, failures = 0, errors = 0, unknowns = 0;
    for (; i < report.runs.size() && report.traces[report.runs[i].trace].file == file; ++i) {
      const ReplayRun& run = report.runs[i];
      const trace::Trace& trace = report.traces[run.trace];
      ++tests;
      failures += run.verdict == Verdict::diverged;
      errors += run.verdict == Verdict::error;
      unknowns += run.verdict == Verdict::unknown;
      cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xmlText(run.rules),
                           xmlText(fmt::format("line {} {}", trace.line, run.title)));
      if (run.verdict == Verdict::agreed) {
        cases += "/>\n";
        continue;
      }
      const char* element = run.verdict == Verdict::diverged ? "failure"
                            : run.verdict == Verdict::error  ? "error"
                                                             : "skipped";
      // Some schemas know no attribute of `skipped`.
      const std::string message =
          run.verdict == Verdict::unknown
              ? ""
              : fmt::format(" message=\"{}\"",
                            xmlText(run.result.difference.field + run.result.reason));
      cases += fmt::format(">\n      <{}{}>{}</{}>\n    </testcase>\n", element, message,
                           xmlText(run.text), element);
    }
    text += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" "
                        "skipped=\"{}\">\n{}  </testsuite>\n",
                        xmlText(file), tests, failures, errors, unknowns, cases);
  }
  return text + "</testsuites>\n";
}

struct Arguments {
  std::vector<std::string> paths;
  ReplayOptions options;
  std::string json, junit;
  std::size_t maxShown = 10;
  bool files = false;
};

// Which rule set judged what: a line a rule set, or a line a file and rule set.
void showJudged(const ReplayReport& report, bool files) {
  struct Sum {
    std::string file;
    std::size_t files = 0, traces = 0;
    std::uint64_t mismatches = 0;
  };
  std::map<std::string, Sum> sums;
  for (const auto& [by, judged] : report.judged) {
    Sum& sum = sums[files ? by.second + " " + by.first : by.second];
    sum.file = by.first;
    ++sum.files;
    sum.traces += judged.traces;
    sum.mismatches += judged.mismatches;
  }
  for (const auto& [by, sum] : sums)
    fmt::print("{}: {} traces of {}, {} mismatches\n", by.substr(0, by.find(' ')), sum.traces,
               sum.files == 1 ? sum.file : fmt::format("{} files", sum.files), sum.mismatches);
}

int runReplay(const Arguments& arguments) {
  const ReplayReport report = replay(arguments.paths, arguments.options);
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
  showJudged(report, arguments.files);
  if (!arguments.json.empty()) writeFile(arguments.json, json(report));
  if (!arguments.junit.empty()) writeFile(arguments.junit, junit(report));
  fmt::print("{}{}\n", report.notCompared, report.summary());
  return harness::exitCode(report.verdict);
}

} // namespace

void addReplay(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("replay", "Run traces and compare with what they expect");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("PATH", arguments->paths,
                  "Trace files (also .xz; - is standard input), or directories of them")
      ->required();
  sub->add_option(
      "--rules", arguments->options.rules,
      "Rule set to judge by. Without it: a trace's `# sets:` line, or the rule set that "
      "the file is named after, or " +
          std::string(trace::defaultRuleSet));
  sub->add_option("--on", arguments->options.on,
                  "System to run on (default: model): " + systemNames() +
                      ". Twice: the first is compared with the trace, then both with each other "
                      "after every step")
      ->allow_extra_args(false);
  sub->add_option("--knob", arguments->options.knobs,
                  "NAME=VALUE: turn a knob of the rule set (`growsdown knobs` lists them)")
      ->allow_extra_args(false);
  sub->add_option("--jobs,-j", arguments->options.jobs, "Traces run at once")
      ->check(CLI::Range(1, 256));
  sub->add_option("--json", arguments->json, "Write the result as JSON to this file");
  sub->add_option("--junit", arguments->junit, "Write the result as JUnit XML to this file");
  sub->add_flag("--files", arguments->files,
                "Say for each file, not for all of them together, which rule set judged it");
  sub->add_option("--max-shown", arguments->maxShown, "Mismatches told in full (default 10)");
  sub->footer("\nA trace counts once: behind its first mismatch nothing of it is compared.\n\n"
              "Examples:\n"
              "  growsdown replay corpus\n"
              "  growsdown replay --rules linux-6.12-arm64 recording.trace.xz\n"
              "  growsdown replay --on model --on reference --jobs 2 corpus/regressions\n"
              "  growsdown replay --rules linux-6.12-arm64 --knob gap-pages=1 recording.trace");
  sub->callback([&action, arguments] {
    action = [arguments] {
      if (arguments->options.on.empty()) arguments->options.on = {"model"};
      if (arguments->options.on.size() > 2)
        throw Stop(usage, "replay: --on takes one or two systems");
      return runReplay(*arguments);
    };
  });
}

} // namespace growsdown::tools
