// The table of changes: every row has an effect, and the table contains every difference between
// two rule sets.
#include "trace/ruleset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string>

namespace growsdown::trace {
namespace {

constexpr Arch archs[] = {Arch::arm64, Arch::amd64, Arch::um};

std::string valueOf(const RuleSet& rules, std::string_view knob) {
  for (const Knob& k : knobs(rules))
    if (k.name == knob) return k.value;
  ADD_FAILURE() << "no knob " << knob;
  return {};
}

bool isFor(const Change& change, Arch arch) {
  return (change.archs & 1U << static_cast<unsigned>(arch)) != 0;
}

std::string show(const Change& change) {
  return std::to_string(change.since.major) + "." + std::to_string(change.since.minor) + " " +
         std::string(change.knob) + "=" + std::string(change.value);
}

/// The values of a rule set's knobs, from the table alone; without one of its rows if one is given.
std::map<std::string_view, std::string> composed(const RuleSet& rules,
                                                 const Change* without = nullptr) {
  std::map<std::string_view, std::string> values;
  for (const Knob& knob : knobs(RuleSet()))
    values[knob.name] = knob.value;
  for (const Change& change : changes())
    if (&change != without && concerns(change, rules.version, rules.arch))
      values[change.knob] = change.value;
  return values;
}

TEST(Changes, NameKnobsAndTheirValuesAsTheyArePrinted) {
  for (const Change& change : changes()) {
    RuleSet rules;
    std::string error;
    ASSERT_TRUE(setKnob(rules, change.knob, change.value, error)) << error;
    EXPECT_EQ(valueOf(rules, change.knob), change.value);
    EXPECT_NE(change.archs, 0) << show(change);
    EXPECT_FALSE(change.why.empty()) << show(change);
  }
}

TEST(Changes, AreInOrderOfRelease) {
  EXPECT_TRUE(std::is_sorted(changes().begin(), changes().end(),
                             [](const Change& a, const Change& b) { return a.since < b.since; }));
  for (const Change& change : changes()) {
    EXPECT_GE(change.since, (Version{4, 3})) << show(change);
    EXPECT_LE(change.since, (Version{7, 2})) << show(change);
    if (change.backport != Version{}) {
      EXPECT_LT(change.backport, change.since) << show(change);
    }
  }
}

// Commits are abbreviated to 12 digits; a value that held from the start has no commit.
TEST(Changes, SayTheirSource) {
  for (const Change& change : changes()) {
    if (change.since == Version{4, 3}) {
      EXPECT_TRUE(change.commit.empty()) << show(change);
      EXPECT_TRUE(change.cve.empty()) << show(change);
      continue;
    }
    if (!change.commit.empty()) {
      EXPECT_EQ(change.commit.size(), 12U) << show(change);
      EXPECT_TRUE(std::all_of(change.commit.begin(), change.commit.end(), [](unsigned char c) {
        return std::isdigit(c) != 0 || (c >= 'a' && c <= 'f');
      })) << show(change);
    }
    if (!change.cve.empty()) {
      EXPECT_EQ(change.cve.substr(0, 4), "CVE-") << show(change);
      EXPECT_FALSE(change.commit.empty()) << show(change);
    }
  }
}

// A row that sets a value which is already set has no effect.
TEST(Changes, EachChangesAValue) {
  for (const Change& change : changes()) {
    bool some = false;
    for (const Arch arch : archs) {
      if (!isFor(change, arch)) continue;
      std::string before = valueOf(RuleSet(), change.knob);
      for (const Change* earlier = changes().data(); earlier != &change; ++earlier)
        if (earlier->knob == change.knob && isFor(*earlier, arch)) before = earlier->value;
      some |= before != change.value;
    }
    EXPECT_TRUE(some) << show(change);
  }
}

// A knob value that no recorded rule set has was introduced and removed between two of them.
TEST(Changes, EachIsSeenInARecordedRuleSetOrWentBeforeTheNext) {
  for (const Change& change : changes()) {
    bool seen = false;
    Version next{99, 0};
    for (const RuleSet& rules : ruleSets()) {
      seen |= composed(rules) != composed(rules, &change);
      if (isFor(change, rules.arch) && rules.version >= change.since)
        next = std::min(next, rules.version);
    }
    const bool undone =
        std::any_of(&change + 1, changes().data() + changes().size(), [&](const Change& later) {
          return later.knob == change.knob && (later.archs & change.archs) != 0 &&
                 later.since <= next;
        });
    EXPECT_TRUE(seen || undone) << show(change) << ": no rule set has it";
  }
}

TEST(Changes, TheDefaultsAreLinux43OnArm64) {
  const RuleSet& first = *findRuleSet("linux-4.3-arm64");
  EXPECT_EQ(&first, &ruleSets()[0]);
  EXPECT_EQ(knobs(first), knobs(RuleSet()));
  EXPECT_EQ(first.version, RuleSet().version);
  EXPECT_EQ(first.arch, RuleSet().arch);
}

TEST(Changes, AndNothingElseMakeTheRuleSets) {
  std::set<std::string_view> names;
  for (const RuleSet& rules : ruleSets()) {
    EXPECT_TRUE(names.insert(rules.name).second);
    EXPECT_FALSE(rules.kernel.empty()) << rules.name;
    const auto values = composed(rules);
    for (const Knob& knob : knobs(rules))
      EXPECT_EQ(knob.value, values.at(knob.name)) << rules.name << ": " << knob.name;
  }
  EXPECT_EQ(names.size(), 12U);
}

TEST(Changes, ExplainEveryDifference) {
  for (const RuleSet& a : ruleSets())
    for (const RuleSet& b : ruleSets())
      for (const std::string_view knob : differingKnobs(a, b)) {
        EXPECT_NE(valueOf(a, knob), valueOf(b, knob));
        EXPECT_FALSE(changesBetween(a, b, knob).empty()) << a.name << " " << b.name << " " << knob;
      }
}

TEST(Changes, ConcernLaterReleasesAndBackports) {
  const Change change{{6, 5}, 1U << static_cast<unsigned>(Arch::arm64), "", "", "", "", "", {6, 1}};
  EXPECT_TRUE(concerns(change, {6, 5}, Arch::arm64));
  EXPECT_TRUE(concerns(change, {7, 0}, Arch::arm64));
  EXPECT_TRUE(concerns(change, {6, 1}, Arch::arm64));
  EXPECT_FALSE(concerns(change, {6, 2}, Arch::arm64));
  EXPECT_FALSE(concerns(change, {5, 10}, Arch::arm64));
  EXPECT_FALSE(concerns(change, {6, 5}, Arch::amd64));
}

// The knobs that decide stack growth, by release, as in the kernels' sources.
TEST(Changes, TheMatrix) {
  struct Column {
    std::string_view names[5];
    std::string_view guard, gapPages, discount, gupGrows, rlimitData, keepsSplits, order, adopts;
  };
  const Column columns[] = {
      {{"linux-4.3-arm64", "linux-4.3-amd64"},
       "page-inside",
       "0",
       "1",
       "true",
       "false",
       "false",
       "unmap-first",
       "false"},
      {{"linux-5.10-arm64", "linux-5.10-amd64"},
       "gap",
       "256",
       "0",
       "true",
       "true",
       "false",
       "unmap-first",
       "false"},
      {{"linux-6.1-arm64", "linux-6.1-amd64", "linux-6.1-um"},
       "gap",
       "256",
       "0",
       "false",
       "true",
       "false",
       "lookup-first",
       "false"},
      {{"linux-6.12-arm64", "linux-6.12-amd64"},
       "gap",
       "256",
       "0",
       "false",
       "true",
       "true",
       "lookup-first",
       "false"},
      {{"linux-6.18-amd64", "linux-7.2-arm64", "linux-7.2-amd64"},
       "gap",
       "256",
       "0",
       "false",
       "true",
       "true",
       "check-first",
       "true"},
  };
  std::size_t sets = 0;
  for (const Column& column : columns)
    for (const std::string_view name : column.names) {
      if (name.empty()) continue;
      ++sets;
      const RuleSet* const rules = findRuleSet(name);
      ASSERT_NE(rules, nullptr) << name;
      EXPECT_EQ(valueOf(*rules, "guard"), column.guard) << name;
      EXPECT_EQ(valueOf(*rules, "gap-pages"), column.gapPages) << name;
      EXPECT_EQ(valueOf(*rules, "stack-limit-discount"), column.discount) << name;
      EXPECT_EQ(valueOf(*rules, "gup-grows"), column.gupGrows) << name;
      EXPECT_EQ(valueOf(*rules, "rlimit-data"), column.rlimitData) << name;
      EXPECT_EQ(valueOf(*rules, "fixed-failure-keeps"), column.keepsSplits) << name;
      EXPECT_EQ(valueOf(*rules, "mremap-order"), column.order) << name;
      EXPECT_EQ(valueOf(*rules, "merge-adopts-changed"), column.adopts) << name;
    }
  EXPECT_EQ(sets, ruleSets().size());
}

} // namespace
} // namespace growsdown::trace
