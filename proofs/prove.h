// The front door of this room, for the command and the tests: the theorems, and what becomes of
// them under a rule set.
#pragma once

#include "proofs/theorems/theorem.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::proofs {

/// The theorem of that name, or null.
const Theorem* findTheorem(std::string_view name);

/// An obligation that a theorem's text states, whether or not a path comes to it.
struct Stated {
  std::string_view file;
  std::string_view name;
  friend bool operator==(const Stated&, const Stated&) = default;
};
/// All of all theorems, read from their texts when this was built.
const std::vector<Stated>& statedObligations();
/// Those that none of these explorations came to.
std::vector<Stated> neverMet(const std::vector<const Exploration*>& explored);

/// A counterexample as a trace: an initial state, limits, one step, and the outcomes that the rule
/// set demands. That to a planted bug of the reference goes on with steps that may show what the
/// first did, and ends with the state that is to be seen.
struct Counterexample {
  trace::Trace trace;
  std::string text; ///< in trace format 1
  /// Run on the model: the demanded rules give the outcomes in the trace (and the state that it
  /// ends with), the wrong ones others.
  bool outcomesDiffer = false;
  /// The same of the whole states after the step.
  bool statesDiffer = false;
  /// Of a pair: only with the layout of the left rule set, not when the right one has its own.
  bool byLayout = false;
};

/// What a theorem is asked for: a rule set, or a pair.
struct Subject {
  const trace::RuleSet* rules;
  const trace::RuleSet* against = nullptr; ///< theorems of pairs: the right one

  Subject(const trace::RuleSet& left, const trace::RuleSet* right = nullptr)
      : rules(&left), against(right) {}
  /// `linux-4.3-arm64`, or `linux-4.3-arm64..linux-5.10-arm64`.
  std::string name() const;
};

/// The subjects of a theorem for a rule set: itself, if the theorem speaks of it; for a theorem of
/// pairs, those with its neighbours whose left one it is.
std::vector<Subject> subjects(const Theorem& theorem, const trace::RuleSet& rules);

/// Under which conditions the two of a pair may part, as a theorem of pairs says; of others none.
std::vector<Unless> mayPart(const Theorem& theorem, const Subject& subject);

struct Result {
  const Theorem* theorem = nullptr;
  std::string ruleSet; ///< the subject's name
  smt::Verdict verdict = smt::Verdict::error;
  std::string reason;   ///< of any verdict but proved
  Exploration explored; ///< paths, obligations, resource units spent
  Budget budget;
  std::optional<Counterexample> counterexample; ///< refuted, and a trace can show it
};

/// Tries to prove a theorem for a rule set that it speaks of, or for a pair.
Result prove(const Theorem& theorem, const Subject& subject);
Result prove(const Theorem& theorem, const Subject& subject, const Budget& budget);

/// The planted wrong knobs of a theorem that matter under a rule set (law 7); of a theorem of
/// pairs: `drop` of each condition.
std::vector<Planted> plantedIn(const Theorem& theorem, const Subject& subject);

/// Whether a theorem notices a wrong knob: `result` is of the theorem as `rules` demand it over the
/// model's text with the knob wrong.
struct SelfCheck {
  Planted planted;
  Result result;
  bool caught = false; ///< refuted, with a trace that replays (or, where not visible, other states)
  std::string problem; ///< where not caught
};
SelfCheck checkPlanted(const Theorem& theorem, const Subject& subject, const Planted& planted);
SelfCheck checkPlanted(const Theorem& theorem, const Subject& subject, const Planted& planted,
                       const Budget& budget);

/// 0 proved, 1 refuted, 3 unknown, 4 an error of ours.
int exitCode(smt::Verdict verdict);
/// The worse of two: error, refuted, unknown, proved.
smt::Verdict worse(smt::Verdict a, smt::Verdict b);

/// `Z3 4.8.12`
std::string solverVersion();

} // namespace growsdown::proofs
