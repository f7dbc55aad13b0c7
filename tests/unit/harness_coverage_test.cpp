// Rule coverage: its text form, which rules explain a planted bug, and problems of the coverage.
#include "harness/coverage.h"
#include "harness/knob_witnesses.h"
#include "model/process.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace growsdown::harness {
namespace {

using model::Rule;

trace::Trace traceOf(const std::string& text) {
  trace::ParseResult parsed = trace::parse(text, "test");
  EXPECT_FALSE(parsed.error) << parsed.error->text();
  return parsed.traces.at(0);
}

// A stack of one page over a neighbour 200 pages below, touched 10 pages below its start.
const char* const nearNeighbour = R"(growsdown-trace 1
# near a neighbour
mmap 0x1000300000 0x1000 rw fixed
mmap 0x1000400000 0x1000 rw fixed,growsdown
touch 0x10003f6000 w
)";

const trace::RuleSet& rules(std::string_view name) {
  return *trace::findRuleSet(name);
}

TEST(Coverage, SurvivesItsText) {
  Coverage coverage;
  coverage.add(Rule::guardGap, Means::recording, "linux-7.2-arm64", 3, "17: S03");
  coverage.add(Rule::growDone, Means::unit, "Rules.GROW_DONE");
  coverage.add(Rule::guardGap, Means::recording, "linux-7.2-arm64", 4, "99: later");
  const std::string text = coverage.print();
  EXPECT_EQ(text, "GROW-DONE\tunit\tRules.GROW_DONE\t1\n"
                  "GUARD-GAP\trecording\tlinux-7.2-arm64\t7\t17: S03\n");
  Coverage again;
  std::string error;
  ASSERT_TRUE(again.read(text, error)) << error;
  EXPECT_EQ(again.rows(), coverage.rows());
  EXPECT_TRUE(again.has(Rule::guardGap, Means::recording));
  EXPECT_FALSE(again.has(Rule::guardGap, Means::unit));
  EXPECT_FALSE(again.has(Rule::growDone, Means::recording));
  EXPECT_EQ(again.of(Rule::guardGap, Means::recording).size(), 1U);
}

TEST(Coverage, RefusesWhatIsNoRow) {
  const std::pair<const char*, const char*> wrongs[] = {
      {"GROW-DONE\tunit\tx\n", "line 1: expected RULE MEANS BY COUNT WHERE"},
      {"GROW-DONE\tunit\tx\t1\nGROW-DON\tunit\tx\t1\n", "line 2: no rule is called GROW-DON"},
      {"GROW-DONE\tunits\tx\t1\n", "line 1: no means is called units"},
      {"GROW-DONE\tunit\tx\tmany\n", "line 1: expected a count, found many"},
      {"GROW-DONE\tunit\tx\t1\ty\tz\n", "line 1: expected RULE MEANS BY COUNT WHERE"},
  };
  for (const auto& [text, message] : wrongs) {
    Coverage coverage;
    std::string error;
    EXPECT_FALSE(coverage.read(text, error)) << text;
    EXPECT_EQ(error, message);
  }
}

TEST(Coverage, CountsATraceUnderItsRules) {
  const trace::Trace trace = traceOf(nearNeighbour);
  Coverage coverage;
  countTrace(coverage, Means::recording, "new", rules("linux-7.2-arm64"), trace);
  countTrace(coverage, Means::recording, "old", rules("linux-4.3-arm64"), trace);
  EXPECT_TRUE(coverage.has(Rule::growDone, Means::recording, "old"));
  EXPECT_FALSE(coverage.has(Rule::growDone, Means::recording, "new"));
  const std::vector<Reach> gap = coverage.of(Rule::guardGap, Means::recording);
  ASSERT_EQ(gap.size(), 1U);
  EXPECT_EQ(gap[0], (Reach{Rule::guardGap, Means::recording, "new", 1, "5: near a neighbour"}));
}

TEST(Coverage, AKnobBelongsToTheRulesThatItParts) {
  KnobWitnesses knobs;
  knobs.run(rules("linux-7.2-arm64"), traceOf(nearNeighbour));
  Coverage coverage;
  knobs.count(coverage);
  EXPECT_TRUE(coverage.has(Rule::guardGap, Means::knob, "gap-pages"));
  EXPECT_TRUE(coverage.has(Rule::guardGap, Means::knob, "guard"));
  EXPECT_FALSE(coverage.has(Rule::guardGap, Means::knob, "rlimit-data"));
  for (const Reach& reach : coverage.rows())
    EXPECT_NE(reach.by, "mremap-order") << "no step here is an mremap";
}

TEST(Coverage, TheFewestRulesExplainWhatShows) {
  RuleCounts steps{};
  steps[static_cast<std::size_t>(Rule::growDone)] = 10;
  steps[static_cast<std::size_t>(Rule::anonWrite)] = 1000;
  steps[static_cast<std::size_t>(Rule::forkDone)] = 5;
  const StepsByRules shown = {{{Rule::growDone, Rule::anonWrite}, 8},
                              {{Rule::anonWrite, Rule::forkDone}, 1}};
  using Found = std::vector<std::pair<Rule, std::uint64_t>>;
  EXPECT_EQ(fewestRules(shown, steps, 1), (Found{{Rule::growDone, 8}, {Rule::forkDone, 1}}));
  EXPECT_EQ(fewestRules(shown, steps, 0.8), (Found{{Rule::growDone, 8}}));
  EXPECT_EQ(fewestRules({}, steps, 1), Found());
  EXPECT_EQ(fewestRules({{{}, 3}}, steps, 1), Found()); // nothing marked: no rule can explain it
}

TEST(Coverage, ABugBelongsToTheRulesMarkedWhereItShows) {
  std::array<std::uint64_t, model::ruleCount> hits{};
  BugWitness witness;
  EXPECT_TRUE(witness.empty());
  const auto step = [&](std::initializer_list<Rule> marked, bool differs) {
    for (const Rule rule : marked)
      ++hits[static_cast<std::size_t>(rule)];
    witness.show(hits, differs);
  };
  for (int i = 0; i < 20; ++i)
    step({Rule::stepDone, Rule::anonWrite}, false);
  step({Rule::stepDone, Rule::cowCopy, Rule::anonWrite}, true);
  Coverage coverage;
  witness.count(coverage, "bug");
  EXPECT_EQ(coverage.print(), "COW-COPY\tbug\tbug\t1\n");
  EXPECT_FALSE(witness.empty());
}

// A row removed from a full coverage is a problem, and so is a row added despite an exception.
TEST(Coverage, ProblemsAreWhatIsMissingAndWhatIsTooMuch) {
  Coverage good;
  for (const model::RuleInfo& rule : model::rules())
    for (const Means means : wanted)
      if (exceptionFor(rule.rule, means) == nullptr) good.add(rule.rule, means, "x");
  EXPECT_EQ(problems(good), std::vector<std::string>());

  Coverage less;
  for (const Reach& reach : good.rows())
    if (reach.rule != Rule::growDone || reach.means != Means::fuzz) less.add(reach);
  EXPECT_EQ(problems(less), (std::vector<std::string>{
                                "GROW-DONE: fuzz: nothing reaches it, and no exception says why"}));

  ASSERT_FALSE(coverageExceptions().empty());
  const CoverageException& exception = coverageExceptions()[0];
  Coverage more = good;
  more.add(model::findRule(exception.rule)->rule, exception.means[0], "y");
  ASSERT_EQ(problems(more).size(), 1U);
  EXPECT_NE(problems(more)[0].find("that is reached by y"), std::string::npos) << problems(more)[0];
}

} // namespace
} // namespace growsdown::harness
