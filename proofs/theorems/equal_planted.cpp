// The theorem of equal growth over a reference with one of its bugs planted: compiled with
// GROWSDOWN_PLANTED.
#include "proofs/planted_now.h"
#include "proofs/theorems/equal.h"

namespace growsdown::proofs {

Exploration exploreGrowthEqualPlanted(const Question& question, const Budget& budget,
                                      const Accept& accept) {
  const PlantedNow planted(question.bug);
  return exploreText<GrowthEqual>(question, budget, accept);
}

} // namespace growsdown::proofs
