// Compiled with GROWSDOWN_PLANTED, so that the reference's headers mean the build with the bugs.
#include "proofs/planted.h"

#include "reference/address_space.h"
#include "reference/planted.h"

#include <stdexcept>
#include <string>

namespace growsdown::proofs {

Replayed replayPlanted(std::string_view bug, const trace::Parameters& parameters,
                       const trace::Trace& trace, const trace::State& initial) {
  reference::activeBug = reference::Bug::none;
  for (const reference::PlantedBug& known : reference::plantedBugs())
    if (known.id == bug) reference::activeBug = known.bug;
  if (!bug.empty() && reference::activeBug == reference::Bug::none)
    throw std::invalid_argument("no planted bug is named " + std::string(bug));
  reference::AddressSpace space;
  space.start(parameters, &initial);
  Replayed seen;
  for (const trace::Record& record : trace.records)
    seen.outcomes.push_back(space.apply(record.step));
  space.snapshot(seen.state);
  reference::activeBug = reference::Bug::none;
  return seen;
}

} // namespace growsdown::proofs
