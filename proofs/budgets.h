// What the proofs may cost, in Z3's resource units: the same on every machine and every run, unlike
// seconds. About twice what Z3 4.8.12 needs in all, and far more than its dearest single query;
// another version of Z3 may count differently.
#pragma once

#include "proofs/explorer.h"

namespace growsdown::proofs::budgets {

constexpr Budget of(std::uint64_t total) {
  Budget b;
  b.decision = 2'000'000;
  b.obligation = 20'000'000;
  b.total = total;
  return b;
}

inline constexpr Budget stepAddress = of(800'000);
inline constexpr Budget growthSafe = of(16'000'000);
inline constexpr Budget guardPageFault = of(160'000'000);
inline constexpr Budget faultKeeps = of(60'000'000);
inline constexpr Budget changeExact = of(30'000'000);
inline constexpr Budget unmapExact = of(40'000'000);
inline constexpr Budget mapExact = of(30'000'000);
inline constexpr Budget walkExact = of(20'000'000);
inline constexpr Budget growthEqual = of(40'000'000);
inline constexpr Budget indexSearch = of(8'000'000);
inline constexpr Budget forkKeeps = of(4'000'000);
inline constexpr Budget entryRights = of(12'000'000);
inline constexpr Budget remapGrows = of(10'000'000);
inline constexpr Budget placeFree = of(6'000'000);
inline constexpr Budget placeSearch = of(1'000'000);
inline constexpr Budget remapMoves = of(45'000'000);
inline constexpr Budget remapWhole = of(200'000'000);
inline constexpr Budget list = of(4'000'000);
inline constexpr Budget entriesUnmap = of(14'000'000);
inline constexpr Budget entriesProtect = of(45'000'000);
inline constexpr Budget tablesMap = of(14'000'000);
inline constexpr Budget tablesCounts = of(1'000'000);
inline constexpr Budget tablesSound = of(10'000'000);
inline constexpr Budget tablesFreed = of(28'000'000);
inline constexpr Budget tablesNeeded = of(12'000'000);
inline constexpr Budget tablesWalk = of(3'000'000);
inline constexpr Budget tablesStock = of(100'000);
inline constexpr Budget tablesEntry = of(20'000);
inline constexpr Budget anonAdopted = of(2'500'000);
inline constexpr Budget entriesFork = of(1'000'000);
inline constexpr Budget entriesFault = of(12'000'000);
inline constexpr Budget entriesMove = of(40'000'000);
inline constexpr Budget entriesMap = of(20'000'000);
inline constexpr Budget versions = of(200'000'000); // of each operation
inline constexpr Budget operators = of(12'000'000);

} // namespace growsdown::proofs::budgets
