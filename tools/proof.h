// The result of proving one theorem, and reports about such results.
#pragma once

#include "proofs/prove.h"
#include "tools/json.h"
#include "tools/prove.h"

#include <cstdint>
#include <string>
#include <vector>

namespace growsdown::tools {

/// One theorem under one rule set, with its planted wrong knobs.
struct Proof {
  proofs::Subject subject;
  proofs::Result result = {}; ///< under several seeds: the worst
  std::vector<proofs::SelfCheck> planted = {};
  std::vector<proofs::Result> seeds = {}; ///< for seeds 1, 2, …
  double seconds = 0;
  std::uint64_t questions = 0; ///< written as SMT-LIB
  std::uint64_t scripts = 0;   ///< files of these
  std::string unreached = {};  ///< rules that the theorem names and that no path reaches

  harness::Verdict verdict() const;
  bool sameUnderSeeds() const;
  std::size_t plantedCaught() const;
};

ProofSummary summarize(const std::vector<Proof>& proofs);

/// Prints one result; counterexamples go to the directory `out`, or if it is empty to standard
/// output.
void printProof(const Proof& proof, const std::string& out);
/// What all proofs cost, and the questions that cost most. Some lines; empty if there are no
/// proofs.
std::string costs(const std::vector<Proof>& proofs);

Json proofsJson(const std::vector<Proof>& proofs, const ProofSummary& summary);
/// A theorem is a test case, and each of its planted knobs one that it must refute.
std::string proofsJunit(const std::vector<Proof>& proofs);

} // namespace growsdown::tools
