// Structure-aware generation and mutation of traces, for any fuzzing engine. What makes it find
// things is where its numbers come from: the state that the model is in at that point of the trace.
#pragma once

#include "fuzz/program.h"
#include "fuzz/random.h"
#include "harness/system.h"

#include <array>
#include <cstdint>
#include <vector>

namespace growsdown::fuzz {

/// The soft limits in force, as the trace set them (bytes; `as` and `data` count from its start).
struct Limits {
  std::array<std::uint64_t, trace::limitKindCount> value{
      trace::initialStackLimit, trace::unlimited, trace::initialMemlockLimit, trace::unlimited};

  std::uint64_t operator[](trace::LimitKind kind) const {
    return value[static_cast<std::size_t>(kind)];
  }
  void apply(const trace::Step& step) {
    if (step.op == trace::Op::limit) value[static_cast<std::size_t>(step.limit)] = step.length;
  }
};

/// Where a trace stands between two of its steps.
struct View {
  const trace::Parameters& parameters;
  const trace::State& state;
  const Limits& limits;
  const std::vector<trace::Step>& steps; ///< the trace's steps, for addresses used before
};

/// What one run draws more or less of (swarm testing, Groce et al. 2012): some operations and
/// habits are left out altogether, others are frequent.
struct Swarm {
  std::array<std::uint8_t, trace::opCount> ops{};
  std::uint8_t growsdown = 50; ///< percent of new private mappings that grow
  std::uint8_t fixed = 75;     ///< percent of mappings with MAP_FIXED
  std::uint8_t edges = 85;     ///< percent of addresses and numbers taken from the state
  std::uint8_t aligned = 92;   ///< percent of calls whose arguments are whole pages
  std::uint8_t inside = 95;    ///< percent of addresses kept inside the format's windows
  std::uint8_t resident = 20;  ///< percent of mappings that are locked or populated

  static Swarm draw(Random& random);
  /// Everything, at its usual rate.
  static Swarm even();
};

/// Bytes: an address at, or a page or a byte beside, something that decides: the start or end of an
/// area, the guard distance above a neighbour, the size that RLIMIT_STACK, RLIMIT_AS,
/// RLIMIT_MEMLOCK or vm_pgoff leave to an area that grows, the least address, the edge of a page
/// table's block or of fault-around's window, a present page, an end of the address space.
std::uint64_t edgeAddress(Random& random, const View& view);

/// Bytes: a length that ends a range starting at `address` at an edge, or a small or absurd one.
std::uint64_t edgeLength(Random& random, const View& view, std::uint64_t address);

/// Bytes: the present value of what `kind` limits, or what an area's growth would make of it, give
/// or take a page or a byte.
std::uint64_t edgeLimit(Random& random, const View& view, trace::LimitKind kind);

/// One step that makes sense in that state.
trace::Step randomStep(Random& random, const Swarm& swarm, const View& view);

/// A `limit` step that sets one of the limits to what is in use, or near it.
trace::Step bindingLimit(Random& random, const View& view);

/// Changes one argument of a step: by a page or a byte, a flag, another operation of the same form.
void changeArgument(Random& random, const Swarm& swarm, const View& view, trace::Step& step);

/// Moves a step's address, or the end of its range, to an edge; a limit to what is in use.
void moveToEdge(Random& random, const View& view, trace::Step& step);

/// Generates and changes programs. `guide` is the system (the model) whose state the numbers are
/// taken from; it must outlive the mutator. Same program, swarm and random numbers: same result.
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
  Limits limits_;
  std::vector<trace::Step> inserted_;
};

/// Parameters worth trying: page size, address width, least addresses, map count, and a machine
/// small enough that a fault-in of everything ends a trace instead of a campaign.
trace::With randomWith(Random& random, const trace::RuleSet& rules);

} // namespace growsdown::fuzz
