#include "harness/compare.h"

#include <gtest/gtest.h>

namespace growsdown::harness {
namespace {

using trace::Area;
using trace::Outcome;
using trace::Page;
using trace::State;

State sample() {
  State s;
  s.areas.push_back(
      {0x1000, 0x4000, 0x2000, 1, 7, 0, trace::vm::read | trace::vm::growsdown, false});
  s.areas.push_back({0x8000, 0x9000, 0x8000, 0, 0, 1, trace::vm::read | trace::vm::shared, false});
  s.pages.push_back({0x2000, 5, Page::Kind::anonymous, 3, false, false});
  s.pages.push_back({0x3000, 0, Page::Kind::zero, 1, false, false});
  s.pages.push_back({0x8000, 6, Page::Kind::shared, 1, false, false});
  s.objects.push_back({1, 1});
  s.objectPages.push_back({1, 0, 6});
  s.counters.total = 4;
  return s;
}

std::string firstField(const State& left, const State& right) {
  StateComparison comparison;
  comparison.reset();
  if (comparison.equal(left, right)) return "";
  return comparison.difference(left, right).field;
}

TEST(Compare, EqualStates) {
  EXPECT_EQ(firstField(sample(), sample()), "");
}

TEST(Compare, EveryFieldCounts) {
  const struct {
    const char* field;
    void (*change)(State&);
  } cases[] = {
      {"areas[0].start", [](State& s) { s.areas[0].start = 0; }},
      {"areas[0].end", [](State& s) { s.areas[0].end = 0x5000; }},
      {"areas[0].shownStart", [](State& s) { s.areas[0].shownStart = 0x1000; }},
      {"areas[0].pgoff", [](State& s) { s.areas[0].pgoff = 2; }},
      {"areas[0].anon", [](State& s) { s.areas[0].anon = 0; }},
      {"areas[1].anon", [](State& s) { s.areas[1].anon = 9; }},
      {"areas[1].object", [](State& s) { s.areas[1].object = 2; }},
      {"areas[0].flags", [](State& s) { s.areas[0].flags |= trace::vm::account; }},
      {"areas[1].forked", [](State& s) { s.areas[1].forked = true; }},
      {"areas[1]", [](State& s) { s.areas.pop_back(); }},
      {"pages[0x2000]", [](State& s) { s.pages.erase(s.pages.begin()); }},
      {"pages[0x8000]", [](State& s) { s.pages.pop_back(); }},
      {"pages[0x3000].kind", [](State& s) { s.pages[1].kind = Page::Kind::anonymous; }},
      {"pages[0x2000].prot", [](State& s) { s.pages[0].prot = 1; }},
      {"pages[0x2000].inherited", [](State& s) { s.pages[0].inherited = true; }},
      {"pages[0x8000].dirty", [](State& s) { s.pages[2].dirty = true; }},
      {"pages[0x3000].frame", [](State& s) { s.pages[1].frame = 1; }},
      {"objects[0].id", [](State& s) { s.objects[0].id = 2; }},
      {"objects[0].pages", [](State& s) { s.objects[0].pages = 2; }},
      {"objects.size", [](State& s) { s.objects.clear(); }},
      {"objectPages[1:0]", [](State& s) { s.objectPages[0].index = 1; }},
      {"objectPages[1:0].frame", [](State& s) { s.objectPages[0].frame = 8; }},
      {"objectPages.size", [](State& s) { s.objectPages.clear(); }},
      {"counters.total", [](State& s) { ++s.counters.total; }},
      {"counters.stack", [](State& s) { ++s.counters.stack; }},
      {"counters.locked", [](State& s) { ++s.counters.locked; }},
      {"counters.data", [](State& s) { ++s.counters.data; }},
      {"counters.committed", [](State& s) { ++s.counters.committed; }},
      {"counters.mapCount", [](State& s) { ++s.counters.mapCount; }},
      {"counters.tables", [](State& s) { ++s.counters.tables; }},
      {"counters.faults", [](State& s) { ++s.counters.faults; }},
  };
  for (const auto& c : cases) {
    State changed = sample();
    c.change(changed);
    EXPECT_EQ(firstField(sample(), changed), c.field);
    EXPECT_NE(firstField(changed, sample()), "");
  }
}

TEST(Compare, BothValuesAreTold) {
  State changed = sample();
  changed.areas[0].end = 0x5000;
  StateComparison comparison;
  ASSERT_FALSE(comparison.equal(sample(), changed));
  EXPECT_EQ(comparison.difference(sample(), changed),
            (Difference{"areas[0].end", "0x4000", "0x5000"}));
}

TEST(Compare, NamesMayDiffer) {
  State other = sample();
  other.pages[0].frame = 105;
  other.pages[2].frame = other.objectPages[0].frame = 106;
  other.areas[0].anon = 107;
  EXPECT_EQ(firstField(sample(), other), "");
}

TEST(Compare, OneNameForTwoFramesIsADifference) {
  State other = sample();
  other.pages[2].frame = other.objectPages[0].frame = 5;
  EXPECT_EQ(firstField(sample(), other), "frames");
  EXPECT_EQ(firstField(other, sample()), "pages[0x8000].frame");
}

TEST(Compare, OneNameForTwoAnonVmasIsADifference) {
  State left = sample();
  left.areas[1].anon = 8;
  State right = left;
  right.areas[1].anon = 7;
  EXPECT_EQ(firstField(left, right), "anons");
  EXPECT_EQ(firstField(right, left), "areas[1].anon");
}

TEST(Compare, NamesLastOverSteps) {
  StateComparison comparison;
  comparison.reset();
  State left = sample(), right = sample();
  right.pages[0].frame = 50;
  ASSERT_TRUE(comparison.equal(left, right));
  right.pages[0].frame = 51; // the same page now has another frame on one side only
  ASSERT_FALSE(comparison.equal(left, right));
  EXPECT_EQ(comparison.difference(left, right).field, "pages[0x2000].frame");
  comparison.reset();
  EXPECT_TRUE(comparison.equal(left, right));
}

TEST(Compare, TheRightSideMayUseANameAgain) {
  StateComparison comparison;
  comparison.reset();
  State left = sample(), right = sample();
  ASSERT_TRUE(comparison.equal(left, right));
  left.pages[0].frame = 9; // a fresh frame; the other side reused the old one
  EXPECT_TRUE(comparison.equal(left, right));
  left.pages[0].frame = 5;
  right.pages[0].frame = 77;
  EXPECT_FALSE(comparison.equal(left, right)); // 5 was 5 when it was last seen
}

TEST(Compare, TheRightSideMayNotUseALiveNameAgain) {
  StateComparison comparison;
  comparison.reset();
  State left = sample(), right = sample();
  ASSERT_TRUE(comparison.equal(left, right));
  left.pages.push_back({0x9000, 10, Page::Kind::anonymous, 3, false, false});
  right.pages.push_back({0x9000, 5, Page::Kind::anonymous, 3, false, false});
  ASSERT_FALSE(comparison.equal(left, right));
  EXPECT_EQ(comparison.difference(left, right).field, "frames");
}

TEST(Compare, ManyFramesOverManySteps) {
  StateComparison comparison;
  comparison.reset();
  State left, right;
  std::uint64_t fresh = 1;
  for (unsigned step = 0; step < 300; ++step) {
    left.pages.clear();
    right.pages.clear();
    for (std::uint64_t i = 0; i < 500; ++i) {
      left.pages.push_back({i << 12, fresh++, Page::Kind::anonymous, 3, false, false});
      right.pages.push_back(
          {i << 12, (i + step) % 500 + 1, Page::Kind::anonymous, 3, false, false});
    }
    ASSERT_TRUE(comparison.equal(left, right)) << step;
    ASSERT_TRUE(comparison.equal(left, right)) << step;
    std::swap(right.pages[3].frame, right.pages[4].frame);
    StateComparison copy = comparison;
    ASSERT_FALSE(copy.equal(left, right)) << step;
  }
}

TEST(Compare, Outcomes) {
  trace::Step step;
  step.op = trace::Op::touch;
  step.address = 0x1003;
  Outcome fault = Outcome::signalled(trace::Signal::segvMaperr);
  Outcome there = fault;
  there.hasAddress = true;
  there.address = 0x1003;
  Outcome rounded = there;
  rounded.address = 0x1000;
  EXPECT_FALSE(compareOutcomes(step, fault, there));
  ASSERT_TRUE(compareOutcomes(step, fault, rounded));
  EXPECT_EQ(compareOutcomes(step, fault, rounded)->right, "SIGSEGV/MAPERR at 0x1000");
  EXPECT_TRUE(compareOutcomes(step, Outcome::failed(trace::Errno::enomem),
                              Outcome::failed(trace::Errno::einval)));
  EXPECT_TRUE(compareOutcomes(step, Outcome::at(0x1000), Outcome::elsewhere()));
}

} // namespace
} // namespace growsdown::harness
