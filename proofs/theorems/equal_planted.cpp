// The theorem of equal growth over a reference with one of its bugs planted: compiled with
// GROWSDOWN_PLANTED.
#include "proofs/theorems/equal.h"

namespace growsdown::proofs {

Exploration exploreGrowthEqualPlanted(const Question& question, const Budget& budget,
                                      const Accept& accept) {
  for (const reference::PlantedBug& bug : reference::plantedBugs())
    if (bug.id == question.bug) reference::activeBug = bug.bug;
  const Exploration result = exploreText<GrowthEqual>(question, budget, accept);
  reference::activeBug = reference::Bug::none;
  return result;
}

} // namespace growsdown::proofs
