#include "harness/shrink.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/options.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <optional>

namespace growsdown::tools {
namespace {

struct Arguments {
  TraceOptions trace;
  std::string output = "-";
  std::vector<std::string> on;
  std::size_t attempts = 20000;
  bool stepsOnly = false;
};

class Shrinker {
 public:
  explicit Shrinker(const Arguments& arguments)
      : arguments_(arguments), first_(system(arguments.on[0])), replayer_(*first_) {
    if (arguments.on.size() < 2) return;
    second_ = system(arguments.on[1]);
    differential_.emplace(*first_, *second_);
  }

  int run() {
    const std::optional<Chosen> chosen = choose();
    if (!chosen) {
      fmt::print(stderr, "growsdown shrink: {}: nothing to shrink: {}\n", arguments_.trace.path,
                 differential_ ? "the two systems agree" : "the trace is as it says");
      return agreed;
    }
    const trace::RuleSet rules = ruleSet(chosen->rules, arguments_.trace.knobs);
    harness::ShrinkResult result = shrink(rules, chosen->trace);
    // A trace from two systems expects what the first one does: a replay on the second one fails.
    if (differential_)
      result.trace = harness::annotate(*first_, parametersOf(rules, result.trace), result.trace);
    const harness::RunResult shown = judge(rules, result.trace);
    result.trace.before.insert(result.trace.before.begin(), "# sets: " + chosen->rules);
    writeFile(arguments_.output, trace::print(result.trace));
    fmt::print(stderr, "{} steps of {} left after {} attempts{}\n{}", result.trace.records.size(),
               chosen->trace.records.size(), result.progress.attempts,
               result.complete ? "" : " (cut by --attempts)",
               report(result.trace, shown, differential_ ? arguments_.on[0] : "expected",
                      differential_ ? arguments_.on[1] : "got"));
    return harness::exitCode(shown.verdict);
  }

 private:
  struct Chosen {
    trace::Trace trace;
    std::string rules;
  };

  harness::RunResult judge(const trace::RuleSet& rules, const trace::Trace& trace) {
    return differential_ ? differential_->run(rules, trace) : replayer_.run(rules, trace);
  }

  // The first trace of the file, or the one asked for, that shows a difference.
  std::optional<Chosen> choose() {
    const TraceOptions& options = arguments_.trace;
    std::vector<trace::Trace> traces;
    if (options.index != 0)
      traces.push_back(readTrace(options.path, options.index));
    else
      traces = readTraces(options.path);
    std::vector<std::string> given = ruleSetNames(options.rules);
    if (given.empty())
      if (std::string followed = rulesOf(arguments_.on); !followed.empty())
        given.push_back(std::move(followed));
    const trace::With with = withOf(options.with);
    for (trace::Trace& trace : traces) {
      fill(trace.with, with);
      const std::vector<std::string> sets =
          given.empty() ? ruleSetsOrDefault(trace, harness::metadata(trace)) : given;
      for (const std::string& set : sets) {
        const harness::Verdict verdict = judge(ruleSet(set, options.knobs), trace).verdict;
        if (verdict == harness::Verdict::diverged || verdict == harness::Verdict::error)
          return Chosen{std::move(trace), set};
      }
    }
    return {};
  }

  harness::ShrinkResult shrink(const trace::RuleSet& rules, const trace::Trace& trace) {
    harness::ShrinkOptions options;
    options.maxAttempts = arguments_.attempts;
    // What a trace expects belongs to its steps as they are: only whole steps may go.
    options.arguments = differential_.has_value() && !arguments_.stepsOnly;
    options.progress = [](const harness::ShrinkProgress& p) {
      if (p.attempts % 16 == 0)
        progress(fmt::format("{} attempts, {} kept, {} steps left", p.attempts, p.kept, p.steps));
    };
    harness::ShrinkResult result = harness::shrink(
        trace, [&](const trace::Trace& t) { return judge(rules, t); }, options,
        !differential_.has_value());
    progress("");
    return result;
  }

  const Arguments& arguments_;
  std::unique_ptr<harness::System> first_, second_;
  harness::Replayer replayer_;
  std::optional<harness::Differential> differential_;
};

} // namespace

void addShrink(Command app, Action& action) {
  Command sub =
      app.addSubcommand("shrink", "Make a trace smaller while it shows the same difference");
  const auto arguments = std::make_shared<Arguments>();
  addTraceArgument(sub, arguments->trace.path);
  addIndexOption(sub, arguments->trace.index, "the first that shows a difference");
  addRulesOption(sub, arguments->trace.rules, rulesOfTrace);
  addKnobOption(sub, arguments->trace.knobs);
  addWithOption(sub, arguments->trace.with);
  sub.addOption("--on", arguments->on,
                "Given twice: keep the difference between these two systems (default: model and "
                "reference). Given once: keep the first difference between this system and the "
                "expectations of the trace. Systems: " +
                    systemNames())
      .typeName("SYSTEM")
      .oneValueEach();
  sub.addOption("--output,-o", arguments->output, "File for the result (default: standard output)")
      .typeName("FILE");
  sub.addOption("--attempts", arguments->attempts,
                "Stop after this many candidates (default: 20000)")
      .typeName("N");
  sub.addFlag("--steps-only", arguments->stepsOnly,
              "Remove steps, but leave the arguments of the others as they are");
  sub.footer("The same difference means: the same field, operation and deciding rule.\n\n"
             "Exit codes: 0 there was no difference to begin with; 1 the result shows the "
             "difference;\n2 wrong usage or malformed input; 3 a system cannot say; 4 an error "
             "of this program.\n\n"
             "Examples:\n"
             "  growsdown shrink finding.trace -o small.trace\n"
             "  growsdown shrink --on model --rules linux-4.3-arm64 recording.trace");
  sub.callback([&action, arguments] {
    action = [arguments] {
      if (arguments->on.empty()) arguments->on = {"model", "reference"};
      if (arguments->on.size() > 2) throw Stop(usage, "shrink: --on is given once or twice");
      return Shrinker(*arguments).run();
    };
  });
}

} // namespace growsdown::tools
