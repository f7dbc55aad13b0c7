// The small scopes in which rule sets are compared.
#pragma once

#include "harness/scope.h"

#include <string_view>
#include <vector>

namespace growsdown::harness {

/// The scopes for a pair: their addresses lie at the ends of both address spaces where that
/// matters.
std::vector<Scope> scopes(const trace::RuleSet& left, const trace::RuleSet& right);

/// A situation of a pair: those of its scopes with the same step, rules, answers and knobs.
struct PairSituation {
  Situation situation; ///< its count is the sum, its trace the shortest
  struct Where {
    std::size_t scope = 0; ///< of PairResult::scopes
    std::uint64_t count = 0;
    std::vector<std::vector<std::uint16_t>> points;
  };
  std::vector<Where> where;
  std::size_t scope = 0; ///< of the trace
};

/// A knob that is responsible for no situation by itself or with others, because other knobs part
/// the two sides first: what it decides where all others are as on the right.
struct MaskedKnob {
  std::size_t knob = 0;                  ///< of KnobFlips::changes
  std::vector<PairSituation> situations; ///< left: the right rule set with this knob turned back
};

/// Two rule sets compared on all scopes.
struct PairResult {
  trace::RuleSet left, right;
  std::vector<KnobChange> changes;
  KnobFlips::Set byTable = 0; ///< the knobs that the table of changes tells of
  std::vector<Scope> scopes;
  std::vector<ScopeResult> results;      ///< of each scope; the situations are below
  std::vector<PairSituation> situations; ///< by knobs
  std::vector<MaskedKnob> masked;        ///< knobs of no situation
  std::uint64_t unexplained = 0; ///< differences that no knobs of the table are responsible for
  std::uint64_t control = 0;     ///< differences that are left with all knobs of the table turned
  std::uint64_t unknown = 0;     ///< steps that the simulated machine had no memory for
};

/// Why a knob in which two rule sets differ decides nothing that a trace could show; empty where
/// no reason is known.
std::string_view whyWithoutSituation(const trace::RuleSet& left, const trace::RuleSet& right,
                                     std::string_view knob);

/// Progress: the scope that runs, and its steps so far.
using PairProgress = std::function<void(const Scope&, std::uint64_t)>;
PairResult comparePair(const trace::RuleSet& left, const trace::RuleSet& right,
                       std::vector<Scope> scopes, const PairProgress& progress = {});

} // namespace growsdown::harness
