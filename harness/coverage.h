// Rule coverage: what reached each rule, counted from the marks of the model.
#pragma once

#include "model/rule.h"
#include "trace/ruleset.h"
#include "trace/trace.h"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace growsdown::harness {

/// The kinds of things that reach a rule.
enum class Means : std::uint8_t {
  unit,      ///< a test claims it: `by` or `hit` of a scenario that is named after it
  property,  ///< a program that a property judged
  fuzz,      ///< a campaign of fixed seed and length under a rule set
  recording, ///< what a real kernel did, on the model
  theorem,   ///< a path of a theorem
  bug,       ///< it explains where a bug planted in the reference shows
  knob,      ///< the first rule in which two ways part when this knob is turned
  corpus,    ///< a hand-written trace that names it in `# rules:`
};
inline constexpr std::size_t meansCount = 8;
std::string_view name(Means means);

/// One thing that reached one rule.
struct Reach {
  model::Rule rule{};
  Means means{};
  std::string by;      ///< test, property, rule set, recording, theorem, bug, knob or file
  std::uint64_t count; ///< how often, in a unit of the means' own (hits, rule sets, traces)
  std::string where;   ///< the first place, where there is one

  friend bool operator==(const Reach&, const Reach&) = default;
};

/// All that reached the rules. As text: a line each, `RULE MEANS BY COUNT WHERE` with tabs between
/// them, in the order of the rules, then of the means, then by name.
class Coverage {
 public:
  /// Adds to what is known of that rule, means and name; the first `where` stays.
  void add(model::Rule rule, Means means, std::string_view by, std::uint64_t count = 1,
           std::string_view where = {});
  void add(const Reach& reach) { add(reach.rule, reach.means, reach.by, reach.count, reach.where); }

  std::vector<Reach> rows() const;
  /// What reached a rule by those means.
  std::vector<Reach> of(model::Rule rule, Means means) const;
  bool has(model::Rule rule, Means means) const;
  bool has(model::Rule rule, Means means, std::string_view by) const;
  bool empty() const { return rows_.empty(); }

  std::string print() const;
  /// Reads what `print` wrote into this. False, with `error` saying in which line, where it is not
  /// that.
  bool read(std::string_view text, std::string& error);

 private:
  struct Key {
    model::Rule rule;
    Means means;
    std::string by;
    bool operator<(const Key& other) const {
      return std::tie(rule, means, by) < std::tie(other.rule, other.means, other.by);
    }
  };
  struct Value {
    std::uint64_t count = 0;
    std::string where;
  };
  std::map<Key, Value> rows_;
};

/// A rule that something cannot reach, and why. The only list of them.
struct CoverageException {
  std::string_view rule;
  std::vector<Means> means;
  std::string_view why;
};
std::span<const CoverageException> coverageExceptions();

/// The means by which every rule is to be reached.
inline constexpr std::array wanted{Means::unit, Means::fuzz, Means::recording, Means::corpus};

/// What is missing of a rule's row: means by which nothing reached it.
std::vector<Means> missing(const Coverage& coverage, model::Rule rule);
/// The exception for a rule and means, or null.
const CoverageException* exceptionFor(model::Rule rule, Means means);

/// What is wrong with a coverage: a rule that a wanted means did not reach and no exception says
/// why; an exception that was reached. A line each.
std::vector<std::string> problems(const Coverage& coverage);

/// Runs a trace on the model and counts the rules it reaches, as reached by `by`. Does nothing
/// where the rule set cannot take on the trace.
void countTrace(Coverage& coverage, Means means, std::string_view by, const trace::RuleSet& rules,
                const trace::Trace& trace);

/// A count for each rule, by its number.
using RuleCounts = std::array<std::uint64_t, model::ruleCount>;
/// Steps that something shows in: the rules that each may be laid to, and how many such there are.
using Steps = std::map<std::set<model::Rule>, std::uint64_t>;

/// The fewest rules, found greedily, one of which is in each step of `shown`, or in that share of
/// them: each time the one that is in many of them and in few other steps (`steps`: in how many it
/// is at all). With the number of steps that each is found for.
std::vector<std::pair<model::Rule, std::uint64_t>> fewestRules(Steps shown, const RuleCounts& steps,
                                                               double share);

/// Which rules depend on a knob: those where the ways of a step part when the knob is turned, and
/// those that happen under some of its values only.
class KnobPartings {
 public:
  /// Turns each knob of `rules`, one at a time, and runs `trace` on the model both ways, up to the
  /// first step where the ways part.
  void run(const trace::RuleSet& rules, const trace::Trace& trace);
  void count(Coverage& coverage) const;

 private:
  /// How often each rule was reached with the knob as it was, and turned, until the ways parted.
  struct Only {
    RuleCounts base{};
    RuleCounts turned{};
  };
  struct Knob {
    Steps shown;
    std::map<std::pair<std::string, std::string>, Only> only; ///< by both values
  };

  std::map<std::string, Knob> knobs_;
  RuleCounts steps_{};
};

/// Which rules a planted bug is about: those that the model marks in the steps where the bug shows.
class BugWitness {
 public:
  /// A step of a comparison: the model's hits behind it, and whether the systems differ there. A
  /// trace's comparison ends where they do.
  void show(std::span<const std::uint64_t> hits, bool differs);
  bool empty() const { return shown_.empty(); }
  /// The rules behind nine of ten such steps: what else was changed by a bug before it showed is
  /// none of its own.
  void count(Coverage& coverage, std::string_view bug) const;

 private:
  Steps shown_;
  RuleCounts steps_{};
  std::vector<std::uint64_t> last_;
};

} // namespace growsdown::harness
