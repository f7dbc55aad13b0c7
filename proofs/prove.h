// The interface of this room for the command and the tests: proves theorems under a rule set.
#pragma once

#include "proofs/counterexample.h"
#include "proofs/theorems/theorem.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::proofs {

/// The theorem of that name, or null.
const Theorem* findTheorem(std::string_view name);

/// An obligation that a theorem states, whether or not a path reaches it.
struct Stated {
  std::string_view file; ///< relative to proofs/
  std::string_view name;
  friend bool operator==(const Stated&, const Stated&) = default;
};
/// The obligations of all theorems. The build collects them from the source.
const std::vector<Stated>& statedObligations();
/// The obligations that none of these explorations reached.
std::vector<Stated> neverMet(const std::vector<const Exploration*>& explored);

/// What a theorem is proved for: a rule set, or a pair.
struct Subject {
  const trace::RuleSet* rules;
  const trace::RuleSet* against = nullptr; ///< theorems of pairs: the right rule set

  Subject(const trace::RuleSet& left, const trace::RuleSet* right = nullptr)
      : rules(&left), against(right) {}
  /// `linux-4.3-arm64`, or `linux-4.3-arm64..linux-5.10-arm64`.
  std::string name() const;
};

/// The subjects of a theorem for a rule set: the rule set, if the theorem is proved for it. For a
/// theorem of pairs: the pairs of neighbours in which the rule set is the left one.
std::vector<Subject> subjects(const Theorem& theorem, const trace::RuleSet& rules);

/// The conditions of a theorem of pairs under which the two rule sets may differ. Other theorems have
/// none.
std::vector<Unless> mayPart(const Theorem& theorem, const Subject& subject);

struct Result {
  const Theorem* theorem = nullptr;
  std::string ruleSet; ///< the subject's name
  smt::ProofVerdict verdict = smt::ProofVerdict::error;
  std::string reason;   ///< of any verdict except `proved`
  Exploration explored; ///< paths, obligations, resource units spent
  Budget budget;
  std::optional<Counterexample> counterexample; ///< refuted, and a trace can show it
};

/// Tries to prove a theorem for a rule set or a pair.
Result prove(const Theorem& theorem, const Subject& subject);
Result prove(const Theorem& theorem, const Subject& subject, const Budget& budget);

/// The planted mistakes of a theorem that have an effect under a rule set (law 7). For a theorem of
/// pairs: each condition left out (`drop`).
std::vector<Planted> plantedIn(const Theorem& theorem, const Subject& subject);

/// Whether a theorem detects a planted mistake. The theorem states what the right rule set requires,
/// while the model runs with the mistake.
struct SelfCheck {
  Planted planted;
  Result result;
  /// Refuted, with a trace that shows the mistake (or, if it is not visible, with other states).
  bool caught = false;
  std::string problem; ///< why it is not caught
};
SelfCheck checkPlanted(const Theorem& theorem, const Subject& subject, const Planted& planted);
SelfCheck checkPlanted(const Theorem& theorem, const Subject& subject, const Planted& planted,
                       const Budget& budget);

/// 0 proved, 1 refuted, 3 unknown, 4 an error of this program.
int exitCode(smt::ProofVerdict verdict);
/// The worse of two: error, refuted, unknown, proved.
smt::ProofVerdict worse(smt::ProofVerdict a, smt::ProofVerdict b);

/// `Z3 4.8.12`
std::string solverVersion();

} // namespace growsdown::proofs
