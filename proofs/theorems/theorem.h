// What a theorem is. Each stands in a file of this folder as one text over Run<D>, the first lines
// of which say in plain words what is proved, for which sizes, and what is assumed.
#pragma once

#include "model/rule.h"
#include "model/state.h"
#include "proofs/planted.h"
#include "proofs/rules.h"
#include "proofs/run.h"
#include "trace/ruleset.h"
#include "trace/step.h"
#include "trace/trace.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::proofs {

/// What a text is asked to prove.
struct Question {
  const trace::RuleSet* demanded = nullptr; ///< the theorem states what this rule set demands
  trace::Parameters
      parameters; ///< its rules and geometry are those that the model's text runs with
  trace::Geometry demandedGeometry;
  /// Only states from which a trace can start: for counterexamples that are to be replayed.
  bool expressible = false;
  std::string_view wrongEncoding = {}; ///< theorem operators: planted
  planted::Bug bug = planted::Bug::none;
  std::string_view dropped = {}; ///< theorems of pairs: the knob whose condition is left out

  std::uint64_t page() const { return demandedGeometry.page; } ///< bytes, as demanded
};

/// A wrong knob with which the model's text must fail the theorem. With `page` the text runs with
/// pages of another size than the state has. `encoding` is none: a symbolic operator is wrong.
struct Planted {
  std::string_view knob;
  std::string_view value;
  /// Only where this guard style is demanded (elsewhere the knob has no effect).
  std::optional<trace::GuardStyle> guard = std::nullopt;
  /// Whether a trace's outcomes show it. Otherwise only the whole state does.
  bool visible = true;
  /// Only under rule sets of which this holds; null: all.
  bool (*where)(const trace::RuleSet&) = nullptr;
};

/// A bug of the reference's list, as what is planted.
inline Planted plantedBug(planted::Bug bug, bool visible = true,
                          std::optional<trace::GuardStyle> guard = std::nullopt,
                          bool (*where)(const trace::RuleSet&) = nullptr) {
  return {"bug", planted::idOf(bug), guard, visible, where};
}

/// Where a counterexample starts, and the step that shows it.
struct Scene {
  model::Space<model::Concrete> space;
  trace::Step step;
};

/// A condition under which two rule sets may part.
struct Unless {
  std::string_view knob; ///< in which they differ
  std::string_view words;
};

struct Theorem {
  std::string_view name;
  std::string_view statement;     ///< what is proved, in plain words
  std::string_view sizes;         ///< for which sizes
  std::string_view assumptions;   ///< what is taken for granted
  std::vector<model::Rule> rules; ///< that its paths come through; not of theorems of pairs
  bool (*speaksOf)(const trace::RuleSet&) = nullptr;
  std::vector<Planted> planted;
  Budget budget;
  Exploration (*explore)(const Question&, const Budget&, const Accept&) = nullptr;
  /// The counterexample's start; nothing where no trace can show it.
  std::optional<Scene> (*scene)(const Question&, const Witness&) = nullptr;
  /// A theorem of pairs: it compares the demanded rule set with that of the question's parameters,
  /// which agree unless one of these holds. What is planted is that one of them is left out.
  std::vector<Unless> (*unless)(const trace::RuleSet&, const trace::RuleSet&) = nullptr;
  bool onRequest = false; ///< too long to be proved where nobody names a rule set
};

/// A knob that no theorem of pairs is about, and what it decides.
std::vector<Unless> beyondPairs();

/// All theorems, in the order in which they are to be read.
const std::vector<Theorem>& theorems();

// --- for the texts

/// A run that also keeps the scene.
class SceneRun : public Run<model::Concrete> {
 public:
  using Run<model::Concrete>::Run;
  std::optional<Scene> scene;
};

inline void setScene(Run<Symbolic>&, const model::Space<Symbolic>&, const trace::Step&, const Sym&,
                     const Sym&) {}
/// The state and the step about to be made, `step` with its address and length. Only a SceneRun
/// keeps them.
inline void setScene(Run<model::Concrete>& run, const model::Space<model::Concrete>& space,
                     trace::Step step, std::uint64_t address, std::uint64_t length) {
  if (auto* keeper = dynamic_cast<SceneRun*>(&run)) {
    step.address = address;
    step.length = length;
    keeper->scene = Scene{space, step};
  }
}
template <class D>
void setScene(Run<D>& run, const model::Space<D>& space, trace::Op op, trace::Access access,
              const typename D::Word& address, const typename D::Word& length) {
  trace::Step step;
  step.op = op;
  step.access = access;
  setScene(run, space, step, address, length);
}

inline void setScene(Run<Symbolic>&, const model::Space<Symbolic>&, const model::Call<Symbolic>&) {}
inline void setScene(Run<model::Concrete>& run, const model::Space<model::Concrete>& space,
                     const model::Call<model::Concrete>& call) {
  if (auto* keeper = dynamic_cast<SceneRun*>(&run))
    keeper->scene = Scene{space, model::stepOf(call)};
}

/// The rules that a theorem's paths came through; but not STEP-DONE, which every step marks first.
inline void noteRules(Run<Symbolic>&, const model::LoggedSpace<Symbolic>&) {}
inline void noteRules(Run<model::Concrete>& run, const model::LoggedSpace<model::Concrete>& space) {
  for (std::size_t rule = 0; rule < space.log.hits.size(); ++rule)
    if (space.log.hits[rule] != 0 && rule != static_cast<std::size_t>(model::Rule::stepDone))
      run.reached(rule);
}

template <class Text>
Exploration exploreText(const Question& question, const Budget& budget, const Accept& accept) {
  return exploreAndReplay([&](auto& run) { Text{}(run, question); }, budget, accept);
}

template <class Text>
std::optional<Scene> sceneOf(const Question& question, const Witness& witness) {
  SceneRun run(witness);
  try {
    Text{}(static_cast<Run<model::Concrete>&>(run), question);
  } catch (const PathAbort&) {
  }
  return run.scene;
}

} // namespace growsdown::proofs
