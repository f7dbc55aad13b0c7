#include "trace/ruleset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace growsdown::trace {
namespace {

TEST(Releases, EveryReleaseOnEveryArchitecture) {
  std::set<std::string_view> names;
  for (const RuleSet& rules : releases()) {
    EXPECT_TRUE(names.insert(rules.name).second) << rules.name;
    EXPECT_EQ(rules.name, "linux-" + print(rules.version) + "-" + std::string(name(rules.arch)));
  }
  // 4.3 to 4.20, 5.0 to 5.19, 6.0 to 6.19, 7.0 to 7.2.
  EXPECT_EQ(names.size(), 3U * (18 + 20 + 20 + 3));
  for (const char* there : {"linux-4.20-um", "linux-5.4-arm64", "linux-6.19-amd64"})
    EXPECT_EQ(names.count(there), 1U) << there;
  for (const char* not_there : {"linux-4.2-arm64", "linux-4.21-arm64", "linux-5.20-amd64",
                                "linux-7.3-arm64", "linux-5.4", "linux-5.4-vax"})
    EXPECT_EQ(findRuleSet(not_there), nullptr) << not_there;
}

TEST(Releases, RecordedOnesAreTheRecordedRuleSets) {
  std::size_t recorded = 0;
  for (const RuleSet& rules : releases()) {
    const auto sets = ruleSets();
    const auto same = std::find(sets.begin(), sets.end(), rules);
    EXPECT_EQ(same != sets.end(), !rules.kernel.empty()) << rules.name;
    recorded += same != sets.end();
  }
  EXPECT_EQ(recorded, ruleSets().size());
}

// Every change is visible: the release has it, and the previous release does not.
TEST(Releases, AChangeStandsBetweenTwoReleases) {
  for (const Change& change : changes()) {
    if (change.since == Version{4, 3}) continue;
    unsigned told = 0;
    const auto all = releases();
    for (std::size_t i = 1; i < all.size(); ++i) {
      if (all[i].version != change.since || all[i - 1].arch != all[i].arch ||
          (change.archs >> static_cast<unsigned>(all[i].arch) & 1) == 0)
        continue;
      const auto between = changesBetween(all[i - 1], all[i], change.knob);
      EXPECT_EQ(std::count(between.begin(), between.end(), &change), 1)
          << change.knob << " " << all[i].name;
      ++told;
    }
    EXPECT_GT(told, 0U) << change.knob << " " << print(change.since);
  }
}

TEST(Releases, StandIns) {
  for (const RuleSet& rules : releases()) {
    const StandIn found = standIn(rules);
    ASSERT_NE(found.recorded, nullptr) << rules.name;
    EXPECT_EQ(found.recorded->arch, rules.arch);
    EXPECT_EQ(found.knobs, differingKnobs(rules, *found.recorded));
    for (const RuleSet& other : ruleSets()) {
      if (other.arch != rules.arch) continue;
      EXPECT_LE(found.knobs.size(), differingKnobs(rules, other).size()) << rules.name;
    }
    if (!rules.kernel.empty()) {
      EXPECT_EQ(*found.recorded, rules);
      EXPECT_TRUE(found.knobs.empty());
    }
  }
  EXPECT_EQ(standIn(*findRuleSet("linux-4.4-arm64")).recorded->name, "linux-4.3-arm64");
  EXPECT_EQ(standIn(*findRuleSet("linux-5.9-arm64")).recorded->name, "linux-5.10-arm64");
}

TEST(Releases, KnobsHaveMeanings) {
  for (const Knob& knob : knobs({}))
    EXPECT_FALSE(meaning(knob.name).empty()) << knob.name;
  EXPECT_TRUE(meaning("gap-page").empty());
}

} // namespace
} // namespace growsdown::trace
