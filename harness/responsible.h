// Which knobs make one rule set behave as another: found by turning them, one at a time and then
// several, and asking whether the behaviour follows.
#pragma once

#include "trace/ruleset.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::harness {

/// A knob in which two rule sets differ.
struct KnobChange {
  std::string_view name; ///< as trace::knobs has it, or `layout`
  std::string from;
  std::string to;
};

/// Not a knob of its own: release and architecture, as far as they decide the shape of the page
/// tables, where user addresses end and where placement starts (trace::makeParameters).
inline constexpr std::string_view layoutKnob = "layout";

/// The rule sets between two: the one with some knobs as the other has them. At most 64 knobs may
/// differ.
class KnobFlips {
 public:
  /// Bit i: knob i of `changes` is turned.
  using Set = std::uint64_t;

  KnobFlips(const trace::RuleSet& from, const trace::RuleSet& to);

  /// The knobs that differ, in the order of the rule set; `layout` first.
  const std::vector<KnobChange>& changes() const { return changes_; }
  Set all() const { return changes_.size() == 64 ? ~Set{0} : (Set{1} << changes_.size()) - 1; }

  /// Those that the table of changes tells of (trace::changesBetween), and `layout`.
  Set byTable() const;

  /// `from` with the knobs of `set` as `to` has them. Lives as long as this.
  const trace::RuleSet& rules(Set set);

  /// The names of a set's knobs, in the order of `changes`.
  std::vector<std::string_view> names(Set set) const;

  /// The sets of knobs that are responsible for a behaviour of `to`: `asTo` says whether a rule set
  /// between the two shows it. All sets of the smallest size if that is at most two; otherwise one
  /// from which no knob can be left out. Only knobs of `among` are turned. Empty if turning all of
  /// them does not bring the behaviour about, or none brings it about already.
  std::vector<Set> responsible(const std::function<bool(Set)>& asTo, Set among = ~Set{0}) const;

 private:
  trace::RuleSet from_;
  trace::RuleSet to_;
  std::vector<KnobChange> changes_;
  std::map<Set, trace::RuleSet> between_;
};

} // namespace growsdown::harness
