// The window primitive, which makes every change of the area list, compared with a simple list.
#include "model/state.h"

#include <gtest/gtest.h>

#include <list>
#include <random>
#include <vector>

namespace growsdown::model {
namespace {

using Area = Vma<Concrete>;

/// An area identified by one number.
Area area(std::uint64_t id) {
  return {.start = id << 20,
          .end = (id + 1) << 20,
          .pgoff = id * 3,
          .flags = static_cast<std::uint32_t>(id % 512),
          .anon = id * 5,
          .object = id * 7,
          .forked = id % 2 == 1};
}

std::vector<std::uint64_t> ids(const Space<Concrete>& s) {
  std::vector<std::uint64_t> out;
  for (const Area& a : s.areas) {
    const std::uint64_t id = a.start >> 20;
    const Area whole = area(id);
    EXPECT_TRUE(a.end == whole.end && a.pgoff == whole.pgoff && a.flags == whole.flags &&
                a.anon == whole.anon && a.object == whole.object && a.forked == whole.forked)
        << id << " was mixed up";
    out.push_back(id);
  }
  return out;
}

TEST(Window, ReplacesLikeErasingAndInserting) {
  std::mt19937_64 random(20150101);
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  std::uint64_t fresh = 0;
  for (unsigned round = 0; round < 200; ++round) {
    Space<Concrete> s;
    std::list<std::uint64_t> plain;
    for (unsigned step = 0; step < 50; ++step) {
      const std::size_t first = below(s.areas.size() + 1);
      const std::size_t last = first + below(s.areas.size() - first + 1);
      std::vector<Area> with;
      std::vector<std::uint64_t> withIds;
      for (std::size_t i = below(5); i > 0; --i) {
        withIds.push_back(++fresh);
        with.push_back(area(fresh));
      }
      s.replaceWindow(first, last, with.data(), with.size());

      auto from = std::next(plain.begin(), static_cast<std::ptrdiff_t>(first));
      const auto to = std::next(plain.begin(), static_cast<std::ptrdiff_t>(last));
      from = plain.erase(from, to);
      plain.insert(from, withIds.begin(), withIds.end());
      ASSERT_EQ(ids(s), std::vector<std::uint64_t>(plain.begin(), plain.end()))
          << "[" << first << ", " << last << ") by " << with.size();
    }
  }
}

TEST(Window, OfOne) {
  Space<Concrete> s;
  for (std::uint64_t id = 1; id <= 4; ++id) {
    const Area one = area(id);
    s.replaceWindow(s.areas.size(), s.areas.size(), &one, 1);
  }
  s.replaceWindow(2, area(9));
  EXPECT_EQ(ids(s), (std::vector<std::uint64_t>{1, 2, 9, 4}));
  const Area none = area(0);
  s.replaceWindow(1, 3, &none, 0);
  EXPECT_EQ(ids(s), (std::vector<std::uint64_t>{1, 4}));
}

// A piece keeps everything except its extent, and its page offset moves with its start.
TEST(Window, PiecesKeepTheirPlaceInTheObject) {
  std::string error;
  const auto parameters = trace::makeParameters(trace::ruleSets()[0], {}, error);
  ASSERT_TRUE(parameters) << error;
  Space<Concrete> s;
  s.parameters = *parameters;
  const Area whole = {.start = 0x10000, .end = 0x20000, .pgoff = 7, .flags = 19, .anon = 3};
  const Area part = s.piece(whole, 0x12000, 0x15000);
  EXPECT_EQ(part.start, 0x12000U);
  EXPECT_EQ(part.end, 0x15000U);
  EXPECT_EQ(part.pgoff, 9U);
  EXPECT_EQ(part.flags, 19U);
  EXPECT_EQ(part.anon, 3U);
}

// find_vma: the lowest area that ends above the address.
TEST(Window, FindVma) {
  Space<Concrete> s;
  for (const Area& a : {area(1), area(3), area(4)})
    s.areas.push_back(a);
  EXPECT_EQ(s.findVma(0), 0U);
  EXPECT_EQ(s.findVma((2ULL << 20) - 1), 0U);
  EXPECT_EQ(s.findVma(2ULL << 20), 1U);
  EXPECT_EQ(s.findVma(4ULL << 20), 2U);
  EXPECT_EQ(s.findVma(5ULL << 20), 3U);
  EXPECT_EQ(s.findVma(~0ULL), 3U);
  EXPECT_EQ(s.firstStartingAt(3ULL << 20, 0), 1U);
  EXPECT_EQ(s.firstStartingAt((3ULL << 20) + 1, 0), 2U);
  EXPECT_FALSE(s.intersects(2ULL << 20, 3ULL << 20));
  EXPECT_TRUE(s.intersects(2ULL << 20, (3ULL << 20) + 1));
}

} // namespace
} // namespace growsdown::model
