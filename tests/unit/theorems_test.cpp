// Each theorem under each of its rule sets: proved, with every planted wrong knob refuted and shown
// by a trace.
#include "model/account.h"
#include "model/process.h"
#include "model/start.h"
#include "proofs/prove.h"
#include "proofs/theorems/states.h"
#include "proofs/theorems/versions/conditions.h"
#include "trace/shown.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <ostream>
#include <set>

namespace growsdown::proofs {
namespace {

struct Case {
  const Theorem* theorem;
  const trace::RuleSet* rules;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.theorem->name << " " << c.rules->name;
}

/// The rule sets for which every run proves all theorems, with planted knobs: one rule set per
/// guard style. `growsdown prove --rules all` proves the others.
bool isProvedAlways(const trace::RuleSet& rules) {
  return rules.name == trace::defaultRuleSet || rules.name == "linux-6.12-arm64";
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Theorem& theorem : theorems())
    for (const trace::RuleSet& rules : trace::ruleSets())
      if (isProvedAlways(rules) && theorem.speaksOf(rules) && theorem.unless == nullptr)
        all.push_back({&theorem, &rules});
  return all;
}

/// The theorem of growth under all other rule sets.
std::vector<Case> growthCases() {
  std::vector<Case> all;
  for (const trace::RuleSet& rules : trace::ruleSets())
    if (!isProvedAlways(rules)) all.push_back({findTheorem("growth-safe"), &rules});
  return all;
}

std::string nameOf(const testing::TestParamInfo<Case>& info) {
  std::string name =
      std::string(info.param.theorem->name) + "_" + std::string(info.param.rules->name);
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

class Theorems : public testing::TestWithParam<Case> {};
class GrowthTheorem : public testing::TestWithParam<Case> {};

void expectProved(const Case& c) {
  const Result result = prove(*c.theorem, *c.rules);
  EXPECT_EQ(result.verdict, smt::ProofVerdict::proved) << result.reason;
  EXPECT_GT(result.explored.paths, 0u);
  EXPECT_GT(result.explored.obligations, 0u);
  EXPECT_LE(result.explored.spent, result.budget.total);
  // Its paths reach only rules that the theorem says it is about.
  std::set<std::size_t> listed;
  for (const model::Rule rule : c.theorem->rules)
    listed.insert(static_cast<std::size_t>(rule));
  for (const std::size_t rule : result.explored.rules)
    EXPECT_EQ(listed.count(rule), 1u) << model::rules()[rule].id << " is not listed";
}

TEST_P(Theorems, IsProvedWithinItsBudget) {
  expectProved(GetParam());
}

TEST_P(GrowthTheorem, IsProvedWithinItsBudget) {
  expectProved(GetParam());
}

// Replays what the command would read, on the model.
bool agrees(const trace::Trace& trace, const trace::RuleSet& rules) {
  std::string error;
  const auto parameters = trace::makeParameters(rules, trace.with, error);
  EXPECT_TRUE(parameters) << error;
  trace::State initial = *trace.initial;
  EXPECT_EQ(model::completeStart(*parameters, initial), std::nullopt);
  model::Process process;
  process.start(*parameters, &initial);
  for (const trace::Record& record : trace.records)
    if (!(process.apply(record.step) == record.expected)) return false;
  return true;
}

// The same on the reference with a bug.
bool agreesPlanted(std::string_view bug, const trace::Trace& trace, const trace::RuleSet& rules) {
  std::string error;
  const auto parameters = trace::makeParameters(rules, trace.with, error);
  EXPECT_TRUE(parameters) << error;
  trace::State initial = *trace.initial;
  EXPECT_EQ(model::completeStart(*parameters, initial), std::nullopt);
  const planted::BugInfo* info = planted::findBug(bug);
  EXPECT_NE(info, nullptr) << bug;
  const Replayed seen = replayPlanted(info->bug, *parameters, trace, initial);
  for (std::size_t i = 0; i < trace.records.size(); ++i)
    if (!(seen.outcomes[i] == trace.records[i].expected)) return false;
  const trace::Observation& wanted = trace.records.back().state;
  trace::Observation shown;
  trace::show(seen.state, wanted.pages.hasTables, shown);
  return shown == wanted;
}

TEST_P(Theorems, NoticesEveryPlantedKnob) {
  const std::vector<Planted> all = plantedIn(*GetParam().theorem, *GetParam().rules);
  EXPECT_FALSE(all.empty()) << "a theorem that cannot fail";
  for (const Planted& planted : all) {
    SCOPED_TRACE(std::string(planted.knob) + "=" + std::string(planted.value));
    const SelfCheck check = checkPlanted(*GetParam().theorem, *GetParam().rules, planted);
    EXPECT_TRUE(check.caught) << check.problem;
    EXPECT_EQ(check.result.verdict, smt::ProofVerdict::refuted) << check.result.reason;
    if (!check.result.counterexample || !planted.visible) continue;
    const trace::ParseResult parsed = trace::parse(check.result.counterexample->text, "found");
    ASSERT_FALSE(parsed.error) << parsed.error->text() << "\n" << check.result.counterexample->text;
    ASSERT_EQ(parsed.traces.size(), 1u);
    EXPECT_EQ(trace::print(parsed.traces[0]), check.result.counterexample->text);
    EXPECT_TRUE(agrees(parsed.traces[0], *GetParam().rules));
    std::string error;
    if (planted.knob == "bug") {
      EXPECT_FALSE(agreesPlanted(planted.value, parsed.traces[0], *GetParam().rules));
      continue;
    }
    trace::RuleSet wrong = *GetParam().rules;
    ASSERT_TRUE(trace::setKnob(wrong, planted.knob, planted.value, error)) << error;
    EXPECT_FALSE(agrees(parsed.traces[0], wrong));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Theorems, testing::ValuesIn(cases()), nameOf);
INSTANTIATE_TEST_SUITE_P(Other, GrowthTheorem, testing::ValuesIn(growthCases()), nameOf);

// --- Theorems of pairs

struct PairCase {
  const Theorem* theorem;
  const trace::RuleSet* left;
  const trace::RuleSet* right;
};

void PrintTo(const PairCase& c, std::ostream* out) {
  *out << c.theorem->name << " " << Subject(*c.left, c.right).name();
}

// The default rule set's pairs (for the longest, the moves of mremap, one pair), and the quick
// theorems for all pairs; `growsdown prove --rules all` proves the others.
std::vector<PairCase> pairCases() {
  std::vector<PairCase> all;
  for (const Theorem& theorem : theorems())
    if (theorem.unless != nullptr)
      for (const trace::Neighbours& pair : trace::neighbours())
        if (theorem.name == "versions-growth" ||
            (pair.left == trace::defaultRuleSet &&
             !(theorem.name.starts_with("versions-mremap-") && pair.right.ends_with("amd64"))))
          all.push_back({&theorem, trace::findRuleSet(pair.left), trace::findRuleSet(pair.right)});
  return all;
}

std::string pairName(const testing::TestParamInfo<PairCase>& info) {
  std::string name = std::string(info.param.theorem->name) + "_" +
                     Subject(*info.param.left, info.param.right).name();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

// The effect of a knob is stated in one place: a condition, or the list of knobs that no theorem is
// about.
TEST(PairConditions, EachKnobIsSpokenOf) {
  std::set<std::string_view> decides, beyond;
  for (const Condition<model::Concrete>& row : allConditions<model::Concrete>())
    decides.insert(row.knob);
  for (const Unless& knob : beyondPairs())
    EXPECT_TRUE(beyond.insert(knob.knob).second) << knob.knob;
  for (const trace::Knob& knob : trace::knobs(trace::ruleSets().front()))
    EXPECT_EQ(decides.count(knob.name) + beyond.count(knob.name), 1u) << knob.name;
}

class Pairs : public testing::TestWithParam<PairCase> {};

TEST_P(Pairs, AgreeUnlessAConditionHolds) {
  const auto& [theorem, left, right] = GetParam();

  const Result result = prove(*theorem, Subject(*left, right));
  EXPECT_EQ(result.verdict, smt::ProofVerdict::proved) << result.reason;
  EXPECT_GT(result.explored.paths, 0u);
}

// Each condition is needed: the two differ under it and no other, and a trace shows it if a trace
// can start there.
TEST_P(Pairs, EachConditionIsNeeded) {
  const auto& [theorem, left, right] = GetParam();

  const Subject subject(*left, right);
  for (const Planted& dropped : plantedIn(*theorem, subject)) {
    SCOPED_TRACE(std::string(dropped.value));
    const SelfCheck check = checkPlanted(*theorem, subject, dropped);
    EXPECT_TRUE(check.caught) << check.problem;
    const std::optional<Counterexample>& shown = check.result.counterexample;
    if (!shown || !shown->outcomesDiffer || shown->byLayout) continue;
    const trace::ParseResult parsed = trace::parse(shown->text, "found");
    ASSERT_FALSE(parsed.error) << parsed.error->text() << "\n" << shown->text;
    EXPECT_TRUE(agrees(parsed.traces[0], *left));
    EXPECT_FALSE(agrees(parsed.traces[0], *right));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Pairs, testing::ValuesIn(pairCases()), pairName);

// --- Lists of any length

/// Six areas are found one below the other: the list has no bound that rules could observe.
struct SixInARow {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    model::Space<D> s = anyList(run, q, [](model::Vma<D>&, unsigned) {});
    auto at = s.areas.endPosition();
    unsigned found = 0;
    while (found < 6 && s.below(at) != nullptr) {
      at = s.previous(at);
      ++found;
    }
    run.require("there are fewer than six areas", truthLike(s.limits.as, found < 6));
  }
};
/// munmap's sum, without the locked pages of areas that grow down. Only an area in the middle of
/// the range shows this, and no path looks at such an area individually.
struct ForgetsInTheMidst {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    model::Space<D> s =
        anyList(run, q, [&run](model::Vma<D>& area, unsigned) { makePrivate(run, area); });
    const auto start = run.word("start", 0, q.parameters.taskSize, 12);
    const auto end = run.word("end", 0, q.parameters.taskSize, 12);
    const auto first = s.findVma(start);
    const auto last = s.firstStartingAt(end, first);
    model::sumOver(s, first, last, model::Counters<D>{},
                   [&](const model::Vma<D>& area, model::Counters<D>& sum) {
                     const auto pages = s.pagesOf(area.start, area.end);
                     model::accountArea<D>(sum, area.flags, pages);
                     if ((area.flags & vm::growsdown) && (area.flags & vm::locked))
                       sum.locked = sum.locked - pages;
                   });
    run.require("something is required", truthLike(start, true));
  }
};
/// A window whose pieces overlap the area above.
struct OverlapsTheNext {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    model::Space<D> s = anyList(run, q, [](model::Vma<D>&, unsigned) {});
    const auto i = s.findVma(run.word("address", 0, q.parameters.taskSize - 1));
    run.assume(truthLike(s.limits.as, s.isArea(i)));
    run.assume(s.area(i).end < q.parameters.taskSize);
    model::Vma<D> longer = s.area(i);
    longer.end = longer.end + q.page();
    s.replaceWindow(i, longer);
    requireOrdered(run, q, s); // machine words see it there
  }
};

Question defaultQuestion() {
  std::string error;
  Question question;
  question.demanded = trace::findRuleSet(trace::defaultRuleSet);
  question.parameters = *trace::makeParameters(*question.demanded, {}, error);
  question.demandedGeometry = question.parameters.geometry;
  return question;
}

template <class Text>
Exploration exploreList() {
  return exploreCode<Text>(defaultQuestion(), Budget{}, {});
}

TEST(Lists, HaveNoBound) {
  const Exploration result = exploreList<SixInARow>();
  EXPECT_EQ(result.verdict, smt::ProofVerdict::refuted) << result.reason;
  EXPECT_FALSE(result.witnessSummarised);
  for (unsigned k = 0; k < 6; ++k)
    EXPECT_EQ(result.witness.count("area" + std::to_string(k) + ".start"), 1u);
}

TEST(Lists, ASumIsProvedForAreasThatNobodyLooksAt) {
  const Exploration result = exploreList<ForgetsInTheMidst>();
  EXPECT_EQ(result.verdict, smt::ProofVerdict::refuted) << result.reason;
  EXPECT_EQ(result.obligation, "an area of a run adds exactly what it counts for");
}

TEST(Lists, AWindowMustKeepToItsBorders) {
  const Exploration result = exploreList<OverlapsTheNext>();
  EXPECT_EQ(result.verdict, smt::ProofVerdict::refuted) << result.reason;
  EXPECT_EQ(result.obligation, "a change of the list keeps it in order");
}

TEST(Prove, PairsThatDifferInNothingHaveNoConditions) {
  const trace::RuleSet& rules = *trace::findRuleSet("linux-6.12-amd64");
  for (const Theorem& theorem : theorems())
    if (theorem.unless != nullptr) {
      EXPECT_TRUE(theorem.unless(rules, rules).empty());
    }
}

TEST(Prove, ABudgetThatIsSpentIsUnknown) {
  Budget little;
  little.total = 1000;
  const Result result =
      prove(*findTheorem("growth-safe"), *trace::findRuleSet(trace::defaultRuleSet), little);
  EXPECT_EQ(result.verdict, smt::ProofVerdict::unknown);
  EXPECT_NE(result.reason.find("budget"), std::string::npos);
  EXPECT_EQ(exitCode(result.verdict), 3);
}

TEST(Prove, RepeatsItself) {
  const auto once = [] {
    const trace::RuleSet& rules = *trace::findRuleSet("linux-6.12-arm64");
    return checkPlanted(*findTheorem("growth-safe"), rules, {"gap-pages", "255"});
  };
  const SelfCheck a = once();
  const SelfCheck b = once();
  EXPECT_EQ(a.result.explored.spent, b.result.explored.spent);
  ASSERT_TRUE(a.result.counterexample && b.result.counterexample);
  EXPECT_EQ(a.result.counterexample->text, b.result.counterexample->text);
}

TEST(Prove, AWrongKnobThatWrapsIsRefutedForThat) {
  const Theorem& theorem = *findTheorem("growth-safe");
  std::string error;
  Question question = defaultQuestion();
  trace::RuleSet wrong = *question.demanded;
  ASSERT_TRUE(trace::setKnob(wrong, "stack-limit-discount", "4096", error)) << error;
  question.parameters.rules = &wrong;
  EXPECT_EQ(theorem.explore(question, theorem.budget, {}).obligation, owed::noWrap);

  const SelfCheck check =
      checkPlanted(theorem, trace::ruleSets()[0], {"stack-limit-discount", "4096"});
  EXPECT_TRUE(check.caught) << check.problem;
}

TEST(Prove, AKnobThatDoesNotExistIsAProblemNotACatch) {
  const SelfCheck check =
      checkPlanted(*findTheorem("growth-safe"), trace::ruleSets()[0], {"no-such-knob", "1"});
  EXPECT_FALSE(check.caught);
  EXPECT_FALSE(check.problem.empty());
  EXPECT_EQ(findTheorem("no-such-theorem"), nullptr);
}

// Deliberately vacuous theorems: each must be reported as an error.
struct NoPath {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    const auto x = run.word("x");
    run.require("a word", x <= ~std::uint64_t{0});
    run.assume(x < 5);
    run.assume(x > 5);
  }
};
struct NothingRequired {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    run.assume(run.word("x") < 5);
  }
};
struct OnlyWhereImpossible {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    const auto x = run.word("x");
    run.require("word", x <= ~std::uint64_t{0});
    if (x < 5) {
      run.require("a small one", x != 7);
      run.assume(x > 5);
    }
  }
};

struct ASideIsImpossible {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    const auto x = run.word("x");
    if (run.flip("small")) run.assume(x < 5);
    run.assume(x > 5);
    run.require("a word", x <= ~std::uint64_t{0});
  }
};
struct ASideIsExcepted {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    const auto x = run.word("x");
    if (run.flip("small")) run.assume(x < 5);
    run.except(x < 6);
    run.require("no small one", x > 5);
  }
};
struct AnImpossibleSideIsExcepted {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    const auto x = run.word("x");
    run.assume(x > 5);
    if (run.flip("small")) run.assume(x < 5);
    run.except(x < 6);
    run.require("no small one", x > 5);
  }
};
struct TwoSites {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    const auto x = run.word("x");
    if (run.flip("side"))
      run.require("a word", x <= ~std::uint64_t{0});
    else
      run.require("a word", x + 0 == x);
  }
};
struct AllSummarised {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    const auto x = run.word("x");
    run.require("a word", x <= ~std::uint64_t{0});
    if constexpr (std::is_same_v<D, Symbolic>) Explorer::current().summarised();
  }
};
struct TwoKinds {
  template <class D>
  void operator()(Run<D>& run, const Question&) const {
    if (run.flip("x")) run.require("a word", run.word("x") <= ~std::uint64_t{0});
  }
};

template <class Text>
Result proveText() {
  Theorem theorem;
  theorem.name = "vacuous";
  theorem.explore = exploreCode<Text>;
  return prove(theorem, *trace::findRuleSet(trace::defaultRuleSet), Budget{});
}

TEST(Prove, AVacuousTheoremIsAnErrorOfOurs) {
  const Result none = proveText<NoPath>();
  EXPECT_EQ(none.verdict, smt::ProofVerdict::error);
  EXPECT_EQ(none.reason, "vacuous: no path: nothing satisfies what is assumed");
  const Result nothing = proveText<NothingRequired>();
  EXPECT_EQ(nothing.verdict, smt::ProofVerdict::error);
  EXPECT_EQ(nothing.reason, "vacuous: nothing is required on any path");
  const Result impossible = proveText<OnlyWhereImpossible>();
  EXPECT_EQ(impossible.verdict, smt::ProofVerdict::error);
  EXPECT_NE(impossible.reason.find("\"a small one\""), std::string::npos) << impossible.reason;
}

TEST(Prove, ATheoremThatSaysLessThanItSeemsToIsAnErrorOfOurs) {
  const Result side = proveText<ASideIsImpossible>();
  EXPECT_EQ(side.verdict, smt::ProofVerdict::error);
  EXPECT_EQ(side.reason, "vacuous: no path with 1 for \"small\" satisfies what is assumed");
  EXPECT_EQ(proveText<ASideIsExcepted>().verdict, smt::ProofVerdict::proved);
  EXPECT_EQ(proveText<AnImpossibleSideIsExcepted>().reason,
            "vacuous: no path with 1 for \"small\" satisfies what is assumed");
  const Result sites = proveText<TwoSites>();
  EXPECT_EQ(sites.verdict, smt::ProofVerdict::error);
  EXPECT_EQ(sites.reason.rfind("two obligations are named \"a word\"", 0), 0u) << sites.reason;
  const Result summarised = proveText<AllSummarised>();
  EXPECT_EQ(summarised.verdict, smt::ProofVerdict::error);
  EXPECT_EQ(summarised.reason, "vacuous: no path was run on machine words");
  const Result kinds = proveText<TwoKinds>();
  EXPECT_EQ(kinds.verdict, smt::ProofVerdict::error);
  EXPECT_EQ(kinds.reason, "two inputs of different kinds are named \"x\"");
}

// An obligation in a branch that no path enters is known only from the source.
TEST(Prove, AnObligationThatIsNeverMetIsKnown) {
  const std::vector<Stated>& stated = statedObligations();
  std::set<std::pair<std::string_view, std::string_view>> names;
  for (const Stated& s : stated)
    EXPECT_TRUE(names.emplace(s.file, s.name).second) << s.file << ": " << s.name;
  EXPECT_EQ(neverMet({}), stated);
  const Result fork = prove(*findTheorem("fork-keeps"), *trace::findRuleSet(trace::defaultRuleSet));
  const std::vector<Stated> left = neverMet({&fork.explored});
  EXPECT_LT(left.size(), stated.size());
  for (const Stated& s : left)
    EXPECT_NE(s.file, "fork.h") << s.name;
  EXPECT_EQ(neverMet({&fork.explored, &fork.explored}), left);
}

TEST(Prove, KeepsTheDearestQuestion) {
  const Result result =
      prove(*findTheorem("growth-safe"), *trace::findRuleSet(trace::defaultRuleSet));
  EXPECT_GT(result.explored.dearest.spent, 0u);
  EXPECT_LE(result.explored.dearest.spent, result.explored.spent);
  EXPECT_FALSE(result.explored.longest.what.empty());
  EXPECT_FALSE(result.explored.required.empty());
}

TEST(Prove, VerdictsAreNeverTwoValued) {
  using smt::ProofVerdict;
  EXPECT_EQ(worse(ProofVerdict::proved, ProofVerdict::unknown), ProofVerdict::unknown);
  EXPECT_EQ(worse(ProofVerdict::refuted, ProofVerdict::unknown), ProofVerdict::refuted);
  EXPECT_EQ(worse(ProofVerdict::refuted, ProofVerdict::error), ProofVerdict::error);
  EXPECT_EQ(exitCode(ProofVerdict::proved), 0);
  EXPECT_EQ(exitCode(ProofVerdict::refuted), 1);
  EXPECT_EQ(exitCode(ProofVerdict::error), 4);
}

} // namespace
} // namespace growsdown::proofs
