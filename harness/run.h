// Runs traces: compares one system with the expectations of a trace, or two systems with each other.
#pragma once

#include "harness/compare.h"
#include "harness/observe.h"
#include "harness/starting_state.h"
#include "harness/system.h"
#include "model/invariant_watch.h"
#include "model/invariants.h"
#include "trace/trace.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace growsdown::harness {

/// The verdict on a trace. A trace that could not be decided has not passed.
enum class Verdict : std::uint8_t {
  agreed,
  diverged, ///< systems differ, or a system and an expectation, or an invariant is broken
  unknown,  ///< a system could not decide (`reason`)
  error,    ///< an internal error: a system threw an exception (`reason`)
};

/// `agreed`, `diverged`, `unknown`, `error`.
std::string_view name(Verdict verdict);
/// The exit code of a program with this verdict: 0, 1, 3, 4.
int exitCode(Verdict verdict);
/// The worse verdict. From worst to best: error, diverged, unknown, agreed.
Verdict worse(Verdict a, Verdict b);

/// The result of one trace.
struct RunResult {
  enum class What : std::uint8_t { nothing, outcome, state, invariant };

  Verdict verdict = Verdict::agreed;
  What what = What::nothing;    ///< if `diverged`: what differs
  std::size_t steps = 0;        ///< steps made and compared, including the last one
  std::size_t declared = 0;     ///< declared differences so far (harness/declared.h)
  std::size_t step = 0;         ///< if not `agreed`: the index of the step, or initialState
  Difference difference;        ///< if `diverged`; left: expected, or the left system
  std::string rule;             ///< the id of the rule that decided the step; may be empty
  std::string reason;           ///< why `unknown` or `error`
  bool silent = false;          ///< `unknown` because a system did not answer in time
  std::string brokenInvariants; ///< the first broken invariant of each side; may be empty
};
inline constexpr std::size_t initialState = ~std::size_t{0};

/// Replays traces on one system and compares it with their expectations.
class Replayer {
 public:
  explicit Replayer(System& system) : system_(system) {}

  /// Runs `trace` until its end, the first mismatch, an outcome of kind `unknown`, or `= abnormal`.
  /// The verdict is unknown if the rule set does not support the parameters of the trace. Throws
  /// MalformedInitial.
  const RunResult& run(const trace::RuleSet& rules, const trace::Trace& trace);
  const RunResult& run(const trace::Parameters& parameters, const trace::Trace& trace);

  /// Whether to check the model's invariants. The first state that breaks one is reported.
  bool checkInvariants = true;

 private:
  void go(const trace::Parameters& parameters, const trace::Trace& trace);
  /// Whether to check the invariants after this step.
  bool isDue();
  bool invariantsHold(std::size_t step, const trace::Parameters& parameters);
  void mismatch(std::size_t step, RunResult::What what, Difference difference);

  System& system_;
  bool everyStep_ = false;
  bool leftOut_ = false;      ///< whether a step of this run was not checked by itself
  std::size_t unchecked_ = 0; ///< steps since the last check
  trace::State initial_;
  trace::State state_;
  trace::Observation observed_;
  Observer observer_;
  Expectation expectation_;
  RunResult result_;
};

/// Whether comparing whole states after each step of a trace would take too long
/// (Differential::trustReports).
inline bool isLong(const trace::Trace& trace) {
  return trace.records.size() > 4096;
}

/// Runs two systems step by step. After each step it compares outcomes and whole states, and checks
/// the model's invariants. Once its buffers have grown, it allocates nothing until something differs.
class Differential {
 public:
  /// The two systems must be different objects.
  Differential(System& left, System& right);

  /// Starts both systems. With `initial`, compares their states.
  void start(const trace::Parameters& parameters, const trace::State* initial = nullptr);
  /// Performs one step on both systems. Returns false if the trace ends here; see `result`.
  bool step(const trace::Step& step);
  const RunResult& result() const { return result_; }

  /// Runs a whole trace, whose expectations do not matter. Throws MalformedInitial.
  const RunResult& run(const trace::Parameters& parameters, const trace::Trace& trace);
  const RunResult& run(const trace::RuleSet& rules, const trace::Trace& trace);

  /// The states after the last step.
  const trace::State& leftState() const { return leftSide_.state; }
  const trace::State& rightState() const { return rightSide_.state; }
  const System& left() const { return left_; }
  const System& right() const { return right_; }

  bool checkInvariants = true;
  /// The parts of the state to compare, if both sides show them.
  Fields compared = shown::all;
  /// Whether to rely on what the systems report as changed (System::update): only that is compared,
  /// and invariants are checked only there. The results are the same. If false, whole states are
  /// compared; and if both systems report, each report is compared with what really changed. A report
  /// that lacks a change is an error of the system.
  bool trustReports = false;

 private:
  /// A state, and what its system reported about the last step.
  struct Side {
    trace::State state;
    trace::State shown; ///< the parts that are compared, if these are not all
    std::optional<trace::StateChanges> changes;
    trace::State before; ///< to check the report
    trace::State whole;
  };

  bool compareAnswers(std::size_t at, const trace::Step& step, const trace::Outcome& left,
                      const trace::Outcome& right);
  Fields comparedFields() const { return left_.shows() & right_.shows() & compared; }
  bool comparesWhole() const { return comparedFields() == shown::all; }
  void update();
  bool compareStates(std::size_t at);
  bool compareChanges(std::size_t at);
  bool checkReports(std::size_t at, bool equal, const model::Invariant* broken);
  bool equalInChanges(StateComparison& comparison) const;
  void differs(std::size_t at, const StateComparison& comparison, bool whole);
  void breaks(std::size_t at, const model::Invariant& invariant);
  void diverged(std::size_t at, RunResult::What what, Difference difference);
  void failed(std::size_t at, std::string reason);
  std::string broken() const;

  System& left_;
  System& right_;
  bool swapped_ = false; ///< only the right side never reuses identities
  trace::Parameters parameters_;
  trace::State initial_;
  Side leftSide_;
  Side rightSide_;
  const System* running_ = nullptr; ///< the system called last
  StateComparison comparison_;
  StateComparison byReports_; ///< the comparison that relies on reports
  model::InvariantWatch watch_;
  bool watchHolds_ = true; ///< what it says about the last step
  RunResult result_;
};

} // namespace growsdown::harness
