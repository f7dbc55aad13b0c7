// The list of areas has the properties that the theorem `list` assumes.
#include "model/areas.h"

#include <gtest/gtest.h>

#include <vector>

namespace growsdown::model {
namespace {

TEST(Areas, ReplacingAWindowMovesTheRest) {
  constexpr std::size_t most = 5;
  for (std::size_t length = 0; length <= most; ++length)
    for (std::size_t first = 0; first <= length; ++first)
      for (std::size_t last = first; last <= length; ++last)
        for (std::size_t count = 0; count <= most; ++count) {
          AreaVector<int> list;
          for (std::size_t i = 0; i < length; ++i)
            list.push_back(static_cast<int>(i));
          std::vector<int> with;
          for (std::size_t i = 0; i < count; ++i)
            with.push_back(static_cast<int>(100 + i));
          EXPECT_EQ(list.replace(first, last, with.data(), count), first);
          ASSERT_EQ(list.size(), length - (last - first) + count);
          for (std::size_t i = 0; i < list.size(); ++i) {
            const std::size_t from = i < first ? i : i - count + (last - first);
            const bool inside = i >= first && i < first + count;
            EXPECT_EQ(list[i], inside ? with[i - first] : static_cast<int>(from))
                << length << ' ' << first << ' ' << last << ' ' << count;
          }
        }
}

TEST(Areas, NeighboursAndEnds) {
  AreaVector<int> list;
  EXPECT_FALSE(list.has(list.firstPosition()));
  EXPECT_EQ(list.below(list.endPosition()), nullptr);
  list.push_back(3);
  list.push_back(7);
  EXPECT_EQ(list.below(0), nullptr);
  EXPECT_EQ(*list.below(list.endPosition()), 7);
  EXPECT_EQ(*list.above(0), 7);
  EXPECT_EQ(list.above(1), nullptr);
  EXPECT_EQ(list.firstNot(0, [](int v) { return v < 7; }), 1U);
  EXPECT_EQ(list.firstNot(0, [](int v) { return v < 9; }), list.endPosition());
  EXPECT_EQ(list.firstNot(1, [](int v) { return v < 3; }), 1U);
}

} // namespace
} // namespace growsdown::model
