// The addresses and numbers of generated steps. They come from the state that the model is in at
// that point of a trace, because decisions depend on few of all addresses.
#pragma once

#include "fuzz/random.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <array>
#include <cstdint>
#include <vector>

namespace growsdown::fuzz {

using Word = std::uint64_t;

/// The soft limits in force, as the trace set them (bytes; `as` and `data` count from its start).
struct DrawnLimits {
  std::array<std::uint64_t, trace::limitKindCount> value{
      trace::initialStackLimit, trace::unlimited, trace::initialMemlockLimit, trace::unlimited};

  std::uint64_t operator[](trace::LimitKind kind) const {
    return value[static_cast<std::size_t>(kind)];
  }
  void apply(const trace::Step& step) {
    if (step.op == trace::Op::limit) value[static_cast<std::size_t>(step.limit)] = step.length;
  }
};

/// A point between two steps of a trace.
struct View {
  const trace::Parameters& parameters;
  const trace::State& state;
  const DrawnLimits& limits;
  const std::vector<trace::Step>& steps; ///< of the whole trace, for addresses used before
};

/// The frequencies of one run (swarm testing, Groce et al. 2012): a run leaves out some operations
/// and habits, and makes others frequent.
struct Swarm {
  std::array<std::uint8_t, trace::opCount> ops{};
  std::uint8_t growsdown = 50; ///< percent of new private mappings that grow
  std::uint8_t fixed = 75;     ///< percent of mappings with MAP_FIXED
  std::uint8_t edges = 85;     ///< percent of addresses and numbers taken from the state
  std::uint8_t aligned = 92;   ///< percent of calls whose arguments are whole pages
  std::uint8_t inside = 95;    ///< percent of addresses kept inside the format's windows
  std::uint8_t resident = 20;  ///< percent of mappings that are locked or populated

  static Swarm draw(Random& random);
  /// Every operation and habit, at its usual rate.
  static Swarm even();
};

inline Word roundDown(Word value, Word to) {
  return value - value % to;
}

inline bool grows(const trace::Area& area) {
  return area.flags & trace::vm::growsdown;
}

/// Some area, or null if there is none. In `growing` percent of the draws it grows, if any does.
const trace::Area* someArea(Random& random, const View& view, unsigned growing = 50);

/// Nothing, a byte, or a few pages, in either direction.
Word nudge(Random& random, Word page);

/// Bytes: an address at which something is decided, or a page or a byte beside it:
/// - the start or end of an area, or the guard distance from one;
/// - the size that RLIMIT_STACK, RLIMIT_AS, RLIMIT_MEMLOCK or vm_pgoff leave to a growing area;
/// - the least address;
/// - the edge of a page table's block or of the window of fault-around;
/// - a present page, an address of an earlier step, an end of the address space.
Word edgeAddress(Random& random, const View& view);

/// Bytes: a length that ends a range from `address` at an edge, or a small or absurd length.
Word edgeLength(Random& random, const View& view, Word address);

/// Bytes: the present value of what `kind` limits, or its value after the growth of an area, give
/// or take a page or a byte.
Word edgeLimit(Random& random, const View& view, trace::LimitKind kind);

/// Bytes: an edge or the place of a fresh area, as often as `swarm` says; perhaps with a tag.
Word someAddress(Random& random, const Swarm& swarm, const View& view);

/// Bytes: the address of an access, more often below an area that grows than anywhere else.
Word touchAddress(Random& random, const Swarm& swarm, const View& view);

/// `value`, mostly rounded down to a whole page.
Word mostlyAligned(Random& random, const Swarm& swarm, Word value, Word page);

/// Sets an address and a length, mostly of whole pages. A third of the ranges end at the address
/// that was drawn.
void someRange(Random& random, const Swarm& swarm, const View& view, trace::Step& step);

} // namespace growsdown::fuzz
