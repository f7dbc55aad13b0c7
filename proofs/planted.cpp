#include "proofs/planted.h"

#include "planted/address_space.h"

namespace growsdown::proofs {

Replayed replayPlanted(planted::Bug bug, const trace::Parameters& parameters,
                       const trace::Trace& trace, const trace::State& initial) {
  const planted::ScopedBug scope(bug);
  planted::AddressSpace space;
  space.start(parameters, &initial);
  Replayed seen;
  for (const trace::Record& record : trace.records)
    seen.outcomes.push_back(space.apply(record.step));
  space.snapshot(seen.state);
  return seen;
}

} // namespace growsdown::proofs
