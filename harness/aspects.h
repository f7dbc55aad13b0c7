// In which aspects the effects of one step on two sides differ.
#pragma once

#include "harness/state_diff.h"
#include "trace/outcome.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace growsdown::harness {

/// What may differ after a step. The aspects before `outcome` are the state that rules read. Two
/// sides that differ in this state have diverged, and nothing is compared from then on. The other
/// aspects are the outcome and what only an observer reads, as changed by the step.
enum class Aspect : std::uint8_t {
  areas,     ///< their number and extents
  flags,     ///< VM_* flags
  pgoff,     ///< page offsets, of objects too
  anon,      ///< which areas have, share or inherited an anon_vma
  pages,     ///< which are present, of what kind, in which frame
  rights,    ///< what entries grant, and their inherited, dirty and hosted bits
  size,      ///< pages in all
  stack,     ///< pages of stacks
  locked,    ///< locked pages
  committed, ///< charged pages
  outcome,   ///< of the step
  shown,     ///< the part of areas that /proc/self/maps hides
  data,      ///< VmData
  tables,    ///< page-table pages; compared if both sides had the same tables before
  faults,    ///< minor faults
};
inline constexpr unsigned aspectCount = 15;
using Aspects = std::uint16_t; ///< bit i: Aspect i
constexpr Aspects bit(Aspect aspect) {
  return static_cast<Aspects>(1U << static_cast<unsigned>(aspect));
}
/// The aspects that rules read.
inline constexpr auto stateAspects = static_cast<Aspects>(bit(Aspect::outcome) - 1);

std::string_view name(Aspect aspect);
/// `outcome, areas`
std::string names(Aspects aspects);

/// The effect of a step on one side: the states before and after it, and its outcome.
struct Effect {
  trace::State before, after;
  trace::Outcome outcome;
};

/// Compares the effects of one step. Reusable: once its tables have grown it allocates nothing.
class EffectComparison {
 public:
  Aspects operator()(const trace::Step& step, const Effect& left, const Effect& right);

 private:
  Aspects states(const trace::State& left, const trace::State& right);

  IdentitiesByAppearance identities_;
};

} // namespace growsdown::harness
