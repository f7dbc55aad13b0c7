#include "harness/run.h"

#include "harness/declared.h"
#include "model/invariants.h"
#include "trace/check.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace growsdown::harness {

using trace::Outcome;
using What = RunResult::What;

std::string_view name(Verdict verdict) {
  switch (verdict) {
  case Verdict::agreed:
    return "agreed";
  case Verdict::diverged:
    return "diverged";
  case Verdict::unknown:
    return "unknown";
  case Verdict::error:
    return "error";
  }
  return "error";
}

int exitCode(Verdict verdict) {
  switch (verdict) {
  case Verdict::agreed:
    return 0;
  case Verdict::diverged:
    return 1;
  case Verdict::unknown:
    return 3;
  case Verdict::error:
    return 4;
  }
  return 4;
}

Verdict worse(Verdict a, Verdict b) {
  constexpr auto rank = [](Verdict v) {
    switch (v) {
    case Verdict::agreed:
      return 0;
    case Verdict::unknown:
      return 1;
    case Verdict::diverged:
      return 2;
    case Verdict::error:
      break;
    }
    return 3;
  };
  return rank(a) >= rank(b) ? a : b;
}

namespace {

constexpr std::string_view outOfMemory =
    "the simulated machine is out of memory (`with memory BYTES` gives it more)";

void restart(RunResult& result) {
  result.verdict = Verdict::agreed;
  result.what = What::nothing;
  result.steps = result.step = result.declared = 0;
  result.silent = false;
  result.rule.clear();
  result.reason.clear();
  result.brokenInvariants.clear();
}

// The name of one side and its first broken invariant; empty if all invariants hold.
std::string brokenOn(const System& system, const trace::State& state,
                     const trace::Parameters& parameters) {
  const model::Invariant* broken = model::firstBroken(state, parameters);
  return broken ? std::string(system.name()) + ": " + std::string(broken->name) : "";
}

// If a call returns more than success, the expectation `ok` leaves that open.
bool meets(const trace::Step& step, const Outcome& expected, const Outcome& got) {
  if (expected.kind == Outcome::Kind::unspecified || expected.kind == Outcome::Kind::unknown)
    return true;
  if (expected.kind == Outcome::Kind::ok) {
    switch (trace::fieldsOf(step.op).answer) {
    case trace::Answer::status:
    case trace::Answer::signal:
      break;
    case trace::Answer::place:
      return got.kind == Outcome::Kind::ok || got.kind == Outcome::Kind::okAddress ||
             got.kind == Outcome::Kind::okElsewhere;
    case trace::Answer::pages:
      return got.kind == Outcome::Kind::ok || got.kind == Outcome::Kind::okPages;
    }
  }
  return sameOutcome(step, expected, got);
}

// The parts of the state that can be compared with the expectations of a trace. An area of a system
// that does not show `start` starts where /proc/self/maps shows it, which is exact since 4.12.
Fields comparable(const System& system, const trace::Parameters& parameters) {
  const Fields fields = system.shows();
  return (fields & shown::start) == 0 || parameters.rules->guard == trace::GuardStyle::gap
             ? fields | shown::maps
             : fields;
}

void cannotSay(RunResult& result, const System& system, std::size_t at, const CannotSay& e) {
  result.verdict = Verdict::unknown;
  result.silent = dynamic_cast<const NoAnswer*>(&e) != nullptr;
  result.step = at;
  result.reason = std::string(system.name()) + ": " + e.what();
}

Difference misbehaviour(const Misbehaved& e, bool left) {
  Difference difference{"system", "an answer", e.what()};
  if (left) std::swap(difference.left, difference.right);
  return difference;
}

// Runs a trace under a rule set, or reports why the rule set does not support it.
template <typename Runner>
const RunResult& runUnder(Runner& runner, const trace::RuleSet& rules, const trace::Trace& trace,
                          RunResult& result) {
  std::string error;
  const auto parameters = trace::makeParameters(rules, trace.with, error);
  if (parameters) return runner.run(*parameters, trace);
  restart(result);
  result.verdict = Verdict::unknown;
  result.step = initialState;
  result.reason = std::move(error);
  return result;
}

bool saysState(const trace::Observation& o) {
  return o.hasMap || o.hasPages || o.same || o.hasFaults;
}

} // namespace

const RunResult& Replayer::run(const trace::RuleSet& rules, const trace::Trace& trace) {
  return runUnder(*this, rules, trace, result_);
}

void Replayer::mismatch(std::size_t step, What what, Difference difference) {
  result_.verdict = Verdict::diverged;
  result_.what = what;
  result_.step = step;
  result_.difference = std::move(difference);
  result_.rule = system_.decidingRule();
}

const RunResult& Replayer::run(const trace::Parameters& parameters, const trace::Trace& trace) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  restart(result_);
  const trace::State* initial = startingState(parameters, trace, initial_);
  std::size_t i = initialState;
  try {
    system_.ahead(trace.records);
    system_.start(parameters, initial);
    observer_.start();
    system_.snapshot(state_);
    observer_.observe(state_, observed_);
    expectation_.start(observed_);

    for (i = 0; i < trace.records.size(); ++i) {
      const trace::Record& record = trace.records[i];
      if (record.state.abnormal) break;
      const Outcome outcome = system_.apply(record.step);
      ++result_.steps;
      if (outcome.kind == Outcome::Kind::unknown) {
        result_.verdict = Verdict::unknown;
        result_.step = i;
        result_.reason = system_.reason().empty() ? outOfMemory : system_.reason();
        break;
      }
      if (!meets(record.step, record.expected, outcome)) {
        mismatch(i, What::outcome, {"outcome", describe(record.expected), describe(outcome)});
        break;
      }
      observer_.after(record.step, outcome);
      const bool says = saysState(record.state);
      if (!says && !checkInvariants) continue;
      system_.snapshot(state_);
      const Fields fields = comparable(system_, parameters);
      if (says) {
        observer_.observe(state_, observed_);
        if (auto difference = expectation_.compare(record.state, observed_, fields)) {
          if (declaredDifference(*parameters.rules, trace, i, *difference).empty()) {
            mismatch(i, What::state, std::move(*difference));
            break;
          }
          ++result_.declared;
        }
      }
      if (!checkInvariants || fields != shown::all) continue;
      if (const model::Invariant* broken = model::firstBroken(state_, parameters)) {
        mismatch(i, What::invariant, {"invariant " + std::string(broken->name), "holds", "broken"});
        result_.brokenInvariants = brokenOn(system_, state_, parameters);
        break;
      }
    }
  } catch (const Misbehaved& e) {
    mismatch(i, What::outcome, misbehaviour(e, false));
  } catch (const CannotSay& e) {
    cannotSay(result_, system_, i, e);
  } catch (const std::exception& e) {
    result_.verdict = Verdict::error;
    result_.step = i;
    result_.reason = std::string(system_.name()) + " threw: " + e.what();
  }
  return result_;
}

Differential::Differential(System& left, System& right)
    : left_(left), right_(right), swapped_(left.reusesIdentities() && !right.reusesIdentities()) {
  GROWSDOWN_CHECK(&left != &right);
}

void Differential::failed(std::size_t at, std::string reason) {
  result_.verdict = Verdict::error;
  result_.step = at;
  result_.reason = std::move(reason);
}

void Differential::diverged(std::size_t at, What what, Difference difference) {
  result_.verdict = Verdict::diverged;
  result_.what = what;
  result_.step = at;
  result_.difference = std::move(difference);
  if (at == initialState) return; // no step, no rule
  result_.rule = left_.decidingRule();
  if (result_.rule.empty()) result_.rule = right_.decidingRule();
}

std::string Differential::broken() const {
  std::string text = brokenOn(left_, leftState_, parameters_);
  const std::string right = brokenOn(right_, rightState_, parameters_);
  if (!text.empty() && !right.empty()) text += ", ";
  return text + right;
}

bool Differential::compareStates(std::size_t at) {
  const Fields fields = left_.shows() & right_.shows() & compared;
  const bool whole = fields == shown::all;
  if (!whole) {
    leftShown_ = leftState_;
    rightShown_ = rightState_;
    reduce(leftShown_, fields);
    reduce(rightShown_, fields);
  }
  const trace::State& left = whole ? leftState_ : leftShown_;
  const trace::State& right = whole ? rightState_ : rightShown_;
  const trace::State& first = swapped_ ? right : left;
  const trace::State& second = swapped_ ? left : right;
  if (!comparison_.equal(first, second)) {
    Difference difference = comparison_.difference(first, second);
    if (swapped_) std::swap(difference.left, difference.right);
    diverged(at, What::state, std::move(difference));
    if (checkInvariants && whole) result_.brokenInvariants = broken();
    return false;
  }
  // Invariants do not depend on identities, so equal states satisfy the same ones.
  if (!checkInvariants || !whole) return true;
  if (const model::Invariant* invariant = model::firstBroken(leftState_, parameters_)) {
    diverged(at, What::invariant,
             {"invariant " + std::string(invariant->name), "broken", "broken"});
    result_.brokenInvariants = broken();
    return false;
  }
  return true;
}

void Differential::start(const trace::Parameters& parameters, const trace::State* initial) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  restart(result_);
  parameters_ = parameters;
  comparison_.reset();
  const System* running = &left_;
  try {
    left_.start(parameters, initial);
    running = &right_;
    right_.start(parameters, initial);
    if (initial == nullptr) return;
    running = &left_;
    left_.snapshot(leftState_);
    running = &right_;
    right_.snapshot(rightState_);
  } catch (const Misbehaved& e) {
    return diverged(initialState, What::outcome, misbehaviour(e, running == &left_));
  } catch (const CannotSay& e) {
    return cannotSay(result_, *running, initialState, e);
  } catch (const std::exception& e) {
    return failed(initialState, std::string(running->name()) + " threw: " + e.what());
  }
  compareStates(initialState);
}

bool Differential::step(const trace::Step& step) {
  GROWSDOWN_CHECK(parameters_.rules != nullptr); // started
  if (result_.verdict != Verdict::agreed) return false;
  const std::size_t at = result_.steps;
  const System* running = &left_;
  try {
    const Outcome left = left_.apply(step);
    running = &right_;
    const Outcome right = right_.apply(step);
    ++result_.steps;
    const bool leftUnknown = left.kind == Outcome::Kind::unknown;
    const bool rightUnknown = right.kind == Outcome::Kind::unknown;
    if (leftUnknown || rightUnknown) {
      result_.verdict = Verdict::unknown;
      result_.step = at;
      const System& which = leftUnknown ? left_ : right_;
      const std::string_view why = which.reason().empty() ? outOfMemory : which.reason();
      result_.reason = std::string(which.name()) + ": " + std::string(why);
      return false;
    }
    if (!sameOutcome(step, left, right)) {
      diverged(at, What::outcome, {"outcome", describe(left), describe(right)});
      return false;
    }
    running = &left_;
    left_.snapshot(leftState_);
    running = &right_;
    right_.snapshot(rightState_);
  } catch (const Misbehaved& e) {
    diverged(at, What::outcome, misbehaviour(e, running == &left_));
    return false;
  } catch (const CannotSay& e) {
    cannotSay(result_, *running, at, e);
    return false;
  } catch (const std::exception& e) {
    failed(at, std::string(running->name()) + " threw: " + e.what());
    return false;
  }
  return compareStates(at);
}

const RunResult& Differential::run(const trace::Parameters& parameters, const trace::Trace& trace) {
  left_.ahead(trace.records);
  right_.ahead(trace.records);
  start(parameters, startingState(parameters, trace, initial_));
  for (const trace::Record& record : trace.records)
    if (record.state.abnormal || !step(record.step)) break;
  return result_;
}

const RunResult& Differential::run(const trace::RuleSet& rules, const trace::Trace& trace) {
  return runUnder(*this, rules, trace, result_);
}

} // namespace growsdown::harness
