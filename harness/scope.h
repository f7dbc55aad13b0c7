// Two rule sets side by side on all traces of a small scope: in which situations they part, and
// which knobs are responsible.
#pragma once

#include "harness/responsible.h"
#include "model/rule.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/step.h"
#include "trace/trace.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::harness {

/// A coordinate of a scope's grid. Numbers are printed as ranges where they follow each other.
struct Axis {
  std::string name;
  std::vector<std::string> values;
  bool inStep = false; ///< the last step of a point tells its value
};

/// No bound on the length of a trace: a scope ends when there is no new joint state.
inline constexpr unsigned anyLength = ~0U;

/// A set of traces: every point of a grid starts one, and every sequence of up to `depth` steps of
/// the alphabet continues it. Without axes there is one start; with depth 0 the starts are all.
struct Scope {
  std::string name;
  std::string about; ///< what is enumerated, in a sentence
  trace::With with{};
  std::vector<Axis> axes{};
  /// The steps of a point (an index into each axis's values); empty: no point has any.
  std::function<std::vector<trace::Step>(std::span<const std::size_t>)> start{};
  std::vector<trace::Step> alphabet{};
  unsigned depth = 0;
};

/// What may differ after a step. The first group is what a rule could read later: two sides that
/// differ there have parted, and nothing is compared from then on. The second is what nobody but
/// the observer reads, as the step changed it.
enum class Aspect : std::uint8_t {
  areas,     ///< their number and extents
  flags,     ///< VM_* flags
  pgoff,     ///< page offsets, of objects too
  anon,      ///< who has an anon_vma, who shares one, who inherited one
  pages,     ///< which are present, of what kind, in which frame
  rights,    ///< what entries grant, and their inherited, dirty and hosted bits
  size,      ///< pages in all
  stack,     ///< pages of stacks
  locked,    ///< locked pages
  committed, ///< charged pages
  outcome,   ///< the step's answer
  shown,     ///< what /proc/self/maps hides of an area
  data,      ///< VmData
  tables,    ///< page-table pages; compared where both have had the same tables before
  faults,    ///< minor faults
};
inline constexpr unsigned aspectCount = 15;
using Aspects = std::uint16_t; ///< bit i: Aspect i
std::string_view name(Aspect aspect);
/// `outcome, areas`
std::string names(Aspects aspects);

/// One way in which the two rule sets part.
struct Situation {
  trace::Op op{};
  model::Rule left{}; ///< decided the step on each side
  model::Rule right{};
  trace::Outcome leftOutcome; ///< without addresses
  trace::Outcome rightOutcome;
  Aspects aspects = 0;      ///< what differs in some step that shows it
  bool parts = false;       ///< the states that rules read differ
  KnobFlips::Set knobs = 0; ///< the smallest set responsible; 0: none of the allowed ones is

  std::uint64_t count = 0;             ///< pairs of joint state and step that show it
  std::set<std::string> variants;      ///< accesses and flags of the steps
  std::set<KnobFlips::Set> also;       ///< other sets of the same size that explain `trace` as well
  std::vector<trace::Step> trace;      ///< the shortest that shows it, the first of these
  std::vector<std::string> leftRules;  ///< ids reached in its last step on this side only
  std::vector<std::string> rightRules; ///< … on the other side only
  std::vector<std::vector<std::uint16_t>> points; ///< of the grid, whose last step shows it
};

/// The answer on one scope.
struct ScopeResult {
  std::vector<Situation> situations; ///< in the order of their knobs, then as found
  std::uint64_t states = 0;          ///< distinct joint states
  std::uint64_t steps = 0;           ///< steps compared: joint state and step
  std::uint64_t starts = 0;          ///< points of the grid
  unsigned length = 0;               ///< steps of the alphabet behind a start, at most
  bool closed = false;               ///< no longer trace of the alphabet shows anything new
  std::uint64_t parted = 0;          ///< steps behind which nothing more was compared
  std::uint64_t unknown = 0;         ///< steps without an outcome (simulated memory)
};

struct ScopeOptions {
  /// Knobs that may explain a difference (indices of KnobFlips::changes); all by default.
  KnobFlips::Set allowed = ~KnobFlips::Set{0};
  bool explain = true; ///< whether differences are explained, or only counted
  bool prune = true;   ///< whether a joint state is continued only once
  std::function<void(std::uint64_t steps)> progress; ///< called now and then, if set
};

/// Runs a scope under both rule sets of `flips`, breadth first over joint states: what was seen
/// once (by a 128-bit hash of all that a step can depend on, up to names) is not continued twice.
/// Throws std::invalid_argument where a rule set cannot take on the scope's parameters.
ScopeResult compareOnScope(const Scope& scope, KnobFlips& flips, const ScopeOptions& options = {});

/// The points of a grid in words, as a disjoint union of boxes (a set of values for each axis):
/// `left 0..255, neighbour r-- or -w-`. Axes of which a box has all values are left out; so are
/// those that the step tells where all boxes have the same. An empty text: every point.
std::vector<std::string> describe(const std::vector<std::vector<std::uint16_t>>& points,
                                  std::span<const Axis> axes);

/// A situation's shortest trace, with what the rule set answers.
trace::Trace shownUnder(const Scope& scope, const Situation& situation,
                        const trace::RuleSet& rules);

} // namespace growsdown::harness
