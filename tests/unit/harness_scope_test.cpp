// Comparisons of rule sets on small scopes: which differences they must find, and that the parts
// which they skip cannot matter.
#include "harness/compare.h"
#include "harness/pair.h"
#include "harness/responsible.h"
#include "harness/small_scopes.h"
#include "model/process.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace growsdown::harness {
namespace {

using trace::RuleSet;
using Set = KnobFlips::Set;

RuleSet ruleSet(std::string_view name) {
  return *trace::findRuleSet(name);
}

RuleSet turned(RuleSet rules, std::string_view knob, std::string_view value) {
  std::string error;
  EXPECT_TRUE(trace::setKnob(rules, knob, value, error)) << error;
  return rules;
}

/// The scope with these values of an axis only.
Scope only(Scope scope, std::size_t axis, const std::vector<std::size_t>& kept) {
  std::vector<std::string> values;
  values.reserve(kept.size());
  for (const std::size_t value : kept)
    values.push_back(scope.axes[axis].values[value]);
  scope.axes[axis].values = values;
  scope.start = [whole = scope.start, axis, kept](std::span<const std::size_t> at) {
    std::vector<std::size_t> point(at.begin(), at.end());
    point[axis] = kept[point[axis]];
    return whole(point);
  };
  return scope;
}

/// The scopes of a pair, small enough for a test under sanitizers: the command runs them whole.
std::vector<Scope> smallScopes(const RuleSet& left, const RuleSet& right) {
  std::vector<Scope> all = scopes(left, right);
  for (Scope& scope : all) {
    if (scope.name == "growth-neighbour") scope = only(scope, 2, {0, 1, 2, 255, 256});
    const unsigned depth = scope.name == "protect"                               ? 8
                           : scope.name == "mremap" || scope.name == "placement" ? 4
                                                                                 : 5;
    scope.depth = std::min(scope.depth, depth);
  }
  return all;
}

Scope scopeOf(std::string_view name, const RuleSet& left, const RuleSet& right) {
  for (Scope& scope : scopes(left, right))
    if (scope.name == name) return std::move(scope);
  ADD_FAILURE() << "no scope " << name;
  return {};
}

// --- Responsible knobs ----------------------------------------------------------------------

TEST(KnobFlips, RuleSetsBetweenTwo) {
  KnobFlips flips(ruleSet("linux-6.1-arm64"), ruleSet("linux-6.12-arm64"));
  ASSERT_FALSE(flips.changes().empty());
  EXPECT_EQ(trace::knobs(flips.rules(0)), trace::knobs(ruleSet("linux-6.1-arm64")));
  EXPECT_EQ(trace::knobs(flips.rules(flips.all())), trace::knobs(ruleSet("linux-6.12-arm64")));
  for (std::size_t i = 0; i < flips.changes().size(); ++i) {
    const auto knobs = trace::knobs(flips.rules(Set{1} << i));
    const auto before = trace::knobs(ruleSet("linux-6.1-arm64"));
    for (std::size_t k = 0; k < knobs.size(); ++k)
      EXPECT_EQ(knobs[k] == before[k], knobs[k].name != flips.changes()[i].name);
    EXPECT_EQ(flips.names(Set{1} << i), std::vector<std::string_view>{flips.changes()[i].name});
  }
}

// What shapes the address space is turned as any other knob is.
TEST(KnobFlips, LayoutFollowsItsKnobs) {
  const auto parametersOf = [](const RuleSet& rules) {
    std::string error;
    return trace::makeParameters(rules, {}, error).value();
  };
  const auto layoutOf = [&](const RuleSet& rules) {
    const trace::Parameters p = parametersOf(rules);
    return std::tuple(p.geometry.vaBits, p.geometry.levels, p.taskSize, p.mapWindow, p.mmapBase,
                      p.unmappedBase);
  };
  for (const auto& [a, b] : {std::pair{"linux-4.3-arm64", "linux-5.10-arm64"},
                             {"linux-6.1-arm64", "linux-6.1-amd64"},
                             {"linux-6.1-amd64", "linux-6.1-um"},
                             {"linux-5.10-arm64", "linux-6.1-arm64"}}) {
    const RuleSet from = ruleSet(a), to = ruleSet(b);
    KnobFlips flips(from, to);
    Set layout = 0;
    for (std::size_t i = 0; i < flips.changes().size(); ++i)
      if (trace::isOfLayout(flips.changes()[i].name)) layout |= Set{1} << i;
    EXPECT_EQ(layoutOf(flips.rules(layout)), layoutOf(to)) << a << " " << b;
    EXPECT_EQ(layoutOf(flips.rules(flips.all() & ~layout)), layoutOf(from)) << a << " " << b;
  }
}

TEST(KnobFlips, SmallestSets) {
  const KnobFlips flips(ruleSet("linux-4.3-arm64"), ruleSet("linux-5.10-arm64"));
  ASSERT_GE(flips.changes().size(), 6U);
  const auto contains = [](Set wanted) {
    return [wanted](Set set) { return (set & wanted) == wanted; };
  };
  using Sets = std::vector<Set>;
  EXPECT_EQ(flips.responsible(contains(1)), Sets{1});
  EXPECT_EQ(flips.responsible([](Set set) { return (set & 0b101) != 0; }), (Sets{0b1, 0b100}));
  EXPECT_EQ(flips.responsible(contains(0b110)), Sets{0b110});
  EXPECT_EQ(flips.responsible(contains(0b110010)), Sets{0b110010});
  EXPECT_EQ(flips.responsible([](Set) { return false; }), Sets{});
  EXPECT_EQ(flips.responsible([](Set) { return true; }), Sets{}) << "nothing needs turning";
  EXPECT_EQ(flips.responsible(contains(0b10), 0b101), Sets{}) << "it is not among those";
  EXPECT_EQ(flips.responsible(contains(0b100), 0b101), Sets{0b100});
}

TEST(KnobFlips, KnobsThatAreEnoughAndKnobsThatAreNeeded) {
  const KnobFlips flips(ruleSet("linux-4.3-arm64"), ruleSet("linux-5.10-arm64"));
  using Part = std::tuple<Set, bool, bool>;
  const auto parts = [&](const std::function<bool(Set)>& asTo) {
    std::vector<Part> all;
    for (const Responsibility& r :
         flips.responsibilities(asTo, [&](Set set) { return !asTo(set); }))
      all.emplace_back(r.knobs, r.enough, r.needed);
    return all;
  };
  // Either knob is enough, so neither is needed.
  EXPECT_EQ(parts([](Set set) { return (set & 0b11) != 0; }),
            (std::vector<Part>{{0b01, true, false}, {0b10, true, false}}));
  // Both knobs together.
  EXPECT_EQ(parts([](Set set) { return (set & 0b11) == 0b11; }),
            (std::vector<Part>{{0b11, true, true}}));
  // The first knob gives the behaviour alone, and turning back the third takes it away.
  EXPECT_EQ(parts([&](Set set) { return (set & 1) != 0 && set != (flips.all() & ~Set{0b100}); }),
            (std::vector<Part>{{0b001, true, true}, {0b100, false, true}}));
}

TEST(KnobTurns, EachTurnsOneKnob) {
  const RuleSet rules = ruleSet("linux-6.12-arm64");
  const std::vector<KnobTurn> turns = knobTurns(rules);
  ASSERT_FALSE(turns.empty());
  for (const KnobTurn& turn : turns) {
    const auto before = trace::knobs(rules);
    const auto after = trace::knobs(turn.rules);
    for (std::size_t i = 0; i < before.size(); ++i)
      EXPECT_EQ(before[i].value == after[i].value, before[i].name != turn.knob) << turn.knob;
    EXPECT_TRUE(turn.knob != "arch" && turn.knob != "page");
  }
  const auto turned = [&](std::string_view knob, std::string_view to) {
    return std::any_of(turns.begin(), turns.end(),
                       [&](const KnobTurn& t) { return t.knob == knob && t.to == to; });
  };
  EXPECT_TRUE(turned("gap-pages", "255"));
  EXPECT_TRUE(turned("gap-pages", "257"));
}

TEST(KnobFlips, TableOfChanges) {
  const RuleSet left = ruleSet("linux-6.1-arm64");
  const RuleSet right = ruleSet("linux-6.12-arm64");
  const KnobFlips real(left, right);
  EXPECT_EQ(real.byTable(), real.all());
  // A knob without a row, and a knob whose value is not that of its row.
  const KnobFlips extra(left, turned(right, "gap-pages", "255"));
  EXPECT_EQ(extra.changes().size(), real.changes().size() + 1);
  EXPECT_EQ(extra.names(extra.all() & ~extra.byTable()),
            std::vector<std::string_view>{"gap-pages"});
  const KnobFlips wrong(ruleSet("linux-4.3-arm64"),
                        turned(ruleSet("linux-5.10-arm64"), "gap-pages", "255"));
  EXPECT_EQ(wrong.names(wrong.all() & ~wrong.byTable()),
            std::vector<std::string_view>{"gap-pages"});
}

// --- Conditions in words --------------------------------------------------------------------

using Points = std::vector<std::vector<std::uint16_t>>;
using Texts = std::vector<std::string>;

TEST(Conditions, Boxes) {
  const std::vector<Axis> axes = {{"kind", {"a", "b", "c"}}, {"left", {"0", "1", "2", "3"}}};
  EXPECT_EQ(describe(Points{}, axes), Texts{});
  EXPECT_EQ(describe(Points{{0, 1}}, axes), Texts{"kind a, left 1"});
  EXPECT_EQ(describe(Points{{0, 1}, {0, 2}, {0, 3}}, axes), Texts{"kind a, left 1..3"});
  EXPECT_EQ(describe(Points{{0, 0}, {0, 1}, {0, 3}}, axes), Texts{"kind a, left 0 or 1 or 3"});
  EXPECT_EQ(describe(Points{{0, 2}, {1, 2}, {2, 2}}, axes), Texts{"left 2"});
  EXPECT_EQ(describe(Points{{0, 0}, {0, 1}, {1, 1}, {1, 2}}, axes),
            (Texts{"kind a, left 0 or 1", "kind b, left 1 or 2"}));
  Points every;
  for (std::uint16_t kind = 0; kind < 3; ++kind)
    for (std::uint16_t left = 0; left < 4; ++left)
      every.push_back({kind, left});
  EXPECT_EQ(describe(every, axes), Texts{""});
}

TEST(Conditions, WhatTheStepTellsIsLeftOut) {
  const std::vector<Axis> axes = {{"access", {"r", "w"}, true}, {"left", {"0", "1", "2"}}};
  EXPECT_EQ(describe(Points{{1, 0}, {1, 1}}, axes), Texts{"left 0 or 1"});
  EXPECT_EQ(describe(Points{{0, 0}, {1, 1}}, axes),
            (Texts{"access r, left 0", "access w, left 1"}));
}

TEST(Conditions, ABoundIsExact) {
  const RuleSet right = ruleSet("linux-6.12-arm64");
  const RuleSet left = turned(right, "gap-pages", "255");
  const PairResult pair = comparePair(left, right, {scopeOf("growth-neighbour", left, right)});
  ASSERT_FALSE(pair.situations.empty());
  for (const PairSituation& told : pair.situations) {
    ASSERT_EQ(told.where.size(), 1U);
    EXPECT_EQ(describe(told.where[0].points, pair.scopes[0].axes),
              Texts{"neighbour r-- or -w- or --x or rw- shared, pages below 1 or 3, left 255"});
  }
}

// --- What a comparison leaves out -----------------------------------------------------------

// The knobs are not compared: which knobs are responsible may depend on the path to a joint state,
// and only the first path is judged.
using Key = std::tuple<trace::Op, model::Rule, model::Rule, Aspects>;
std::set<Key> keys(const ScopeResult& result) {
  std::map<std::tuple<trace::Op, model::Rule, model::Rule, bool>, Aspects> parting;
  std::set<Key> all;
  for (const Situation& s : result.situations) {
    EXPECT_NE(s.knobs, 0U);
    if (s.parts)
      parting[{s.op, s.left, s.right, s.leftOutcome == s.rightOutcome}] |= s.aspects;
    else
      all.insert({s.op, s.left, s.right, s.aspects});
  }
  for (const auto& [key, aspects] : parting)
    all.insert({std::get<0>(key), std::get<1>(key), std::get<2>(key), aspects});
  return all;
}

// A joint state that was seen is not continued again. If its key omitted something that a later
// step depends on, the run without pruning would find more.
TEST(Scopes, PruningLosesNothing) {
  for (const auto& [a, b] : {std::pair{"linux-4.3-arm64", "linux-5.10-arm64"},
                             std::pair{"linux-6.1-amd64", "linux-6.12-amd64"},
                             std::pair{"linux-6.1-amd64", "linux-6.1-um"}}) {
    KnobFlips flips(ruleSet(a), ruleSet(b));
    for (Scope& scope : scopes(ruleSet(a), ruleSet(b))) {
      if (scope.depth == 0) continue;
      scope.depth = scope.axes.empty() ? 4 : 3;
      if (scope.alphabet.size() > 15) scope.depth = 3;
      ScopeOptions whole;
      whole.prune = false;
      const ScopeResult pruned = compareOnScope(scope, flips);
      const ScopeResult all = compareOnScope(scope, flips, whole);
      EXPECT_LT(pruned.steps, all.steps) << scope.name;
      EXPECT_EQ(keys(pruned), keys(all)) << scope.name << " of " << a << " and " << b;
    }
  }
}

// For each new member of the space, decide whether a later step can depend on it. If so, the key
// of a joint state must contain it (harness/digest.cpp).
TEST(Scopes, EveryMemberOfTheSpaceWasJudged) {
  const model::Space<model::Concrete> space;
  const auto& [parameters, minAddr, effectiveMinAddr, maxMapCount, otherAreas, limits, stackPointer,
               lastFault, capable, areas, entries, tables, objects, objectPages, counters, lastAnon,
               lastFrame, lastObject] = space;
  EXPECT_EQ(parameters.rules, nullptr);
}

TEST(Scopes, AScopeEndsWhereNothingIsNew) {
  const RuleSet rules = ruleSet("linux-6.12-arm64");
  KnobFlips none(rules, rules);
  const Scope scope = scopeOf("merge", rules, rules);
  const ScopeResult closed = compareOnScope(scope, none);
  EXPECT_TRUE(closed.closed);
  Scope bounded = scope;
  bounded.depth = 2;
  const ScopeResult cut = compareOnScope(bounded, none);
  EXPECT_FALSE(cut.closed);
  EXPECT_EQ(cut.length, 2U);
  EXPECT_LT(cut.states, closed.states);
  bounded.depth = closed.length + 5;
  EXPECT_EQ(compareOnScope(bounded, none).states, closed.states);
}

TEST(Scopes, ParametersThatARuleSetDoesNotHave) {
  const RuleSet rules = ruleSet("linux-6.12-amd64");
  KnobFlips none(rules, rules);
  Scope scope = scopeOf("merge", rules, rules);
  scope.with.page = 65536;
  EXPECT_THROW(compareOnScope(scope, none), std::invalid_argument);
}

TEST(Scopes, StepsWithoutAnOutcomeAreCounted) {
  const RuleSet rules = ruleSet("linux-6.12-arm64");
  Scope scope = scopeOf("protect", rules, rules);
  scope.with.memory = 4096;
  scope.depth = 4;
  const PairResult pair = comparePair(rules, rules, {scope});
  EXPECT_GT(pair.unknown, 0U);
  EXPECT_TRUE(pair.situations.empty());
}

// --- Planted differences --------------------------------------------------------------------

// Two equal rule sets are made to differ in one knob. The scopes must find each difference and
// report that the table of changes does not contain it.
TEST(Planted, AKnobThatTheTableDoesNotTellOf) {
  const struct {
    const char* rules;
    const char* knob;
    const char* value;
    const char* scope;
  } planted[] = {
      {"linux-7.2-arm64", "gap-pages", "255", "growth-neighbour"},
      {"linux-7.2-arm64", "inaccessible-exempt", "false", "growth-neighbour"},
      {"linux-7.2-arm64", "stack-limit-discount", "1", "growth-limits"},
      {"linux-7.2-arm64", "low-address-by-capability", "true", "growth-low"},
      {"linux-7.2-amd64", "stack-pointer-slack", "65792", "growth-sp"},
      {"linux-7.2-arm64", "gup-grows", "true", "growth"},
      {"linux-7.2-arm64", "merge-adopts-changed", "false", "merge"},
      {"linux-7.2-arm64", "mremap-moves-many", "false", "mremap"},
      {"linux-7.2-arm64", "mremap-order", "lookup-first", "count"},
      {"linux-7.2-arm64", "fixed-failure-keeps", "false", "fixed"},
      {"linux-7.2-arm64", "mprotect-drops-account", "false", "protect"},
      {"linux-7.2-amd64", "hardware-dirty", "false", "shared"},
      {"linux-7.2-arm64", "gup-unshares", "false", "lock"},
      {"linux-7.2-arm64", "dontneed-frees-tables", "false", "tables"},
      {"linux-7.2-arm64", "untags-calls", "false", "addresses"},
      {"linux-7.2-arm64", "placement-sees-gap", "false", "placement"},
  };
  for (const auto& p : planted) {
    const RuleSet left = ruleSet(p.rules);
    const RuleSet right = turned(left, p.knob, p.value);
    Scope scope = scopeOf(p.scope, left, right);
    if (scope.name == "growth-neighbour") scope = only(scope, 2, {0, 255, 256});
    scope.depth = std::min(scope.depth, 4U);
    const PairResult pair = comparePair(left, right, {scope});
    EXPECT_GT(pair.unexplained, 0U) << p.knob;
    EXPECT_GT(pair.control, 0U) << p.knob;
    for (const PairSituation& told : pair.situations)
      EXPECT_EQ(told.situation.knobs, 0U) << p.knob;
  }
}

// The same in addition to the real changes of a pair.
TEST(Planted, BesideRealChanges) {
  const RuleSet left = ruleSet("linux-6.1-arm64");
  const RuleSet right = turned(ruleSet("linux-6.12-arm64"), "stack-limit-discount", "1");
  const PairResult pair = comparePair(left, right, {scopeOf("growth-limits", left, right)});
  EXPECT_GT(pair.unexplained, 0U);
  EXPECT_GT(pair.control, 0U);
}

// --- The pairs ------------------------------------------------------------------------------

class Pair : public testing::TestWithParam<trace::Neighbours> {};

/// The states and outcomes along a trace under a rule set.
struct TraceRun {
  std::vector<trace::Outcome> outcomes;
  std::vector<trace::State> states;
};
TraceRun runTrace(const RuleSet& rules, const Scope& scope, const std::vector<trace::Step>& steps) {
  std::string error;
  const auto parameters = trace::makeParameters(rules, scope.with, error);
  EXPECT_TRUE(parameters) << error;
  model::Process process;
  process.start(*parameters, nullptr);
  TraceRun run;
  for (const trace::Step& step : steps) {
    run.outcomes.push_back(process.apply(step));
    process.snapshot(run.states.emplace_back());
  }
  return run;
}

/// Whether two runs are equal in everything that rules read, by the fuzzer's comparison. With
/// `answers`, the last outcomes must be equal too.
bool same(const Scope& scope, const std::vector<trace::Step>& steps, const RuleSet& a,
          const RuleSet& b, bool answers) {
  const TraceRun x = runTrace(a, scope, steps), y = runTrace(b, scope, steps);
  StateComparison comparison;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    trace::State left = x.states[i], right = y.states[i];
    for (trace::State* state : {&left, &right}) {
      for (trace::Area& area : state->areas)
        area.shownStart = area.start;
      state->counters.data = state->counters.tables = state->counters.faults = 0;
    }
    if (!comparison.equal(left, right)) return false;
  }
  return !answers || sameOutcome(steps.back(), x.outcomes.back(), y.outcomes.back());
}

TEST_P(Pair, DiffersInTheKnobsOfTheTableAndNothingElse) {
  const RuleSet left = ruleSet(GetParam().left), right = ruleSet(GetParam().right);
  const PairResult pair = comparePair(left, right, smallScopes(left, right));
  EXPECT_EQ(pair.unexplained, 0U);
  EXPECT_EQ(pair.control, 0U);
  EXPECT_EQ(pair.unknown, 0U);
  KnobFlips flips(left, right);
  EXPECT_EQ(pair.byTable, flips.all()) << "a knob without a row in the table of changes";

  // Every knob has a situation, or decides one in which the others are equal, or is not visible.
  Set seen = 0, unseen = 0;
  for (const PairSituation& told : pair.situations)
    seen |= told.situation.knobs;
  for (const MaskedKnob& masked : pair.masked) {
    EXPECT_FALSE(seen >> masked.knob & 1) << pair.changes[masked.knob].name;
    (masked.situations.empty() ? unseen : seen) |= Set{1} << masked.knob;
  }
  EXPECT_EQ(seen | unseen, flips.all());
  for (std::size_t k = 0; k < pair.changes.size(); ++k)
    EXPECT_EQ(!whyWithoutSituation(left, right, pair.changes[k].name).empty(), unseen >> k & 1)
        << pair.changes[k].name;

  // The knobs of each situation make the left side behave like the right side, and each of them is
  // needed.
  for (const PairSituation& told : pair.situations) {
    const Situation& s = told.situation;
    const Scope& scope = pair.scopes[told.scope];
    const std::string text = std::string(trace::name(s.op)) + ", " + names(s.aspects);
    ASSERT_FALSE(s.trace.empty());
    // The others concern the observer, which `same` does not compare.
    const bool answers = s.parts || names(s.aspects) == "outcome";
    EXPECT_EQ(same(scope, s.trace, left, right, answers), !answers) << text;
    for (std::size_t k = 0; answers && k < pair.changes.size(); ++k)
      if (s.knobs >> k & 1) {
        EXPECT_FALSE(same(scope, s.trace, flips.rules(s.knobs & ~(Set{1} << k)), right, true))
            << text;
      }
    EXPECT_TRUE(same(scope, s.trace, flips.rules(s.knobs), right, answers)) << text;
    for (const Set also : s.also)
      EXPECT_TRUE(same(scope, s.trace, flips.rules(also), right, answers)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Neighbouring, Pair, testing::ValuesIn(trace::neighbours()),
                         [](const auto& param) {
                           std::string name =
                               std::string(param.param.left) + "_" + std::string(param.param.right);
                           std::replace_if(
                               name.begin(), name.end(),
                               [](char c) { return c == '-' || c == '.'; }, '_');
                           return name;
                         });

TEST(Neighbours, EveryRuleSetHasOne) {
  std::set<std::string_view> seen;
  for (const trace::Neighbours& n : trace::neighbours()) {
    EXPECT_NE(trace::findRuleSet(n.left), nullptr) << n.left;
    EXPECT_NE(trace::findRuleSet(n.right), nullptr) << n.right;
    seen.insert({n.left, n.right});
  }
  EXPECT_EQ(seen.size(), trace::ruleSets().size());
}

} // namespace
} // namespace growsdown::harness
