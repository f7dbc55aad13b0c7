#include "harness/scope.h"

#include "harness/builtin_systems.h"
#include "harness/compare.h"
#include "harness/digest.h"
#include "harness/shrink.h"
#include "model/process.h"
#include "trace/check.h"
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
using trace::Step;

namespace {

/// Situations are distinguished by what kind of thing differs: the outcome, the state that rules
/// read, or what only an observer reads.
Aspects group(Aspects aspects) {
  const auto answer = static_cast<Aspects>(aspects & bit(Aspect::outcome));
  if (aspects & stateAspects) return static_cast<Aspects>(answer | bit(Aspect::areas));
  return aspects;
}

Outcome withoutAddress(Outcome outcome) {
  outcome.hasAddress = false;
  outcome.address = 0;
  return outcome;
}

/// The words of a step that are not numbers: `rw fixed,growsdown`, `w`, `maymove`.
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

class Comparison {
 public:
  Comparison(const Scope& scope, KnobFlips& flips, const ScopeOptions& options)
      : scope_(scope), flips_(flips), options_(options) {
    GROWSDOWN_CHECK(scope.start || scope.axes.empty());
    for (const Axis& axis : scope.axes)
      GROWSDOWN_CHECK(!axis.values.empty());
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
      if (!result_.closed) break; // all nodes that follow are as deep
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
    std::size_t parent; ///< its own index: a start
    std::size_t step;   ///< of the alphabet
    unsigned depth;
  };
  /// The result of a step of a start, for steps that are repeated from the same joint state.
  struct Judged {
    std::vector<std::size_t> situations;
    bool diverged = false;
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
    d.add(a.space());
    d.add(b.space());
    return states_.insert(d.key()).second || !options_.prune;
  }

  /// Compares the steps of a point. If the sides have not diverged, adds a node to continue from.
  void begin(const std::vector<std::size_t>& point) {
    std::vector<Step> steps;
    if (scope_.start) steps = scope_.start(point);
    startBoth();
    path_.clear();
    bool diverged = false;
    for (std::size_t i = 0; i < steps.size() && !diverged; ++i) {
      Digest d;
      d.add(left_.space());
      d.add(right_.space());
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
      diverged = at->second.diverged;
      if (i + 1 == steps.size() && !scope_.axes.empty())
        for (const std::size_t s : at->second.situations)
          result_.situations[s].points.emplace_back(point.begin(), point.end());
    }
    if (diverged || !isNew(left_, right_)) return;
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
      const bool diverged = judge(leftNext_, rightNext_, step).diverged;
      path_.pop_back();
      if (diverged || !isNew(leftNext_, rightNext_)) continue;
      ++result_.states;
      const Node& node = nodes_[at];
      nodes_.push_back({node.start, at, i, node.depth + 1});
    }
  }

  /// Makes the last step of `path_` on both sides. `effects_` has the states before it.
  Judged judge(model::Process& a, model::Process& b, const Step& step) {
    if (++result_.steps % 8192 == 0 && options_.progress) options_.progress(result_.steps);
    Judged judged;
    const bool tablesParted = a.space().tables != b.space().tables;
    effects_[0].outcome = a.apply(step);
    effects_[1].outcome = b.apply(step);
    if (effects_[0].outcome.kind == Outcome::Kind::unknown ||
        effects_[1].outcome.kind == Outcome::Kind::unknown) {
      ++result_.unknown;
      judged.diverged = true;
      return judged;
    }
    a.snapshot(effects_[0].after);
    b.snapshot(effects_[1].after);
    Aspects all = compareEffects_(step, effects_[0], effects_[1]);
    if (tablesParted) all = static_cast<Aspects>(all & ~bit(Aspect::tables));
    if (all == 0) return judged;
    judged.diverged = (all & stateAspects) != 0;
    if (judged.diverged) ++result_.diverged;
    const Aspects answer = all & (stateAspects | bit(Aspect::outcome));
    if (answer != 0) judged.situations.push_back(situation(a, b, step, answer));
    if (judged.diverged) return judged;
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
      findRules(s);
    }
    return at->second;
  }

  /// Fills in the rules that the last step of `path_` reached on one side only.
  void findRules(Situation& s) {
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

  /// The knobs responsible for a difference in `aspects` after the last step of `path_`. Turned on
  /// the left side, they make it behave like the right side, with equal states after each step.
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
      const Aspects differ = compareEffects_(path_[i], turnedEffect_, right);
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
  std::unordered_set<Digest::Key, Digest::Hash> states_;
  std::unordered_map<Digest::Key, Judged, Digest::Hash> judged_;
  std::vector<std::vector<Step>> starts_;
  std::vector<Node> nodes_;
  std::vector<Step> path_;
  model::Process left_, right_, leftNext_, rightNext_, third_;
  Effect effects_[2];
  std::vector<Effect> trail_; ///< effects on the right side of the steps of `path_`
  Effect turnedEffect_;
  EffectComparison compareEffects_;
};

} // namespace

ScopeResult compareOnScope(const Scope& scope, KnobFlips& flips, const ScopeOptions& options) {
  return Comparison(scope, flips, options).run();
}

trace::Trace shownUnder(const Scope& scope, const Situation& situation,
                        const trace::RuleSet& rules) {
  GROWSDOWN_CHECK(!situation.trace.empty());
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
