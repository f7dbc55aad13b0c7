#include "trace/ruleset.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace growsdown::trace {
namespace {

// Counts the members of an aggregate: with how many values it can be initialised.
struct Anything {
  template <class T>
  operator T() const; // NOLINT: never called
};
template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires {
    T{(static_cast<void>(I), Anything{})...};
  };
}
template <class T, std::size_t N = 0>
constexpr std::size_t members() {
  if constexpr (takes<T>(std::make_index_sequence<N + 1>()))
    return members<T, N + 1>();
  else
    return N;
}

TEST(RuleSet, KnobsNameEveryMember) {
  // `name` and `kernel` are no knobs. A new member needs a row in trace/knobs.cpp.
  EXPECT_EQ(knobs(RuleSet()).size() + 2, members<RuleSet>());
  std::set<std::string_view> names;
  for (const Knob& knob : knobs(RuleSet()))
    EXPECT_TRUE(names.insert(knob.name).second) << knob.name;
}

TEST(RuleSet, EveryKnobCanBeSetAndChangesOneThing) {
  for (const Knob& knob : knobs(RuleSet())) {
    RuleSet rules;
    const std::string other = knob.value == "true"    ? "false"
                              : knob.value == "false" ? "true"
                              : knob.name == "arch"   ? "amd64"
                              : knob.name == "guard"  ? "page-inside"
                              : knob.name == "mremap-order"
                                  ? "check-first"
                                  : std::to_string(std::stoull(knob.value) + 1);
    std::string error;
    EXPECT_TRUE(setKnob(rules, knob.name, other, error)) << error;
    EXPECT_FALSE(rules == RuleSet()) << knob.name;
    const auto now = knobs(rules);
    unsigned changed = 0;
    for (std::size_t i = 0; i < now.size(); i++)
      if (!(now[i] == knobs(RuleSet())[i])) {
        changed++;
        EXPECT_EQ(now[i].name, knob.name);
        EXPECT_EQ(now[i].value, other);
      }
    EXPECT_EQ(changed, 1U) << knob.name;
    EXPECT_TRUE(setKnob(rules, knob.name, knob.value, error)) << error;
    EXPECT_TRUE(rules == RuleSet()) << knob.name;
  }
}

TEST(RuleSet, PrintedKnobsMakeTheRuleSet) {
  for (const RuleSet& from : ruleSets()) {
    RuleSet to;
    to.name = from.name;
    to.kernel = from.kernel;
    std::string error;
    for (const Knob& knob : knobs(from))
      ASSERT_TRUE(setKnob(to, knob.name, knob.value, error)) << error;
    EXPECT_TRUE(to == from) << from.name;
  }
}

TEST(RuleSet, KnobsRefuseWhatTheyDoNotKnow) {
  RuleSet rules;
  std::string error;
  EXPECT_FALSE(setKnob(rules, "gap-page", "1", error));
  EXPECT_NE(error.find("no knob `gap-page`"), std::string::npos) << error;
  EXPECT_NE(error.find("gap-pages"), std::string::npos) << error;
  EXPECT_FALSE(setKnob(rules, "gap-pages", "many", error));
  EXPECT_NE(error.find("expected a number"), std::string::npos) << error;
  EXPECT_FALSE(setKnob(rules, "gap-pages", "4294967296", error));
  EXPECT_FALSE(setKnob(rules, "gap-pages", "", error));
  EXPECT_FALSE(setKnob(rules, "gap-pages", "-1", error));
  EXPECT_FALSE(setKnob(rules, "gup-grows", "yes", error));
  EXPECT_NE(error.find("true or false"), std::string::npos) << error;
  EXPECT_FALSE(setKnob(rules, "mremap-order", "gap", error));
  EXPECT_NE(error.find("unmap-first, lookup-first or check-first"), std::string::npos) << error;
  EXPECT_TRUE(rules == RuleSet());
  EXPECT_TRUE(setKnob(rules, "stack-pointer-slack", "0x10100", error));
  EXPECT_EQ(rules.stackPointerSlack, 65792U);
}

TEST(RuleSet, FoundByName) {
  ASSERT_FALSE(ruleSets().empty());
  EXPECT_EQ(ruleSets()[0].name, defaultRuleSet);
  for (const RuleSet& rules : ruleSets())
    EXPECT_EQ(findRuleSet(rules.name), &rules);
  EXPECT_EQ(findRuleSet("linux-2.6"), nullptr);
  EXPECT_EQ(findRuleSet(""), nullptr);
}

TEST(RuleSet, ParametersOfATrace) {
  std::string error;
  const RuleSet& old = *findRuleSet("linux-4.3-arm64");
  const auto p = makeParameters(old, {}, error);
  ASSERT_TRUE(p) << error;
  EXPECT_EQ(p->geometry.page, 4096U);
  EXPECT_EQ(p->geometry.vaBits, 39U);
  EXPECT_EQ(p->taskSize, 1ULL << 39);
  EXPECT_EQ(p->maxMapCount, 65530U);
  EXPECT_EQ(p->geometry.shift(2), 12U);
  EXPECT_EQ(p->geometry.shift(0), 30U);
  EXPECT_EQ(p->geometry.tableShift(2), 21U);
  EXPECT_EQ(p->geometry.tableShift(0), 39U);

  const auto large = makeParameters(old, {.page = 65536, .memory = 1 << 20}, error);
  ASSERT_TRUE(large) << error;
  EXPECT_EQ(large->geometry.vaBits, 42U);
  EXPECT_EQ(large->memoryPages, 16U);

  EXPECT_FALSE(makeParameters(old, {.page = 16384}, error));
  EXPECT_NE(error.find("16384"), std::string::npos) << error;
  EXPECT_FALSE(makeParameters(old, {.vaBits = 47}, error));
  EXPECT_FALSE(makeParameters(old, {.minAddr = 1ULL << 40}, error));
  EXPECT_NE(error.find("min-addr"), std::string::npos) << error;
  EXPECT_FALSE(makeParameters(old, {.maxMapCount = 1ULL << 31}, error));

  const auto low = makeParameters(old, {.minAddr = 4096, .lsmMinAddr = 32768}, error);
  ASSERT_TRUE(low) << error;
  EXPECT_EQ(low->effectiveMinAddr(), 32768U);
}

// Every shape of page tables covers its address bits exactly.
TEST(RuleSet, GeometriesAddUp) {
  for (const RuleSet& rules : ruleSets())
    for (const std::uint64_t page : {4096U, 16384U, 65536U})
      for (std::uint64_t bits = 30; bits < 60; bits++) {
        std::string error;
        const auto p = makeParameters(rules, {.page = page, .vaBits = bits}, error);
        if (!p) continue;
        EXPECT_EQ(p->geometry.tableShift(0), bits) << rules.name << " " << page;
        EXPECT_EQ(1ULL << p->geometry.pageShift, page);
        EXPECT_LT(p->mmapBase, p->taskSize);
      }
}

} // namespace
} // namespace growsdown::trace
