// The walk over two states: what it reports, what it skips, and how it matches identities.
#include "harness/state_diff.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace growsdown::harness {
namespace {

using trace::Page;
using trace::State;
using Found = std::vector<std::pair<StateField, std::size_t>>;

State sample() {
  State s;
  s.areas.push_back({0x1000, 0x4000, 0x2000, 1, 7, 0, trace::vm::read, false});
  s.areas.push_back({0x8000, 0x9000, 0x8000, 0, 8, 1, trace::vm::read | trace::vm::shared, false});
  s.pages.push_back({0x2000, 5, Page::Kind::anonymous, 3, false, false});
  s.pages.push_back({0x8000, 6, Page::Kind::shared, 1, false, false});
  s.objects.push_back({1, 1});
  s.objectPages.push_back({1, 0, 6});
  s.counters.total = 4;
  return s;
}

template <Fields fields, typename Identities>
Found all(const State& left, const State& right) {
  Found found;
  Identities identities;
  EXPECT_TRUE(walkDifferences<fields>(left, right, identities, [&](StateField f, std::size_t i) {
    found.emplace_back(f, i);
    return true;
  }));
  return found;
}

TEST(StateWalk, ReportsAllDifferencesInOrder) {
  State other = sample();
  other.areas[0].flags |= trace::vm::write;
  other.areas[1].pgoff = 3;
  other.pages[1].prot = 3;
  other.objects[0].pages = 2;
  ++other.counters.locked;
  EXPECT_EQ((all<shown::all, ExactIdentities>(sample(), other)),
            (Found{{StateField::areaFlags, 0},
                   {StateField::areaPgoff, 1},
                   {StateField::pageProt, 1},
                   {StateField::objectPages, 0},
                   {StateField::counter, 2}}));
}

TEST(StateWalk, ElementsAtOtherPlacesEndAList) {
  State other = sample();
  other.areas[0].end = 0x5000;
  other.areas[1].flags = 0;
  other.pages.erase(other.pages.begin());
  EXPECT_EQ(
      (all<shown::all, ExactIdentities>(sample(), other)),
      (Found{{StateField::areaEnd, 0}, {StateField::pageAddress, 0}, {StateField::pageCount, 1}}));
}

TEST(StateWalk, StopsWhenAsked) {
  State other = sample();
  other.areas[0].flags = 0;
  other.pages[0].prot = 0;
  int calls = 0;
  ExactIdentities exact;
  EXPECT_FALSE(walkDifferences<shown::all>(sample(), other, exact, [&](StateField, std::size_t) {
    ++calls;
    return false;
  }));
  EXPECT_EQ(calls, 1);
}

TEST(StateWalk, SkipsFieldsThatAreNotAskedFor) {
  State other = sample();
  other.areas[0].shownStart = 0x1000;
  ++other.counters.tables;
  EXPECT_TRUE((sameState<shown::all & ~(shown::maps | shown::tables)>(sample(), other)));
  EXPECT_FALSE((sameState<shown::all & ~shown::maps>(sample(), other)));
  EXPECT_FALSE((sameState<shown::all & ~shown::tables>(sample(), other)));
}

TEST(StateWalk, IdentitiesByAppearance) {
  State other = sample();
  other.areas[0].anon = 20;
  other.areas[1].anon = 10;
  other.pages[0].frame = 30;
  other.pages[1].frame = other.objectPages[0].frame = 5;
  EXPECT_TRUE((all<shown::all, IdentitiesByAppearance>(sample(), other).empty()));
  EXPECT_FALSE((sameState<shown::all>(sample(), other)));
  other.objectPages[0].frame = 30; // now the frame of the first page
  other.areas[1].anon = 20;        // now that of the first area
  const Found expected{{StateField::areaAnon, 1}, {StateField::objectPageFrame, 0}};
  EXPECT_EQ((all<shown::all, IdentitiesByAppearance>(sample(), other)), expected);
  EXPECT_EQ((all<shown::all, IdentitiesByAppearance>(other, sample())), expected);
}

TEST(FirstAppearance, NumbersInOrder) {
  trace::FirstAppearance number;
  EXPECT_EQ(number(0), 0U);
  for (std::uint64_t i = 1; i <= 1000; ++i)
    EXPECT_EQ(number(i * 0x100000001), i);
  for (std::uint64_t i = 1000; i >= 1; --i)
    EXPECT_EQ(number(i * 0x100000001), i);
  number.clear();
  EXPECT_EQ(number(1000 * 0x100000001ULL), 1U);
  EXPECT_EQ(number(0), 0U);
}

} // namespace
} // namespace growsdown::harness
