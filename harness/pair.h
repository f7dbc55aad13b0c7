// Compares a pair of rule sets on all scopes.
#pragma once

#include "harness/scope.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace growsdown::harness {

/// A situation of a pair of rule sets, merged from the situations of its scopes that have the same
/// step, rules, outcomes and knobs.
struct PairSituation {
  Situation situation; ///< count: the sum; trace: the shortest
  struct Where {
    std::size_t scope = 0; ///< an index of PairResult::scopes
    std::uint64_t count = 0;
    std::vector<std::vector<std::uint16_t>> points;
  };
  std::vector<Where> where;
  std::size_t scope = 0; ///< the scope of the trace
};

/// A knob that is not responsible for any situation because other knobs make the two sides diverge
/// first. It is turned back in the right rule set to see what it decides there.
struct MaskedKnob {
  std::size_t knob = 0;                  ///< an index of KnobFlips::changes
  std::vector<PairSituation> situations; ///< their left side has this knob turned back
};

/// Two rule sets compared on all scopes.
struct PairResult {
  trace::RuleSet left, right;
  std::vector<KnobChange> changes;
  KnobFlips::Set byTable = 0; ///< the knobs that the table of changes explains
  std::vector<Scope> scopes;
  std::vector<ScopeResult> results;      ///< per scope, without their situations
  std::vector<PairSituation> situations; ///< by knobs
  std::vector<MaskedKnob> masked;        ///< knobs of no situation
  std::uint64_t unexplained = 0;         ///< differences that no knobs of the table explain
  std::uint64_t control = 0; ///< differences that remain with all knobs of the table turned
  std::uint64_t unknown = 0; ///< steps for which the simulated memory was too small
};

/// Why a knob that differs between two rule sets decides nothing that a trace could show. Empty: no
/// reason is known.
std::string_view whyWithoutSituation(const trace::RuleSet& left, const trace::RuleSet& right,
                                     std::string_view knob);

/// Reports progress: the current scope, and its steps so far.
using PairProgress = std::function<void(const Scope&, std::uint64_t)>;
/// Compares two rule sets on all scopes and finds the knobs responsible for each situation.
PairResult comparePair(const trace::RuleSet& left, const trace::RuleSet& right,
                       std::vector<Scope> scopes, const PairProgress& progress = {});

} // namespace growsdown::harness
