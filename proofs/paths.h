// One trace for each path of a step's rules: an example of everything that the specification can
// do, from processes with few areas. Examples, not proofs: where the bounds below cut a loop short,
// longer paths through the same rules exist.
#pragma once

#include "model/rule.h"
#include "proofs/explorer.h"
#include "trace/ruleset.h"
#include "trace/step.h"
#include "trace/trace.h"

#include <cstdint>
#include <string>
#include <vector>

namespace growsdown::proofs {

/// An exploration: a step that is partly unknown, and the processes in which it is performed.
/// `free` is what is unknown.
struct PathStep {
  enum class Free : std::uint8_t {
    all,        ///< addresses, lengths, offsets, flags, limits, tunables
    words,      ///< the same, but areas' flags are those of a few usual areas
    flags,      ///< areas' flags, and the rest in a few usual arrangements
    neighbours, ///< only which of a few usual areas are next to each other
    apart,      ///< the words of two areas, the second a stack, without pages
    limits,     ///< limits and tunables, of usual areas and ranges
  };

  std::string name; ///< of the trace file: `touch-w`, `mmap-rw-fixed`
  trace::Step step; ///< operation, access, protection, flags
  bool low = false; ///< areas in the low window (around the minimum address), else in the high one
  unsigned areas = 2; ///< at most
  Free free = Free::all;
  bool everywhere = true; ///< under every rule set, else under the default one unless asked for
};

/// All of them: touch, kernel, gup, mmap, munmap, mprotect, mlock, munlock, dontneed, mremap and
/// fork. limit, capable and sp decide nothing.
const std::vector<PathStep>& pathSteps();

/// A path's trace. Its last step is the one that takes the path, and every step has its outcome
/// as the model has it.
struct PathTrace {
  trace::Trace trace;
  std::vector<model::Rule> reached; ///< the rules that the step reaches, in order
  /// Why it starts from an `init` block: the difference that plain steps made when they were tried.
  /// Empty: it starts with plain steps.
  std::string initial;
};

struct Paths {
  Exploration explored; ///< unknown: there are more paths than the budget allows
  std::vector<PathTrace> traces;
  std::vector<std::string> exceptions; ///< paths that no trace takes, and why
};

/// Every path of the step under a rule set. Traces and exceptions together are as many as the
/// paths explored.
Paths explorePaths(const PathStep& step, const trace::RuleSet& rules, const Budget& budget);

/// Whether a trace's last step takes the same path, with the same outcome, under another rule set.
bool reachesTheSameRules(const PathTrace& path, const trace::RuleSet& rules);

} // namespace growsdown::proofs
