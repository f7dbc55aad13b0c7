// A violated precondition of the reference's structures ends the program.
#include "reference/address_space.h"
#include "reference/page_table.h"
#include "reference/physical_memory.h"
#include "reference/shared_objects.h"
#include "reference/vma_index.h"

#include <gtest/gtest.h>

#include <string>

namespace growsdown::reference {
namespace {

Vma area(std::uint64_t start, std::uint64_t end) {
  Vma made;
  made.start = start;
  made.end = end;
  return made;
}

trace::Parameters parameters() {
  std::string error;
  return *trace::makeParameters(*trace::findRuleSet(trace::defaultRuleSet), {}, error);
}

TEST(ReferenceDeathTest, AreasAreDisjointAndNotEmpty) {
  VmaIndex index;
  index.insert(area(0x2000, 0x4000));
  EXPECT_DEATH(index.insert(area(0x3000, 0x5000)), "vma_index.*check failed");
  EXPECT_DEATH(index.insert(area(0x1000, 0x3000)), "vma_index.*check failed");
  EXPECT_DEATH(index.insert(area(0x5000, 0x5000)), "check failed: area.start < area.end");
  EXPECT_DEATH(index.insert(area(0x5000, 0x5800)), "vma_index.*check failed");
  index.insert(area(0x5000, 0x6000));
  EXPECT_DEATH(index.setEnd(index.find(0x2000), 0x6000), "vma_index.*check failed");
  EXPECT_DEATH(index.setEnd(index.find(0x2000), 0x2000), "vma_index.*check failed");
}

TEST(ReferenceDeathTest, OnlyAnAreaHasContentAndASuccessor) {
  VmaIndex index;
  index.insert(area(0x2000, 0x4000));
  const VmaIndex::Cursor end = index.find(0x4000);
  ASSERT_FALSE(end);
  EXPECT_DEATH(index.at(end), "check failed");
  EXPECT_DEATH(index.change(end), "check failed");
  EXPECT_DEATH(index.next(end), "check failed");
  EXPECT_DEATH(index.gapUp(end, 1), "check failed");
  EXPECT_DEATH(index.erase(end), "check failed");
}

TEST(ReferenceDeathTest, AFrameIsReleasedAsOftenAsItIsHeld) {
  PhysicalMemory memory;
  memory.reset(9);
  const auto frame = memory.allocate();
  memory.release(frame);
  EXPECT_DEATH(memory.release(frame), "physical_memory.*check failed");
  EXPECT_DEATH(memory.acquire(frame + 1), "physical_memory.*check failed");
}

TEST(ReferenceDeathTest, ATableHasItsEntriesAndNoMore) {
  PhysicalMemory memory;
  memory.reset(9);
  const auto table = memory.allocateTable();
  EXPECT_DEATH(memory.set(table, 512, 1), "physical_memory.*check failed");
  EXPECT_DEATH(memory.set(table + 1, 0, 1), "physical_memory.*check failed");
}

TEST(ReferenceDeathTest, AddressesFitThePageTable) {
  const trace::Geometry geometry = parameters().geometry;
  PhysicalMemory memory;
  PageTable table(memory);
  table.start(geometry, trace::programAddress);
  const std::uint64_t beyond = std::uint64_t{1} << geometry.vaBits;
  EXPECT_DEATH(table.find(beyond), "page_table.*check failed");
  EXPECT_DEATH(table.forEach(0, beyond + 1, [](auto, auto) {}), "page_table.*check failed");
  EXPECT_DEATH(table.get(table.find(0x1000000000)), "check failed: slot.exists");
  EXPECT_DEATH(table.freeTables(0x2000, 0x4000, 0x3000, 0), "page_table.*check failed");
}

TEST(ReferenceDeathTest, ObjectsHaveEachPageOnce) {
  PhysicalMemory memory;
  memory.reset(9);
  SharedObjects objects(memory);
  const auto slot = objects.create(1, 4);
  EXPECT_DEATH(objects.drop(slot), "shared_objects.*check failed");
  objects.hold(slot);
  objects.add(slot, 3, memory.allocate());
  EXPECT_DEATH(objects.add(slot, 3, memory.allocate()), "shared_objects.*check failed");
  EXPECT_DEATH(objects.add(slot, 4, memory.allocate()), "shared_objects.*check failed");
  EXPECT_DEATH(objects.find(slot + 1, 0), "shared_objects.*check failed");
}

TEST(ReferenceDeathTest, AnAddressSpaceIsStartedFirst) {
  AddressSpace space;
  EXPECT_DEATH(space.apply({}), "applyReserved: check failed: rules_ != nullptr");
  trace::State state;
  EXPECT_DEATH(space.snapshot(state), "snapshot: check failed");
}

TEST(ReferenceDeathTest, AnInitialStateHasItsPagesInAreas) {
  AddressSpace space;
  trace::State state;
  trace::Page page;
  page.address = 0x1000400000;
  state.pages.push_back(page);
  EXPECT_DEATH(space.start(parameters(), &state), "takeOn: check failed");
}

} // namespace
} // namespace growsdown::reference
