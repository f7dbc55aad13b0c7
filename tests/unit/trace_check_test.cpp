// A failed check names its place and its condition, and ends the program.
#include "trace/check.h"

#include <gtest/gtest.h>

namespace growsdown::trace {
namespace {

int atMost(int value, int limit) {
  GROWSDOWN_CHECK(value <= limit);
  return value;
}

TEST(Check, LetsATrueConditionPass) {
  EXPECT_EQ(atMost(2, 2), 2);
}

TEST(CheckDeathTest, NamesFileFunctionAndCondition) {
  EXPECT_DEATH(atMost(3, 2), "trace_check_test\\.cpp:[0-9]+: atMost: check failed: value <= limit");
}

// A comma inside parentheses, and a condition that only converts to bool.
TEST(CheckDeathTest, TakesAnyConditionInOneStatement) {
  const int* const nowhere = nullptr;
  if (atMost(1, 2) == 1)
    GROWSDOWN_CHECK((static_cast<void>(0), true));
  else
    FAIL();
  EXPECT_DEATH(GROWSDOWN_CHECK(nowhere), "check failed: nowhere");
}

} // namespace
} // namespace growsdown::trace
