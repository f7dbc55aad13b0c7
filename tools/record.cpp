#include "harness/shrink.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace growsdown::tools {
namespace {

namespace shown = harness::shown;

// The parts of a state that state lines have.
constexpr harness::Fields needed = shown::areas | shown::pages | shown::total | shown::stack |
                                   shown::locked | shown::data | shown::tables | shown::faults;

struct Arguments {
  std::string on, rules, path, output;
  unsigned times = 2;
  std::size_t maxShown = 10;
};

// The records of a trace, with each `= same` replaced by what it means.
std::vector<trace::Record> resolved(const trace::Trace& trace) {
  std::vector<trace::Record> records = trace.records;
  trace::Observation last;
  for (trace::Record& record : records) {
    trace::Observation& state = record.state;
    if (std::exchange(state.same, false)) {
      state.map = last.map;
      state.pages = last.pages;
      state.hasMap = last.hasMap;
      state.hasPages = last.hasPages;
    }
    if (state.hasPages) last = state;
  }
  return records;
}

// The first step in which two recordings of the same steps differ, in lines that `left` has.
struct FirstDifference {
  std::size_t step;
  trace::Record left, right;
};
std::optional<FirstDifference> firstDifference(const trace::Trace& left,
                                               const trace::Trace& right) {
  const std::vector<trace::Record> a = resolved(left), b = resolved(right);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const trace::Observation &was = a[i].state, &is = b[i].state;
    const bool map = was.map == is.map && was.pages == is.pages;
    const bool faults = is.hasFaults && was.faults == is.faults;
    if (a[i].expected != b[i].expected || (was.hasPages && !map) || (was.hasFaults && !faults))
      return FirstDifference{i, a[i], b[i]};
  }
  return {};
}

std::string describe(const trace::Record& record) {
  return fmt::format("{} -> {}\n{}", trace::print(record.step), harness::describe(record.expected),
                     trace::printState(record.state));
}

class Recorder {
 public:
  explicit Recorder(const Arguments& arguments)
      : arguments_(arguments), on_(system(arguments.on)), traces_(readTraces(arguments.path)) {
    checkWritable(arguments.output);
    if (const harness::Fields missing = needed & ~on_->shows(); missing != 0)
      throw Stop(unknown, fmt::format("{} does not show {}, which a recording needs", on_->name(),
                                      harness::print(missing)));
    const std::string own = rulesOf(*on_);
    if (!own.empty() && !arguments.rules.empty() && own != arguments.rules)
      throw Stop(unknown, fmt::format("{} follows {}, not {}", nameOf(), own, arguments.rules));
    rules_ = ruleSet(!arguments.rules.empty() ? arguments.rules
                     : !own.empty()
                         ? own
                         : ruleSetsOrDefault(traces_[0], harness::metadata(traces_[0])).front());
  }

  int run() {
    std::vector<trace::Trace> recording;
    for (time_ = 1; time_ <= arguments_.times; ++time_) {
      std::vector<trace::Trace> again = all();
      if (time_ == 1)
        recording = std::move(again);
      else
        compare(recording, again, "run 1:", fmt::format("run {}:", time_));
    }
    progress({});
    if (reported_ != 0)
      throw Stop(diverged,
                 fmt::format("{} traces differ between two runs; nothing was written", reported_));
    std::size_t steps = 0;
    for (const trace::Trace& trace : recording)
      steps += trace.records.size();
    recording.front().before = {fmt::format("# recorded on {}", nameOf())};
    const std::string text = trace::print(recording);
    std::string note = "as in the input";
    if (std::any_of(traces_.begin(), traces_.end(), expectsSomething)) {
      compare(traces_, recording, "the input has:", "recorded now:");
      if (reported_ != 0) note = fmt::format("{} traces differ from the input", reported_);
    } else {
      note = "the input expected nothing";
    }
    writeFile(arguments_.output, text);
    fmt::print(stderr, "{} traces, {} steps, the same in {} runs; {}\n", recording.size(), steps,
               arguments_.times, note);
    return agreed;
  }

 private:
  static bool expectsSomething(const trace::Trace& trace) {
    return std::any_of(trace.records.begin(), trace.records.end(), [](const trace::Record& r) {
      return r.expected.kind != trace::Outcome::Kind::unspecified;
    });
  }

  std::string nameOf() const {
    const std::string& name = on_->placement().name;
    return name.empty() ? std::string(on_->name()) : name;
  }

  // Runs every trace once.
  std::vector<trace::Trace> all() {
    std::vector<trace::Trace> done;
    for (const trace::Trace& trace : traces_) {
      if (showsProgress())
        progress(fmt::format("{}: run {} of {}, trace {} of {}", on_->name(), time_,
                             arguments_.times, done.size() + 1, traces_.size()));
      std::string why;
      try {
        done.push_back(harness::annotate(*on_, parametersOf(rules_, trace), trace));
        const auto& records = done.back().records;
        const auto open = std::find_if(records.begin(), records.end(), [](const trace::Record& r) {
          return r.expected.kind == trace::Outcome::Kind::unspecified;
        });
        if (open == records.end()) continue;
        why = fmt::format("{}: {}", place(trace, open->line),
                          on_->reason().empty() ? "out of simulated memory" : on_->reason());
      } catch (const harness::CannotSay& e) {
        why = fmt::format("{}: {}", place(trace, trace.line), e.what());
      }
      throw Stop(unknown, fmt::format("{}: nothing was written", why));
    }
    return done;
  }

  void compare(const std::vector<trace::Trace>& left, const std::vector<trace::Trace>& right,
               std::string_view leftName, std::string_view rightName) {
    for (std::size_t i = 0; i < left.size(); ++i) {
      const std::optional<FirstDifference> difference = firstDifference(left[i], right[i]);
      if (!difference) continue;
      progress({});
      if (reported_++ < arguments_.maxShown)
        fmt::print(stderr, "{}: step {}\n{}\n{}{}\n{}",
                   place(traces_[i], traces_[i].records[difference->step].line),
                   difference->step + 1, leftName, describe(difference->left), rightName,
                   describe(difference->right));
    }
  }

  const Arguments& arguments_;
  std::unique_ptr<harness::System> on_;
  std::vector<trace::Trace> traces_;
  trace::RuleSet rules_;
  unsigned time_ = 0;
  std::size_t reported_ = 0;
};

} // namespace

void addRecord(Command app, Action& action) {
  Command sub =
      app.addSubcommand("record", "Perform the traces of a file on a system and write what it did");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("FILE", arguments->path, "Trace file; may be compressed (.xz), - is standard input")
      .typeName("FILE")
      .required();
  sub.addOption("--on", arguments->on, "System to record: " + systemNames())
      .typeName("SYSTEM")
      .required();
  sub.addOption("--output,-o", arguments->output,
                "File for the recording, compressed if it ends in .xz; may be FILE itself")
      .typeName("FILE")
      .required();
  sub.addOption("--rules", arguments->rules,
                "Rule set that the system must follow. If the system names none: the rule set "
                "whose parameters the traces have (default: as by replay)")
      .typeName("SET");
  sub.addOption("--times", arguments->times,
                "Number of runs, whose results must be the same (default: 2)")
      .typeName("N")
      .between(1, 1000);
  sub.addOption("--max-shown", arguments->maxShown,
                "Number of differences to print in full (default: 10)")
      .typeName("N");
  sub.footer("The expectations of FILE do not decide what is written; each difference from them is "
             "printed.\nscripts/record makes the recordings of corpus/observed again.\n\n"
             "Exit codes: 0 written; 1 two runs differ, nothing was written; 2 wrong usage or "
             "malformed input;\n3 the system cannot perform a step, nothing was written; 4 an "
             "error of this program.\n\n"
             "Examples:\n"
             "  growsdown record --on host steps.trace -o host.trace\n"
             "  growsdown record --on kernel:vmlinuz -o new.trace.xz "
             "corpus/observed/linux-6.12-arm64.trace.xz");
  sub.callback(
      [&action, arguments] { action = [arguments] { return Recorder(*arguments).run(); }; });
}

} // namespace growsdown::tools
