// What `growsdown prove` and `growsdown check` share.
#pragma once

#include "harness/run.h"

#include <string>

namespace growsdown::tools {

struct ProofSummary {
  harness::Verdict verdict = harness::Verdict::unknown; ///< diverged: something was refuted
  std::string text;                                     ///< one line
  std::string numbers; ///< members of a JSON object, each with a comma before it
};

/// Proves all theorems for the default rule set, and refutes the planted bugs of the first (the
/// tests refute all). Unknown where this program was built without proofs.
ProofSummary proveAll();

} // namespace growsdown::tools
