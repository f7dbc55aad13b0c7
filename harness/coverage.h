// Rule coverage: what reached each rule, counted by the marks of the model.
#pragma once

#include "model/rule.h"
#include "trace/ruleset.h"
#include "trace/trace.h"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace growsdown::harness {

/// The means by which a rule is reached.
enum class Means : std::uint8_t {
  unit,      ///< a unit test named after it claims it with `by` or `hit`
  property,  ///< a generated program of a property test
  fuzz,      ///< a campaign of fixed seed and length under a rule set
  recording, ///< a recording of a real kernel, replayed on the model
  theorem,   ///< a path of a theorem
  bug,       ///< it explains the steps in which a bug planted in the reference shows
  knob,      ///< if the knob is turned, a trace takes another path from this rule on
  corpus,    ///< a hand-written trace with the rule in its `# rules:` line
};
inline constexpr std::size_t meansCount = 8;
std::string_view name(Means means);

/// One test, recording or other thing that reached one rule.
struct Reach {
  model::Rule rule{};
  Means means{};
  std::string by;      ///< test, property, rule set, recording, theorem, bug, knob or file
  std::uint64_t count; ///< in a unit that depends on the means: hits, rule sets or traces
  std::string where;   ///< the first place; may be empty

  friend bool operator==(const Reach&, const Reach&) = default;
};

/// Everything that reached the rules. As text it has one line per Reach, `RULE MEANS BY COUNT WHERE`
/// separated by tabs. The lines are sorted by rule, means and name.
class Coverage {
 public:
  /// Adds `count` to the row of that rule, means and name. The first `where` stays.
  void add(model::Rule rule, Means means, std::string_view by, std::uint64_t count = 1,
           std::string_view where = {});
  void add(const Reach& reach) { add(reach.rule, reach.means, reach.by, reach.count, reach.where); }

  std::vector<Reach> rows() const;
  /// What reached a rule by these means.
  std::vector<Reach> of(model::Rule rule, Means means) const;
  bool has(model::Rule rule, Means means) const;
  bool has(model::Rule rule, Means means, std::string_view by) const;
  bool empty() const { return rows_.empty(); }

  std::string print() const;
  /// Adds the rows that `print` wrote. Returns false with `error`, which names the line, if `text` is
  /// malformed.
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

/// A rule that some means cannot reach, and the reason.
struct CoverageException {
  std::string_view rule;
  std::vector<Means> means;
  std::string_view why;
};
std::span<const CoverageException> coverageExceptions();

/// The means by which every rule must be reached.
inline constexpr std::array wanted{Means::unit, Means::fuzz, Means::recording, Means::corpus};

/// The means by which nothing reached a rule.
std::vector<Means> missing(const Coverage& coverage, model::Rule rule);
/// The exception for a rule and means, or null.
const CoverageException* exceptionFor(model::Rule rule, Means means);

/// The problems of a coverage, one line each: a rule that some means of `wanted` did not reach although
/// there is no exception for it, and an exception that was reached.
std::vector<std::string> problems(const Coverage& coverage);

/// Runs a trace on the model and counts the rules that it reaches as reached by `by`. Does nothing
/// if the rule set does not support the trace.
void countTrace(Coverage& coverage, Means means, std::string_view by, const trace::RuleSet& rules,
                const trace::Trace& trace);

} // namespace growsdown::harness
