// What a theorem is. Each theorem has a file of its own in a folder below this one, named after it.
// The file has the code of the theorem, over Run<D>, and its claims, sizes and assumptions in words.
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

/// What a theorem is to prove.
struct Question {
  const trace::RuleSet* demanded = nullptr; ///< the theorem states what this rule set requires
  trace::Parameters parameters;             ///< the rules and geometry that the model runs with
  trace::Geometry demandedGeometry;
  /// Only states from which a trace can start, for counterexamples that are to be replayed.
  bool expressible = false;
  std::string_view wrongEncoding = {}; ///< a planted mistake in the encoding
  planted::Bug bug = planted::Bug::none;
  std::string_view dropped = {}; ///< theorems of pairs: the knob whose condition is left out

  std::uint64_t page() const { return demandedGeometry.page; } ///< bytes, as demanded
};

/// A wrong knob with which the theorem must be refuted. There are two special names: with `page` the
/// model runs with another page size than the state has, and with `encoding` the encoding is wrong.
struct Planted {
  std::string_view knob;
  std::string_view value;
  /// Only under rule sets with this guard style; under others the knob has no effect.
  std::optional<trace::GuardStyle> guard = std::nullopt;
  /// Whether the outcomes of a trace show the mistake. Otherwise only the whole state does.
  bool visible = true;
  /// Only under rule sets for which this returns true; null: all.
  bool (*where)(const trace::RuleSet&) = nullptr;
};

/// A bug of the reference, to be planted.
inline Planted plantedBug(planted::Bug bug, bool visible = true,
                          std::optional<trace::GuardStyle> guard = std::nullopt,
                          bool (*where)(const trace::RuleSet&) = nullptr) {
  return {"bug", planted::idOf(bug), guard, visible, where};
}

/// The state in which a counterexample starts, and the step that shows it.
struct Scene {
  model::Space<model::Concrete> space;
  trace::Step step;
};

/// A condition under which two rule sets may differ.
struct Unless {
  std::string_view knob; ///< that has different values
  std::string_view words;
};

struct Theorem {
  std::string_view name;
  /// What is proved: complete sentences, which generated pages show as a list.
  std::vector<std::string_view> claims;
  std::string_view sizes;                    ///< the sizes for which it is proved
  std::vector<std::string_view> assumptions; ///< one condition each
  std::vector<model::Rule> rules;            ///< that its paths reach; empty for theorems of pairs
  bool (*speaksOf)(const trace::RuleSet&) = nullptr; ///< whether it is proved for a rule set
  std::vector<Planted> planted;
  Budget budget;
  Exploration (*explore)(const Question&, const Budget&, const Accept&) = nullptr;
  /// The start of a counterexample; nothing if no trace can show it. Null: no trace ever can.
  std::optional<Scene> (*scene)(const Question&, const Witness&) = nullptr;
  /// Only of a theorem of pairs, which compares the demanded rule set with that of the question's
  /// parameters. They agree unless one of these conditions holds. The planted mistake is that one
  /// condition is left out.
  std::vector<Unless> (*unless)(const trace::RuleSet&, const trace::RuleSet&) = nullptr;
  bool onRequest = false; ///< takes long: proved only if a rule set is named
};

/// The knobs that no theorem of pairs is about, and what they decide.
std::vector<Unless> beyondPairs();

/// All theorems, in reading order.
const std::vector<Theorem>& theorems();

// --- for the code of theorems

/// A run that also keeps the scene.
class SceneRun : public Run<model::Concrete> {
 public:
  using Run<model::Concrete>::Run;
  std::optional<Scene> scene;
};

inline void setScene(Run<Symbolic>&, const model::Space<Symbolic>&, const trace::Step&, const Sym&,
                     const Sym&) {}
/// Notes the state and the step that the theorem is about to perform; `step` gets the address and the
/// length. Only a SceneRun keeps them.
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

/// Notes the rules that the steps reached, except STEP-DONE, which every step marks first.
inline void noteRules(Run<Symbolic>&, const model::LoggedSpace<Symbolic>&) {}
inline void noteRules(Run<model::Concrete>& run, const model::LoggedSpace<model::Concrete>& space) {
  for (std::size_t rule = 0; rule < space.log.hits.size(); ++rule)
    if (space.log.hits[rule] != 0 && rule != static_cast<std::size_t>(model::Rule::stepDone))
      run.reached(rule);
}

/// The code of a theorem that is written as a class template: Proof<D>(run, question).prove().
template <template <class> class Proof>
struct Proving {
  template <class D>
  void operator()(Run<D>& run, const Question& question) const {
    Proof<D>(run, question).prove();
  }
};

template <class Code>
Exploration exploreCode(const Question& question, const Budget& budget, const Accept& accept) {
  return exploreAndReplay([&](auto& run) { Code{}(run, question); }, budget, accept);
}

template <class Code>
std::optional<Scene> sceneOf(const Question& question, const Witness& witness) {
  SceneRun run(witness);
  try {
    Code{}(static_cast<Run<model::Concrete>&>(run), question);
  } catch (const PathAbort&) {
  }
  return run.scene;
}

} // namespace growsdown::proofs
