#include "harness/responsible.h"

#include "trace/check.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <set>
#include <stdexcept>
#include <utility>

namespace growsdown::harness {

using trace::RuleSet;

namespace {

// The values to turn a knob to.
std::set<std::string> otherValues(const trace::Knob& knob) {
  static const auto known = [] {
    std::map<std::string_view, std::set<std::string>> values;
    for (const trace::RuleSet& release : trace::releases())
      for (const trace::Knob& one : trace::knobs(release))
        values[one.name].insert(one.value);
    return values;
  }();
  std::set<std::string> values = known.at(knob.name);
  if (knob.value == "true" || knob.value == "false") values = {"true", "false"};
  std::uint64_t number = 0;
  const char* const end = knob.value.data() + knob.value.size();
  if (std::from_chars(knob.value.data(), end, number).ptr == end && number > 1) {
    values.insert(std::to_string(number + 1)); // 0 and 1 may stand for something else
    values.insert(std::to_string(number - 1));
  }
  values.erase(knob.value);
  return values;
}

} // namespace

KnobFlips::KnobFlips(const RuleSet& from, const RuleSet& to) : from_(from), to_(to) {
  const auto a = trace::knobs(from);
  const auto b = trace::knobs(to);
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].value != b[i].value) changes_.push_back({a[i].name, a[i].value, b[i].value});
  if (changes_.size() > 64) throw std::length_error("more than 64 knobs differ");
}

const RuleSet& KnobFlips::rules(Set set) {
  GROWSDOWN_CHECK((set & ~all()) == 0);
  const auto [at, fresh] = between_.try_emplace(set, from_);
  RuleSet& rules = at->second;
  if (!fresh) return rules;
  std::string error;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if ((set >> i & 1) && !trace::setKnob(rules, changes_[i].name, changes_[i].to, error))
      throw std::logic_error(error);
  }
  return rules;
}

std::vector<std::string_view> KnobFlips::names(Set set) const {
  GROWSDOWN_CHECK((set & ~all()) == 0);
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < changes_.size(); ++i)
    if (set >> i & 1) names.push_back(changes_[i].name);
  return names;
}

std::vector<KnobFlips::Set> KnobFlips::responsible(const std::function<bool(Set)>& asTo,
                                                   Set among) const {
  GROWSDOWN_CHECK(asTo);
  std::vector<Set> knobs;
  for (std::size_t i = 0; i < changes_.size(); ++i)
    if (among >> i & 1) knobs.push_back(Set{1} << i);
  std::vector<Set> found;
  for (const Set knob : knobs)
    if (asTo(knob)) found.push_back(knob);
  if (!found.empty()) return asTo(0) ? std::vector<Set>{} : found;
  Set left = all() & among;
  if (!asTo(left) || asTo(0)) return {};
  for (const Set knob : knobs)
    if (asTo(left & ~knob)) left &= ~knob;
  for (std::size_t i = 0; i < knobs.size(); ++i)
    for (std::size_t j = i + 1; j < knobs.size(); ++j)
      if (asTo(knobs[i] | knobs[j])) found.push_back(knobs[i] | knobs[j]);
  if (found.empty()) found.push_back(left);
  return found;
}

std::vector<Responsibility>
KnobFlips::responsibilities(const std::function<bool(Set)>& asTo,
                            const std::function<bool(Set)>& asFrom) const {
  const std::vector<Set> enough = responsible(asTo);
  const auto needed = [&](Set set) { return asFrom(all() & ~set); };
  std::vector<Responsibility> found;
  found.reserve(enough.size());
  for (const Set set : enough)
    found.push_back({set, true, needed(set)});
  if (enough.empty() || !std::has_single_bit(enough.front())) return found;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const Set knob = Set{1} << i;
    if (std::find(enough.begin(), enough.end(), knob) == enough.end() && needed(knob))
      found.push_back({knob, false, true});
  }
  return found;
}

std::vector<KnobTurn> knobTurns(const RuleSet& rules) {
  std::vector<KnobTurn> turns;
  std::string error;
  for (const trace::Knob& knob : trace::knobs(rules)) {
    if (trace::isOfLayout(knob.name)) continue; // no rule asks it
    for (const std::string& value : otherValues(knob)) {
      KnobTurn turn{knob.name, knob.value, value, rules};
      if (trace::setKnob(turn.rules, knob.name, value, error)) turns.push_back(std::move(turn));
    }
  }
  return turns;
}

KnobFlips::Set KnobFlips::byTable() const {
  Set set = 0;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const KnobChange& change = changes_[i];
    bool explained = false;
    for (const trace::Change* row : trace::changesBetween(from_, to_, change.name))
      explained |= row->value == (concerns(*row, to_.version, to_.arch) ? change.to : change.from);
    if (explained) set |= Set{1} << i;
  }
  return set;
}

} // namespace growsdown::harness
