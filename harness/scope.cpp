#include "harness/scope.h"

#include "harness/compare.h"
#include "harness/shrink.h"
#include "harness/systems.h"
#include "model/process.h"
#include "trace/text.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace growsdown::harness {

using trace::Outcome;
using trace::State;
using trace::Step;

namespace {

constexpr std::string_view aspectNames[aspectCount] = {
    "areas",  "flags",     "pgoff",   "anon_vma", "pages", "rights", "size",  "stack",
    "locked", "committed", "outcome", "shown",    "data",  "tables", "faults"};

constexpr Aspects bit(Aspect aspect) {
  return static_cast<Aspects>(1U << static_cast<unsigned>(aspect));
}
/// What rules read: a difference here parts the two sides.
constexpr Aspects stateAspects = static_cast<Aspects>(bit(Aspect::outcome) - 1);

// --- The joint state as a key ---------------------------------------------------------------

struct Key {
  std::uint64_t low = 0, high = 0;
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.low); }
};

/// Hashes words into 128 bits: two 64-bit multiply-and-shift chains with different constants.
class Digest {
 public:
  void add(std::uint64_t word) {
    low_ = (low_ ^ word) * 0x9e3779b97f4a7c15;
    low_ ^= low_ >> 32;
    high_ = (high_ + word) * 0xd6e8feb86659fd93;
    high_ ^= high_ >> 29;
  }
  Key key() const { return {low_, high_}; }

 private:
  std::uint64_t low_ = 0x243f6a8885a308d3, high_ = 0x13198a2e03707344;
};

/// Identities by first appearance, so that equal states with other names have equal keys.
class Names {
 public:
  std::uint64_t operator()(std::uint64_t identity) {
    if (identity == 0) return 0;
    const auto at = std::find(seen_.begin(), seen_.end(), identity);
    if (at != seen_.end()) return static_cast<std::uint64_t>(at - seen_.begin()) + 1;
    seen_.push_back(identity);
    return seen_.size();
  }
  void clear() { seen_.clear(); }

 private:
  std::vector<std::uint64_t> seen_;
};

/// Everything that a later step can depend on. The structured bindings name all members, so that a
/// new one does not compile until somebody has decided whether it belongs here. Of the space itself
/// these are left out: what is constant in a scope (parameters, tunables), the source of fresh
/// names, and what speaks of the last step only.
void digest(Digest& d, const model::Space<model::Concrete>& space) {
  Names anons, frames, ids;
  const auto& [stackLimit, asLimit, memlockLimit, dataLimit] = space.limits;
  for (const std::uint64_t word :
       {stackLimit, asLimit, memlockLimit, dataLimit, space.stackPointer})
    d.add(word);
  d.add(space.capable);
  d.add(space.areas.size());
  for (const auto& area : space.areas) {
    const auto& [start, end, pgoff, flags, anon, object, forked] = area;
    d.add(start);
    d.add(end);
    d.add(pgoff);
    d.add(std::uint64_t{flags} << 1 | (forked ? 1 : 0));
    d.add(anons(anon));
    d.add(ids(object));
  }
  d.add(space.entries.size());
  for (const auto& entry : space.entries) {
    const auto& [address, prot, frame, kind, inherited, writable, dirty, hosted] = entry;
    d.add(address);
    d.add(frames(frame));
    d.add(std::uint64_t{prot} << 8 | static_cast<std::uint64_t>(kind) << 4 | (inherited ? 8U : 0U) |
          (writable ? 4U : 0U) | (dirty ? 2U : 0U) | (hosted ? 1U : 0U));
  }
  d.add(space.tables.size());
  for (const auto& table : space.tables) {
    const auto& [level, block] = table;
    d.add(level);
    d.add(block);
  }
  d.add(space.objects.size());
  for (const auto& object : space.objects) {
    const auto& [id, pages] = object;
    d.add(ids(id));
    d.add(pages);
  }
  d.add(space.objectPages.size());
  for (const auto& page : space.objectPages) {
    const auto& [object, index, frame, dirty] = page;
    d.add(ids(object));
    d.add(index);
    d.add(frames(frame) << 1 | (dirty ? 1 : 0));
  }
  const auto& [total, stack, locked, data, shared, committed, faults] = space.counters;
  static_cast<void>(faults);    // of the last step
  static_cast<void>(committed); // no rule reads it, and sides that differ in it have parted
  for (const std::uint64_t word : {total, stack, locked, data, shared})
    d.add(word);
}

// --- What differs ---------------------------------------------------------------------------

std::uint64_t hidden(const State& state) {
  std::uint64_t bytes = 0;
  for (const trace::Area& area : state.areas)
    bytes += area.shownStart - area.start;
  return bytes;
}

class StateDifference {
 public:
  /// What of the state that rules read differs.
  Aspects operator()(const State& a, const State& b) {
    Aspects out = 0;
    const auto differs = [&](Aspect aspect) { out = static_cast<Aspects>(out | bit(aspect)); };
    left_.clear();
    right_.clear();
    if (a.areas.size() != b.areas.size()) differs(Aspect::areas);
    for (std::size_t i = 0; i < std::min(a.areas.size(), b.areas.size()); ++i) {
      const trace::Area& x = a.areas[i];
      const trace::Area& y = b.areas[i];
      if (x.start != y.start || x.end != y.end) {
        differs(Aspect::areas);
        break; // what follows need not be the same area
      }
      if (x.flags != y.flags) differs(Aspect::flags);
      if (x.pgoff != y.pgoff || x.object != y.object) differs(Aspect::pgoff);
      if (left_(x.anon) != right_(y.anon) || x.forked != y.forked) differs(Aspect::anon);
    }
    left_.clear();
    right_.clear();
    if (a.pages.size() != b.pages.size()) differs(Aspect::pages);
    for (std::size_t i = 0; i < std::min(a.pages.size(), b.pages.size()); ++i) {
      const trace::Page& x = a.pages[i];
      const trace::Page& y = b.pages[i];
      if (x.address != y.address) {
        differs(Aspect::pages);
        break;
      }
      if (x.kind != y.kind || left_(x.frame) != right_(y.frame)) differs(Aspect::pages);
      if (x.prot != y.prot || x.inherited != y.inherited || x.dirty != y.dirty ||
          x.hosted != y.hosted)
        differs(Aspect::rights);
    }
    if (a.objects != b.objects) differs(Aspect::pgoff);
    if (a.objectPages.size() != b.objectPages.size()) differs(Aspect::pages);
    for (std::size_t i = 0; i < std::min(a.objectPages.size(), b.objectPages.size()); ++i) {
      const trace::ObjectPage& x = a.objectPages[i];
      const trace::ObjectPage& y = b.objectPages[i];
      if (x.object != y.object || x.index != y.index || left_(x.frame) != right_(y.frame)) {
        differs(Aspect::pages);
        break;
      }
    }
    if (a.counters.total != b.counters.total) differs(Aspect::size);
    if (a.counters.stack != b.counters.stack) differs(Aspect::stack);
    if (a.counters.locked != b.counters.locked) differs(Aspect::locked);
    if (a.counters.committed != b.counters.committed) differs(Aspect::committed);
    return out;
  }

 private:
  Names left_, right_;
};

/// What a step came to on one side: the state before and after it, and its outcome.
struct Effect {
  State before, after;
  Outcome outcome;
};

Aspects effectsDiffer(const Step& step, const Effect& a, const Effect& b, StateDifference& states) {
  Aspects out = states(a.after, b.after);
  const auto differs = [&](Aspect aspect) { out = static_cast<Aspects>(out | bit(aspect)); };
  if (!sameOutcome(step, a.outcome, b.outcome)) differs(Aspect::outcome);
  if (hidden(a.after) - hidden(a.before) != hidden(b.after) - hidden(b.before))
    differs(Aspect::shown);
  const auto changed = [&](std::uint64_t trace::Counters::*counter) {
    return a.after.counters.*counter - a.before.counters.*counter !=
           b.after.counters.*counter - b.before.counters.*counter;
  };
  if (changed(&trace::Counters::data)) differs(Aspect::data);
  if (changed(&trace::Counters::tables)) differs(Aspect::tables);
  if (a.after.counters.faults != b.after.counters.faults) differs(Aspect::faults);
  return out;
}

/// Situations are told apart by what kind of thing differs: the answer, the state, or one of the
/// observer's matters.
Aspects group(Aspects aspects) {
  const auto answer = static_cast<Aspects>(aspects & bit(Aspect::outcome));
  if (aspects & stateAspects) return static_cast<Aspects>(answer | bit(Aspect::areas));
  return aspects;
}

bool sameTables(const model::Space<model::Concrete>& a, const model::Space<model::Concrete>& b) {
  return std::equal(
      a.tables.begin(), a.tables.end(), b.tables.begin(), b.tables.end(),
      [](const auto& x, const auto& y) { return x.level == y.level && x.block == y.block; });
}

Outcome withoutAddress(Outcome outcome) {
  outcome.hasAddress = false;
  outcome.address = 0;
  return outcome;
}

/// The words of a step that are no numbers: `rw fixed,growsdown`, `w`, `maymove`.
std::string variantOf(const Step& step) {
  const std::string text = trace::print(step);
  std::string out;
  for (std::size_t at = text.find(' '); at != std::string::npos;) {
    const std::size_t next = text.find(' ', at + 1);
    const std::string word = text.substr(at + 1, next - at - 1);
    if (!word.empty() && !(word[0] >= '0' && word[0] <= '9'))
      out += (out.empty() ? "" : " ") + word;
    at = next;
  }
  return out;
}

// --- The run --------------------------------------------------------------------------------

class Comparison {
 public:
  Comparison(const Scope& scope, KnobFlips& flips, const ScopeOptions& options)
      : scope_(scope), flips_(flips), options_(options) {
    for (const KnobFlips::Set set : {KnobFlips::Set{0}, flips.all()})
      if (!parameters(set)) throw std::invalid_argument("scope " + scope.name + ": " + error_);
  }

  ScopeResult run() {
    std::vector<std::size_t> point(scope_.axes.size(), 0);
    do {
      begin(point);
      ++result_.starts;
    } while (next(point));
    // Breadth first: a node's index is greater than its parent's, and levels follow each other.
    result_.closed = true;
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      result_.closed = nodes_[at].depth < scope_.depth;
      if (!result_.closed) break; // so have all that follow
      result_.length = nodes_[at].depth + 1;
      continueFrom(at);
    }
    std::stable_sort(result_.situations.begin(), result_.situations.end(),
                     [](const Situation& a, const Situation& b) {
                       const auto key = [](KnobFlips::Set set) {
                         return std::pair(set & ~(set - 1), set);
                       };
                       return key(a.knobs) < key(b.knobs);
                     });
    return std::move(result_);
  }

 private:
  struct Node {
    std::size_t start;  ///< index of its start's steps
    std::size_t parent; ///< itself: a start
    std::size_t step;   ///< of the alphabet
    unsigned depth;
  };
  /// What a step of a start came to, when it was made from the same joint state before.
  struct Judged {
    std::vector<std::size_t> situations;
    bool parted = false;
  };

  const std::optional<trace::Parameters>& parameters(KnobFlips::Set set) {
    const auto [at, fresh] = parameters_.try_emplace(set);
    if (fresh) at->second = trace::makeParameters(flips_.rules(set), scope_.with, error_);
    return at->second;
  }

  bool next(std::vector<std::size_t>& point) const {
    for (std::size_t i = point.size(); i-- > 0;) {
      if (++point[i] < scope_.axes[i].values.size()) return true;
      point[i] = 0;
    }
    return false;
  }

  void startBoth() {
    left_.start(*parameters(0), nullptr);
    right_.start(*parameters(flips_.all()), nullptr);
  }

  bool isNew(const model::Process& a, const model::Process& b) {
    Digest d;
    digest(d, a.space());
    digest(d, b.space());
    return states_.insert(d.key()).second || !options_.prune;
  }

  /// The steps of a point, each compared; where they come through, a node to go on from.
  void begin(const std::vector<std::size_t>& point) {
    std::vector<Step> steps;
    if (scope_.start) steps = scope_.start(point);
    startBoth();
    path_.clear();
    bool parted = false;
    for (std::size_t i = 0; i < steps.size() && !parted; ++i) {
      Digest d;
      digest(d, left_.space());
      digest(d, right_.space());
      for (const char c : trace::print(steps[i]))
        d.add(static_cast<std::uint64_t>(c));
      const auto [at, fresh] = judged_.try_emplace(d.key());
      left_.snapshot(effects_[0].before);
      right_.snapshot(effects_[1].before);
      path_.push_back(steps[i]);
      if (fresh) {
        at->second = judge(left_, right_, steps[i]);
      } else {
        left_.apply(steps[i]);
        right_.apply(steps[i]);
      }
      parted = at->second.parted;
      if (i + 1 == steps.size() && !scope_.axes.empty())
        for (const std::size_t s : at->second.situations)
          result_.situations[s].points.emplace_back(point.begin(), point.end());
    }
    if (parted || !isNew(left_, right_)) return;
    ++result_.states;
    if (scope_.depth == 0) return;
    starts_.push_back(std::move(steps));
    nodes_.push_back({starts_.size() - 1, nodes_.size(), 0, 0});
  }

  void pathTo(std::size_t at) {
    const std::vector<Step>& start = starts_[nodes_[at].start];
    path_.assign(start.begin(), start.end());
    const std::size_t from = path_.size();
    for (; nodes_[at].parent != at; at = nodes_[at].parent)
      path_.push_back(scope_.alphabet[nodes_[at].step]);
    std::reverse(path_.begin() + static_cast<std::ptrdiff_t>(from), path_.end());
  }

  void continueFrom(std::size_t at) {
    pathTo(at);
    startBoth();
    for (const Step& step : path_) {
      left_.apply(step);
      right_.apply(step);
    }
    left_.snapshot(effects_[0].before);
    right_.snapshot(effects_[1].before);
    for (std::size_t i = 0; i < scope_.alphabet.size(); ++i) {
      const Step& step = scope_.alphabet[i];
      leftNext_ = left_;
      rightNext_ = right_;
      path_.push_back(step);
      const bool parted = judge(leftNext_, rightNext_, step).parted;
      path_.pop_back();
      if (parted || !isNew(leftNext_, rightNext_)) continue;
      ++result_.states;
      const Node& node = nodes_[at];
      nodes_.push_back({node.start, at, i, node.depth + 1});
    }
  }

  /// Makes the last step of `path_` on both sides, whose states before are in `effects_`.
  Judged judge(model::Process& a, model::Process& b, const Step& step) {
    if (++result_.steps % 8192 == 0 && options_.progress) options_.progress(result_.steps);
    Judged judged;
    const bool tablesParted = !sameTables(a.space(), b.space());
    effects_[0].outcome = a.apply(step);
    effects_[1].outcome = b.apply(step);
    if (effects_[0].outcome.kind == Outcome::Kind::unknown ||
        effects_[1].outcome.kind == Outcome::Kind::unknown) {
      ++result_.unknown;
      judged.parted = true;
      return judged;
    }
    a.snapshot(effects_[0].after);
    b.snapshot(effects_[1].after);
    Aspects all = effectsDiffer(step, effects_[0], effects_[1], difference_);
    if (tablesParted) all = static_cast<Aspects>(all & ~bit(Aspect::tables));
    if (all == 0) return judged;
    judged.parted = (all & stateAspects) != 0;
    if (judged.parted) ++result_.parted;
    const Aspects answer = all & (stateAspects | bit(Aspect::outcome));
    if (answer != 0) judged.situations.push_back(situation(a, b, step, answer));
    if (judged.parted) return judged;
    for (const Aspect aspect : {Aspect::shown, Aspect::data, Aspect::tables, Aspect::faults})
      if (all & bit(aspect)) judged.situations.push_back(situation(a, b, step, bit(aspect)));
    return judged;
  }

  std::size_t situation(const model::Process& a, const model::Process& b, const Step& step,
                        Aspects aspects) {
    std::vector<KnobFlips::Set> sets;
    if (options_.explain) sets = explain(aspects);
    Situation found;
    found.op = step.op;
    found.left = a.decidingRule();
    found.right = b.decidingRule();
    found.leftOutcome = withoutAddress(effects_[0].outcome);
    found.rightOutcome = withoutAddress(effects_[1].outcome);
    found.aspects = aspects;
    found.parts = (aspects & stateAspects) != 0;
    found.knobs = sets.empty() ? 0 : sets.front();
    const auto key = std::tuple(found.op, found.left, found.right, found.leftOutcome.kind,
                                found.leftOutcome.error, found.leftOutcome.signal,
                                found.rightOutcome.kind, found.rightOutcome.error,
                                found.rightOutcome.signal, group(aspects), found.knobs);
    const auto [at, fresh] = known_.try_emplace(key, result_.situations.size());
    if (fresh) result_.situations.push_back(std::move(found));
    Situation& s = result_.situations[at->second];
    ++s.count;
    s.aspects |= aspects;
    s.variants.insert(variantOf(step));
    if (s.trace.empty() || path_.size() < s.trace.size()) {
      s.trace = path_;
      s.also.clear();
      if (sets.size() > 1) s.also.insert(sets.begin() + 1, sets.end());
      tellRules(s);
    }
    return at->second;
  }

  /// Which rules the last step of `path_` reached on one side only.
  void tellRules(Situation& s) {
    std::array<std::array<bool, model::ruleCount>, 2> reached{};
    for (const bool right : {false, true}) {
      third_.start(*parameters(right ? flips_.all() : 0), nullptr);
      for (std::size_t i = 0; i < path_.size(); ++i) {
        const auto before = third_.hits();
        third_.apply(path_[i]);
        for (std::size_t r = 0; r < model::ruleCount && i + 1 == path_.size(); ++r)
          reached[right][r] = third_.hits()[r] != before[r];
      }
    }
    s.leftRules.clear();
    s.rightRules.clear();
    for (const model::RuleInfo& rule : model::rules()) {
      const auto r = static_cast<std::size_t>(rule.rule);
      if (reached[0][r] && !reached[1][r]) s.leftRules.emplace_back(rule.id);
      if (reached[1][r] && !reached[0][r]) s.rightRules.emplace_back(rule.id);
    }
  }

  /// The knobs responsible for a difference in `aspects` behind the last step of `path_`: turned on
  /// the left side, they make it do what the right side does, with equal states all the way.
  std::vector<KnobFlips::Set> explain(Aspects aspects) {
    trail_.resize(std::max(trail_.size(), path_.size() + 1));
    third_.start(*parameters(flips_.all()), nullptr);
    third_.snapshot(trail_[0].after);
    for (std::size_t i = 0; i < path_.size(); ++i) {
      trail_[i + 1].before = trail_[i].after;
      trail_[i + 1].outcome = third_.apply(path_[i]);
      third_.snapshot(trail_[i + 1].after);
    }
    return flips_.responsible([&](KnobFlips::Set set) { return explains(set, aspects); },
                              options_.allowed);
  }

  bool explains(KnobFlips::Set set, Aspects aspects) {
    const auto& turned = parameters(set);
    if (!turned) return false;
    third_.start(*turned, nullptr);
    third_.snapshot(turnedEffect_.after);
    for (std::size_t i = 0; i < path_.size(); ++i) {
      std::swap(turnedEffect_.before, turnedEffect_.after);
      turnedEffect_.outcome = third_.apply(path_[i]);
      third_.snapshot(turnedEffect_.after);
      const Effect& right = trail_[i + 1];
      const Aspects differ = effectsDiffer(path_[i], turnedEffect_, right, difference_);
      if (differ & stateAspects) return false;
      if (i + 1 == path_.size() && (differ & aspects)) return false;
    }
    return true;
  }

  const Scope& scope_;
  KnobFlips& flips_;
  const ScopeOptions& options_;
  std::string error_;
  std::map<KnobFlips::Set, std::optional<trace::Parameters>> parameters_;
  ScopeResult result_;
  std::map<
      std::tuple<trace::Op, model::Rule, model::Rule, Outcome::Kind, trace::Errno, trace::Signal,
                 Outcome::Kind, trace::Errno, trace::Signal, Aspects, KnobFlips::Set>,
      std::size_t>
      known_;
  std::unordered_set<Key, KeyHash> states_;
  std::unordered_map<Key, Judged, KeyHash> judged_;
  std::vector<std::vector<Step>> starts_;
  std::vector<Node> nodes_;
  std::vector<Step> path_;
  model::Process left_, right_, leftNext_, rightNext_, third_;
  Effect effects_[2];
  std::vector<Effect> trail_; ///< of the right side, along `path_`
  Effect turnedEffect_;
  StateDifference difference_;
};

} // namespace

std::string_view name(Aspect aspect) {
  return aspectNames[static_cast<std::size_t>(aspect)];
}

std::string names(Aspects aspects) {
  // The answer first, as people ask for it.
  std::string text;
  const auto add = [&](unsigned i) {
    if (aspects >> i & 1) text += (text.empty() ? "" : ", ") + std::string(aspectNames[i]);
  };
  add(static_cast<unsigned>(Aspect::outcome));
  for (unsigned i = 0; i < aspectCount; ++i)
    if (i != static_cast<unsigned>(Aspect::outcome)) add(i);
  return text;
}

ScopeResult compareOnScope(const Scope& scope, KnobFlips& flips, const ScopeOptions& options) {
  return Comparison(scope, flips, options).run();
}

namespace {

using Values = std::vector<std::uint16_t>;
using Box = std::vector<Values>; ///< ascending values of each axis

/// Merges boxes that differ in one axis only until none do, the axes with most values first.
std::set<Box> boxes(const std::vector<std::vector<std::uint16_t>>& points) {
  std::set<Box> now;
  std::vector<std::set<std::uint16_t>> all(points.front().size());
  for (const auto& point : points) {
    Box box;
    for (std::size_t i = 0; i < point.size(); ++i) {
      box.push_back({point[i]});
      all[i].insert(point[i]);
    }
    now.insert(std::move(box));
  }
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return all[a].size() > all[b].size(); });
  for (bool merged = true; merged;) {
    merged = false;
    for (const std::size_t axis : order) {
      std::map<Box, Values> groups;
      for (Box box : now) {
        const Values values = std::exchange(box[axis], {});
        Values& group = groups[std::move(box)];
        group.insert(group.end(), values.begin(), values.end());
      }
      merged |= groups.size() < now.size();
      now.clear();
      for (const auto& [rest, values] : groups) {
        Box box = rest;
        box[axis] = values;
        std::sort(box[axis].begin(), box[axis].end());
        now.insert(std::move(box));
      }
    }
  }
  return now;
}

/// `0..255 or 258`: numbers that follow each other are a range.
std::string describe(const Values& values, const std::vector<std::string>& names) {
  const auto isNumber = [&](std::size_t v) {
    return names[v].find_first_not_of("-0123456789") == std::string::npos;
  };
  std::string text;
  for (std::size_t from = 0, to = 0; from < values.size(); from = to + 1) {
    for (to = from; to + 1 < values.size() && values[to + 1] == values[to] + 1 &&
                    isNumber(values[from]) && isNumber(values[to + 1]);)
      ++to;
    text += (from > 0 ? " or " : "") + names[values[from]];
    if (to > from) text += (to == from + 1 ? " or " : "..") + names[values[to]];
  }
  return text;
}

} // namespace

std::vector<std::string> describe(const std::vector<std::vector<std::uint16_t>>& points,
                                  std::span<const Axis> axes) {
  std::vector<std::string> out;
  if (points.empty()) return out;
  const std::set<Box> all = boxes(points);
  std::vector<bool> told(axes.size());
  for (std::size_t i = 0; i < axes.size(); ++i)
    told[i] = axes[i].inStep && std::all_of(all.begin(), all.end(), [&](const Box& box) {
                return box[i] == (*all.begin())[i];
              });
  for (const Box& box : all) {
    std::string text;
    for (std::size_t i = 0; i < axes.size(); ++i)
      if (!told[i] && box[i].size() < axes[i].values.size())
        text += (text.empty() ? "" : ", ") + axes[i].name + " " + describe(box[i], axes[i].values);
    out.push_back(std::move(text));
  }
  return out;
}

trace::Trace shownUnder(const Scope& scope, const Situation& situation,
                        const trace::RuleSet& rules) {
  trace::Trace bare;
  bare.with = scope.with;
  for (const Step& step : situation.trace)
    bare.records.push_back({.step = step, .expected = {}, .state = {}, .comments = {}});
  std::string error;
  const auto parameters = trace::makeParameters(rules, scope.with, error);
  if (!parameters) throw std::invalid_argument(error);
  return annotate(*makeModel(), *parameters, bare);
}

} // namespace growsdown::harness
