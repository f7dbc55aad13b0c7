// Each planted bug is visible in the outcomes or the state of some short random trace. Without a
// bug, the planted build behaves like the plain one (the comparison with the model checks that).
#define GROWSDOWN_PLANTED
#include "reference/address_space.h"
#include "reference/planted.h"

#include "reference_random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace growsdown::reference {
namespace {

class Planted : public testing::TestWithParam<PlantedBug> {
 protected:
  ~Planted() override { activeBug = Bug::none; }
};

TEST_P(Planted, Shows) {
  const Bug bug = GetParam().bug;
  AddressSpace right;
  AddressSpace wrong;
  trace::State expected;
  trace::State got;
  for (std::uint64_t seed = 1; seed <= 3000; ++seed)
    for (const std::string_view rules : {"linux-4.3-arm64", "linux-6.12-arm64"}) {
      trace::With with;
      with.memory = 4096 * 4096;
      std::string error;
      const auto parameters = trace::makeParameters(*trace::findRuleSet(rules), with, error);
      ASSERT_TRUE(parameters);
      activeBug = Bug::none;
      right.start(*parameters, nullptr);
      wrong.start(*parameters, nullptr);
      reference_test::Steps steps(seed);
      for (int i = 0; i < 60; ++i) {
        const trace::Step step = steps.next();
        activeBug = Bug::none;
        const trace::Outcome outcome = right.apply(step);
        activeBug = bug;
        const trace::Outcome other = wrong.apply(step);
        if (other != outcome) return;
        if (outcome.kind == trace::Outcome::Kind::unknown) break;
        right.snapshot(expected);
        wrong.snapshot(got);
        if (got != expected) return;
      }
    }
  FAIL() << GetParam().id << " never showed";
}

INSTANTIATE_TEST_SUITE_P(Bugs, Planted,
                         testing::ValuesIn(plantedBugs().begin(), plantedBugs().end()),
                         [](const auto& test) {
                           std::string name(test.param.id);
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

TEST(PlantedBugs, HaveIdsOfTheirOwn) {
  std::set<std::string_view> ids;
  std::set<Bug> bugs;
  for (const PlantedBug& bug : plantedBugs()) {
    EXPECT_TRUE(ids.insert(bug.id).second) << bug.id;
    EXPECT_TRUE(bugs.insert(bug.bug).second) << bug.id;
    EXPECT_NE(bug.bug, Bug::none);
    EXPECT_FALSE(bug.description.empty());
    EXPECT_FALSE(bug.group.empty());
  }
  EXPECT_GE(ids.size(), 14U);
}

} // namespace
} // namespace growsdown::reference
