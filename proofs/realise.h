// A path's witness as a trace.
#pragma once

#include "model/step.h"
#include "proofs/paths.h"
#include "trace/ruleset.h"

#include <cstdint>
#include <string>
#include <vector>

namespace growsdown::proofs {

/// A step of machine words that takes a path.
struct PathWitness {
  model::Space<model::Concrete> before;
  model::Call<model::Concrete> call;
  model::LoggedSpace<model::Concrete> after;
  std::vector<std::uint64_t> gone; ///< pages that were present once: their tables are still there
};

/// The trace of a witness. It starts with plain steps if they lead to the process before the step,
/// or else with an `init` block. `problem` says why no trace takes the path; empty: this one does.
PathTrace realise(const PathWitness& witness, const trace::RuleSet& rules, std::string& problem);

} // namespace growsdown::proofs
