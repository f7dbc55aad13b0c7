// Which knobs are responsible for a behaviour. This is the only place that turns knobs to find out.
#pragma once

#include "trace/ruleset.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::harness {

/// A knob that differs between two rule sets.
struct KnobChange {
  std::string_view name; ///< as trace::knobs has it
  std::string from;
  std::string to;
};

/// A set of knobs and its part in a difference between two rule sets.
struct Responsibility {
  std::uint64_t knobs = 0; ///< KnobFlips::Set
  bool enough = false;     ///< turned in the first rule set, they give the behaviour of the second
  bool needed = false;     ///< turned back in the second, they give the behaviour of the first
};

/// The rule sets between two: the first one with some of its knobs turned to the values of the
/// second. At most 64 knobs may differ.
class KnobFlips {
 public:
  /// Bit i: knob i of `changes` is turned.
  using Set = std::uint64_t;

  KnobFlips(const trace::RuleSet& from, const trace::RuleSet& to);

  /// The knobs that differ, in the order of the rule set.
  const std::vector<KnobChange>& changes() const { return changes_; }
  Set all() const { return changes_.size() == 64 ? ~Set{0} : (Set{1} << changes_.size()) - 1; }

  /// The knobs that the table of changes explains (trace::changesBetween).
  Set byTable() const;

  /// `from` with the knobs of `set` turned to the values of `to`. It lives as long as this object.
  const trace::RuleSet& rules(Set set);

  /// The names of a set's knobs, in the order of `changes`.
  std::vector<std::string_view> names(Set set) const;

  /// The sets of knobs that are responsible for a behaviour of `to`. `asTo` reports whether a rule
  /// set between the two has the behaviour. The result has all sets of the smallest size if that is
  /// one or two; otherwise it has one set from which no knob can be left out. Only knobs of `among`
  /// are turned. The result is empty if turning all of them does not give the behaviour, or if the
  /// behaviour is there without turning any.
  std::vector<Set> responsible(const std::function<bool(Set)>& asTo, Set among = ~Set{0}) const;

  /// As `responsible`, with the part that each set has in the difference. `asFrom` reports whether a
  /// rule set between the two behaves like `from`. If a single knob is enough, single knobs that are
  /// only needed follow.
  std::vector<Responsibility> responsibilities(const std::function<bool(Set)>& asTo,
                                               const std::function<bool(Set)>& asFrom) const;

 private:
  trace::RuleSet from_;
  trace::RuleSet to_;
  std::vector<KnobChange> changes_;
  std::map<Set, trace::RuleSet> between_;
};

/// A rule set with one knob turned to another value.
struct KnobTurn {
  std::string_view knob;
  std::string from;
  std::string to;
  trace::RuleSet rules;
};

/// All rule sets that differ from `rules` in one knob. The values are those that the knob has in any
/// release and, if it is a number above 1, the numbers next to its own. Knobs that only shape the
/// address space (trace::isOfLayout) are not turned, because no rule asks them.
std::vector<KnobTurn> knobTurns(const trace::RuleSet& rules);

} // namespace growsdown::harness
