#include "systems/open.h"

#include <gtest/gtest.h>

namespace growsdown::systems {
namespace {

TEST(Systems, EveryKindOpensAsItself) {
  ASSERT_FALSE(kinds().empty());
  for (const Kind& kind : kinds()) {
    std::string error;
    const auto system = open(kind.name, error);
    ASSERT_TRUE(system) << error;
    EXPECT_EQ(system->name(), kind.name);
  }
}

TEST(Systems, AnUnknownNameIsToldWithTheKnownOnes) {
  std::string error;
  EXPECT_FALSE(open("vax", error));
  EXPECT_EQ(error, "no system `vax`; known: model reference");
}

} // namespace
} // namespace growsdown::systems
