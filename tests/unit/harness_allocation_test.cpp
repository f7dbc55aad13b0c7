// After warming up, the differential runner allocates nothing per step.
#include "harness/builtin_systems.h"
#include "harness/run.h"
#include "tests/unit/harness_fake.h"

#include <gtest/gtest.h>

namespace growsdown::tests {
extern unsigned long allocations; // counted in reference_allocation_test.cpp
}

namespace growsdown::harness {
namespace {

using tests::allocations;

TEST(Differential, AllocatesNothingOnceWarm) {
  std::string text = "mmap 0x1000400000 0x100000 rw fixed\n";
  for (unsigned i = 0; i < 200; ++i)
    text += "touch " + trace::printBytes(0x1000400000 + i * 4096) + " w\n";
  const trace::Trace trace = tests::traceOf(text);
  const trace::Parameters parameters = tests::defaultParameters();
  tests::FakeSystem left("left"), right("right", true);
  right.firstFrame = 5000;
  Differential differential(left, right);
  differential.checkInvariants = false; // the fake system violates most of them
  ASSERT_EQ(differential.run(parameters, trace).verdict, Verdict::agreed)
      << differential.result().difference.field;
  const unsigned long before = allocations;
  ASSERT_EQ(differential.run(parameters, trace).verdict, Verdict::agreed);
  EXPECT_EQ(allocations - before, 0U);
  const std::string more(1000, 'x'); // the counter works
  EXPECT_GT(allocations, before);
}

TEST(Differential, AllocatesNothingOnFaultsOnceWarm) {
  std::string text = "mmap 0x1000400000 0x100000 rw fixed\n"
                     "mmap 0x1000600000 0x1000 rw fixed,growsdown\n";
  for (unsigned i = 0; i < 50; ++i) {
    text += "touch " + trace::printBytes(0x1000400000 + i * 4096) + " w\n";
    text += "touch " + trace::printBytes(0x1000600000 - i * 0x2000) + " w\n";
  }
  const trace::Trace trace = tests::traceOf(text);
  const trace::Parameters parameters = tests::defaultParameters();
  const auto left = makeModel(), right = makeReference();
  Differential differential(*left, *right);
  for (int warm = 0; warm < 2; ++warm)
    ASSERT_EQ(differential.run(parameters, trace).verdict, Verdict::agreed)
        << differential.result().difference.field;
  const unsigned long before = allocations;
  differential.run(parameters, trace);
  EXPECT_EQ(allocations - before, 0U);
}

} // namespace
} // namespace growsdown::harness
