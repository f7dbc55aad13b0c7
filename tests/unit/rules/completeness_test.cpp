// Every rule has a scenario under every rule set that has the rule. A rule without one fails here.
#include "harness/coverage.h"
#include "tests/unit/rules/scenario.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string>

namespace growsdown::rules {
namespace {

/// A rule that an unchanged rule set does not have, and why.
struct Without {
  std::string_view id;
  std::string_view sets; ///< a selector
  std::string_view why;
};

const Without withouts[] = {
    {"FAULT-EXEC-MAPS", "arm64, um", "a rule of x86"},
    {"FAULT-NON-CANONICAL", "arm64, um", "a rule of x86"},
    {"FAULT-UM-HOST-BEHIND", "arm64, amd64", "user-mode Linux's own"},
    {"FAULT-UM-FLUSHES", "arm64, amd64", "user-mode Linux's own"},
    {"FAULT-UM-COMPLETED", "arm64, amd64", "user-mode Linux's own"},
    {"FAULT-UM-FETCH", "arm64, amd64", "user-mode Linux's own"},
    {"FAULT-UM-WRITE-ONLY", "arm64, amd64", "user-mode Linux's own"},
    {"FAULT-UM-NON-CANONICAL", "arm64, amd64", "user-mode Linux's own"},
    {"KERNEL-UM-ENTRY", "arm64, amd64", "user-mode Linux's own"},
    {"FIRST-WRITE", "amd64", "the x86 MMU sets the dirty bit itself"},
    {"SHARED-DIRTY-MAJOR", "4.3, 6.1+", "from 5.9 to 6.0"},
    {"FAULT-REFUSED-COUNTS", "5.10+, 4.3 amd64", "arm64's before 5.9"},
    {"GROW-COVERED", "5.10+", "growth is asked for addresses below the area only"},
    {"GROW-STACK-POINTER", "5.10+, arm64", "a rule of x86 before 5.0"},
    {"GUARD-GAP", "4.3", "the gap came with 4.12"},
    {"GUARD-GAP-GROWSDOWN-EXEMPT", "4.3", "the gap came with 4.12"},
    {"GUARD-GAP-INACCESSIBLE-EXEMPT", "4.3", "the gap came with 4.12"},
    {"GUARD-PAGE-ABUTS", "5.10+", "the guard page went with 4.12"},
    {"GUARD-PAGE-NEIGHBOUR", "5.10+", "the guard page went with 4.12"},
    {"GUARD-PAGE-SHARED", "5.10+", "the guard page went with 4.12"},
    {"GUARD-PAGE-ADDED", "5.10+", "the guard page went with 4.12"},
    {"GUP-NO-GROWTH", "4.3..5.10", "get_user_pages grows stacks before 6.5"},
    {"GUP-GROWTH-POPULATES", "6.1+", "get_user_pages grows no stacks since 6.5"},
    {"GUP-UNSHARES", "4.3..5.10", "pinning copies since 5.19"},
    {"POPULATE-SKIPS-GUARD", "5.10+", "the guard page went with 4.12"},
    {"MAP-NOREPLACE", "4.3", "MAP_FIXED_NOREPLACE came with 4.17"},
    {"MAP-NOREPLACE-UNKNOWN", "5.10+", "MAP_FIXED_NOREPLACE came with 4.17"},
    {"MAP-RLIMIT-DATA", "4.3", "RLIMIT_DATA is for brk alone before 4.7"},
    {"MAP-FIXED-KEEPS-SPLIT", "4.3..6.1", "came with 6.12"},
    {"PLACE-TOP-DOWN", "um", "user-mode Linux searches upwards"},
    {"PLACE-ALIGNED", "4.3..6.1", "came with 6.7"},
    {"PLACE-GAP-WRAPS", "4.3..5.10, um", "searches down the maple tree since 6.4"},
    {"MPROTECT-RLIMIT-DATA", "4.3", "RLIMIT_DATA is for brk alone before 4.7"},
    {"MPROTECT-DROPS-ACCOUNT", "4.3..6.1", "came with 6.12"},
    {"DONTNEED-FREES-TABLE", "4.3..6.12", "came with 6.14"},
    {"MREMAP-DUPLICATE-PRIVATE", "4.3", "refused since 4.14"},
    {"MREMAP-DUPLICATE-UNACCOUNTS", "5.10+", "refused since 4.14"},
    {"MREMAP-RLIMIT-DATA", "4.3", "RLIMIT_DATA is for brk alone before 4.7"},
};

struct Reach {
  std::array<bool, model::ruleCount> claimed{}; ///< by a scenario of the rule's own, knobs or not
  std::array<bool, model::ruleCount> claimedAsIs{};
  std::array<bool, model::ruleCount> reached{};
  std::array<bool, model::ruleCount> reachedAsIs{};
};

Reach reachUnder(const trace::RuleSet& rules) {
  Reach reach;
  for (const Scenario& scenario : allScenarios()) {
    if (!scenario.isFor(rules)) continue;
    const Played played = play(scenario, rules);
    for (std::size_t i = 0; i < model::ruleCount; ++i) {
      const bool claims = played.claimed[i] && model::rules()[i].id == scenario.id();
      reach.claimed[i] |= claims;
      reach.claimedAsIs[i] |= claims && !played.hasKnobs;
      reach.reached[i] |= played.reached[i];
      reach.reachedAsIs[i] |= played.reached[i] && !played.hasKnobs;
    }
  }
  return reach;
}

bool isWithout(std::string_view id, const trace::RuleSet& rules) {
  return std::any_of(std::begin(withouts), std::end(withouts), [&](const Without& without) {
    return without.id == id && selects(without.sets, rules);
  });
}
/// No well-formed trace reaches the rule under any knobs.
bool isUnreachable(std::string_view id) {
  return harness::exceptionFor(model::findRule(id)->rule, harness::Means::unit) != nullptr;
}

TEST(RuleCompleteness, EveryRuleHasAScenarioUnderEveryRuleSetThatHasIt) {
  std::array<bool, model::ruleCount> anywhere{};
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    const Reach reach = reachUnder(rules);
    for (std::size_t i = 0; i < model::ruleCount; ++i) {
      anywhere[i] |= reach.claimed[i];
      const std::string id(model::rules()[i].id);
      if (isUnreachable(id)) {
        EXPECT_FALSE(reach.reached[i]) << id << " is reached: not unreachable";
      } else if (isWithout(id, rules)) {
        EXPECT_FALSE(reach.reachedAsIs[i])
            << id << " is reached under " << rules.name << ", which should not have it";
      } else {
        EXPECT_TRUE(reach.claimedAsIs[i]) << "no scenario shows " << id << " under " << rules.name;
      }
    }
  }
  for (std::size_t i = 0; i < model::ruleCount; ++i)
    if (const std::string id(model::rules()[i].id); !isUnreachable(id)) {
      EXPECT_TRUE(anywhere[i]) << "no scenario, with knobs or without, shows " << id;
    }
}

/// A knob of a rule set whose change no scenario detects, and why.
struct Silent {
  std::string_view knob;
  std::string_view sets; ///< a selector
  std::string_view why;
};
const Silent silents[] = {
    {"inaccessible-exempt", "4.3", "an exemption from the gap, which came with 4.12"},
    {"placement-sees-gap", "4.3", "the gap came with 4.12: of no pages here"},
    {"placement-gap-wraps", "4.3", "the gap came with 4.12"},
    {"gap-pages", "4.3", "the gap came with 4.12"},
    {"mprotect-keeps-clean", "4.3..5.10", "says which pages mprotect-keeps-writable is about"},
    {"mremap-checks-count-early", "7.2", "mremap-counts-splits says more"},
    {"dontneed-untags-late", "4.3, amd64, um", "of calls that take tags off"},
    {"noreplace-sees-start-only", "4.3", "MAP_FIXED_NOREPLACE came with 4.17"},
    {"mremap-locks-in-bytes", "6.18+", "a length that would wrap is refused before"},
    {"exec-maps-first", "um", "a fetch is a read there"},
    {"placement-gap-wraps", "um", "of searches downwards, which are not made there"},
    {"placement-search-spares-low", "um", "of searches downwards, which are not made there"},
    {"ignores-top-byte", "um", "an address with a top byte is of neither half"},
    {"ignores-top-byte", "4.3 amd64", "an address with a top byte is of neither half"},
    {"arm-four-levels", "amd64, um", "of arm64's page tables"},
    {"arm-granule16k", "4.3, amd64, um", "no scenario asks for pages that its kernel lacks"},
    {"arm-lva", "4.3, amd64, um", "no scenario asks for addresses that its kernel lacks"},
    {"arm-lpa2", "4.3..6.1, amd64, um", "no scenario asks for addresses that its kernel lacks"},
    {"x86-la57", "4.3, arm64, um", "no scenario asks for addresses that its kernel lacks"},
    {"mmap-gap-has-random-room", "um", "of searches downwards, which are not made there"},
};

/// The other values of a knob.
std::vector<std::string> turned(const trace::Knob& knob) {
  if (knob.value == "true") return {"false"};
  if (knob.value == "false") return {"true"};
  if (std::isdigit(static_cast<unsigned char>(knob.value[0])) != 0)
    return {std::to_string(std::stoull(knob.value) + 1)};
  std::vector<std::string> values;
  for (const char* const value :
       {"arm64", "amd64", "um", "page-inside", "gap", "unmap-first", "lookup-first", "check-first"})
    if (knob.value != value) values.emplace_back(value);
  return values;
}

// The scenarios detect a rule set that is wrong about a kernel.
TEST(RuleCompleteness, EveryKnobIsNoticed) {
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    for (const trace::Knob& knob : trace::knobs(rules)) {
      if (knob.name == "page") continue; // the default of `with page`
      bool noticed = false;
      for (const std::string& value : turned(knob)) {
        trace::RuleSet other = rules;
        std::string error;
        if (!trace::setKnob(other, knob.name, value, error)) continue;
        for (const Scenario& scenario : allScenarios())
          if (scenario.isFor(rules) && !play(scenario, other).failures.empty()) {
            noticed = true;
            break;
          }
      }
      bool silent = false;
      for (const Silent& s : silents)
        silent |= s.knob == knob.name && selects(s.sets, rules);
      EXPECT_EQ(noticed, !silent) << rules.name << ": " << knob.name;
    }
  }
}

TEST(RuleCompleteness, TheTablesNameRulesOnce) {
  std::set<std::string_view> seen;
  for (const Without& without : withouts) {
    EXPECT_NE(model::findRule(without.id), nullptr) << without.id;
    EXPECT_TRUE(seen.insert(without.id).second) << without.id;
  }
}

TEST(RuleCompleteness, TitlesAreDifferent) {
  std::set<std::string_view> seen;
  for (const Scenario& scenario : allScenarios())
    EXPECT_TRUE(seen.insert(scenario.title).second) << scenario.title;
}

// Scenarios can fail: each of these differs from the real result in one word.
TEST(RuleScenario, NoticesWhatDoesNotHold) {
  const std::string_view good = R"(
mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
touch 0x10000fe000 w -> ok
  by ANON-WRITE
  hit GROW-DONE
  no GUARD-GAP
  area 0x10000fe000-0x1000101000 rw growsdown,account pgoff 0x10000fe anon a fresh
  page 0x10000fe000 anonymous rw frame f
  counts size 3 faults 1
touch 0x10000fe000 w -> ok
  unchanged
)";
  const trace::RuleSet& rules = *trace::findRuleSet("linux-6.12-arm64");
  EXPECT_EQ(play({"ANON-WRITE", "5.10+", good}, rules).failures, std::vector<std::string>());
  EXPECT_EQ(play({"GUARD-GAP", "5.10+", good}, rules).failures.size(), 1U);
  EXPECT_EQ(play({"NO-SUCH-RULE", "5.10+", good}, rules).failures.size(), 1U);
  const std::pair<std::string_view, std::string_view> wrongs[] = {
      {"w -> ok", "w -> SIGSEGV/MAPERR"},
      {" -> ok\n", "\n"},
      {"by ANON-WRITE", "by GROW-DONE\n hit ANON-WRITE"},
      {"by ANON-WRITE", "by ANON-WRONG\n hit ANON-WRITE"},
      {"hit GROW-DONE", "hit GUARD-GAP"},
      {"no GUARD-GAP", "no GROW-DONE"},
      {"area 0x10000fe000", "area 0x10000ff000"},
      {"rw growsdown,account", "rw growsdown"},
      {"rw growsdown,account", "r growsdown,account"},
      {"pgoff 0x10000fe", "pgoff 0x10000ff"},
      {"anon a", "anon none"},
      {"fresh", "forked"},
      {"anonymous rw", "anonymous r"},
      {"anonymous rw", "zero rw"},
      {"  page 0x10000fe000 anonymous rw frame f", "  page none"},
      {"page 0x10000fe000", "page 0x10000ff000"},
      {"frame f", "frame f inherited"},
      {"size 3", "size 2"},
      {"faults 1", "faults 0"},
      {"counts size", "counts sizes"},
      {"  counts size 3 faults 1", "  unchanged"},
      {"touch 0x10000fe000 w -> ok\n  unchanged", "touch 0x10000ff000 w -> ok\n  unchanged"},
      {"  unchanged", "= same"},
  };
  for (const auto& [from, to] : wrongs) {
    std::string text(good);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    EXPECT_FALSE(play({"ANON-WRITE", "5.10+", text}, rules).failures.empty()) << text;
  }
}

} // namespace
} // namespace growsdown::rules
