// Runs traces: one system against what a trace expects, or two systems against each other.
#pragma once

#include "harness/compare.h"
#include "harness/initial.h"
#include "harness/observe.h"
#include "harness/system.h"
#include "trace/trace.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace growsdown::harness {

/// The verdict on a trace. Never two-valued: what could not be decided is not a pass.
enum class Verdict : std::uint8_t {
  agreed,
  diverged, ///< the systems, or the system and the expectation, differ; or an invariant is broken
  unknown,  ///< a system could not say (`reason`)
  error,    ///< an error of ours: a system threw an exception (`reason`)
};

/// `agreed`, `diverged`, `unknown`, `error`.
std::string_view name(Verdict verdict);
/// The exit code of a program that came to this verdict: 0, 1, 3, 4.
int exitCode(Verdict verdict);
/// The worse of two: error, diverged, unknown, agreed.
Verdict worse(Verdict a, Verdict b);

/// What became of one trace.
struct RunResult {
  enum class What : std::uint8_t { nothing, outcome, state, invariant };

  Verdict verdict = Verdict::agreed;
  What what = What::nothing; ///< where `diverged`: in what
  std::size_t steps = 0;     ///< steps made and compared, the last one included
  std::size_t declared = 0;  ///< differences on the way that are declared (harness/declared.h)
  std::size_t step = 0;  ///< where not `agreed`: the index of the step (initialState: the start)
  Difference difference; ///< where `diverged`; left: expected, or the left system's
  std::string rule;      ///< the id of the rule that decided that step in the model, if any
  std::string reason;    ///< why `unknown` or `error`
  bool silent = false;   ///< `unknown` because a system did not answer
  std::string brokenInvariants; ///< the first invariant broken on each side, if any
};
inline constexpr std::size_t initialState = ~std::size_t{0};

/// Replays traces on one system and compares with what they expect.
class Replayer {
 public:
  explicit Replayer(System& system) : system_(system) {}

  /// Runs `trace` until its end, the first mismatch, an outcome of kind `unknown`, or `= abnormal`.
  /// Behind a mismatch nothing is compared: a trace counts once. Where the rule set cannot take on
  /// the trace's parameters the verdict is unknown. Throws MalformedInitial.
  const RunResult& run(const trace::RuleSet& rules, const trace::Trace& trace);
  const RunResult& run(const trace::Parameters& parameters, const trace::Trace& trace);

  /// Checks the model's invariants after each step as well (on by default).
  bool checkInvariants = true;

 private:
  void mismatch(std::size_t step, RunResult::What what, Difference difference);

  System& system_;
  trace::State initial_;
  trace::State state_;
  trace::Observation observed_;
  Observer observer_;
  Expectation expectation_;
  RunResult result_;
};

/// Runs two systems step by step; after each step compares outcome and whole state and checks the
/// model's invariants. Reusable: once warm it allocates nothing until something differs.
class Differential {
 public:
  /// The two systems must be different objects.
  Differential(System& left, System& right);

  /// Both systems start anew. With `initial`, their states are compared at once.
  void start(const trace::Parameters& parameters, const trace::State* initial = nullptr);
  /// One step on both. False where the trace ends here: see `result`.
  bool step(const trace::Step& step);
  const RunResult& result() const { return result_; }

  /// A whole trace; what it expects is not looked at. Throws MalformedInitial.
  const RunResult& run(const trace::Parameters& parameters, const trace::Trace& trace);
  const RunResult& run(const trace::RuleSet& rules, const trace::Trace& trace);

  /// The states after the last step.
  const trace::State& leftState() const { return leftState_; }
  const trace::State& rightState() const { return rightState_; }
  const System& left() const { return left_; }
  const System& right() const { return right_; }

  bool checkInvariants = true;
  /// What both sides show of a state is compared as far as it is in here.
  Fields compared = shown::all;

 private:
  bool compareStates(std::size_t at);
  void diverged(std::size_t at, RunResult::What what, Difference difference);
  void failed(std::size_t at, std::string reason);
  std::string broken() const;

  System& left_;
  System& right_;
  bool swapped_ = false; ///< names of the right side are the ones never used again
  trace::Parameters parameters_;
  trace::State initial_;
  trace::State leftState_;
  trace::State rightState_;
  trace::State leftShown_; ///< as far as both sides show it, where that is not all
  trace::State rightShown_;
  StateComparison comparison_;
  RunResult result_;
};

} // namespace growsdown::harness
