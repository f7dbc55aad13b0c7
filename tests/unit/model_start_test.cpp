#include "model/start.h"
#include "trace/text.h"

#include <gtest/gtest.h>

namespace growsdown::model {
namespace {

using trace::Parameters;
using trace::State;

Parameters parameters(std::string_view rules = "linux-4.3-arm64", const trace::With& with = {}) {
  std::string error;
  const auto p = trace::makeParameters(*trace::findRuleSet(rules), with, error);
  EXPECT_TRUE(p) << error;
  return p.value_or(Parameters());
}

State stateOf(const std::string& lines) {
  const trace::ParseResult result = trace::parse("growsdown-trace 1\n" + lines + "fork\n", "t");
  EXPECT_FALSE(result.error) << result.error->text();
  return result.error ? State() : result.traces.at(0).initial.value_or(State());
}

const char* const good =
    "init area 0x1000-0x5000 rw growsdown,account,locked pgoff 0x1 anon 1 forked\n"
    "init area 0x5000-0x8000 rw shared pgoff 0x2 object 2\n"
    "init area 0x8000-0x9000 w account\n"
    "init page 0x1000 zero r\n"
    "init page 0x2000 anonymous r frame 7 inherited\n"
    "init page 0x3000 anonymous rw frame 9\n"
    "init page 0x5000 shared rw frame 8 dirty\n"
    "init page 0x6000 shared r frame 10\n"
    "init page 0x8000 zero r\n"
    "init object 2 pages 4\n"
    "init object-page 2 index 2 frame 8\n"
    "init object-page 2 index 3 frame 10\n";

TEST(ModelStart, CountersFollowFromTheAreasUnlessTheySayMore) {
  State state = stateOf(good);
  EXPECT_TRUE(checkStart(parameters(), state)) << "the counters are too low as written";
  EXPECT_EQ(completeStart(parameters(), state).value_or(""), "");
  EXPECT_EQ(state.counters.total, 8U);
  EXPECT_EQ(state.counters.stack, 4U);
  EXPECT_EQ(state.counters.locked, 4U);
  EXPECT_EQ(state.counters.data, 1U);
  EXPECT_EQ(state.counters.committed, 5U);
  EXPECT_FALSE(checkStart(parameters(), state));

  State more = stateOf(std::string(good) + "init counters total 100 committed 50\n");
  EXPECT_FALSE(completeStart(parameters(), more));
  EXPECT_EQ(more.counters.total, 100U);
  EXPECT_EQ(more.counters.committed, 50U);
  EXPECT_EQ(more.counters.stack, 4U);

  // A completed state has its counters, and is read back completely.
  EXPECT_EQ(stateOf(trace::printInitial(more)), more);
}

TEST(ModelStart, DataIsCountedAsTheRuleSetDoes) {
  const std::string lines = "init area 0x10000-0x11000 r -\ninit area 0x11000-0x12000 rw account\n";
  State state = stateOf(lines);
  EXPECT_FALSE(completeStart(parameters("linux-4.3-arm64"), state));
  EXPECT_EQ(state.counters.data, 2U);
  state = stateOf(lines);
  EXPECT_FALSE(completeStart(parameters("linux-6.12-arm64"), state));
  EXPECT_EQ(state.counters.data, 1U);
}

struct Bad {
  std::string from; ///< of `good`, replaced
  std::string to;
  std::string message;
};

const Bad bads[] = {
    {"0x8000-0x9000 w", "0x8000-0x9001 w", "not whole pages"},
    {"0x8000-0x9000 w account", "0x8000-0x8000001000 w -", "beyond the last user address"},
    {"locked pgoff 0x1", "locked pgoff 0xfffffffffffff", "pgoff beyond 2^64"},
    {"anon 1 forked", "forked", "forked, but without an anon_vma"},
    {"anon 1 forked", "anon 4611686018427387904", "identities are below 2^62"},
    {"rw shared pgoff", "rw shared,account pgoff", "neither grows nor is accounted"},
    {"rw shared pgoff", "rw shared,growsdown pgoff", "neither grows nor is accounted"},
    {"0x2 object 2", "0x2", "shared, but of no object"},
    {"0x2 object 2", "0x2 object 3", "object 3 is not listed"},
    {"0x2 object 2", "0x2 object 2 anon 5", "a shared area has no anon_vma"},
    {"w account", "w account object 2", "private, but of an object"},
    {"0x2000 anonymous", "0x2001 anonymous", "not a page's address"},
    {"0x8000 zero r", "0x9000 zero r", "in no area"},
    {"0x1000 zero r", "0x1000 zero rw", "never writable"},
    {"0x1000 zero r", "0x1000 zero none", "the area's rights make rw"},
    {"0x1000 zero r", "0x1000 zero rx", "the area's rights make rw"},
    {"0x1000 zero r", "0x1000 zero r frame 3", "the zero page has no frame"},
    {"0x1000 zero r", "0x1000 zero r dirty", "only a shared page can be dirty"},
    {"0x1000 zero r", "0x1000 zero r inherited", "can be inherited"},
    {"r frame 7 inherited", "rw frame 7 inherited", "can be inherited"},
    {"frame 7 inherited", "inherited", "a frame's identity is 1 or more"},
    {"rw frame 9", "rw frame 7", "frame 7 appears twice"},
    {"rw frame 9", "rw frame 10", "frame 10 appears twice"},
    {"0x8000 zero r", "0x8000 anonymous r frame 20", "the area has no anon_vma"},
    {"0x5000 shared rw frame 8 dirty", "0x5000 anonymous rw frame 8",
     "not shared, but in a shared"},
    {"0x1000 zero r", "0x1000 shared r frame 8", "shared, but in a private area"},
    {"rw frame 8 dirty", "rw frame 8", "writable if and only if dirty"},
    {"rw frame 8 dirty", "rw frame 10 dirty", "not page 2 of object 2"},
    {"object 2 pages 4", "object 2 pages 3", "beyond the object's size"},
    {"object 2 pages 4\n", "object 2 pages 4\ninit object 3 pages 1\n", "no area maps it"},
    {"object 2 pages 4", "object 2 pages 18446744073709551615", "more than 2^64 bytes"},
    {"init object-page 2 index 2 frame 8\n", "", "not page 2 of object 2"},
    {"init object-page 2 index 2", "init object-page 1 index 2", "the object is not listed"},
    {"frame 10\ninit page 0x8000", "frame 10\ninit page 0x7000 shared r frame 11\ninit page 0x8000",
     "not page 4 of object 2"},
    {"init object 2", "init counters total 4503599627370496\ninit object 2",
     "more than 2^64 bytes"},
};

TEST(ModelStart, WhatNoSystemCanStartIn) {
  for (const Bad& bad : bads) {
    std::string lines = good;
    const auto at = lines.find(bad.from);
    ASSERT_NE(at, std::string::npos) << bad.from;
    lines.replace(at, bad.from.size(), bad.to);
    State state = stateOf(lines);
    const auto why = completeStart(parameters(), state);
    ASSERT_TRUE(why) << lines;
    EXPECT_NE(why->find(bad.message), std::string::npos) << lines << *why;
  }
}

// If the hardware sets the dirty bit, no first write has to be seen.
TEST(ModelStart, ACleanSharedPageIsReadOnlyWhereItsFirstWriteMustFault) {
  const std::string readOnly = good;
  std::string writable = good;
  const std::string clean = "0x6000 shared r ";
  writable.replace(writable.find(clean), clean.size(), "0x6000 shared rw ");
  const auto why = [](const char* rules, const std::string& lines) {
    State state = stateOf(lines);
    return completeStart(parameters(rules), state).value_or("");
  };
  EXPECT_EQ(why("linux-6.12-arm64", readOnly), "");
  EXPECT_NE(why("linux-6.12-arm64", writable).find("if and only if dirty"), std::string::npos);
  EXPECT_EQ(why("linux-6.12-amd64", writable), "");
  EXPECT_NE(why("linux-6.12-amd64", readOnly).find("if and only if its area is"),
            std::string::npos);
}

TEST(ModelStart, WhatAProgramMayBuildButTheParserRefuses) {
  State state = stateOf(good);
  ASSERT_FALSE(completeStart(parameters(), state));
  const auto why = [&](auto change) {
    State changed = state;
    change(changed);
    return checkStart(parameters(), changed).value_or("nothing");
  };
  EXPECT_NE(why([](State& s) { s.areas[1].start = 0x4000; }).find("overlaps"), std::string::npos);
  EXPECT_NE(why([](State& s) { s.areas[0].end = s.areas[0].start; }).find("empty"),
            std::string::npos);
  EXPECT_NE(why([](State& s) { s.areas[0].flags |= 1U << 20; }).find("unknown flags"),
            std::string::npos);
  EXPECT_NE(why([](State& s) { std::swap(s.pages[0], s.pages[1]); }).find("after a higher one"),
            std::string::npos);
  EXPECT_NE(why([](State& s) {
              std::swap(s.objectPages[0], s.objectPages[1]);
            }).find("after a higher one"),
            std::string::npos);
  EXPECT_NE(why([](State& s) { s.objects.push_back({2, 4}); }).find("ascend"), std::string::npos);
  EXPECT_NE(why([](State& s) { s.pages[0].prot |= 8; }).find("unknown rights"), std::string::npos);
  EXPECT_NE(why([](State& s) { s.counters.locked = 3; }).find("but the areas make it 4"),
            std::string::npos);
}

TEST(ModelStart, MemoryAndPageSizeAreTheTraces) {
  State state = stateOf(good);
  const auto full = completeStart(parameters("linux-4.3-arm64", {.memory = 7 * 4096}), state);
  ASSERT_TRUE(full);
  EXPECT_NE(full->find("more than the machine has, 7"), std::string::npos) << *full;
  EXPECT_FALSE(completeStart(parameters("linux-4.3-arm64", {.memory = 8 * 4096}), state));
  const auto page = completeStart(parameters("linux-4.3-arm64", {.page = 65536}), state);
  ASSERT_TRUE(page);
  EXPECT_NE(page->find("not whole pages of 65536 bytes"), std::string::npos) << *page;
}

} // namespace
} // namespace growsdown::model
