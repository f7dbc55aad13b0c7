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

// Where `whole` and `updated` differ, or where the update changed an element that is not among
// `changes`; empty: nowhere.
std::string unreported(const trace::State& before, const trace::State& whole,
                       const trace::State& updated, const trace::StateChanges& changes) {
  std::string found;
  if (!sameState<shown::all>(whole, updated)) {
    StateComparison comparison;
    found = comparison.equal(whole, updated) ? "the identity of a frame or anon_vma"
                                             : comparison.difference(whole, updated).field;
  }
  const auto check = [&](const auto& old, const auto& now, const trace::Changed& changed,
                         const char* list) {
    if (!found.empty()) return;
    const auto shared = static_cast<std::ptrdiff_t>(changed.before);
    const auto after = static_cast<std::ptrdiff_t>(changed.after);
    if (changed.before + changed.after > std::min(old.size(), now.size()) ||
        !std::equal(old.begin(), old.begin() + shared, now.begin()) ||
        !std::equal(old.end() - after, old.end(), now.end() - after))
      found = list;
  };
  check(before.areas, updated.areas, changes.areas, "areas");
  check(before.pages, updated.pages, changes.pages, "pages");
  check(before.objects, updated.objects, changes.objects, "objects");
  check(before.objectPages, updated.objectPages, changes.objectPages, "objectPages");
  return found;
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

// Where nothing is compared, the whole state is taken only so often that its cost is that of a few
// elements per step. If something is wrong then, the trace runs again and each state is checked, so
// that the result is that of the first wrong step.
const RunResult& Replayer::run(const trace::Parameters& parameters, const trace::Trace& trace) {
  everyStep_ = false;
  go(parameters, trace);
  if (result_.verdict == Verdict::diverged && leftOut_) {
    everyStep_ = true;
    go(parameters, trace);
  }
  return result_;
}

bool Replayer::isDue() {
  constexpr std::size_t elementsPerStep = 64;
  if (everyStep_ || ++unchecked_ > (state_.areas.size() + state_.pages.size()) / elementsPerStep)
    return true;
  leftOut_ = true;
  return false;
}

bool Replayer::invariantsHold(std::size_t step, const trace::Parameters& parameters) {
  unchecked_ = 0;
  const model::Invariant* broken = model::firstBroken(state_, parameters);
  if (broken == nullptr) return true;
  mismatch(step, What::invariant, {"invariant " + std::string(broken->name), "holds", "broken"});
  result_.brokenInvariants = brokenOn(system_, state_, parameters);
  return false;
}

void Replayer::go(const trace::Parameters& parameters, const trace::Trace& trace) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  restart(result_);
  unchecked_ = 0;
  leftOut_ = false;
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
      if (!says && (!checkInvariants || !isDue())) continue;
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
      if (!invariantsHold(i, parameters)) break;
    }
    if (result_.verdict == Verdict::agreed && unchecked_ != 0) {
      system_.snapshot(state_);
      if (comparable(system_, parameters) == shown::all) invariantsHold(i - 1, parameters);
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
  std::string text = brokenOn(left_, leftSide_.state, parameters_);
  const std::string right = brokenOn(right_, rightSide_.state, parameters_);
  if (!text.empty() && !right.empty()) text += ", ";
  return text + right;
}

void Differential::differs(std::size_t at, const StateComparison& comparison, bool whole) {
  const trace::State& left = whole ? leftSide_.state : leftSide_.shown;
  const trace::State& right = whole ? rightSide_.state : rightSide_.shown;
  Difference difference =
      swapped_ ? comparison.difference(right, left) : comparison.difference(left, right);
  if (swapped_) std::swap(difference.left, difference.right);
  diverged(at, What::state, std::move(difference));
  if (checkInvariants && whole) result_.brokenInvariants = broken();
}

void Differential::breaks(std::size_t at, const model::Invariant& invariant) {
  diverged(at, What::invariant, {"invariant " + std::string(invariant.name), "broken", "broken"});
  result_.brokenInvariants = broken();
}

// Brings both states up to date. The watch gets the left side's change between the two calls, when
// the right side's state is still that before the step.
void Differential::update() {
  running_ = &left_;
  leftSide_.changes = left_.update(leftSide_.state);
  if (checkInvariants && leftSide_.changes && rightSide_.changes && comparesWhole())
    watchHolds_ = watch_.holds(rightSide_.state, leftSide_.state, *leftSide_.changes);
  running_ = &right_;
  rightSide_.changes = right_.update(rightSide_.state);
}

bool Differential::equalInChanges(StateComparison& comparison) const {
  const Side& first = swapped_ ? rightSide_ : leftSide_;
  const Side& second = swapped_ ? leftSide_ : rightSide_;
  return comparison.equal(first.state, second.state, *first.changes, *second.changes);
}

bool Differential::compareChanges(std::size_t at) {
  if (!equalInChanges(comparison_)) {
    differs(at, comparison_, true);
    return false;
  }
  if (!checkInvariants || watchHolds_) return true;
  if (const model::Invariant* invariant = model::firstBroken(leftSide_.state, parameters_))
    breaks(at, *invariant);
  else
    failed(at, "the incremental check of invariants found one broken that holds");
  return false;
}

bool Differential::compareStates(std::size_t at) {
  const Fields fields = comparedFields();
  const bool whole = fields == shown::all;
  const bool reported = whole && leftSide_.changes && rightSide_.changes;
  if (reported && trustReports) return compareChanges(at);
  if (!whole)
    for (Side* side : {&leftSide_, &rightSide_})
      copyReduced(side->state, fields, side->shown);
  const trace::State& left = whole ? leftSide_.state : leftSide_.shown;
  const trace::State& right = whole ? rightSide_.state : rightSide_.shown;
  const bool equal = swapped_ ? comparison_.equal(right, left) : comparison_.equal(left, right);
  // Invariants do not depend on identities, so equal states satisfy the same ones.
  const model::Invariant* invariant =
      equal && checkInvariants && whole ? model::firstBroken(left, parameters_) : nullptr;
  if (reported && !checkReports(at, equal, invariant)) return false;
  if (!equal)
    differs(at, comparison_, whole);
  else if (invariant != nullptr)
    breaks(at, *invariant);
  return equal && invariant == nullptr;
}

// Whether the reports about the last step were complete, and would have led to the same result.
bool Differential::checkReports(std::size_t at, bool equal, const model::Invariant* broken) {
  const System* const systems[] = {&left_, &right_};
  Side* const sides[] = {&leftSide_, &rightSide_};
  for (std::size_t i = 0; i < 2; ++i) {
    Side& side = *sides[i];
    systems[i]->snapshot(side.whole);
    const std::string lacking = unreported(side.before, side.whole, side.state, *side.changes);
    if (!lacking.empty()) {
      failed(at, std::string(systems[i]->name()) + " did not report a change: " + lacking);
      return false;
    }
    side.before = side.state;
  }
  if (equalInChanges(byReports_) != equal) {
    failed(at, "the comparison of changes and the comparison of whole states disagree");
    return false;
  }
  if (equal && checkInvariants && watchHolds_ != (broken == nullptr)) {
    failed(at, "the incremental check of invariants and the whole one disagree");
    return false;
  }
  return true;
}

void Differential::start(const trace::Parameters& parameters, const trace::State* initial) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  restart(result_);
  parameters_ = parameters;
  comparison_.reset();
  byReports_.reset();
  watch_.start(parameters_);
  for (Side* side : {&leftSide_, &rightSide_}) {
    side->state.clear();
    side->before.clear();
    side->changes.emplace(); // so far every system is one that reports
  }
  running_ = &left_;
  try {
    left_.start(parameters, initial);
    running_ = &right_;
    right_.start(parameters, initial);
    if (initial == nullptr) return;
    update();
  } catch (const Misbehaved& e) {
    return diverged(initialState, What::outcome, misbehaviour(e, running_ == &left_));
  } catch (const CannotSay& e) {
    return cannotSay(result_, *running_, initialState, e);
  } catch (const std::exception& e) {
    return failed(initialState, std::string(running_->name()) + " threw: " + e.what());
  }
  compareStates(initialState);
}

// Whether the answers to a step allow a comparison of states.
bool Differential::compareAnswers(std::size_t at, const trace::Step& step, const Outcome& left,
                                  const Outcome& right) {
  const bool leftUnknown = left.kind == Outcome::Kind::unknown;
  const bool rightUnknown = right.kind == Outcome::Kind::unknown;
  const bool sameMemory = left_.simulatesMemory() && right_.simulatesMemory();
  if (sameMemory ? leftUnknown && rightUnknown : leftUnknown || rightUnknown) {
    result_.verdict = Verdict::unknown;
    result_.step = at;
    const System& which = leftUnknown ? left_ : right_;
    const std::string_view why = which.reason().empty() ? outOfMemory : which.reason();
    result_.reason = std::string(which.name()) + ": " + std::string(why);
    return false;
  }
  if (sameOutcome(step, left, right)) return true;
  diverged(at, What::outcome, {"outcome", describe(left), describe(right)});
  return false;
}

bool Differential::step(const trace::Step& step) {
  GROWSDOWN_CHECK(parameters_.rules != nullptr); // started
  if (result_.verdict != Verdict::agreed) return false;
  const std::size_t at = result_.steps;
  running_ = &left_;
  try {
    const Outcome left = left_.apply(step);
    running_ = &right_;
    const Outcome right = right_.apply(step);
    ++result_.steps;
    if (!compareAnswers(at, step, left, right)) return false;
    update();
  } catch (const Misbehaved& e) {
    diverged(at, What::outcome, misbehaviour(e, running_ == &left_));
    return false;
  } catch (const CannotSay& e) {
    cannotSay(result_, *running_, at, e);
    return false;
  } catch (const std::exception& e) {
    failed(at, std::string(running_->name()) + " threw: " + e.what());
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
