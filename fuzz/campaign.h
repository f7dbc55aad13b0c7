// A search for differences between two systems that needs no fuzzing engine: what `growsdown fuzz`
// runs, and what shows that planted bugs are found.
#pragma once

#include "fuzz/program.h"
#include "fuzz/seeds.h"
#include "harness/run.h"
#include "harness/system.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace growsdown::fuzz {

class Features;
struct CampaignResult;
struct Finding;
struct InputTarget;

struct CampaignOptions {
  std::chrono::milliseconds time{0}; ///< stop after this long; 0: when the runs are done
  std::uint64_t runs = 0;            ///< traces to run in all; 0: until the time is over
  unsigned jobs = 1;                 ///< worker processes
  std::uint64_t seed = 1;
  unsigned maxSteps = 48;      ///< of a generated trace
  bool keepGoing = false;      ///< look for further differences after the first
  std::uint64_t stopAfter = 0; ///< with keepGoing: stop after this many findings; 0: never
  bool shrink = true;
  double mostUnknown =
      0.2; ///< share of traces that may end in `unknown`; with more, all is unknown
  std::chrono::milliseconds hang{10000};    ///< a worker that makes no step for this long hangs
  std::vector<const trace::RuleSet*> rules; ///< empty: all
  std::vector<Program> seeds;               ///< run first, and mutated
  std::filesystem::path out;                ///< where findings are written; empty: nowhere
  /// A folder that gets what showed something new, every two seconds, as packs (fuzz/corpus.h): traces
  /// in a folder per rule set, inputs in one per target. Empty: nothing is kept.
  std::filesystem::path corpus;
  std::string writer; ///< of these packs: unique among the processes that use the folder
  /// What the corpus reaches already. Set: a seed is mutated even if it shows nothing new.
  std::shared_ptr<const Features> seen;
  /// Set: the search gives inputs to this target, instead of traces to systems.
  std::shared_ptr<const InputTarget> inputs;
  /// Called with the counts so far, once every `statusEvery`, and with each finding when the campaign
  /// learns of it. Findings are in their directory before that.
  std::function<void(const CampaignResult&)> status;
  std::chrono::milliseconds statusEvery{10000};
  std::function<void(const Finding&)> onFinding;
  /// Parameters of every trace, except `memory`. None: they are drawn, and changed.
  std::optional<trace::With> with;
  harness::Fields fields = harness::shown::all; ///< the parts of a state to compare
  std::vector<trace::Step> begins;              ///< the first steps of every trace
  /// Whether the systems can do a step; other steps are never made. By default all can be done.
  std::function<bool(const trace::Step&)> possible;
  /// The systems; by default the model and the reference. `left` also guides the generation, and
  /// the trace of a finding expects its answers.
  std::function<std::unique_ptr<harness::System>()> left;
  std::function<std::unique_ptr<harness::System>()> right;

  std::unique_ptr<harness::System> makeLeft() const;
  std::unique_ptr<harness::System> makeRight() const;
};

/// A difference, or the crash of a worker.
struct Finding {
  harness::Verdict verdict =
      harness::Verdict::diverged; ///< diverged; error: crash, hang, exception
  std::string signature;          ///< equal for the same difference; the name of the file
  std::string text; ///< the trace file: comments that say what differs, then the trace
  std::string extension = "trace"; ///< of the file; `input`: the text is an input, not a trace
  std::filesystem::path file;      ///< empty if nothing was written
  bool known = false;              ///< the directory had a finding of this signature: `file`
  std::string error;               ///< why it could not be written; may be empty
  std::string description;         ///< one line: step, field, both values, rule
  std::string rules;               ///< the rule set's name
  std::size_t steps = 0;           ///< of the trace
  std::size_t stepsBefore = 0;     ///< of the trace as it was found, before shrinking
  std::uint64_t executions = 0;    ///< of the worker that found it, until then
  double seconds = 0;              ///< since the campaign began, before shrinking
  bool visible = false; ///< a replay of the file on the right system shows it (not only `diff`)
};

struct CampaignResult {
  harness::Verdict verdict = harness::Verdict::agreed;
  std::uint64_t executions = 0; ///< traces
  std::uint64_t steps = 0;      ///< compared
  std::uint64_t unknown = 0;    ///< traces that ended in `unknown`
  std::uint64_t features = 0;   ///< of the worker that saw most
  std::uint64_t pool = 0;       ///< traces that showed something new, all workers
  double seconds = 0;
  std::uint64_t found = 0;        ///< signatures so far
  std::uint64_t rulesReached = 0; ///< of the left system
  std::uint64_t kept = 0;         ///< written to the corpus
  std::uint64_t dropped = 0;      ///< not kept: the corpus could not be written
  unsigned crashes = 0;           ///< of workers, also those of one signature
  unsigned killed = 0; ///< workers that got SIGKILL from outside, such as for want of memory
  /// Why the campaign ended before its time or its runs; empty otherwise. Without `incomplete` that
  /// was asked for: the first difference, or `stopAfter`.
  std::string ended;
  bool incomplete = false; ///< a signal, or a worker that could not go on
  /// How often each rule of the left system was reached, in its order (0 included).
  std::vector<std::pair<std::string, std::uint64_t>> rules;
  std::vector<Finding> findings; ///< one per signature
  std::string error;             ///< why the campaign itself failed (verdict error)
  std::string corpusError;       ///< why the corpus could not be written at last; may be empty
};

/// Runs a campaign in forked workers. A worker that crashes or hangs is a finding, with the trace
/// that it was running. A finding is written when it is found, and again when it is shrunk. The first
/// SIGINT, SIGTERM or SIGHUP ends the campaign, whose verdict is then unknown at best. The result is
/// deterministic for a seed, `jobs` and `runs`, unless `time` ends the campaign before. No other
/// thread may run during the call.
CampaignResult runCampaign(const CampaignOptions& options);

} // namespace growsdown::fuzz
