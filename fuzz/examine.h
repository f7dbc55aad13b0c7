// Examines one system against the model: runs known and generated traces, and learns from the
// answers what the system can do. What `growsdown conform` runs.
#pragma once

#include "fuzz/mutator.h"
#include "fuzz/program.h"
#include "fuzz/random.h"
#include "harness/conform.h"
#include "harness/system.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace growsdown::fuzz {

/// The steps that a system answers. A kind of step that it has refused several times, and never
/// answered, is not tried again.
class SystemProfile {
 public:
  /// `does`: bit trace::Op, the operations that the system says it can do.
  explicit SystemProfile(std::uint32_t does) : does_(does) {}

  /// Whether the step is worth a try.
  bool answers(const trace::Step& step) const;
  /// Takes note of which steps of the trace were answered.
  void learn(const trace::Trace& trace, const harness::RunResult& result);

 private:
  // Operation, access, limit, flags, and whether the range is inside a window.
  using Kind = std::tuple<trace::Op, trace::Access, trace::LimitKind, std::uint16_t, bool>;
  struct Count {
    unsigned answered = 0, refused = 0;
  };
  static Kind kind(const trace::Step& step);

  const std::uint32_t does_;
  std::map<Kind, Count> counts_;
};

struct ExaminationOptions {
  double seconds = 0;        ///< start no further trace after this time; 0: no limit
  std::uint64_t runs = 4000; ///< generated traces
  std::uint64_t seed = 1;
  std::size_t shrinkAttempts = 600; ///< per difference
  harness::Fields fields = harness::shown::all;
  trace::With with;       ///< parameters of traces that do not name them
  bool fixedWith = false; ///< the system has only the parameters in `with`, whatever a trace names
  std::vector<trace::Step> begins;                  ///< the steps that every trace must begin with
  std::function<bool(const trace::Step&)> possible; ///< steps that may be tried; empty: all
  std::function<void(const std::string&)> progress; ///< gets a line about the progress
  std::function<bool()> stopped; ///< whether to start no further trace; empty: no
};

/// Not copyable; `rules`, `model` and `system` must outlive it.
class Examination {
 public:
  Examination(const trace::RuleSet& rules, harness::System& model, harness::System& system,
              ExaminationOptions options);

  /// Runs the known traces, then generated ones, and shrinks the traces of the differences.
  void run(std::vector<trace::Trace> known);

  const harness::Conformance& conformance() const { return conformance_; }
  std::uint64_t knownRuns() const { return knownRuns_; }
  std::uint64_t generatedRuns() const { return generatedRuns_; }
  /// Known traces that were left out because the system takes no initial state.
  std::uint64_t passedOver() const { return passedOver_; }

 private:
  void report(const std::string& line) const;
  void drawSwarm(Swarm& swarm);
  trace::Trace generate(const Swarm& swarm);
  void prepare(trace::Trace& trace) const;
  void examine(trace::Trace trace, unsigned retries);
  bool withoutRefused(trace::Trace& trace, std::size_t step);

  const trace::RuleSet& rules_;
  harness::System& system_;
  const ExaminationOptions options_;
  harness::Conformance conformance_;
  std::unique_ptr<harness::System> guide_;
  Mutator mutator_;
  Random random_;
  SystemProfile profile_;
  std::vector<Program> seeds_;
  bool refusesInitial_ = false, refusesWith_ = false;
  std::uint64_t knownRuns_ = 0, generatedRuns_ = 0, passedOver_ = 0;
};

} // namespace growsdown::fuzz
