#include "fuzz/campaign.h"

#include "fuzz/features.h"
#include "fuzz/mutator.h"
#include "fuzz/random.h"
#include "fuzz/seeds.h"
#include "harness/builtin_systems.h"
#include "harness/forwarding.h"
#include "harness/shrink.h"
#include "trace/text.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <new>
#include <set>
#include <sstream>
#include <utility>

#include <csignal>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace growsdown::fuzz {
namespace {

using Clock = std::chrono::steady_clock;
using harness::RunResult;
using harness::System;
using harness::Verdict;
using trace::Step;

constexpr std::size_t mostFindings = 16;
constexpr std::size_t mostRules = 512;
constexpr std::size_t mostText = std::size_t{256} << 10;

double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void pause() {
  const timespec tenMilliseconds{0, 10'000'000};
  nanosleep(&tenMilliseconds, nullptr);
}

// ---- memory shared between the campaign and a worker -------------------------------------------

/// A finding as a worker hands it over.
struct Record {
  Verdict verdict;
  bool visible;
  char signature[160];
  char description[1024];
  char rules[64];
  std::size_t steps;
  std::size_t stepsBefore;
  std::uint64_t executions;
  double seconds;
  std::size_t textSize;
  char text[mostText];
};

/// What a worker shows while it runs: how far it is, and the program that it is at, so that it can
/// be told when the worker is gone.
struct Slot {
  std::atomic<std::uint64_t> executions{0};
  std::atomic<std::uint64_t> steps{0};
  std::atomic<std::uint64_t> beats{0}; ///< steps made for whatever purpose
  std::atomic<std::uint64_t> unknown{0};
  std::atomic<std::uint64_t> features{0};
  std::atomic<std::uint64_t> pool{0};
  std::atomic<std::uint64_t> findings{0};
  std::atomic<bool> stop{false};

  const trace::RuleSet* rules = nullptr;
  const trace::State* initial = nullptr; ///< of a seed: the same address in both processes
  trace::With with;
  std::atomic<std::size_t> count{0};
  Step program[mostSteps];

  Record records[mostFindings];

  std::uint64_t ruleHits[mostRules]; ///< as of some traces ago

  void begin(const Program& of) {
    count.store(0, std::memory_order_relaxed);
    rules = of.rules;
    initial = of.initial.get();
    with = of.with;
  }
  /// The step about to be made.
  void put(const Step& step) {
    const std::size_t at = count.load(std::memory_order_relaxed);
    if (at < mostSteps) {
      program[at] = step;
      count.store(at + 1, std::memory_order_release);
    }
    beats.fetch_add(1, std::memory_order_relaxed);
  }
};

template <std::size_t N>
void copyText(char (&to)[N], std::string_view from) {
  const std::size_t size = std::min(from.size(), N - 1);
  std::memcpy(to, from.data(), size);
  to[size] = 0;
}

Slot* makeSlot() {
  void* memory =
      mmap(nullptr, sizeof(Slot), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : new (memory) Slot;
}

/// The program that the worker was at.
Program lastProgram(const Slot& slot, const CampaignOptions& options) {
  Program program;
  program.rules = slot.rules;
  program.with = slot.with;
  if (slot.initial)
    for (const Program& seed : options.seeds)
      if (seed.initial.get() == slot.initial) program.initial = seed.initial;
  program.steps.assign(slot.program, slot.program + slot.count.load(std::memory_order_acquire));
  return program;
}

// ---- what is said about a finding ---------------------------------------------------------------

std::string fileName(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    if (plain)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (!name.empty() && name.back() == '-')
    name.pop_back();
  return name.substr(0, 120);
}

std::string signatureName(const RunResult& result, const trace::Trace& trace) {
  const harness::Signature s = harness::signature(result, trace);
  std::string text{harness::name(s.verdict)};
  text += '-';
  text += trace::name(s.op);
  text += '-' + (s.field.empty() ? result.reason : s.field);
  if (!s.rule.empty()) text += '-' + s.rule;
  return fileName(text);
}

std::string describe(const RunResult& result, const trace::Trace& trace, std::string_view left,
                     std::string_view right) {
  std::ostringstream text;
  if (result.step == harness::initialState)
    text << "at the start";
  else if (result.step < trace.records.size())
    text << "step " << result.step + 1 << " (" << trace::print(trace.records[result.step].step)
         << ")";
  if (result.verdict == Verdict::diverged)
    text << ": " << result.difference.field << ": " << left << " " << result.difference.left << ", "
         << right << " " << result.difference.right;
  else
    text << ": " << result.reason;
  if (!result.rule.empty()) text << "; decided by " << result.rule;
  if (!result.brokenInvariants.empty()) text << "; broken: " << result.brokenInvariants;
  return text.str();
}

/// Comments that say what was found stand above the trace.
std::string fileText(trace::Trace trace, std::string_view title, std::string_view description,
                     const trace::RuleSet& rules, std::string_view rule) {
  const auto line = [&](std::string_view key, std::string_view value) {
    std::string text = "# " + std::string(key) + std::string(value);
    std::replace(text.begin(), text.end(), '\n', ' ');
    trace.before.push_back(std::move(text));
  };
  trace.before.clear();
  line("title: ", title);
  line("sets: ", rules.name);
  if (!rule.empty()) line("rules: ", rule);
  line("found: ", description);
  return trace::print(trace);
}

// ---- a worker
// ------------------------------------------------------------------------------------

/// Remembers what the system answered last.
class Watched final : public harness::Forwarding {
 public:
  using Forwarding::Forwarding;

  trace::Outcome apply(const Step& step) override { return last = Forwarding::apply(step); }

  trace::Outcome last;
};

std::unique_ptr<System> makeLeft(const CampaignOptions& options) {
  return options.left ? options.left() : harness::makeModel();
}
std::unique_ptr<System> makeRight(const CampaignOptions& options) {
  return options.right ? options.right() : harness::makeReference();
}

class Worker {
 public:
  Worker(const CampaignOptions& options, Slot& slot, unsigned index, unsigned life,
         Clock::time_point begin)
      : options_(options), slot_(slot), begin_(begin),
        random_(Random(options.seed).next() ^ (index * 0x9e3779b97f4a7c15ULL + life)),
        left_(makeLeft(options)), right_(makeRight(options)), guide_(makeLeft(options)),
        watched_(*left_), differential_(watched_, *right_), mutator_(*guide_, options.maxSteps) {
    for (const trace::RuleSet& rules : trace::ruleSets())
      if (options.rules.empty() ||
          std::find(options.rules.begin(), options.rules.end(), &rules) != options.rules.end())
        rules_.push_back(&rules);
  }

  void work(std::uint64_t runs, bool withSeeds) {
    search(runs, withSeeds);
    publishHits();
  }

 private:
  void search(std::uint64_t runs, bool withSeeds) {
    const auto done = [&] {
      return slot_.stop.load(std::memory_order_relaxed) || finished_ ||
             (runs && slot_.executions.load(std::memory_order_relaxed) >= runs);
    };
    if (withSeeds)
      for (const Program& seed : options_.seeds) {
        if (done()) return;
        program_ = seed;
        plan_ = {};
        judge(execute());
      }
    for (std::uint64_t i = 0; !done(); ++i) {
      if (i % 64 == 0) {
        swarm_ = Swarm::draw(random_);
        publishHits();
      }
      choose();
      judge(execute());
    }
  }

  /// Changes made while the program runs, where the state is at hand.
  struct Plan {
    enum class What : std::uint8_t { insert, change, edge, limit };
    struct Edit {
      std::size_t at;
      What what;
    };
    std::array<Edit, 4> edits{};
    unsigned count = 0;
    std::uint64_t extend = 0; ///< steps generated at the end
  };

  void limitMemory() {
    if (program_.with.memory) return;
    program_.with.memory = program_.with.page.value_or(program_.rules->page) * 1024;
  }

  void fresh() {
    program_.rules = random_.pick(std::span<const trace::RuleSet* const>(rules_));
    program_.with = randomWith(random_, *program_.rules);
    program_.initial.reset();
    program_.steps.clear();
    plan_.extend = random_.between(6, options_.maxSteps);
  }

  const Program& fromPool() {
    const std::size_t size = pool_.size();
    if (random_.chance(50))
      return pool_[size - 1 -
                   static_cast<std::size_t>(random_.below(std::min<std::size_t>(size, 64)))];
    return pool_[static_cast<std::size_t>(random_.below(size))];
  }

  void choose() {
    plan_ = {};
    if (pool_.empty() || random_.chance(20)) return fresh();
    if (random_.chance(8)) {
      const Program& first = fromPool(); // drawn in this order, whatever the compiler
      mutator_.cross(random_, first, fromPool(), program_);
    } else {
      program_ = fromPool();
    }
    limitMemory();
    while (random_.chance(45))
      mutator_.rearrange(random_, program_);
    if (std::find(rules_.begin(), rules_.end(), program_.rules) == rules_.end())
      program_.rules = rules_.front();
    const std::size_t size = program_.steps.size();
    plan_.count = static_cast<unsigned>(random_.below(plan_.edits.size() + 1));
    for (unsigned i = 0; i < plan_.count; ++i) {
      const unsigned weights[] = {30, 25, 35, 10};
      plan_.edits[i] = {static_cast<std::size_t>(random_.below(size + 1)),
                        static_cast<typename Plan::What>(random_.weighted(weights))};
    }
    std::sort(plan_.edits.begin(), plan_.edits.begin() + plan_.count,
              [](const auto& a, const auto& b) { return a.at < b.at; });
    if (random_.chance(60)) plan_.extend = random_.between(1, 10);
    if (plan_.count == 0 && plan_.extend == 0) plan_.extend = 4;
  }

  void publishHits() {
    const auto hits = watched_.ruleHits();
    std::copy_n(hits.begin(), std::min(hits.size(), mostRules), slot_.ruleHits);
  }

  /// Runs program_ on both sides, edits and extends it on the way; true where it showed something
  /// new.
  bool execute() {
    if (options_.with) {
      const auto memory = program_.with.memory;
      program_.with = *options_.with;
      program_.with.memory = memory;
    }
    const trace::Parameters parameters = repair(program_);
    auto& steps = program_.steps;
    const auto& begins = options_.begins;
    const bool begun =
        steps.size() >= begins.size() && std::equal(begins.begin(), begins.end(), steps.begin());
    if (!begun) steps.insert(steps.begin(), begins.begin(), begins.end());
    slot_.begin(program_);
    features_.start();
    unsigned fresh = 0;
    const auto compare = [&](const Step& step) {
      slot_.put(step);
      if (!differential_.step(step)) return false;
      fresh += features_.observe(parameters, step, watched_.last, watched_.decidingRule(),
                                 watched_.ruleHits(), differential_.leftState());
      return true;
    };
    if (right_->worksAhead()) {
      guide_->start(parameters, program_.initial.get());
      make(parameters, guideState_, [&](const Step& step) {
        const bool known = guide_->apply(step).kind != trace::Outcome::Kind::unknown;
        if (known) guide_->snapshot(guideState_);
        return known;
      });
      right_->ahead(toTrace(program_).records);
      differential_.start(parameters, program_.initial.get());
      for (const Step& step : steps)
        if (!compare(step)) break;
    } else {
      differential_.start(parameters, program_.initial.get());
      make(parameters, differential_.leftState(), compare);
    }
    const RunResult& result = differential_.result();
    if (result.verdict != Verdict::agreed)
      steps.resize(result.step == harness::initialState ? 0 : result.step + 1);
    slot_.steps.fetch_add(steps.size(), std::memory_order_relaxed);
    slot_.executions.fetch_add(1, std::memory_order_relaxed);
    return fresh > 0;
  }

  /// Makes the plan come true: edits program_ and extends it, each step where the state before it
  /// is at hand. `go` takes a step, whose state then is in `state`; the trace ends where it is
  /// false.
  template <class Go>
  void make(const trace::Parameters& parameters, const trace::State& state, Go go) {
    auto& steps = program_.steps;
    const trace::State& start = program_.initial ? *program_.initial : empty_;
    limits_ = {};
    std::size_t made = 0;
    unsigned edit = 0;
    std::size_t inserted = 0;
    for (;;) {
      const View here{parameters, made == 0 ? start : state, limits_, steps};
      for (; made >= options_.begins.size() && edit < plan_.count &&
             plan_.edits[edit].at + inserted <= made;
           ++edit) {
        const auto at = steps.begin() + static_cast<std::ptrdiff_t>(made);
        const auto what = plan_.edits[edit].what;
        if (what == Plan::What::insert || what == Plan::What::limit) {
          if (steps.size() >= options_.maxSteps) continue;
          steps.insert(at, what == Plan::What::insert ? randomStep(random_, swarm_, here)
                                                      : bindingLimit(random_, here));
          ++inserted;
        } else if (made < steps.size()) {
          if (what == Plan::What::change)
            changeArgument(random_, swarm_, here, *at);
          else
            moveToEdge(random_, here, *at);
        }
      }
      if (made == steps.size()) {
        if (plan_.extend == 0 || made >= options_.maxSteps) break;
        --plan_.extend;
        steps.push_back(randomStep(random_, swarm_, here));
      }
      if (options_.possible && !options_.possible(steps[made])) {
        steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(made));
        continue;
      }
      const bool goesOn = go(steps[made]);
      limits_.apply(steps[made++]);
      if (!goesOn) break;
    }
    steps.resize(made);
  }

  void judge(bool isNew) {
    switch (differential_.result().verdict) {
    case Verdict::unknown:
      slot_.unknown.fetch_add(1, std::memory_order_relaxed);
      break;
    case Verdict::agreed:
      break;
    case Verdict::diverged:
    case Verdict::error:
      return found();
    }
    if (!isNew) return;
    slot_.features.store(features_.count(), std::memory_order_relaxed);
    slot_.pool.fetch_add(1, std::memory_order_relaxed);
    if (pool_.size() < 8192)
      pool_.push_back(program_);
    else
      pool_[static_cast<std::size_t>(random_.below(pool_.size()))] = program_;
  }

  void found();
  RunResult compare(const trace::Trace& trace);
  RunResult replayed(const trace::Trace& trace);
  bool makeVisible(trace::Trace& trace);

  const CampaignOptions& options_;
  Slot& slot_;
  Clock::time_point begin_;
  Random random_;
  std::vector<const trace::RuleSet*> rules_;
  std::unique_ptr<System> left_;
  std::unique_ptr<System> right_;
  std::unique_ptr<System> guide_;
  Watched watched_;
  harness::Differential differential_;
  Mutator mutator_;
  Swarm swarm_ = Swarm::even();
  Features features_;
  std::vector<Program> pool_;
  Program program_;
  Plan plan_;
  Limits limits_;
  const trace::State empty_;
  trace::State guideState_;
  std::set<std::string> signatures_;
  bool finished_ = false;
};

/// Both systems on a trace under the rule set of the finding; the slot tells where it is.
RunResult Worker::compare(const trace::Trace& trace) {
  Program program = toProgram(*program_.rules, trace);
  const trace::Parameters parameters = repair(program);
  program.initial = program_.initial; // the address that the campaign knows
  slot_.begin(program);
  right_->ahead(toTrace(program).records);
  differential_.start(parameters, program.initial.get());
  for (const Step& step : program.steps) {
    slot_.put(step);
    if (!differential_.step(step)) break;
  }
  return differential_.result();
}

/// What a replay on the right system says of what the left one did.
RunResult Worker::replayed(const trace::Trace& trace) {
  Program program = toProgram(*program_.rules, trace);
  const trace::Parameters parameters = repair(program);
  program.initial = program_.initial;
  slot_.begin(program);
  for (const Step& step : program.steps)
    slot_.put(step);
  const trace::Trace expected = harness::annotate(*left_, parameters, trace);
  harness::Replayer replayer(*right_);
  replayer.checkInvariants = false;
  return replayer.run(parameters, expected);
}

/// Looks for further steps after which a difference that no trace can tell (an identity, committed
/// memory, an offset) shows in an outcome or in /proc. It stays the first difference of the trace.
bool Worker::makeVisible(trace::Trace& trace) {
  if (replayed(trace).verdict == Verdict::diverged) return true;
  const harness::Signature hidden = harness::signature(compare(trace), trace);
  const auto shows = [&](const trace::Trace& candidate) {
    const RunResult first = compare(candidate);
    if (first.verdict != Verdict::diverged || harness::signature(first, candidate) != hidden)
      return RunResult();
    RunResult result = replayed(candidate);
    return result.verdict == Verdict::diverged ? result : RunResult();
  };
  const Program base = toProgram(*program_.rules, trace);
  Swarm swarm = Swarm::even();
  for (int attempt = 0; attempt < 4000; ++attempt) {
    Program candidate = base;
    const trace::Parameters parameters = repair(candidate);
    if (attempt % 16 == 0) swarm = Swarm::draw(random_);
    Limits limits;
    trace::State state;
    guide_->start(parameters, program_.initial.get());
    bool known = true;
    for (const Step& step : candidate.steps) {
      known = guide_->apply(step).kind != trace::Outcome::Kind::unknown;
      if (!known) break;
      limits.apply(step);
    }
    for (std::uint64_t more = random_.between(1, 8); known && more > 0; --more) {
      guide_->snapshot(state);
      candidate.steps.push_back(
          randomStep(random_, swarm, {parameters, state, limits, candidate.steps}));
      known = guide_->apply(candidate.steps.back()).kind != trace::Outcome::Kind::unknown;
      limits.apply(candidate.steps.back());
    }
    const trace::Trace longer = toTrace(candidate);
    if (replayed(longer).verdict != Verdict::diverged) continue;
    if (shows(longer).verdict != Verdict::diverged) continue;
    harness::ShrinkOptions options;
    options.maxAttempts = 2000;
    trace = harness::shrink(longer, shows, options).trace;
    return true;
  }
  return false;
}

void Worker::found() {
  const double seconds = secondsSince(begin_);
  trace::Trace trace = toTrace(program_);
  const std::size_t before = trace.records.size();
  RunResult result = differential_.result();
  const std::string name = signatureName(result, trace);
  if (!signatures_.insert(name).second) return;
  if (options_.shrink) {
    harness::ShrinkOptions options;
    options.maxAttempts = 4000;
    const auto shrunk = harness::shrink(
        trace, [this](const trace::Trace& t) { return compare(t); }, options);
    trace = shrunk.trace;
    const RunResult again = compare(trace);
    if (again.verdict == result.verdict) result = again;
  }
  bool visible = false;
  if (result.verdict == Verdict::diverged) {
    const std::size_t steps = trace.records.size();
    visible = makeVisible(trace);
    if (trace.records.size() != steps) result = compare(trace);
  }
  const std::string description = describe(result, trace, left_->name(), right_->name());

  const std::size_t index = slot_.findings.load(std::memory_order_relaxed);
  Record& record = slot_.records[index];
  record.verdict = result.verdict;
  record.visible = visible;
  record.steps = trace.records.size();
  record.stepsBefore = before;
  record.executions = slot_.executions.load(std::memory_order_relaxed);
  record.seconds = seconds;
  copyText(record.signature, name);
  copyText(record.description, description);
  copyText(record.rules, program_.rules->name);

  Program last = toProgram(*program_.rules, trace);
  const trace::Parameters parameters = repair(last);
  trace = harness::annotate(*left_, parameters, trace);
  const std::string title =
      std::string(left_->name()) + " and " + std::string(right_->name()) +
      " differ: " + (result.difference.field.empty() ? result.reason : result.difference.field);
  std::string text = fileText(trace, title, description, *program_.rules, result.rule);
  if (text.size() > mostText) {
    for (trace::Record& step : trace.records)
      step.state = {};
    text = fileText(trace, title, description, *program_.rules, result.rule);
  }
  record.textSize = std::min(text.size(), mostText);
  std::memcpy(record.text, text.data(), record.textSize);
  slot_.findings.store(index + 1, std::memory_order_release);
  if (!options_.keepGoing || index + 1 == mostFindings) finished_ = true;
}

// ---- workers that die
// ----------------------------------------------------------------------------

/// Runs `what` in a child that is given `limit`. Empty: it ended well; otherwise how it died.
template <class What>
std::string inChild(std::chrono::milliseconds limit, What what) {
  const pid_t pid = fork();
  if (pid < 0) return {};
  if (pid == 0) {
    // What the child says of its death was said before, by the worker.
    const int null = open("/dev/null", O_WRONLY);
    if (null >= 0) dup2(null, 2);
    what();
    _exit(0);
  }
  const auto begin = Clock::now();
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() - begin > limit) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      return "hang";
    }
    const timespec shortly{0, 200'000};
    nanosleep(&shortly, nullptr);
  }
  if (WIFSIGNALED(status)) return "signal-" + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "exit-" + std::to_string(WEXITSTATUS(status));
  return {};
}

/// What killed a worker: the trace that it was at, as small as it still kills.
Finding obituary(const CampaignOptions& options, const Slot& slot, const std::string& how,
                 Clock::time_point begin) {
  Finding finding;
  finding.verdict = Verdict::error;
  finding.executions = slot.executions.load();
  finding.seconds = secondsSince(begin);
  Program program = lastProgram(slot, options);
  finding.stepsBefore = program.steps.size();
  if (!program.rules) {
    finding.signature = "error-" + how;
    finding.description = "a worker died (" + how + ") before its first trace";
    return finding;
  }
  finding.rules = program.rules->name;
  const trace::RuleSet& rules = *program.rules;
  const auto kills = [&](const trace::Trace& trace) {
    const std::string died =
        inChild(std::min<std::chrono::milliseconds>(options.hang, std::chrono::seconds(2)), [&] {
          const auto left = makeLeft(options);
          const auto right = makeRight(options);
          harness::Differential differential(*left, *right);
          Program candidate = toProgram(rules, trace);
          differential.run(repair(candidate), trace);
        });
    RunResult result;
    if (!died.empty()) {
      result.verdict = Verdict::error;
      result.reason = died;
      result.step = trace.records.empty() ? 0 : trace.records.size() - 1;
    }
    return result;
  };
  trace::Trace trace = toTrace(program);
  const bool again = kills(trace).verdict == Verdict::error;
  if (again && options.shrink) {
    harness::ShrinkOptions limits;
    limits.maxAttempts = how == "hang" ? 30 : 400;
    trace = harness::shrink(trace, kills, limits).trace;
  }
  const std::string step =
      trace.records.empty() ? std::string() : trace::print(trace.records.back().step);
  const std::string op = step.substr(0, step.find(' '));
  finding.steps = trace.records.size();
  finding.signature = fileName("error-" + how + "-" + op);
  finding.description =
      "a worker died (" + how + ") at " +
      (step.empty() ? "the start of the trace"
                    : "step " + std::to_string(trace.records.size()) + " (" + step + ")") +
      (again ? "" : "; the trace alone does not show it again");
  // What the left system would have answered, where it is not the one that dies.
  Slot* shared = makeSlot();
  if (shared) {
    inChild(std::chrono::seconds(5), [&] {
      const auto left = makeLeft(options);
      Program candidate = toProgram(rules, trace);
      const std::string text = fileText(harness::annotate(*left, repair(candidate), trace),
                                        "a worker died: " + how, finding.description, rules, {});
      Record& record = shared->records[0];
      if (text.size() > mostText) return;
      std::memcpy(record.text, text.data(), text.size());
      record.textSize = text.size();
    });
    finding.text.assign(shared->records[0].text, shared->records[0].textSize);
    munmap(shared, sizeof(Slot));
  }
  if (finding.text.empty())
    finding.text = fileText(trace, "a worker died: " + how, finding.description, rules, {});
  return finding;
}

Finding toFinding(const Record& record) {
  Finding finding;
  finding.verdict = record.verdict;
  finding.visible = record.visible;
  finding.signature = record.signature;
  finding.description = record.description;
  finding.rules = record.rules;
  finding.steps = record.steps;
  finding.stepsBefore = record.stepsBefore;
  finding.executions = record.executions;
  finding.seconds = record.seconds;
  finding.text.assign(record.text, record.textSize);
  return finding;
}

struct Child {
  pid_t pid = -1;
  Slot* slot = nullptr;
  unsigned life = 0;
  bool running = false;
  std::uint64_t beats = 0;
  Clock::time_point beat;
  std::vector<Finding> deaths;
};

void sum(const std::vector<Child>& children, CampaignResult& result) {
  result.executions = result.steps = result.unknown = result.features = result.pool = 0;
  for (const Child& child : children) {
    result.executions += child.slot->executions.load();
    result.steps += child.slot->steps.load();
    result.unknown += child.slot->unknown.load();
    result.features = std::max(result.features, child.slot->features.load());
    result.pool += child.slot->pool.load();
  }
}

volatile std::sig_atomic_t interrupted = 0;

/// While it lives, the first Ctrl-C ends the campaign as its time would; the second one kills.
class Interrupt {
 public:
  Interrupt() {
    interrupted = 0;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &before_);
  }
  ~Interrupt() { sigaction(SIGINT, &before_, nullptr); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  struct sigaction before_ {};
};

void showProgress(const CampaignResult& result, double seconds) {
  std::fprintf(stderr,
               "\rfuzz: %.0f s, %llu traces, %llu steps (%.0f a second), %llu features, "
               "%llu in the pool, %llu unknown \033[K",
               seconds, static_cast<unsigned long long>(result.executions),
               static_cast<unsigned long long>(result.steps),
               static_cast<double>(result.steps) / std::max(seconds, 0.001),
               static_cast<unsigned long long>(result.features),
               static_cast<unsigned long long>(result.pool),
               static_cast<unsigned long long>(result.unknown));
}

} // namespace

CampaignResult runCampaign(const CampaignOptions& options) {
  CampaignResult result;
  const auto begin = Clock::now();
  const unsigned jobs = std::clamp(options.jobs, 1U, 256U);
  std::vector<Child> children(jobs);
  const auto fail = [&](std::string why) {
    result.verdict = Verdict::error;
    result.error = std::move(why);
    for (Child& child : children) {
      if (child.running) {
        kill(child.pid, SIGKILL);
        waitpid(child.pid, nullptr, 0);
      }
      if (child.slot) munmap(child.slot, sizeof(Slot));
    }
    return result;
  };
  if (!options.out.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.out, error);
    if (error) return fail("cannot make " + options.out.string() + ": " + error.message());
  }

  const pid_t parent = getpid();
  const auto launch = [&](unsigned index) {
    Child& child = children[index];
    const std::uint64_t runs =
        options.runs ? options.runs / jobs + (index < options.runs % jobs) : 0;
    child.beats = ~std::uint64_t{0};
    std::fflush(nullptr);
    child.pid = fork();
    if (child.pid == 0) {
      // Ctrl-C is for the campaign, which then stops its workers; they do not outlive it.
      signal(SIGINT, SIG_IGN);
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(0);
      {
        Worker worker(options, *child.slot, index, child.life, begin);
        if (!options.runs || runs) worker.work(runs, child.life == 0);
      } // its systems may have files to remove
      _exit(0);
    }
    child.running = child.pid > 0;
    child.beat = Clock::now();
    return child.running;
  };
  for (unsigned i = 0; i < jobs; ++i) {
    children[i].slot = makeSlot();
    if (!children[i].slot) return fail("no memory to share with a worker");
    if (!launch(i)) return fail("cannot start a worker");
  }

  const Interrupt interrupt;
  const bool terminal = options.progress && isatty(2);
  auto shown = begin;
  bool stopping = false;
  const auto stop = [&] {
    stopping = true;
    for (Child& child : children)
      child.slot->stop.store(true);
  };
  for (;;) {
    bool any = false;
    for (unsigned i = 0; i < jobs; ++i) {
      Child& child = children[i];
      if (!child.running) continue;
      int status = 0;
      std::string how;
      const std::uint64_t beats = child.slot->beats.load();
      if (waitpid(child.pid, &status, WNOHANG) == child.pid) {
        child.running = false;
        if (WIFSIGNALED(status))
          how = "signal-" + std::to_string(WTERMSIG(status));
        else if (WEXITSTATUS(status) != 0)
          how = "exit-" + std::to_string(WEXITSTATUS(status));
      } else if (beats != child.beats) {
        child.beats = beats;
        child.beat = Clock::now();
      } else if (Clock::now() - child.beat > options.hang) {
        kill(child.pid, SIGKILL);
        waitpid(child.pid, &status, 0);
        child.running = false;
        how = "hang";
      }
      if (!how.empty()) {
        child.deaths.push_back(obituary(options, *child.slot, how, begin));
        ++child.life;
        if (options.keepGoing && !stopping && child.deaths.size() < mostFindings && !launch(i))
          return fail("cannot start a worker");
      }
      // With a number of runs each worker makes its own, so that the result is the same every time.
      const bool found = !child.deaths.empty() || child.slot->findings.load() > 0;
      if (found && !options.keepGoing && !options.runs && !stopping) stop();
      any = any || child.running;
    }
    if (!any) break;
    const auto now = Clock::now();
    const bool over = options.time.count() > 0 && now - begin >= options.time;
    if (!stopping && (over || interrupted)) stop();
    if (terminal && now - shown >= std::chrono::seconds(1)) {
      shown = now;
      sum(children, result);
      showProgress(result, secondsSince(begin));
    }
    pause();
  }
  if (terminal) std::fputs("\r\033[K", stderr);
  result.seconds = secondsSince(begin);
  sum(children, result);
  const auto left = makeLeft(options);
  for (std::size_t i = 0; i < std::min(left->ruleHits().size(), mostRules); ++i) {
    result.rules.emplace_back(left->ruleId(i), 0);
    for (const Child& child : children)
      result.rules.back().second += child.slot->ruleHits[i];
  }

  std::set<std::string> signatures;
  const auto keep = [&](Finding finding) {
    if (!signatures.insert(finding.signature).second) return;
    result.verdict = harness::worse(result.verdict, finding.verdict);
    if (!options.out.empty() && !finding.text.empty()) {
      const auto file = options.out / (finding.signature + ".trace");
      std::ofstream out(file, std::ios::binary);
      out << finding.text;
      if (out.flush())
        finding.file = file;
      else
        result.error = "cannot write " + file.string();
    }
    result.findings.push_back(std::move(finding));
  };
  for (Child& child : children) {
    const std::size_t count = child.slot->findings.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < std::min(count, mostFindings); ++i)
      keep(toFinding(child.slot->records[i]));
    for (Finding& death : child.deaths)
      keep(std::move(death));
    munmap(child.slot, sizeof(Slot));
  }
  if (!result.error.empty()) result.verdict = Verdict::error;
  return result;
}

} // namespace growsdown::fuzz
