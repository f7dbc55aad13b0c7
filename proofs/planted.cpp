// Compiled with GROWSDOWN_PLANTED, so that the reference's headers mean the build with the bugs.
#include "proofs/planted.h"

#include "proofs/planted_now.h"

#include "reference/address_space.h"
#include "reference/planted.h"

namespace growsdown::proofs {

Replayed replayPlanted(std::string_view bug, const trace::Parameters& parameters,
                       const trace::Trace& trace, const trace::State& initial) {
  const PlantedNow planted(bug);
  reference::AddressSpace space;
  space.start(parameters, &initial);
  Replayed seen;
  for (const trace::Record& record : trace.records)
    seen.outcomes.push_back(space.apply(record.step));
  space.snapshot(seen.state);
  return seen;
}

} // namespace growsdown::proofs
