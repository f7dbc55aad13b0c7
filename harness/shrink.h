// Shrinks a trace that shows a difference to a smaller one that shows the same difference.
#pragma once

#include "harness/run.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace growsdown::harness {

/// Two differences are the same if they have the same signature: the kind of field without indices
/// and addresses, the operation of the step and the rule that decided it. If outcomes differ, both
/// are part of it, without addresses. For an internal error it is the message.
struct Signature {
  Verdict verdict = Verdict::agreed;
  RunResult::What what = RunResult::What::nothing;
  std::string field;
  trace::Op op = trace::Op::fork;
  std::string rule;
  std::string values; ///< the parts of both values that must stay the same

  friend bool operator==(const Signature&, const Signature&) = default;
};

/// The signature of the result of a trace. With `withValues` it includes both values: the
/// expectations of a recording are valid only while they stay the same.
Signature signature(const RunResult& result, const trace::Trace& trace, bool withValues = false);

struct ShrinkProgress {
  std::size_t attempts = 0; ///< candidates tried
  std::size_t kept = 0;     ///< candidates that showed the same difference
  std::size_t steps = 0;    ///< steps of the smallest trace so far
};

struct ShrinkOptions {
  std::size_t maxAttempts = 20000; ///< after these, the smallest trace so far is the result
  bool arguments = true;           ///< simplify arguments, too
  std::function<void(const ShrinkProgress&)> progress; ///< called after each attempt, if set
};

struct ShrinkResult {
  trace::Trace trace;
  ShrinkProgress progress;
  bool reproduced = false; ///< false: the given trace shows no difference and is returned
  bool complete = false;   ///< maxAttempts did not stop the search
};

/// Runs a candidate and returns its result.
using ShowsDifference = std::function<RunResult(const trace::Trace&)>;

/// Drops steps in chunks of halving size, then simplifies arguments, while `run` returns a result
/// with the same signature. The result is never empty.
ShrinkResult shrink(const trace::Trace& trace, const ShowsDifference& run,
                    const ShrinkOptions& options = {}, bool withValues = false);

struct ExtendOptions {
  std::size_t attempts = 4000; ///< traces tried
  ShrinkOptions shrink;        ///< of the trace that is found
};

/// Looks for a trace on which `run` diverges among those that `draw` makes (from the number of the
/// attempt), and shrinks it. Use: to extend a trace until a hidden difference shows.
std::optional<trace::Trace> extend(const std::function<trace::Trace(std::size_t)>& draw,
                                   const ShowsDifference& run, const ExtendOptions& options = {});

/// Returns `trace` with the outcomes and state lines of `system` as expectations, up to the step that
/// the system cannot decide. Comments stay. State lines are left out where a state has more than
/// `mostAreas` areas, except after the last step: the text of all states grows with the square of the
/// number of areas.
trace::Trace annotate(System& system, const trace::Parameters& parameters,
                      const trace::Trace& trace, std::size_t mostAreas = ~std::size_t{0});

} // namespace growsdown::harness
