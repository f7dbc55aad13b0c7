// A campaign in a folder: searches of several kinds that take turns, for as long as their budgets last.
// Any number of processes, on any number of machines, may run the same folder; a run that was killed is
// gone on with. The folder has
//
//   campaign.txt           the settings (fuzz/settings.h)
//   corpus/GROUP/*.pack    what reached something new: a group per rule set, and per decoder
//   findings/WORKER/       a file per finding, and a journal (fuzz/findings.h)
//   history/PROCESS.jsonl  what each run did (fuzz/history.h)
//
// Files are written whole and renamed. Nothing is locked.
#pragma once

#include "fuzz/campaign.h"
#include "fuzz/history.h"
#include "fuzz/settings.h"
#include "trace/trace.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace growsdown::fuzz {

/// A search of the campaign, ready to run.
struct CampaignWorker {
  WorkerSettings settings;
  std::string whyNot;             ///< why it cannot run here; empty: it can
  std::vector<std::string> rules; ///< rule sets that its slices have in turn; none: inputs
  CampaignOptions options;        ///< its systems or its target
};

/// What a run looks like at one moment.
struct CampaignStatus {
  double seconds = 0;           ///< since the run began
  std::string worker, rules;    ///< of the slice that runs; empty: none
  CampaignResult slice;         ///< its counts
  std::uint64_t executions = 0; ///< of this run, with those of the slice
  std::uint64_t steps = 0;
  std::uint64_t reach = 0;  ///< features of the corpus, at the last merge
  std::uint64_t corpus = 0; ///< its entries
  std::uint64_t open = 0;   ///< findings that show
  std::string waits;        ///< why nothing runs; empty: something does
};

/// A finding and its life.
struct CampaignFinding {
  std::string worker, signature;
  Standing standing;
  std::filesystem::path file; ///< empty: it is not written yet, and `text` has the trace
  std::string text;
  bool fresh = false; ///< it is new or back since this run began
  std::string note;   ///< why it could not be judged again; may be empty
};

/// What one worker did in this run.
struct WorkerReport {
  std::string name, kind, whyNot;
  Spent spent, total; ///< in this run; of all runs and processes
  std::uint64_t findings = 0;
  std::string problem; ///< such as too much that is unknown; empty: none
};

/// A group of the corpus after its last merge.
struct GroupReport {
  std::uint64_t entries = 0, reach = 0;
};

struct FolderResult {
  std::vector<WorkerReport> workers;
  std::vector<CampaignFinding> findings; ///< of all runs, by worker and signature
  std::map<std::string, GroupReport> corpus;
  std::vector<std::string> problems; ///< in the order in which they occurred
  std::string canary;                ///< why it was not found; empty: it was
  double seconds = 0;
  std::string ended;        ///< why the run ended
  bool interrupted = false; ///< by a signal
  bool stable = false;
  std::string error; ///< why something is not written, or the run could not begin

  std::uint64_t open() const;
  std::uint64_t fresh() const;
  std::uint64_t reach() const;
};

struct FolderOptions {
  std::filesystem::path folder;
  CampaignSettings settings;
  std::vector<CampaignWorker> workers;
  double time = 0; ///< seconds of this run; 0: until all budgets are spent
  bool untilStable = false;
  std::vector<trace::Trace> seeds; ///< added to the corpus of each rule set
  /// Hunts a planted bug and writes the finding in a folder. Returns why it was not found, or an empty
  /// string. Not set: no canary.
  std::function<std::string(const std::filesystem::path& out)> canary;
  std::function<void(const CampaignStatus&)> status;
  std::chrono::milliseconds statusEvery{10000};
  std::function<void(const CampaignFinding&)> onFinding; ///< new or back
  std::function<void(const std::string&)> onProblem;     ///< something to know, while it runs
};

/// Runs a campaign until its time is over, its budgets are spent, it is stable, or a signal comes.
FolderResult runFolder(const FolderOptions& options);

/// The state of a folder as its files have it. Runs nothing.
FolderResult inspectFolder(const FolderOptions& options);

/// The name of the folder of a worker's corpus under a rule set.
std::string corpusGroup(const CampaignWorker& worker, const std::string& rules);

} // namespace growsdown::fuzz
