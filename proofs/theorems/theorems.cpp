#include "proofs/theorems/all.h"

namespace growsdown::proofs {

const std::vector<Theorem>& theorems() {
  static const std::vector<Theorem> all = [] {
    // clang-format off
    std::vector<Theorem> list = {
        stepAddress(),
        growthSafe(),
        guardPageFault(),
        faultKeeps(),
        changeExact(),
        unmapExact(),
        mapExact(),
        walkExact(),
        forkKeeps(),
        remapGrows(),
        remapMoves(),
        remapWhole(),
        placeFree(),
        placeSearch(),
        listInOrder(),
        growthEqual(),
        indexSearch(),
        entryRights(),
        entriesUnmap(),
        entriesProtect(),
        tablesMap(),
        tablesSound(),
        tablesCounts(),
        tablesFreed(),
        tablesWalk(),
        tablesStock(),
        tablesEntry(),
        tablesNeeded(),
        anonAdopted(),
        entriesFork(),
        entriesFault(),
        entriesMove(),
        entriesMap(),
        operatorsExact(),
    };
    // clang-format on
    for (Theorem& t : versions())
      list.push_back(std::move(t));
    return list;
  }();
  return all;
}

} // namespace growsdown::proofs
