// Named predicates that hold in every state. The harness checks them after every step; the proofs
// show that the rules keep them. The guard distance is no invariant: growth guarantees it, but a
// later MAP_FIXED may break it.
#pragma once

#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace growsdown::model {

// Predicates of single areas and neighbours, over any domain (`A` has start, end and flags). Each
// is one comparison, so it does not fork a symbolic run.

template <class A>
auto areaNotEmpty(const A& area) {
  return area.start < area.end;
}
template <class A>
auto areasInOrder(const A& lower, const A& upper) {
  return lower.end <= upper.start;
}
template <class W>
auto onPage(const W& address, std::uint64_t pageSize) {
  return (address & (pageSize - 1)) == 0;
}
template <class A>
auto areaWithin(const A& area, std::uint64_t taskSize) {
  return area.end <= taskSize;
}

/// The most that entries of an area may grant. Any right makes a page readable (CPUs without EPAN).
inline std::uint8_t rightsClosure(std::uint32_t flags) {
  std::uint8_t rights = static_cast<std::uint8_t>(flags & trace::vm::access);
  if (rights != 0) rights |= trace::vm::read;
  return rights;
}

/// Why an area and its shared object do not fit together, in a few words; empty: they do.
std::string_view unfit(const trace::State& state, const trace::Area& area);

/// Why a page does not fit the area that it lies in, in a few words; empty: it does.
std::string_view unfit(const trace::State& state, const trace::Parameters& parameters,
                       const trace::Area& area, const trace::Page& page);
inline constexpr std::string_view notOfObject = "not its object's page"; ///< one of the reasons

/// An invariant of a whole state.
struct Invariant {
  std::string_view name; ///< as in `areas-ordered`
  std::string_view text;
  bool (*holds)(const trace::State&, const trace::Parameters&);
};

/// All invariants. A later one may rely on the earlier ones.
std::span<const Invariant> invariants();

/// The first one that `state` breaks, or null.
const Invariant* firstBroken(const trace::State& state, const trace::Parameters& parameters);

} // namespace growsdown::model
