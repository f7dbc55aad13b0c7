// Proofs: what `growsdown prove` and `growsdown check` share.
#pragma once

#include "harness/run.h"
#include "tools/json.h"

#include <string>

namespace growsdown::tools {

struct ProofSummary {
  harness::Verdict verdict = harness::Verdict::unknown; ///< diverged: something was refuted
  std::string text;                                     ///< one line
  Json counts = Json::object();                         ///< for --json
  struct Theorem {
    std::string name, rules, verdict;
    double seconds = 0;
  };
  std::vector<Theorem> theorems; ///< as they were proved
};

/// Proves all theorems for the default rule set, and refutes the planted bugs of the first theorem
/// (the tests refute those of all). Unknown if this program was built without proofs.
ProofSummary proveAll(unsigned jobs);

} // namespace growsdown::tools
