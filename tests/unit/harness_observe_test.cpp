#include "harness/observe.h"

#include "tests/unit/harness_fake.h"

#include <gtest/gtest.h>

namespace growsdown::harness {
namespace {

using trace::Observation;
using trace::Outcome;
using trace::State;
using trace::Step;

Step touchAt(std::uint64_t address) {
  Step step;
  step.op = trace::Op::touch;
  step.address = address;
  return step;
}

Step of(trace::Op op) {
  Step step;
  step.op = op;
  return step;
}

trace::Area area(std::uint64_t start, std::uint64_t end, std::uint64_t shownStart) {
  trace::Area a;
  a.start = start;
  a.end = end;
  a.shownStart = shownStart;
  a.flags = trace::vm::read | trace::vm::write | trace::vm::growsdown;
  return a;
}

trace::Page page(std::uint64_t address) {
  return {address, address >> 12, trace::Page::Kind::anonymous, 3, false, false};
}

Observation observed(const State& state) {
  Observer observer;
  observer.start();
  Observation out;
  observer.observe(state, out);
  return out;
}

std::string text(const State& state) {
  return trace::printState(observed(state));
}

TEST(Observe, ShownRangeDecides) {
  State s;
  s.areas = {area(0x1000400000, 0x1000404000, 0x1000401000)};
  s.pages = {page(0x1000400000), page(0x1000401000), page(0x1000403000)};
  s.counters.total = s.counters.stack = 4;
  s.counters.tables = 2;
  EXPECT_EQ(text(s), "= map 0x1000401000-0x1000404000 rw-p\n"
                     "= pages size +4 stack +4 locked +0 data +0 resident 2 tables +2\n");
}

TEST(Observe, EmptyRangeStandsWhereItLies) {
  State s;
  s.areas = {area(0x1000400000, 0x1000401000, 0x1000401000)};
  s.pages = {page(0x1000400000)};
  EXPECT_EQ(text(s), "= map 0x1000401000-0x1000401000 rw-p\n"
                     "= pages size +0 stack +0 locked +0 data +0 resident 0 tables +0\n");
}

// Recorded: a one-page stack at the top of the low window, or just below the high window, is not
// shown, because its shown range is empty and lies at the window's edge.
TEST(Observe, EmptyRangeAtAWindowsEdgeIsOutside) {
  State s;
  s.areas = {area(0x1ff000, 0x200000, 0x200000), area(0x7fffff000, 0x800000000, 0x800000000)};
  EXPECT_TRUE(observed(s).map.empty());
  s.areas = {area(0x1fe000, 0x1ff000, 0x1ff000), area(0x800000000, 0x800001000, 0x800001000)};
  EXPECT_EQ(observed(s).map.size(), 2U);
}

TEST(Observe, ClippedToTheWindows) {
  State s;
  s.areas = {area(0x1ff000, 0x201000, 0x1ff000), area(0x300000, 0x301000, 0x300000),
             area(0x7ffff0000, 0x800001000, 0x7ffff0000),
             area(0x1fffff0000, 0x3000000000, 0x1fffff0000)};
  s.pages = {page(0x1ff000),    page(0x200000),     page(0x300000),    page(0x7ffff0000),
             page(0x800000000), page(0x1fffff0000), page(0x2000000000)};
  const Observation o = observed(s);
  ASSERT_EQ(o.map.size(), 3U);
  EXPECT_EQ(describe(o.map[0]), "0x1ff000-0x200000 rw-p");
  EXPECT_EQ(describe(o.map[1]), "0x800000000-0x800001000 rw-p");
  EXPECT_EQ(describe(o.map[2]), "0x1fffff0000-0x2000000000 rw-p");
  EXPECT_EQ(o.pages.resident, 3U);
}

TEST(Observe, CountersMayHaveFallenBelowTheStart) {
  State s;
  s.counters.tables = static_cast<std::uint64_t>(-1);
  EXPECT_EQ(observed(s).pages.tables, -1);
}

TEST(Observe, TablesAndFaultsEndWithAFork) {
  Observer observer;
  observer.start();
  Observation o;
  observer.after(touchAt(0x1000), Outcome::okay());
  observer.observe({}, o);
  EXPECT_TRUE(o.hasFaults);
  EXPECT_TRUE(o.pages.hasTables);
  observer.after(of(trace::Op::munmap), Outcome::okay());
  observer.observe({}, o);
  EXPECT_FALSE(o.hasFaults);
  observer.after(of(trace::Op::mmap), Outcome::elsewhere());
  observer.after(touchAt(0x1000), Outcome::okay());
  observer.observe({}, o);
  EXPECT_TRUE(o.hasFaults);
  EXPECT_FALSE(o.pages.hasTables);
  observer.after(of(trace::Op::fork), Outcome::okay());
  observer.after(touchAt(0x1000), Outcome::okay());
  observer.observe({}, o);
  EXPECT_FALSE(o.hasFaults);
  observer.start();
  observer.observe({}, o);
  EXPECT_TRUE(o.pages.hasTables);
}

// Compares a state line of `text` with the observation of the sample.
std::string firstField(const std::string& lines, bool forked = false) {
  State s;
  s.areas = {area(0x1000400000, 0x1000402000, 0x1000400000),
             area(0x1000402000, 0x1000404000, 0x1000402000)};
  s.pages = {page(0x1000400000)};
  s.counters.total = 4;
  s.counters.tables = 2;
  s.counters.faults = 1;
  const trace::Trace trace = tests::traceOf("touch 0x1000400000 w -> ok\n" + lines);
  Observer observer;
  observer.start();
  Observation nothing, now;
  observer.observe({}, nothing);
  if (forked) observer.after(of(trace::Op::fork), Outcome::okay());
  observer.after(touchAt(0x1000400000), Outcome::okay());
  observer.observe(s, now);
  Expectation expectation;
  expectation.start(nothing);
  const auto difference = expectation.compare(trace.records.at(0).state, now);
  return difference ? difference->field : "";
}

constexpr const char* bothAreas = "= map 0x1000400000-0x1000402000 rw-p\n"
                                  "= map 0x1000402000-0x1000404000 rw-p\n";
constexpr const char* pagesLine =
    "= pages size +4 stack +0 locked +0 data +0 resident 1 tables +2\n";

TEST(Expect, WholeState) {
  EXPECT_EQ(firstField(std::string(bothAreas) + pagesLine + "= faults 1\n"), "");
  EXPECT_EQ(firstField(std::string(bothAreas) + pagesLine + "= faults 2\n"), "faults");
  EXPECT_EQ(firstField(""), "");
}

TEST(Expect, MapIsCompleteWithPages) {
  EXPECT_EQ(firstField(std::string("= map 0x1000400000-0x1000402000 rw-p\n") + pagesLine),
            "map[1]");
  EXPECT_EQ(firstField(pagesLine), "map[0]");
  EXPECT_EQ(firstField("= map 0x1000400000-0x1000402000 rw-p\n"), "");
  EXPECT_EQ(firstField("= map 0x1000402000-0x1000404000 rw-p\n"), "");
  EXPECT_EQ(firstField("= map 0x1000402000-0x1000404000 r--p\n"), "map[0]");
}

TEST(Expect, EachCount) {
  const std::string map = bothAreas;
  EXPECT_EQ(firstField(map + "= pages size +5 stack +0 locked +0 data +0 resident 1\n"),
            "pages.size");
  EXPECT_EQ(firstField(map + "= pages size +4 stack +1 locked +0 data +0 resident 1\n"),
            "pages.stack");
  EXPECT_EQ(firstField(map + "= pages size +4 stack +0 locked +1 data +0 resident 1\n"),
            "pages.locked");
  EXPECT_EQ(firstField(map + "= pages size +4 stack +0 locked +0 data +1 resident 1\n"),
            "pages.data");
  EXPECT_EQ(firstField(map + "= pages size +4 stack +0 locked +0 data +0 resident 2\n"),
            "pages.resident");
  EXPECT_EQ(firstField(map + "= pages size +4 stack +0 locked +0 data +0 resident 1 tables +3\n"),
            "pages.tables");
  EXPECT_EQ(firstField(map + "= pages size +4 stack +0 locked +0 data +0 resident 1\n"), "");
}

TEST(Expect, TablesAndFaultsAreNotShownAfterAFork) {
  EXPECT_EQ(firstField(std::string(bothAreas) + pagesLine, true), "pages.tables");
  EXPECT_EQ(firstField("= faults 1\n", true), "faults");
}

TEST(Expect, SameIsWhatWasShownLast) {
  State s;
  s.areas = {area(0x1000400000, 0x1000402000, 0x1000400000)};
  const trace::Trace trace =
      tests::traceOf("touch 0x1000400000 r -> ok\n= same\n"
                     "touch 0x1000400000 r -> ok\n= map 0x1000400000-0x1000402000 rw-p\n"
                     "= pages size +0 stack +0 locked +0 data +0 resident 0 tables +0\n"
                     "touch 0x1000400000 r -> ok\n= same\n");
  Observer observer;
  observer.start();
  Observation nothing, now;
  observer.observe({}, nothing);
  observer.observe(s, now);
  Expectation expectation;
  expectation.start(nothing);
  EXPECT_FALSE(expectation.compare(trace.records[0].state, nothing));
  EXPECT_TRUE(expectation.compare(trace.records[0].state, now));
  EXPECT_FALSE(expectation.compare(trace.records[1].state, now));
  EXPECT_FALSE(expectation.compare(trace.records[2].state, now));
  EXPECT_TRUE(expectation.compare(trace.records[2].state, nothing));
}

} // namespace
} // namespace growsdown::harness
