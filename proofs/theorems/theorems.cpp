#include "proofs/theorems/all.h"

namespace growsdown::proofs {

const std::vector<Theorem>& theorems() {
  // clang-format off
  static const std::vector<Theorem> all = {
      growthSafe(),
      guardPageFault(),
      faultKeeps(),
      changeExact(),
      unmapExact(),
      mapExact(),
      walkExact(),
      forkKeeps(),
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
      entriesFork(),
      entriesFault(),
      entriesMove(),
      entriesMap(),
      operatorsExact(),
  };
  // clang-format on
  return all;
}

} // namespace growsdown::proofs
