#include "proofs/theorems/all.h"

namespace growsdown::proofs {

const std::vector<Theorem>& theorems() {
  static const std::vector<Theorem> all = {
      growthSafe(), guardPageFault(), faultKeeps(),     changeExact(),
      unmapExact(), listInOrder(),    operatorsExact(),
  };
  return all;
}

} // namespace growsdown::proofs
