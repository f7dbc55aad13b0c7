// Bugs that can be planted in the reference, so that every oracle can show that it catches them.
//
// The library exists twice, from the same sources: `growsdown_reference` without them (each test
// below is a constant false and leaves no code), and `growsdown_reference_planted`, compiled with
// GROWSDOWN_PLANTED, in which one bug at a time can be switched on. An inline namespace keeps the
// two apart, so that one program may hold both.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#ifdef GROWSDOWN_PLANTED
#define GROWSDOWN_REFERENCE_BUILD planted_build
#else
#define GROWSDOWN_REFERENCE_BUILD plain_build
#endif

namespace growsdown::reference {
inline namespace GROWSDOWN_REFERENCE_BUILD {

enum class Bug : std::uint8_t {
  none,
  stackLimit,
  addressSpaceLimit,
  memlockLimit,
  dataLimit,
  guardStepMissing,
  guardRollsBack,
  growsdownNotExempt,
  inaccessibleNotExempt,
  gapOnePageShort,
  stackCountedAsData,
  growthBelowMinAddr,
  growthUndoneOnAccerr,
  growthKeepsOffset,
  lockedGrowthUncounted,
  staleEntry,
  tableNotFreed,
  tableFreedEarly,
  copyMissing,
  zeroPageReused,
  splitNotRecorded,
  entriesKeepRights,
  adoptionMissed,
  mergeAcrossFork,
  forkKeepsLocked,
  commitNotReturned,
  hintIgnoresGap,
  moveForgetsWrite,
  dontneedOfLocked,
};

/// What is known of a planted bug.
struct PlantedBug {
  Bug bug = Bug::none;
  std::string_view id;          ///< for the command line
  std::string_view description; ///< what the reference does wrong, in one line
  std::string_view group;       ///< limit, guard, growth, counter, table, entry, area, placement
};

/// All of them, in both builds.
std::span<const PlantedBug> plantedBugs();

#ifdef GROWSDOWN_PLANTED
/// The bug that is switched on. Not synchronised: set it before an address space is used.
inline Bug activeBug = Bug::none;
inline bool planted(Bug bug) {
  return activeBug == bug;
}
#else
constexpr bool planted(Bug) {
  return false;
}
#endif

} // namespace GROWSDOWN_REFERENCE_BUILD
} // namespace growsdown::reference
