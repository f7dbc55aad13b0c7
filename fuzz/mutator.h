// Structure-aware generation and mutation of traces, for any fuzzing engine.
#pragma once

#include "fuzz/generate.h"
#include "fuzz/program.h"
#include "harness/system.h"

#include <cstddef>
#include <vector>

namespace growsdown::fuzz {

/// Changes one argument of a step: by a page or a byte, a flag, another operation of the same form.
void changeArgument(Random& random, const Swarm& swarm, const View& view, trace::Step& step);

/// Moves a step's address, or the end of its range, to an edge; a limit to what is in use.
void moveToEdge(Random& random, const View& view, trace::Step& step);

/// Generates and changes programs. The numbers come from the states of `guide`, a system (the
/// model) that must outlive the mutator. Equal programs, swarms and random numbers give equal
/// results.
class Mutator {
 public:
  explicit Mutator(harness::System& guide, unsigned maxSteps = 64)
      : guide_(guide), maxSteps_(maxSteps) {}

  /// A new program of at most `steps` steps under a rule set drawn from all of them.
  void generate(Random& random, const Swarm& swarm, unsigned steps, Program& out);
  /// The same under the rule set and parameters that `out` has.
  void generateUnder(Random& random, const Swarm& swarm, unsigned steps, Program& out);

  /// One to four changes: insert, append, delete, duplicate, swap, change an argument, move an
  /// address to an edge, set a limit to what is in use, move everything, change parameters.
  void mutate(Random& random, const Swarm& swarm, Program& program);

  /// One change that needs no state: delete, duplicate, swap, move everything, change parameters,
  /// cut. Does nothing to a program without steps.
  void rearrange(Random& random, Program& program);

  /// A beginning of `first` and an end of `second`, or steps of the second inside the first.
  void cross(Random& random, const Program& first, const Program& second, Program& out);

 private:
  /// Runs the guide through the first `count` steps. False: it could not say before that.
  bool runTo(const Program& program, const trace::Parameters& parameters, std::size_t count);
  View view(const trace::Parameters& parameters, const Program& program) const {
    return {parameters, state_, limits_, program.steps};
  }
  /// Inserts `count` new steps at `at`, each drawn in the state that those before it made.
  void grow(Random& random, const Swarm& swarm, Program& program, std::size_t at, unsigned count);
  void once(Random& random, const Swarm& swarm, Program& program);

  harness::System& guide_;
  unsigned maxSteps_;
  trace::State state_;
  DrawnLimits limits_;
  std::vector<trace::Step> inserted_;
};

} // namespace growsdown::fuzz
