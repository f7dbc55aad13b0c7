// Replays many traces: what `growsdown replay` and `growsdown check` share.
#pragma once

#include "harness/run.h"
#include "tools/common.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace growsdown::tools {

struct ReplayOptions {
  std::vector<std::string> rules; ///< ruleSetNames; empty: those of each trace
  std::vector<std::string> knobs; ///< NAME=VALUE
  std::vector<std::string> with;  ///< KEY=VALUE, for keys that a trace does not set
  std::vector<std::string> on;    ///< one system, or two that are compared with each other too
  unsigned jobs = 1;
  bool keepAgreed = false; ///< keep the runs that agreed, too
};

/// One run of one trace under one rule set.
struct ReplayRun {
  std::string file;
  unsigned line = 0;    ///< of the trace
  unsigned at = 0;      ///< the line of the step that did not agree, or that of the trace
  std::size_t step = 0; ///< the step, from 1; 0: none
  std::string rules;
  std::string title;
  bool expectedToDiverge = false;
  harness::Verdict verdict =
      harness::Verdict::agreed; ///< with `expect: diverge` taken into account
  std::string text;             ///< a few lines about a run that did not agree; otherwise empty
  std::unique_ptr<const harness::RunResult> result; ///< null if the run agreed
};

/// The runs of one file under one rule set.
struct ReplayCount {
  std::size_t traces = 0;
  std::uint64_t steps = 0;
  std::uint64_t mismatches = 0;
};

struct ReplayReport {
  std::vector<ReplayRun> runs; ///< those kept, by file, trace, rule set
  std::size_t judged = 0;      ///< all runs
  std::map<std::pair<std::string, std::string>, ReplayCount> files; ///< by file and rule set
  std::uint64_t steps = 0;
  std::uint64_t mismatches = 0;
  std::uint64_t declared = 0; ///< differences that are known and explained (harness/declared.h)
  std::uint64_t unknown = 0;
  std::uint64_t errors = 0;
  std::uint64_t skipped = 0; ///< traces whose `sets:` do not have the rule set asked for
  std::string notCompared;   ///< what the systems do not show, one line per system
  harness::Verdict verdict = harness::Verdict::agreed;

  /// `594 traces, 14180 steps, 0 mismatches`, and further counts that are not 0.
  std::string summary() const;
};

/// Replays all traces of the paths. Stops with `usage` before the first run if one cannot be read. A
/// few traces at a time are in memory, however many a file has.
ReplayReport replay(const std::vector<std::string>& paths, const ReplayOptions& options);

} // namespace growsdown::tools
