// The reference as a library: what an embedder relies on. The recordings, the corpus and the
// comparison with the model check that it behaves as Linux does.
#include "reference/address_space.h"

#include "reference_random.h"

#include <gtest/gtest.h>

#include <string>

namespace growsdown::reference {
namespace {

using trace::Access;
using trace::Op;
using trace::Outcome;
using trace::Step;
namespace flag = trace::flag;
namespace prot = trace::prot;

constexpr std::uint64_t base = 0x1000400000;

trace::Parameters parameters(std::string_view rules, trace::With with = {}) {
  std::string error;
  const auto made = trace::makeParameters(*trace::findRuleSet(rules), with, error);
  EXPECT_TRUE(made) << error;
  return *made;
}

Step map(std::uint64_t address, std::uint64_t length, std::uint16_t flags,
         std::uint8_t rights = prot::read | prot::write) {
  Step step;
  step.op = Op::mmap;
  step.address = address;
  step.length = length;
  step.flags = flags;
  step.prot = rights;
  return step;
}
Step touch(std::uint64_t address, Access access = Access::write) {
  Step step;
  step.op = Op::touch;
  step.address = address;
  step.access = access;
  return step;
}

TEST(AddressSpace, AFaultMakesADescriptorThatAWalkerCanUse) {
  AddressSpace space;
  space.start(parameters("linux-6.12-arm64"), nullptr);
  space.apply(map(base, 0x4000, flag::fixed | flag::growsdown));
  EXPECT_EQ(space.descriptorAt(base), 0U);
  EXPECT_EQ(space.apply(touch(base - 0x5123)), Outcome::okay());
  const std::uint64_t entry = space.descriptorAt(base - 0x5123);
  EXPECT_EQ(entry & 3, 3U);
  EXPECT_EQ(descriptor::grants(entry, false), prot::read | prot::write);
  EXPECT_EQ(space.counters().stack, 4U + 6U);
  EXPECT_EQ(space.counters().tables, 2U);
  EXPECT_EQ(space.counters().faults, 1U);
  EXPECT_EQ(space.apply(touch(base - 0x6000)), Outcome::okay());
  EXPECT_EQ(space.counters().faults, 0U); // the same page
  EXPECT_EQ(space.presentPages(), 1U);
  EXPECT_EQ(space.descriptorAt(~std::uint64_t{0}), 0U);
  EXPECT_TRUE(space.verify());
}

TEST(AddressSpace, TwoSpacesAndTwoStartsAreIndependent) {
  AddressSpace a;
  AddressSpace b;
  trace::State first;
  trace::State second;
  for (const std::string_view rules : {"linux-4.3-arm64", "linux-6.12-arm64", "linux-4.3-arm64"}) {
    trace::With with;
    if (rules == "linux-4.3-arm64") with.page = 65536;
    a.start(parameters(rules, with), nullptr);
    b.start(parameters("linux-6.12-arm64"), nullptr);
    AddressSpace fresh;
    fresh.start(parameters(rules, with), nullptr);
    reference_test::Steps steps(11, with.page.value_or(4096));
    for (int i = 0; i < 300; ++i) {
      const Step step = steps.next();
      const Outcome outcome = a.apply(step);
      b.apply(touch(base));
      ASSERT_EQ(outcome, fresh.apply(step)) << i;
      if (outcome.kind == Outcome::Kind::unknown) break;
    }
    a.snapshot(first);
    fresh.snapshot(second);
    EXPECT_EQ(first, second);
  }
}

TEST(AddressSpace, StructuresStaySoundUnderRandomSteps) {
  for (const trace::RuleSet& rules : trace::ruleSets())
    for (const std::uint64_t page : {4096U, 16384U, 65536U})
      for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        trace::With with;
        with.page = page;
        std::string error;
        const auto parameters = trace::makeParameters(rules, with, error);
        if (!parameters) continue;
        AddressSpace space;
        space.start(*parameters, nullptr);
        reference_test::Steps steps(seed, page);
        for (int i = 0; i < 80; ++i) {
          const Step step = steps.next();
          if (space.apply(step).kind == Outcome::Kind::unknown) break;
          ASSERT_TRUE(space.verify()) << rules.name << " seed " << seed << " step " << i;
        }
      }
}

// A space that starts in a state must continue like the space that the state came from.
TEST(AddressSpace, TakesOnAnyStateItCanReach) {
  for (const trace::RuleSet& set : trace::ruleSets()) {
    const std::string_view rules = set.name;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      AddressSpace original;
      original.start(parameters(rules), nullptr);
      reference_test::Steps steps(seed);
      for (int i = 0; i < 30; ++i)
        original.apply(steps.next());
      trace::State state;
      original.snapshot(state);
      AddressSpace copy;
      copy.start(parameters(rules), &state);
      ASSERT_TRUE(copy.verify());
      trace::State again;
      copy.snapshot(again);
      ASSERT_EQ(again.areas, state.areas);
      ASSERT_EQ(again.objects, state.objects);
      // A state does not contain empty page tables: only those that pages need are restored.
      trace::Counters counters = state.counters;
      ASSERT_LE(again.counters.tables, counters.tables);
      counters.tables = again.counters.tables;
      counters.faults = 0; // of the last step; a start is not a step
      ASSERT_EQ(again.counters, counters);
      ASSERT_EQ(again.pages.size(), state.pages.size());
      for (std::size_t i = 0; i < state.pages.size(); ++i) {
        trace::Page page = again.pages[i];
        page.frame = state.pages[i].frame; // frames are renumbered
        ASSERT_EQ(page, state.pages[i]) << rules << " seed " << seed;
      }
      ASSERT_EQ(again.objectPages.size(), state.objectPages.size());
      // Equal frames stay equal, and different frames stay different.
      for (std::size_t i = 0; i < state.pages.size(); ++i)
        for (std::size_t k = 0; k < i; ++k)
          ASSERT_EQ(state.pages[i].frame == state.pages[k].frame,
                    again.pages[i].frame == again.pages[k].frame);
    }
  }
}

TEST(AddressSpace, ALargePopulateStopsWhereMemoryEnds) {
  trace::With with;
  with.memory = 64 * 4096;
  AddressSpace space;
  space.start(parameters("linux-6.12-arm64", with), nullptr);
  EXPECT_EQ(space.apply(map(base, 64 * 4096, flag::fixed | flag::populate)), Outcome::at(base));
  EXPECT_EQ(space.presentPages(), 64U);
  EXPECT_EQ(space.apply(map(base + 0x100000, 1ULL << 40, flag::fixed)),
            Outcome::at(base + 0x100000));
  EXPECT_EQ(space.apply(touch(base + 0x100000)).kind, Outcome::Kind::unknown);
  space.start(parameters("linux-6.12-arm64", with), nullptr);
  EXPECT_EQ(space.apply(map(base, 1ULL << 40, flag::fixed | flag::populate)).kind,
            Outcome::Kind::unknown);
  EXPECT_EQ(space.presentPages(), 65U);
}

} // namespace
} // namespace growsdown::reference
