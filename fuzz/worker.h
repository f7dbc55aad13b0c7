// The search of one worker process of a campaign.
#pragma once

#include "fuzz/campaign.h"
#include "fuzz/features.h"
#include "fuzz/findings.h"
#include "fuzz/keeper.h"
#include "fuzz/mutator.h"
#include "fuzz/slot.h"
#include "harness/forwarding.h"
#include "harness/run.h"
#include "harness/system.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace growsdown::fuzz {

class Worker {
 public:
  /// `restarts`: how often a worker at this index has crashed before. `begin`: the start of the
  /// campaign.
  Worker(const CampaignOptions& options, Slot& slot, unsigned index, unsigned restarts,
         std::chrono::steady_clock::time_point begin);

  /// Searches until the slot says stop, the search is over, or `runs` traces were run (0: no
  /// bound).
  void work(std::uint64_t runs);

 private:
  /// Remembers the last answer.
  class Answering final : public harness::Forwarding {
   public:
    using Forwarding::Forwarding;
    trace::Outcome apply(const trace::Step& step) override {
      return last = Forwarding::apply(step);
    }
    std::optional<trace::StateChanges> update(trace::State& state) override {
      return to().update(state);
    }
    trace::Outcome last;
  };

  /// Edits of a program that are made while it runs, because they need the state.
  struct Plan {
    enum class What : std::uint8_t { insert, change, edge, limit };
    struct Edit {
      std::size_t at;
      What what;
    };
    std::array<Edit, 4> edits{};
    unsigned count = 0;
    std::uint64_t extend = 0; ///< steps generated at the end
  };

  /// How far the edits of a program have come.
  struct Progress {
    std::size_t made = 0; ///< steps
    unsigned edit = 0;
    std::size_t inserted = 0;
  };

  void search(std::uint64_t runs);
  void limitMemory();
  void generate();
  const Program& fromPool();
  void choose();
  void planEdits();
  void publishHits();

  /// Runs program_ on both systems, and edits and extends it on the way. True: it showed something
  /// new.
  bool execute();
  /// Carries out the plan. `go` makes a step, and the state after it is then in `state`. The trace
  /// ends after a step for which `go` returns false.
  template <class Go>
  void make(const trace::Parameters& parameters, const trace::State& state, Go go);
  /// The edits that are due before the next step.
  void edit(const View& here, Progress& progress);
  /// `execute` for a right system that repeats itself.
  bool executeOnce(const trace::Parameters& parameters);
  /// Whether the right system agrees with kept_ on the whole trace.
  bool agreesWithKept(const trace::Parameters& parameters, const trace::Trace& trace,
                      harness::Fields fields);
  /// Counts a run of program_.
  void takeResult(harness::Verdict verdict);
  /// `keeps`: a trace that shows something new goes into the corpus.
  void judge(bool isNew, bool keeps);

  void keepInitial(const trace::Trace& trace, Program& program) const;
  bool inAHurry() const { return slot_.hurry.load(std::memory_order_relaxed); }
  void found();
  void fill(Finding& finding, trace::Trace trace, const harness::RunResult& result) const;
  /// The findings's trace, small and if possible visible, and its result.
  bool reduce(trace::Trace& trace, harness::RunResult& result);
  /// Both systems on a trace under the rule set of the finding. The slot has the place.
  harness::RunResult compare(const trace::Trace& trace);
  /// The right system on a trace with the expectations of the left one.
  harness::RunResult replayed(const trace::Trace& trace);
  /// Looks for further steps after which a difference that no trace can express (an identity,
  /// committed memory, an offset) shows in an outcome or in /proc. The difference stays the first
  /// one of the trace. True: a replay shows it.
  bool makeVisible(trace::Trace& trace);
  /// `base` and a few random steps more.
  trace::Trace longer(const Program& base, const Swarm& swarm);

  const CampaignOptions& options_;
  Slot& slot_;
  const std::size_t index_; ///< of this worker
  std::chrono::steady_clock::time_point begin_;
  Random random_;
  std::vector<const trace::RuleSet*> rules_;
  std::unique_ptr<harness::System> left_;
  std::unique_ptr<harness::System> right_;
  std::unique_ptr<harness::System> guide_;
  Answering answering_;
  harness::Differential differential_;
  Mutator mutator_;
  Swarm swarm_ = Swarm::even();
  Features features_;
  std::vector<Program> pool_;
  Program program_;
  Plan plan_;
  DrawnLimits limits_;
  std::size_t mostSteps_ = 0; ///< of program_
  const trace::State empty_;
  trace::State guideState_;
  /// What the left system did in each step.
  struct Kept {
    trace::Outcome outcome;
    trace::State state; ///< the compared parts
  };
  std::vector<Kept> kept_;
  trace::State rightState_, rightShown_;
  harness::StateComparison comparison_;
  harness::Verdict verdict_ = harness::Verdict::agreed; ///< of the last run of program_
  std::set<std::string> signatures_;
  FindingsStore store_;
  Keeper keeper_;
  bool finished_ = false;
};

} // namespace growsdown::fuzz
