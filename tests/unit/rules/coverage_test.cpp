// Which scenarios are about which rule: written for scripts/coverage, and compared with the stored
// table.
#include "harness/coverage.h"
#include "tests/unit/rules/scenario.h"

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace growsdown::rules {
namespace {

using harness::Coverage;
using harness::Means;

/// The test that a scenario is registered as.
std::string testOf(const Scenario& scenario) {
  std::string name(scenario.title);
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return "Rules." + name;
}

/// The rules that scenarios named after them claim, and under how many rule sets.
Coverage claims() {
  Coverage coverage;
  for (const Scenario& scenario : allScenarios()) {
    const model::RuleInfo* const own = model::findRule(scenario.id());
    if (own == nullptr) continue;
    for (const trace::RuleSet& rules : trace::ruleSets())
      if (scenario.isFor(rules) &&
          play(scenario, rules).claimed[static_cast<std::size_t>(own->rule)])
        coverage.add(own->rule, Means::unit, testOf(scenario));
  }
  return coverage;
}

Coverage writtenDown() {
  std::ifstream in(GROWSDOWN_DOCS "/generated/reached.tsv", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  Coverage coverage;
  std::string error;
  EXPECT_TRUE(coverage.read(text, error)) << "reached.tsv: " << error;
  EXPECT_FALSE(coverage.empty());
  return coverage;
}

TEST(RuleCoverage, TheTestOfAScenarioIsKnown) {
  std::set<std::string> names;
  const testing::UnitTest& program = *testing::UnitTest::GetInstance();
  for (int s = 0; s < program.total_test_suite_count(); ++s)
    for (int t = 0; t < program.GetTestSuite(s)->total_test_count(); ++t)
      names.insert(std::string(program.GetTestSuite(s)->name()) + "." +
                   program.GetTestSuite(s)->GetTestInfo(t)->name());
  for (const Scenario& scenario : allScenarios())
    EXPECT_TRUE(names.contains(testOf(scenario))) << testOf(scenario);
}

// With GROWSDOWN_MARKS the scenarios are written to that file. Without it they must equal the
// stored table.
TEST(RuleCoverage, ScenariosReachWhatIsWrittenDown) {
  const Coverage now = claims();
  if (const char* const file = std::getenv("GROWSDOWN_MARKS")) {
    std::ofstream out(file, std::ios::binary);
    out << now.print();
    ASSERT_TRUE(out.flush()) << file << " cannot be written";
    return;
  }
  Coverage then;
  for (const harness::Reach& reach : writtenDown().rows())
    if (reach.means == Means::unit) then.add(reach);
  EXPECT_EQ(then.print(), now.print()) << "scripts/coverage writes them down anew";
}

// A unit test, the fuzzer and a recording reach every rule, or an exception has the reason. No rule
// with an exception is reached.
TEST(RuleCoverage, NothingWantedIsMissing) {
  EXPECT_EQ(problems(writtenDown()), std::vector<std::string>());
}

} // namespace
} // namespace growsdown::rules
