// List behaves as a vector does, and reports what changed.
#include "model/list.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace growsdown::model {
namespace {

TEST(List, BehavesAsAVectorAndReportsItsChanges) {
  std::mt19937_64 random(1);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  List<int> list;
  std::vector<int> vector;
  std::vector<int> reported; // kept up to date by what the list reports
  for (int round = 0; round < 20000; ++round) {
    for (std::size_t more = below(3); more > 0; --more) {
      const std::size_t at = below(vector.size() + 1);
      const auto here = list.cbegin() + static_cast<std::ptrdiff_t>(at);
      const auto there = vector.begin() + static_cast<std::ptrdiff_t>(at);
      const std::size_t rest = vector.size() - at;
      switch (below(6)) {
      case 0:
      case 1: {
        const std::vector<int> fresh(1 + below(3), round);
        list.insert(here, fresh.begin(), fresh.end());
        vector.insert(there, fresh.begin(), fresh.end());
        break;
      }
      case 2:
        list.insert(here, round);
        vector.insert(there, round);
        break;
      case 3: {
        const auto count = static_cast<std::ptrdiff_t>(below(std::min<std::size_t>(rest, 5) + 1));
        list.erase(here, here + count);
        vector.erase(there, there + count);
        break;
      }
      case 4:
        if (rest > 0) list[at] = vector[at] = round;
        break;
      default:
        if (below(50) == 0) {
          list.clear();
          vector.clear();
        } else if (below(20) == 0) {
          for (int& element : list)
            element += 1;
          for (int& element : vector)
            element += 1;
        }
      }
    }
    ASSERT_EQ(list.size(), vector.size());
    ASSERT_TRUE(std::equal(vector.begin(), vector.end(), list.cbegin(), list.cend()));
    const trace::Changed changed = list.takeChanges();
    ASSERT_LE(changed.before + changed.after, std::min(reported.size(), vector.size()));
    for (std::size_t i = 0; i < changed.before; ++i)
      ASSERT_EQ(reported[i], vector[i]);
    for (std::size_t i = 1; i <= changed.after; ++i)
      ASSERT_EQ(reported[reported.size() - i], vector[vector.size() - i]);
    reported = vector;
  }
}

TEST(List, ReportsOnlyWhatChanged) {
  List<int> list;
  for (int i = 0; i < 10; ++i)
    list.push_back(i);
  EXPECT_EQ(list.takeChanges(), (trace::Changed{0, 0}));
  EXPECT_EQ(list.takeChanges(), (trace::Changed{10, 0})); // nothing
  list[4] = 44;
  EXPECT_EQ(list.takeChanges(), (trace::Changed{4, 5}));
  list.insert(list.cbegin() + 7, 77);
  EXPECT_EQ(list.takeChanges(), (trace::Changed{7, 3}));
  list.erase(list.cbegin() + 1, list.cbegin() + 3);
  EXPECT_EQ(list.takeChanges(), (trace::Changed{1, 8}));
}

} // namespace
} // namespace growsdown::model
