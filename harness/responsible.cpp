#include "harness/responsible.h"

#include <stdexcept>

namespace growsdown::harness {

using trace::RuleSet;

namespace {

// Release and architecture are knobs of the layout only.
bool ofLayout(std::string_view knob) {
  return knob == "arch";
}

bool sameLayout(const RuleSet& a, const RuleSet& b) {
  RuleSet turned = a; // the gap has a say in where placement starts, and is a knob
  turned.version = b.version;
  turned.arch = b.arch;
  std::string error;
  const auto p = trace::makeParameters(a, {}, error);
  const auto q = trace::makeParameters(turned, {}, error);
  if (!p || !q) return false;
  return p->geometry.levels == q->geometry.levels &&
         p->geometry.indexBits == q->geometry.indexBits && p->taskSize == q->taskSize &&
         p->mapWindow == q->mapWindow && p->mmapBase == q->mmapBase &&
         p->unmappedBase == q->unmappedBase;
}

std::string layoutOf(const RuleSet& rules) {
  std::string arch;
  for (const trace::Knob& knob : trace::knobs(rules))
    if (knob.name == "arch") arch = knob.value;
  return std::to_string(rules.version.major) + "." + std::to_string(rules.version.minor) + " " +
         arch;
}

} // namespace

KnobFlips::KnobFlips(const RuleSet& from, const RuleSet& to) : from_(from), to_(to) {
  if (!sameLayout(from, to)) changes_.push_back({layoutKnob, layoutOf(from), layoutOf(to)});
  const auto a = trace::knobs(from);
  const auto b = trace::knobs(to);
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].value != b[i].value && !ofLayout(a[i].name))
      changes_.push_back({a[i].name, a[i].value, b[i].value});
  if (changes_.size() > 64) throw std::length_error("more than 64 knobs differ");
}

const RuleSet& KnobFlips::rules(Set set) {
  const auto [at, fresh] = between_.try_emplace(set, from_);
  RuleSet& rules = at->second;
  if (!fresh) return rules;
  std::string error;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (!(set >> i & 1)) continue;
    if (changes_[i].name == layoutKnob) {
      rules.version = to_.version;
      rules.arch = to_.arch;
    } else if (!trace::setKnob(rules, changes_[i].name, changes_[i].to, error)) {
      throw std::logic_error(error);
    }
  }
  return rules;
}

std::vector<std::string_view> KnobFlips::names(Set set) const {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < changes_.size(); ++i)
    if (set >> i & 1) names.push_back(changes_[i].name);
  return names;
}

std::vector<KnobFlips::Set> KnobFlips::responsible(const std::function<bool(Set)>& asTo,
                                                   Set among) const {
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

KnobFlips::Set KnobFlips::byTable() const {
  Set set = 0;
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const KnobChange& change = changes_[i];
    bool told = change.name == layoutKnob;
    for (const trace::Change* row : trace::changesBetween(from_, to_, change.name))
      told |= row->value == (concerns(*row, to_.version, to_.arch) ? change.to : change.from);
    if (told) set |= Set{1} << i;
  }
  return set;
}

} // namespace growsdown::harness
