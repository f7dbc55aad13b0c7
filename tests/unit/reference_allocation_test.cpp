// The fault path allocates nothing. Counts calls of the global operator new, which this file
// replaces for the whole program.
#include "reference/address_space.h"

#include "reference_random.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <vector>

namespace growsdown::tests {
unsigned long allocations = 0; // harness_allocation_test.cpp reads it too
}
using growsdown::tests::allocations;

namespace {
void* counted(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
} // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
// std::stable_sort's buffer comes from these.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

namespace growsdown::reference {
namespace {

using trace::Op;

TEST(Allocation, TheCounterCounts) {
  const unsigned long before = allocations;
  const std::vector<int> some(100);
  EXPECT_GT(allocations, before) << some.size();
}

// The memory that an access needs is reserved at the end of the previous step.
TEST(Allocation, AccessesAllocateNothingInside) {
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    std::string error;
    const auto parameters = trace::makeParameters(rules, {}, error);
    ASSERT_TRUE(parameters);
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      AddressSpace space; // not warmed up yet
      space.start(*parameters, nullptr);
      reference_test::Steps steps(seed);
      unsigned accesses = 0;
      for (int i = 0; i < 400; ++i) {
        const trace::Step step = steps.next();
        const bool access = step.op == Op::touch || step.op == Op::kernel;
        const unsigned long before = allocations;
        const trace::Outcome outcome = space.applyReserved(step);
        const unsigned long after = allocations;
        space.reserve();
        if (outcome.kind == trace::Outcome::Kind::unknown) break;
        if (!access) continue;
        ++accesses;
        ASSERT_EQ(after, before) << rules.name << " seed " << seed << " step " << i;
      }
      EXPECT_GT(accesses, 50U);
    }
  }
}

TEST(Allocation, AStartReusesMemory) {
  std::string error;
  const auto parameters = trace::makeParameters(*trace::findRuleSet("linux-4.3-arm64"), {}, error);
  ASSERT_TRUE(parameters);
  AddressSpace space;
  for (int pass = 0; pass < 3; ++pass) {
    const unsigned long before = allocations;
    space.start(*parameters, nullptr);
    reference_test::Steps steps(3);
    for (int i = 0; i < 300; ++i)
      space.apply(steps.next());
    if (pass == 2) {
      EXPECT_EQ(allocations, before);
    }
  }
}

} // namespace
} // namespace growsdown::reference
