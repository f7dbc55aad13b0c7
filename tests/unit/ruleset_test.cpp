#include "trace/ruleset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace growsdown::trace {
namespace {

// Counts the members of an aggregate: the number of values that can initialise it.
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
  // `name`, `kernel` and `version` are not knobs; all others are in trace/knobs.def.
  EXPECT_EQ(knobs(RuleSet()).size() + 3, members<RuleSet>());
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
                              : knob.name == "guard"  ? "gap"
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
    to.version = from.version;
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

/// A shape of page tables, the end of its address space, and where placement starts.
struct Space {
  std::string_view selector; ///< the start and the end of the names of the rule sets that have it
  std::string_view arch;
  Version since;
  std::uint64_t page;
  unsigned vaBits;
  unsigned levels;
  std::uint64_t taskSize, mapWindow, mmapBase, unmappedBase;
};
constexpr std::uint64_t window48 = 1ULL << 48;
constexpr std::uint64_t gap128 = 128ULL << 20;
// From the kernels: arm64 asm/memory.h, asm/processor.h, mm/mmap.c (4.3), mm/util.c; x86
// asm/page_64_types.h, mm/mmap.c. 4.3's arm64 reserves 0x3ffff pages (of 4 KiB) plus one byte for
// the stack's randomisation.
const Space spaces[] = {
    {"4.3", "arm64", {4, 3}, 4096, 39, 3, 1ULL << 39, 1ULL << 39, 0x7fb8001000, 0x2000000000},
    {"4.3", "arm64", {4, 3}, 4096, 48, 4, window48, window48, 0xffffb8001000, window48 / 4},
    {"4.3", "arm64", {4, 3}, 65536, 42, 2, 1ULL << 42, 1ULL << 42, 0x3ffb8010000, 1ULL << 40},
    {"4.3", "arm64", {4, 3}, 65536, 48, 3, window48, window48, 0xffffb8010000, window48 / 4},
    {"", "arm64", {5, 10}, 4096, 48, 4, window48, window48, window48 - gap128, window48 / 4},
    {"", "arm64", {5, 10}, 4096, 39, 3, 1ULL << 39, 1ULL << 39, 0x7ff8000000, 0x2000000000},
    {"", "arm64", {6, 9}, 4096, 52, 5, 1ULL << 52, window48, window48 - gap128, window48 / 4},
    {"", "arm64", {5, 10}, 16384, 47, 3, 1ULL << 47, 1ULL << 47, 0x7ffff8000000, 1ULL << 45},
    {"", "arm64", {5, 10}, 16384, 48, 4, window48, window48, window48 - gap128, window48 / 4},
    {"", "arm64", {5, 10}, 16384, 36, 2, 1ULL << 36, 1ULL << 36, 0xff8000000, 1ULL << 34},
    {"", "arm64", {6, 9}, 16384, 52, 4, 1ULL << 52, window48, window48 - gap128, window48 / 4},
    {"", "arm64", {5, 10}, 65536, 42, 2, 1ULL << 42, 1ULL << 42, 0x3fff8000000, 1ULL << 40},
    {"", "arm64", {5, 10}, 65536, 48, 3, window48, window48, window48 - gap128, window48 / 4},
    {"", "arm64", {5, 10}, 65536, 52, 3, 1ULL << 52, window48, window48 - gap128, window48 / 4},
    {"",
     "amd64",
     {4, 3},
     4096,
     47,
     4,
     0x7ffffffff000,
     0x7ffffffff000,
     0x7ffff7fff000,
     0x2aaaaaaab000},
    {"",
     "amd64",
     {5, 10},
     4096,
     56,
     5,
     0xfffffffffff000,
     0x7ffffffff000,
     0x7ffff7fff000,
     0x2aaaaaaab000},
    {"", "um", {4, 3}, 4096, 39, 3, 0x7fc0000000, 0x7fc0000000, 0, 0x40000000},
};

bool has(const Space& space, const RuleSet& rules) {
  const std::string_view arch = rules.name.substr(rules.name.rfind('-') + 1);
  return arch == space.arch && rules.version >= space.since &&
         (space.selector.empty() || rules.version == Version{4, 3});
}

// Every combination of page size and address bits under every rule set: exactly those that the
// kernels' sources have.
TEST(RuleSet, Geometries) {
  for (const RuleSet& rules : ruleSets())
    for (const std::uint64_t page : {4096U, 8192U, 16384U, 65536U})
      for (std::uint64_t bits = 30; bits < 64; bits++) {
        SCOPED_TRACE(std::string(rules.name) + " " + std::to_string(page) + "/" +
                     std::to_string(bits));
        const auto* const space =
            std::find_if(std::begin(spaces), std::end(spaces), [&](const Space& s) {
              return has(s, rules) && s.page == page && s.vaBits == bits;
            });
        std::string error;
        const auto p = makeParameters(rules, {.page = page, .vaBits = bits}, error);
        if (space == std::end(spaces)) {
          ASSERT_FALSE(p);
          // The shapes that exist instead.
          for (const Space& s : spaces)
            if (has(s, rules)) {
              const std::string shape = std::to_string(s.page) + "/" + std::to_string(s.vaBits);
              EXPECT_NE(error.find(shape), std::string::npos) << error;
            }
          EXPECT_NE(error.find(std::to_string(page) + " bytes and " + std::to_string(bits)),
                    std::string::npos)
              << error;
          continue;
        }
        ASSERT_TRUE(p) << error;
        EXPECT_EQ(p->geometry.page, page);
        EXPECT_EQ(1ULL << p->geometry.pageShift, page);
        EXPECT_EQ(p->geometry.vaBits, bits);
        EXPECT_EQ(p->geometry.levels, space->levels);
        // The levels cover the address bits (x86's one more, for the kernel's half), and a table is
        // a page, except for the uppermost.
        EXPECT_EQ(p->geometry.tableShift(0), bits + (rules.arch == Arch::amd64 ? 1 : 0));
        for (unsigned level = 1; level < space->levels; level++)
          EXPECT_EQ(p->geometry.tableShift(level) - p->geometry.shift(level),
                    p->geometry.pageShift - 3);
        EXPECT_LE(p->geometry.tableShift(0) - p->geometry.shift(0), p->geometry.pageShift - 3);
        EXPECT_EQ(p->taskSize, space->taskSize);
        EXPECT_EQ(p->mapWindow, space->mapWindow);
        EXPECT_EQ(p->unmappedBase, space->unmappedBase);
        if (rules.placementSearchesDown) {
          EXPECT_EQ(p->mmapBase, space->mmapBase);
        }
      }
}

// Without `with` lines: the configuration of the recorded kernels.
TEST(RuleSet, DefaultGeometries) {
  for (const RuleSet& rules : ruleSets()) {
    std::string error;
    const auto p = makeParameters(rules, {}, error);
    ASSERT_TRUE(p) << error;
    EXPECT_EQ(p->geometry.page, 4096U) << rules.name;
    const unsigned bits = rules.arch == Arch::amd64                                      ? 47
                          : rules.version >= Version{5, 10} && rules.arch == Arch::arm64 ? 48
                                                                                         : 39;
    EXPECT_EQ(p->geometry.vaBits, bits) << rules.name;
    if (rules.arch == Arch::arm64) {
      const auto large = makeParameters(rules, {.page = 65536}, error);
      ASSERT_TRUE(large) << error;
      EXPECT_EQ(large->geometry.vaBits, 42U) << rules.name;
    } else {
      EXPECT_FALSE(makeParameters(rules, {.page = 65536}, error)) << rules.name;
    }
  }
}

} // namespace
} // namespace growsdown::trace
