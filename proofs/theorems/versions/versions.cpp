#include "proofs/theorems/versions/versions.h"

#include "proofs/theorems/all.h"

#include <utility>

namespace growsdown::proofs {

std::vector<Unless> beyondPairs() {
  constexpr std::string_view addresses = "which addresses there are, and how a signal reports them";
  constexpr std::string_view shared = "pages of shared memory";
  constexpr std::string_view layout = "both have the address layout of the left one";
  return {
      {"arch", addresses},
      {"host-address-bits", addresses},
      {"ignores-top-byte", addresses},
      {"si-addr-clears-top-byte", addresses},
      {"general-protection", addresses},
      {"data-is-private-writable", "what /proc shows"},
      {"noreplace-sees-start-only", "only releases that no recording judges have it"},
      {"tables-before-fault", shared},
      {"shared-dirty-is-major", shared},
      {"mremap-locks-in-bytes", "how long a locked area becomes"},
      {"mremap-moves-tables", "page tables that a move hands over"},
      {"page", "pages of one size are assumed"},
      {"arm-four-levels", layout},
      {"arm-granule16k", layout},
      {"arm-lva", layout},
      {"arm-lpa2", layout},
      {"x86-la57", layout},
      {"mmap-gap-has-random-room", layout},
  };
}

std::vector<Theorem> versions() {
  std::vector<Theorem> all;
  for (auto* part : {versionsOfAccesses, versionsOfRanges, versionsOfMaps, versionsOfRemaps})
    for (Theorem& theorem : part())
      all.push_back(std::move(theorem));
  return all;
}

} // namespace growsdown::proofs
