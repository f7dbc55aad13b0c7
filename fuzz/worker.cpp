#include "fuzz/worker.h"

#include "fuzz/finding.h"
#include "fuzz/reach.h"
#include "harness/shrink.h"
#include "trace/text.h"

#include <algorithm>
#include <span>
#include <utility>

namespace growsdown::fuzz {

using Clock = std::chrono::steady_clock;
using harness::RunResult;
using harness::Verdict;
using trace::Step;

namespace {

/// Areas that a trace may begin with. On a real kernel each step reads all of them.
constexpr std::uint64_t crowdOnASimulation = 1500, crowdOnAKernel = 150;
/// A finding shows no larger state, except for the last.
constexpr std::size_t mostAreasShown = 100;
constexpr std::size_t mostPool = 32768;

} // namespace

Worker::Worker(const CampaignOptions& options, Slot& slot, unsigned index, unsigned restarts,
               Clock::time_point begin)
    : options_(options), slot_(slot), index_(index), begin_(begin),
      random_(Random(options.seed).next() ^ (index * 0x9e3779b97f4a7c15ULL + restarts)),
      rules_(options.rules), left_(options.makeLeft()), right_(options.makeRight()),
      guide_(options.makeLeft()), answering_(*left_), differential_(answering_, *right_),
      mutator_(*guide_, options.maxSteps), store_(options.out),
      keeper_(options, slot, index, restarts) {
  differential_.compared = options.fields;
  if (options.seen) features_.add(options.seen->words());
  if (rules_.empty())
    for (const trace::RuleSet& rules : trace::ruleSets())
      rules_.push_back(&rules);
}

void Worker::work(std::uint64_t runs) {
  search(runs);
  publishHits();
  keeper_.flush();
}

void Worker::search(std::uint64_t runs) {
  const auto done = [&] {
    return slot_.stop.load(std::memory_order_relaxed) || finished_ ||
           (runs && slot_.executions.load(std::memory_order_relaxed) >= runs);
  };
  // The workers share the seeds.
  const std::size_t jobs = std::max(options_.jobs, 1U);
  for (std::size_t i = slot_.seedsBegun.load(); i * jobs + index_ < options_.seeds.size(); ++i) {
    if (done()) return;
    slot_.seedsBegun.store(i + 1);
    program_ = options_.seeds[i * jobs + index_];
    plan_ = {};
    judge(execute(), false);
  }
  for (std::uint64_t i = 0; !done(); ++i) {
    if (i % 64 == 0) {
      swarm_ = Swarm::draw(random_);
      publishHits();
    }
    keeper_.tick();
    choose();
    judge(execute(), true);
  }
}

void Worker::publishHits() {
  const auto hits = answering_.ruleHits();
  std::copy_n(hits.begin(), std::min(hits.size(), mostRules), slot_.ruleHits);
}

// --- the next program ---

void Worker::limitMemory() {
  if (program_.with.memory) return;
  program_.with.memory = program_.with.page.value_or(program_.rules->page) * 1024;
}

void Worker::generate() {
  program_.rules = random_.pick(std::span<const trace::RuleSet* const>(rules_));
  program_.with = randomWith(random_, *program_.rules);
  program_.initial.reset();
  program_.steps.clear();
  plan_.extend = random_.between(6, options_.maxSteps);
  // Some defects need more areas than a short trace has: those of a node of an index that is full.
  if (random_.below(80) != 0) return;
  program_.with.maxMapCount.reset();
  const std::uint64_t most = options_.possible ? crowdOnAKernel : crowdOnASimulation;
  program_.steps = crowd(random_, program_.with.page.value_or(program_.rules->page),
                         static_cast<unsigned>(random_.between(50, most)));
}

// A long program costs as much as many short ones, so it is taken less often.
const Program& Worker::fromPool() {
  const std::size_t size = pool_.size();
  std::size_t index = 0;
  for (unsigned tries = 0; tries < 8; ++tries) {
    index = static_cast<std::size_t>(random_.chance(50)
                                         ? size - 1 - random_.below(std::min<std::size_t>(size, 64))
                                         : random_.below(size));
    const std::size_t steps = pool_[index].steps.size();
    if (steps <= options_.maxSteps || random_.below(1 + steps / 8) == 0) break;
  }
  return pool_[index];
}

void Worker::choose() {
  plan_ = {};
  if (pool_.empty() || random_.chance(20)) return generate();
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
  planEdits();
}

void Worker::planEdits() {
  const std::size_t size = program_.steps.size();
  plan_.count = static_cast<unsigned>(random_.below(plan_.edits.size() + 1));
  for (unsigned i = 0; i < plan_.count; ++i) {
    const unsigned weights[] = {30, 25, 35, 10}; // insert, change, edge, limit
    plan_.edits[i] = {static_cast<std::size_t>(random_.below(size + 1)),
                      static_cast<Plan::What>(random_.weighted(weights))};
  }
  std::sort(plan_.edits.begin(), plan_.edits.begin() + plan_.count,
            [](const auto& a, const auto& b) { return a.at < b.at; });
  if (random_.chance(60)) plan_.extend = random_.between(1, 10);
  if (plan_.count == 0 && plan_.extend == 0) plan_.extend = 4;
}

// --- its run ---

void Worker::edit(const View& here, Progress& progress) {
  auto& steps = program_.steps;
  for (; progress.made >= options_.begins.size() && progress.edit < plan_.count &&
         plan_.edits[progress.edit].at + progress.inserted <= progress.made;
       ++progress.edit) {
    const auto at = steps.begin() + static_cast<std::ptrdiff_t>(progress.made);
    const Plan::What what = plan_.edits[progress.edit].what;
    if (what == Plan::What::insert || what == Plan::What::limit) {
      if (steps.size() >= mostSteps_) continue;
      steps.insert(at, what == Plan::What::insert ? randomStep(random_, swarm_, here)
                                                  : bindingLimit(random_, here));
      ++progress.inserted;
    } else if (progress.made < steps.size()) {
      if (what == Plan::What::change)
        changeArgument(random_, swarm_, here, *at);
      else
        moveToEdge(random_, here, *at);
    }
  }
}

template <class Go>
void Worker::make(const trace::Parameters& parameters, const trace::State& state, Go go) {
  auto& steps = program_.steps;
  const trace::State& start = program_.initial ? *program_.initial : empty_;
  mostSteps_ = steps.size() <= options_.maxSteps
                   ? options_.maxSteps
                   : std::min(steps.size() + options_.maxSteps, mostSteps);
  limits_ = {};
  Progress progress;
  std::size_t& made = progress.made;
  for (;;) {
    const View here{parameters, made == 0 ? start : state, limits_, steps};
    edit(here, progress);
    if (made == steps.size()) {
      if (plan_.extend == 0 || made >= mostSteps_) break;
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

bool Worker::execute() {
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
  // One trace in a thousand checks that what the systems report is complete.
  const std::uint64_t traces = slot_.executions.load(std::memory_order_relaxed);
  differential_.trustReports = traces % 1000 != 0;
  if (right_->repeats()) {
    const bool isNew = executeOnce(parameters);
    return right_->reachedNewCode() || isNew;
  }
  unsigned newFeatures = 0;
  const auto compareStep = [&](const Step& step) {
    slot_.put(step);
    if (!differential_.step(step)) return false;
    newFeatures += features_.observe(parameters, step, answering_.last, answering_.decidingRule(),
                                     answering_.ruleHits(), differential_.leftState());
    return true;
  };
  if (right_->worksAhead()) {
    guide_->start(parameters, program_.initial.get());
    make(parameters, guideState_, [&](const Step& step) {
      const bool known = guide_->apply(step).kind != trace::Outcome::Kind::unknown;
      if (known) guide_->update(guideState_);
      return known;
    });
    right_->ahead(toTrace(program_).records);
    differential_.start(parameters, program_.initial.get());
    for (const Step& step : steps)
      if (!compareStep(step)) break;
  } else {
    differential_.start(parameters, program_.initial.get());
    make(parameters, differential_.leftState(), compareStep);
  }
  takeResult(differential_.result().verdict);
  return right_->reachedNewCode() || newFeatures > 0;
}

void Worker::takeResult(Verdict verdict) {
  verdict_ = verdict;
  const RunResult& result = differential_.result();
  if (verdict != Verdict::agreed && result.verdict != Verdict::agreed)
    program_.steps.resize(result.step == harness::initialState ? 0 : result.step + 1);
  slot_.steps.fetch_add(program_.steps.size(), std::memory_order_relaxed);
  slot_.executions.fetch_add(1, std::memory_order_relaxed);
}

// The left system runs once: it guides the generation, and its answers are kept for the comparison.
bool Worker::executeOnce(const trace::Parameters& parameters) {
  const harness::Fields fields = left_->shows() & right_->shows() & options_.fields;
  unsigned newFeatures = 0;
  std::size_t made = 0;
  answering_.start(parameters, program_.initial.get());
  make(parameters, guideState_, [&](const Step& step) {
    if (answering_.apply(step).kind == trace::Outcome::Kind::unknown) return false;
    answering_.update(guideState_);
    if (made == kept_.size()) kept_.emplace_back();
    kept_[made].outcome = answering_.last;
    harness::copyReduced(guideState_, fields, kept_[made].state);
    ++made;
    newFeatures += features_.observe(parameters, step, answering_.last, answering_.decidingRule(),
                                     answering_.ruleHits(), guideState_);
    return true;
  });
  const trace::Trace trace = toTrace(program_);
  if (made == program_.steps.size() && agreesWithKept(parameters, trace, fields)) {
    takeResult(Verdict::agreed);
    return newFeatures > 0;
  }
  // Whatever is not agreement is judged as any other trace is.
  right_->ahead(trace.records);
  differential_.start(parameters, program_.initial.get());
  for (const Step& step : program_.steps) {
    slot_.put(step);
    if (!differential_.step(step)) break;
  }
  Verdict verdict = differential_.result().verdict;
  if (verdict == Verdict::agreed) verdict = Verdict::unknown; // once it did not agree
  takeResult(verdict);
  return newFeatures > 0;
}

bool Worker::agreesWithKept(const trace::Parameters& parameters, const trace::Trace& trace,
                            harness::Fields fields) {
  try {
    right_->ahead(trace.records);
    right_->start(parameters, program_.initial.get());
    comparison_.reset();
    for (std::size_t i = 0; i < trace.records.size(); ++i) {
      const Step& step = trace.records[i].step;
      if (!harness::sameOutcome(step, kept_[i].outcome, right_->apply(step))) return false;
      right_->update(rightState_);
      harness::copyReduced(rightState_, fields, rightShown_);
      if (!comparison_.equal(kept_[i].state, rightShown_)) return false;
    }
    return true;
  } catch (const std::runtime_error&) { // Misbehaved, CannotSay
    return false;
  }
}

void Worker::judge(bool isNew, bool keeps) {
  switch (verdict_) {
  case Verdict::unknown:
    slot_.unknown.fetch_add(1, std::memory_order_relaxed);
    break;
  case Verdict::agreed:
    break;
  case Verdict::diverged:
  case Verdict::error:
    return found();
  }
  // Seeds of a corpus show nothing new, and yet they are what is mutated.
  if (!isNew && (keeps || !options_.seen)) return;
  if (keeps && keeper_.isOn()) keeper_.add(program_.rules->name, textOf(program_), ".trace");
  slot_.features.store(features_.count(), std::memory_order_relaxed);
  slot_.pool.fetch_add(1, std::memory_order_relaxed);
  if (pool_.size() < mostPool)
    pool_.push_back(program_);
  else
    pool_[static_cast<std::size_t>(random_.below(pool_.size()))] = program_;
}

// --- a finding ---

// The state that a trace begins in, at the address that the campaign knows if it is the one of the
// program. Shrinking may leave it out.
void Worker::keepInitial(const trace::Trace& trace, Program& program) const {
  if (trace.initial && program_.initial && *trace.initial == *program_.initial)
    program.initial = program_.initial;
}

RunResult Worker::compare(const trace::Trace& trace) {
  Program program = toProgram(*program_.rules, trace);
  const trace::Parameters parameters = repair(program);
  keepInitial(trace, program);
  slot_.begin(program);
  right_->ahead(toTrace(program).records);
  differential_.start(parameters, program.initial.get());
  for (const Step& step : program.steps) {
    slot_.put(step);
    if (!differential_.step(step)) break;
  }
  return differential_.result();
}

RunResult Worker::replayed(const trace::Trace& trace) {
  Program program = toProgram(*program_.rules, trace);
  const trace::Parameters parameters = repair(program);
  keepInitial(trace, program);
  slot_.begin(program);
  for (const Step& step : program.steps)
    slot_.put(step);
  const trace::Trace expected = harness::annotate(*left_, parameters, trace, mostAreasShown);
  harness::Replayer replayer(*right_);
  replayer.checkInvariants = false;
  return replayer.run(parameters, expected);
}

trace::Trace Worker::longer(const Program& base, const Swarm& swarm) {
  Program candidate = base;
  const trace::Parameters parameters = repair(candidate);
  DrawnLimits limits;
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
  return toTrace(candidate);
}

bool Worker::makeVisible(trace::Trace& trace) {
  if (replayed(trace).verdict == Verdict::diverged) return true;
  const harness::Signature hidden = harness::signature(compare(trace), trace);
  const auto shows = [&](const trace::Trace& candidate) {
    if (inAHurry()) return RunResult();
    RunResult result = replayed(candidate);
    if (result.verdict != Verdict::diverged) return RunResult();
    const RunResult first = compare(candidate);
    const bool same =
        first.verdict == Verdict::diverged && harness::signature(first, candidate) == hidden;
    return same ? result : RunResult();
  };
  const Program base = toProgram(*program_.rules, trace);
  Swarm swarm = Swarm::even();
  harness::ExtendOptions options;
  options.attempts = 4000;
  options.shrink.maxAttempts = 2000;
  auto visible = harness::extend(
      [&](std::size_t attempt) {
        if (attempt % 16 == 0) swarm = Swarm::draw(random_);
        return longer(base, swarm);
      },
      shows, options);
  if (!visible) return false;
  trace = std::move(*visible);
  return true;
}

bool Worker::reduce(trace::Trace& trace, RunResult& result) {
  if (options_.shrink) {
    harness::ShrinkOptions options;
    options.maxAttempts = 4000;
    const auto tried = [this](const trace::Trace& t) {
      return inAHurry() ? RunResult() : compare(t);
    };
    trace = harness::shrink(trace, tried, options).trace;
    const RunResult again = compare(trace);
    if (again.verdict == result.verdict) result = again;
  }
  if (result.verdict != Verdict::diverged) return false;
  const std::size_t steps = trace.records.size();
  const bool visible = makeVisible(trace);
  if (trace.records.size() != steps) result = compare(trace);
  return visible;
}

void Worker::fill(Finding& finding, trace::Trace trace, const RunResult& result) const {
  finding.verdict = result.verdict;
  finding.description = describe(result, trace, left_->name(), right_->name());
  finding.steps = trace.records.size();
  Program last = toProgram(*program_.rules, trace);
  const trace::Parameters parameters = repair(last);
  trace = harness::annotate(*left_, parameters, trace, mostAreasShown);
  const std::string title =
      std::string(left_->name()) + " and " + std::string(right_->name()) +
      " differ: " + (result.difference.field.empty() ? result.reason : result.difference.field);
  finding.text = fileText(trace, title, finding.description, *program_.rules, result.rule);
  if (finding.text.size() > mostText) {
    for (trace::Record& step : trace.records)
      step.state = {};
    finding.text = fileText(trace, title, finding.description, *program_.rules, result.rule);
  }
}

// The finding is written before it is shrunk, which can take long and can crash.
void Worker::found() {
  Finding finding;
  finding.seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
  finding.executions = slot_.executions.load(std::memory_order_relaxed);
  trace::Trace trace = toTrace(program_);
  finding.stepsBefore = trace.records.size();
  finding.rules = program_.rules->name;
  RunResult result = differential_.result();
  finding.signature = signatureName(result, trace);
  if (!signatures_.insert(finding.signature).second) return;
  fill(finding, trace, result);
  Stored stored;
  const bool writes = !options_.out.empty();
  if (writes) stored = store_.add(finding);
  if (!stored.known) {
    finding.visible = reduce(trace, result);
    fill(finding, trace, result);
    if (writes) stored = store_.replace(stored, finding);
  }
  finding.file = stored.file;
  finding.known = stored.known;
  finding.error = stored.error;
  slot_.give(finding);
  if (!options_.keepGoing) finished_ = true;
}

} // namespace growsdown::fuzz
