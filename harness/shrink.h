// Makes a trace that shows a difference smaller, while it shows the same difference.
#pragma once

#include "harness/run.h"

#include <cstddef>
#include <functional>
#include <string>

namespace growsdown::harness {

/// What makes two differences the same one: the kind of field (without indices and addresses), the
/// operation and the deciding rule of the step; where outcomes differ, both without addresses. For
/// an error of ours, what it says.
struct Signature {
  Verdict verdict = Verdict::agreed;
  RunResult::What what = RunResult::What::nothing;
  std::string field;
  trace::Op op = trace::Op::fork;
  std::string rule;
  std::string values; ///< expected and got, as far as they must stay the same

  friend bool operator==(const Signature&, const Signature&) = default;
};

/// The signature of a result on the trace that it came from. With `withValues`, both values must
/// stay the same too: a recording's expectations mean something only as long as they do.
Signature signature(const RunResult& result, const trace::Trace& trace, bool withValues = false);

struct ShrinkProgress {
  std::size_t attempts = 0; ///< candidates tried
  std::size_t kept = 0;     ///< candidates that showed the same difference
  std::size_t steps = 0;    ///< steps of the smallest trace so far
};

struct ShrinkOptions {
  std::size_t maxAttempts = 20000; ///< then the smallest trace so far is the result
  bool arguments = true;           ///< simplify arguments too, not only drop steps
  std::function<void(const ShrinkProgress&)> progress; ///< called after each attempt, if set
};

struct ShrinkResult {
  trace::Trace trace;
  ShrinkProgress progress;
  bool reproduced = false; ///< false: the trace given shows no difference, and is returned as it is
  bool complete = false;   ///< nothing more could be dropped or simplified (not cut by maxAttempts)
};

/// Runs a candidate and says what it shows.
using ShowsDifference = std::function<RunResult(const trace::Trace&)>;

/// Drops steps (halves, then smaller chunks, then single ones), then simplifies arguments, as long
/// as `run` shows a result of the same signature. The result is never empty.
ShrinkResult shrink(const trace::Trace& trace, const ShowsDifference& run,
                    const ShrinkOptions& options = {}, bool withValues = false);

/// `trace` with the outcomes and state lines that `system` answers, up to where it ends: from then
/// on it can be replayed. Comments stay.
trace::Trace annotate(System& system, const trace::Parameters& parameters,
                      const trace::Trace& trace);

} // namespace growsdown::harness
