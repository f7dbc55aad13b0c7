// The reference's data structures, each compared with a simple one.
#include "reference/descriptor.h"
#include "reference/page_table.h"
#include "reference/physical_memory.h"
#include "reference/shared_objects.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace growsdown::reference {
namespace {

// --- physical memory ---------------------------------------------------------------------------

TEST(PhysicalMemory, FramesLiveWhileReferenced) {
  PhysicalMemory memory;
  memory.reset(9);
  const auto a = memory.allocate();
  const auto b = memory.allocate();
  EXPECT_NE(a, PhysicalMemory::zeroFrame);
  EXPECT_NE(a, b);
  memory.acquire(a);
  memory.release(a);
  EXPECT_EQ(memory.references(a), 1U);
  memory.release(a);
  EXPECT_EQ(memory.framesInUse(), 1U);
  EXPECT_EQ(memory.allocate(), a); // used again
  memory.inherit(b);
  memory.inherit(b); // the parent holds it once
  memory.release(b);
  EXPECT_TRUE(memory.inherited(b));
  EXPECT_EQ(memory.references(b), 1U);
}

// Smaller tables are more tables in the same memory.
TEST(PhysicalMemory, EachTableHasABaseAfterTheirSizeChanged) {
  PhysicalMemory memory;
  memory.reset(13);
  memory.allocateTable();
  memory.reset(9);
  for (std::uint64_t i = 0; i < 64; ++i) {
    const auto table = memory.allocateTable();
    memory.setBase(table, i << 21);
    EXPECT_EQ(memory.base(table), i << 21);
  }
}

TEST(PhysicalMemory, TablesAreEmptyWheneverTheyAreAllocated) {
  PhysicalMemory memory;
  for (const unsigned bits : {9U, 13U, 9U, 11U}) {
    memory.reset(bits);
    std::mt19937_64 random(bits);
    for (int round = 0; round < 200; ++round) {
      const auto table = memory.allocateTable();
      for (unsigned i = 0; i < 1U << bits; ++i)
        ASSERT_EQ(memory.get(table, i), 0U);
      for (int k = 0; k < 5; ++k)
        memory.set(table, static_cast<unsigned>(random() % (1U << bits)), random() | 1);
      memory.set(table, 3, 0);
      if (round % 3 == 0) memory.releaseTable(table);
    }
  }
}

// --- page tables -------------------------------------------------------------------------------

trace::Geometry geometry(std::uint64_t page, unsigned vaBits) {
  const bool x86 = page == 4096 && (vaBits == 47 || vaBits == 56);
  const trace::RuleSet& rules = *trace::findRuleSet(x86 ? "linux-7.2-amd64" : "linux-7.2-arm64");
  trace::With with;
  with.page = page;
  with.vaBits = vaBits;
  std::string error;
  const auto parameters = trace::makeParameters(rules, with, error);
  EXPECT_TRUE(parameters) << error;
  return parameters->geometry;
}

class PageTables : public testing::TestWithParam<std::pair<std::uint64_t, unsigned>> {
 protected:
  void start() {
    g = geometry(GetParam().first, GetParam().second);
    table.start(g, trace::programAddress);
  }
  std::uint64_t entry(std::uint64_t frame) const {
    return descriptor::pageAt(frame, g.pageShift, trace::vm::read | trace::vm::write);
  }
  trace::Geometry g;
  PhysicalMemory memory;
  PageTable table{memory};
};

TEST_P(PageTables, BehaveLikeAMap) {
  for (int pass = 0; pass < 3; ++pass) {
    start();
    ASSERT_TRUE(table.verify());
    std::map<std::uint64_t, std::uint64_t> map;
    std::mt19937_64 random(static_cast<std::uint64_t>(pass) + 7);
    const auto address = [&] {
      const std::uint64_t near = (random() % 3 == 0 ? 0 : 0x1000000000) + random() % 3000 * g.page;
      return (random() % 4 == 0 ? random() : near) & ((1ULL << g.vaBits) - 1) & ~(g.page - 1);
    };
    for (int round = 0; round < 3000; ++round) {
      const std::uint64_t at = address();
      switch (random() % 4) {
      case 0:
      case 1: {
        const std::uint64_t value = entry(1 + random() % 1000);
        table.set(table.make(at), value);
        map[at] = value;
        break;
      }
      case 2:
        if (const auto slot = table.find(at); slot.exists) table.set(slot, 0);
        map.erase(at);
        break;
      default: {
        const auto slot = table.find(at);
        const auto known = map.find(at);
        ASSERT_EQ(slot.exists ? table.get(slot) : 0, known == map.end() ? 0 : known->second);
      }
      }
      ASSERT_EQ(table.present(), map.size());
    }
    ASSERT_TRUE(table.verify());
    for (int round = 0; round < 50; ++round) {
      std::uint64_t from = address();
      std::uint64_t to = address();
      if (from > to) std::swap(from, to);
      std::map<std::uint64_t, std::uint64_t> seen;
      std::uint64_t last = 0;
      table.forEach(from, to, [&](std::uint64_t at, PageTable::Slot slot) {
        EXPECT_TRUE(seen.empty() || at > last);
        last = at;
        seen[at] = table.get(slot);
      });
      const std::map<std::uint64_t, std::uint64_t> expected(map.lower_bound(from),
                                                            map.lower_bound(to));
      ASSERT_EQ(seen, expected);
    }
  }
}

// The required tables are those on the way to pages, at every level below the root. Tables that
// span the pinned address are not counted.
TEST_P(PageTables, AreCountedByTheBlocksTheySpan) {
  start();
  std::mt19937_64 random(99);
  std::set<std::pair<unsigned, std::uint64_t>> spans;
  for (int round = 0; round < 300; ++round) {
    const std::uint64_t at = (random() & ((1ULL << g.vaBits) - 1)) & ~(g.page - 1);
    table.make(round % 2 == 0 ? at : at % (1ULL << 30));
    const std::uint64_t made = round % 2 == 0 ? at : at % (1ULL << 30);
    for (unsigned level = 1; level < g.levels; ++level)
      if (made >> g.tableShift(level) != trace::programAddress >> g.tableShift(level))
        spans.insert({level, made >> g.tableShift(level)});
    ASSERT_EQ(table.tables(), spans.size());
  }
  ASSERT_TRUE(table.verify());
  EXPECT_EQ(table.leafSpan(), 1ULL << g.tableShift(g.levels - 1));
}

// A table is freed if it overlaps the removed range and spans nothing of the neighbours.
TEST_P(PageTables, AreFreedBetweenNeighbours) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    start();
    const std::uint64_t span = 1ULL << g.tableShift(g.levels - 1);
    const std::uint64_t base = 4 * span + random() % 64 * span;
    std::set<std::pair<unsigned, std::uint64_t>> spans;
    for (int i = 0; i < 12; ++i) {
      const std::uint64_t at = base + random() % 8 * span;
      table.make(at);
      for (unsigned level = 1; level < g.levels; ++level)
        if (at >> g.tableShift(level) != trace::programAddress >> g.tableShift(level))
          spans.insert({level, at >> g.tableShift(level)});
    }
    std::uint64_t edges[4];
    for (std::uint64_t& edge : edges)
      edge = (base + random() % (8 * span)) & ~(g.page - 1);
    std::sort(std::begin(edges), std::end(edges));
    if (edges[1] == edges[2]) continue;
    const std::uint64_t floor = edges[0];
    const std::uint64_t ceiling = round % 3 == 0 ? 0 : edges[3];
    table.freeTables(edges[1], edges[2], floor, ceiling);
    for (auto at = spans.begin(); at != spans.end();) {
      const std::uint64_t from = at->second << g.tableShift(at->first);
      const std::uint64_t to = from + (1ULL << g.tableShift(at->first));
      const bool overlaps = from < edges[2] && to > edges[1];
      const bool goes = overlaps && from >= floor && (ceiling == 0 || to <= ceiling);
      at = goes ? spans.erase(at) : std::next(at);
    }
    ASSERT_EQ(table.tables(), spans.size()) << round;
    ASSERT_TRUE(table.verify());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Geometries, PageTables,
    testing::Values(std::pair{4096, 39}, std::pair{4096, 47}, std::pair{4096, 48},
                    std::pair{4096, 52}, std::pair{4096, 56}, std::pair{16384, 36},
                    std::pair{16384, 47}, std::pair{16384, 48}, std::pair{16384, 52},
                    std::pair{65536, 42}, std::pair{65536, 48}, std::pair{65536, 52}),
    [](const auto& test) {
      return std::to_string(test.param.first) + "x" + std::to_string(test.param.second);
    });

TEST(PageTable, FreesLeavesInsideARangeOnly) {
  PhysicalMemory memory;
  PageTable table(memory);
  table.start(geometry(4096, 48), trace::programAddress);
  for (const std::uint64_t at : {0x1000200000UL, 0x1000400000UL, 0x1000600000UL, 0x200000UL})
    table.make(at);
  const std::uint64_t before = table.tables();
  table.freeLeaves(0x1000201000, 0x1000600000); // only the middle table is wholly inside
  EXPECT_EQ(table.tables(), before - 1);
  EXPECT_FALSE(table.find(0x1000400000).exists);
  EXPECT_TRUE(table.find(0x1000200000).exists);
  table.freeLeaves(0, 1ULL << 40);
  EXPECT_TRUE(table.find(0x400000).exists); // the program's
  EXPECT_FALSE(table.find(0x1000600000).exists);
  EXPECT_TRUE(table.verify());
}

// --- descriptors -------------------------------------------------------------------------------

namespace vm = trace::vm;

TEST(Descriptor, EncodesAsTheArchitectureSays) {
  // Valid page, AF, inner shareable, AP[1] for EL0, AP[2] read-only, nG, PXN; UXN where not
  // executable.
  EXPECT_EQ(descriptor::pageAt(0x12345, 12, vm::read), 0x0060'0000'1234'5fc3ULL);
  EXPECT_EQ(descriptor::pageAt(0x12345, 12, vm::read | vm::exec), 0x0020'0000'1234'5fc3ULL);
  EXPECT_EQ(descriptor::tableAt(0x77, 12), 0x77003ULL);
  EXPECT_EQ(descriptor::tableAt(0x77, 16), 0x770003ULL);
  EXPECT_EQ(descriptor::frameOf(descriptor::pageAt(0x3fffffff, 16, vm::read), 16), 0x3fffffffULL);
}

TEST(Descriptor, RightsFollowTheArea) {
  using trace::prot::exec;
  using trace::prot::read;
  using trace::prot::write;
  for (std::uint32_t access = 0; access < 8; ++access)
    for (const std::uint32_t shared : {0U, vm::shared}) {
      const std::uint64_t d = descriptor::pageAt(5, 12, access | shared);
      EXPECT_TRUE(descriptor::present(d));
      const std::uint8_t expected =
          access == 0 ? 0 : static_cast<std::uint8_t>(read | ((access & vm::exec) ? exec : 0));
      EXPECT_EQ(descriptor::grants(d, false), expected) << access;
      EXPECT_EQ(d & descriptor::valid, access == 0 ? 0 : descriptor::valid);
      // Only shared areas start with write permission, and their entries are clean.
      const bool writable = shared != 0 && (access & vm::write) != 0;
      EXPECT_EQ(descriptor::mayWrite(d), writable);
      EXPECT_EQ((descriptor::grants(d, true) & write) != 0, writable);
      EXPECT_EQ((descriptor::grants(descriptor::withDirty(d), false) & write) != 0, writable);
      EXPECT_EQ(descriptor::frameOf(d, 12), 5U);
    }
}

TEST(Descriptor, WritePermissionNeedsBothBits) {
  const std::uint64_t clean = descriptor::pageAt(9, 12, vm::read | vm::write);
  EXPECT_EQ(descriptor::grants(descriptor::withWrite(clean), false) & trace::prot::write, 0);
  EXPECT_EQ(descriptor::grants(descriptor::withDirty(clean), false) & trace::prot::write, 0);
  const std::uint64_t both = descriptor::withDirty(descriptor::withWrite(clean));
  EXPECT_NE(descriptor::grants(both, false) & trace::prot::write, 0);
  EXPECT_EQ(both & descriptor::readOnly, 0U);
  EXPECT_EQ(descriptor::withoutWrite(both), descriptor::withDirty(clean));
  // mprotect to read and back: the page stays dirty, but the permission is cleared.
  const std::uint64_t there = descriptor::withRights(both, vm::read);
  const std::uint64_t back = descriptor::withRights(there, vm::read | vm::write);
  EXPECT_TRUE(descriptor::isDirty(back));
  EXPECT_FALSE(descriptor::mayWrite(back));
  // To PROT_NONE: present, not valid, the frame kept.
  const std::uint64_t held = descriptor::withRights(both, 0);
  EXPECT_EQ(held & descriptor::valid, 0U);
  EXPECT_TRUE(descriptor::present(held));
  EXPECT_EQ(descriptor::frameOf(held, 12), 9U);
}

// --- shared objects ----------------------------------------------------------------------------

TEST(SharedObjects, KeepPagesInOrderAndLetThemGo) {
  PhysicalMemory memory;
  memory.reset(9);
  SharedObjects objects(memory);
  const auto slot = objects.create(7, 100);
  objects.hold(slot);
  objects.hold(slot);
  for (const std::uint64_t index : {50U, 3U, 99U, 4U})
    objects.add(slot, index, memory.allocate());
  EXPECT_EQ(objects.pages(), 4U);
  EXPECT_EQ(objects.pageFrom(slot, 5)->index, 50U);
  EXPECT_EQ(objects.find(slot, 5), 0U);
  EXPECT_NE(objects.find(slot, 4), 0U);
  objects.drop(slot);
  EXPECT_EQ(objects.pages(), 4U);
  objects.drop(slot);
  EXPECT_EQ(objects.pages(), 0U);
  EXPECT_EQ(memory.framesInUse(), 0U);
  EXPECT_EQ(objects.create(8, 1), slot);
}

} // namespace
} // namespace growsdown::reference
