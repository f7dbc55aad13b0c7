// The reference's area index: each form of its search against the scalar form, and the index against
// a std::map.
#include "reference/vma_index.h"
#include "trace/state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace growsdown::reference {
namespace {

constexpr std::uint64_t page = index::unit;

// --- the search inside a node ------------------------------------------------------------------

TEST(VmaIndex, PositionAboveIsUpperBound) {
  std::vector<std::uint64_t> keys;
  for (unsigned count = 0; count <= 50; ++count) {
    for (std::uint64_t key = 0; key <= 2 * count + 2; ++key) {
      const auto expected = std::upper_bound(keys.begin(), keys.end(), key) - keys.begin();
      EXPECT_EQ(positionAbove(keys.data(), count, key), expected) << count << " " << key;
    }
    keys.push_back(2 * count + 1);
  }
}

// The search uses only `<=` of its keys, of any type: the proofs rely on it.
struct CountingKey {
  std::uint64_t value = 0;
  static inline unsigned asked = 0;
  struct Truth {
    bool value = false;
    explicit operator bool() const { return value; }
  };
  friend Truth operator<=(const CountingKey& a, const CountingKey& b) {
    ++asked;
    return {a.value <= b.value};
  }
};

TEST(VmaIndex, PositionAboveTakesAnyKey) {
  CountingKey keys[16];
  for (unsigned i = 0; i < 16; ++i)
    keys[i].value = 10 * i;
  CountingKey::asked = 0;
  EXPECT_EQ(positionAbove(keys, 16, CountingKey{75}), 8U);
  EXPECT_LE(CountingKey::asked, 5U);
}

// Sorted keys with which a comparison may go wrong: neighbours, equal ones, and those at the sign
// bit and at both ends of the type.
template <class Key>
std::vector<std::vector<Key>> keySets(unsigned most) {
  constexpr Key highest = ~Key{0} - 1; // below the unused key
  constexpr Key sign = Key{1} << (sizeof(Key) * 8 - 1);
  std::mt19937_64 random(most);
  std::vector<std::vector<Key>> sets;
  for (unsigned count = 0; count <= most; ++count)
    for (int kind = 0; kind < 7; ++kind) {
      std::vector<Key> keys;
      for (unsigned i = 0; i < count; ++i)
        switch (kind) {
        case 0:
          keys.push_back(static_cast<Key>(3 * i + 1));
          break;
        case 1:
          keys.push_back(static_cast<Key>(sign - count / 2 + i));
          break;
        case 2:
          keys.push_back(static_cast<Key>(highest - count + 1 + i));
          break;
        case 3:
          keys.push_back(static_cast<Key>(7 + i / 5));
          break;
        case 4:
          keys.push_back(i < count / 2 ? sign - 1 : sign);
          break;
        case 5:
          keys.push_back(i < count / 2 ? 0 : highest);
          break;
        default:
          keys.push_back(static_cast<Key>(random() % highest));
          break;
        }
      std::sort(keys.begin(), keys.end());
      sets.push_back(keys);
    }
  return sets;
}

template <class Key, class Search>
void expectLikeScalar(unsigned most, unsigned capacity, const Search& search) {
  for (const std::vector<Key>& set : keySets<Key>(most)) {
    alignas(64) Key keys[64];
    std::fill(std::begin(keys), std::end(keys), ~Key{0});
    std::copy(set.begin(), set.end(), keys);
    ASSERT_LE(set.size(), capacity);
    const auto count = static_cast<unsigned>(set.size());
    std::vector<Key> wanted{0, 1, ~Key{0} / 2, ~Key{0} / 2 + 1, ~Key{0} - 1};
    for (const Key key : set)
      wanted.insert(wanted.end(), {static_cast<Key>(key == 0 ? 0 : key - 1), key,
                                   std::min<Key>(~Key{0} - 1, key + 1)});
    for (const Key key : wanted)
      ASSERT_EQ(search(keys, count, key), positionAbove(keys, count, key)) << count << " " << key;
  }
}

TEST(VmaIndex, EachFormOfTheSearchIsTheScalarOne) {
  ASSERT_EQ(index::searches().back().name, std::string("scalar"));
  for (const index::Search& search : index::searches()) {
    SCOPED_TRACE(search.name);
    expectLikeScalar<std::uint64_t>(index::fanout - 1, index::fanout, search.inInner);
    expectLikeScalar<std::uint32_t>(index::leafAreas, index::leafAreas, search.inLeaf);
  }
}

// Ends and addresses at the edges of a leaf's reach compare as their keys do.
TEST(VmaIndex, KeysCompareAsAddressesDo) {
  const std::uint64_t bases[] = {0, page, 1ULL << 44, 1ULL << 56, ~0ULL << 45};
  for (const std::uint64_t base : bases)
    for (const std::uint64_t units : {1UL, 2UL, 1UL << 31, 0xfffffffdUL, 0xfffffffeUL}) {
      const std::uint64_t end = base + units * page;
      const std::uint64_t end32 = index::keyOf(base, end);
      ASSERT_EQ(end32, units);
      for (const std::uint64_t address :
           {std::uint64_t{0}, base - 1, base, base + 1, end - page, end - 1, end, end + 1,
            base + 0xfffffffeUL * page, base + 0xffffffffUL * page, ~std::uint64_t{0} - 1})
        EXPECT_EQ(end32 > index::keyOf(base, address), end > address)
            << std::hex << base << " " << end << " " << address;
    }
}

// --- the index against std::map ----------------------------------------------------------------

class Areas {
 public:
  explicit Areas(const index::Search& search) : index(search) {}

  VmaIndex index;
  std::map<std::uint64_t, Vma> byEnd;
  using At = std::map<std::uint64_t, Vma>::iterator;

  bool free(std::uint64_t start, std::uint64_t end) const {
    const auto above = byEnd.upper_bound(start);
    return above == byEnd.end() || above->second.start >= end;
  }
  /// The area at the address, or the next above, or else the first.
  At near(std::uint64_t address) {
    const At at = byEnd.upper_bound(address);
    return at == byEnd.end() ? byEnd.begin() : at;
  }
  std::uint64_t endBelow(At at) const { return at == byEnd.begin() ? 0 : std::prev(at)->first; }
  std::uint64_t gap(At at) const {
    const std::uint64_t room = index.roomBelow(at->second);
    return room > endBelow(at) ? room - endBelow(at) : 0;
  }

  void insert(const Vma& area) {
    index.insert(area);
    byEnd[area.end] = area;
  }
  void erase(At at) {
    index.erase(index.find(at->first - 1));
    byEnd.erase(at);
  }
  void eraseFrom(At at, unsigned areas) {
    const std::uint64_t start = at->second.start;
    std::uint64_t end = start;
    for (unsigned i = 0; i < areas && at != byEnd.end(); ++i) {
      end = at->first;
      at = byEnd.erase(at);
    }
    index.eraseRange(start, end);
  }
  void setEnd(At at, std::uint64_t to) {
    index.setEnd(index.find(at->first - 1), to);
    Vma area = at->second;
    byEnd.erase(at);
    area.end = to;
    byEnd[to] = area;
  }
  void setStart(At at, std::uint64_t to) {
    index.change(index.find(at->first - 1)).start = to;
    at->second.start = to;
  }

  void expectEqual() const {
    ASSERT_TRUE(index.verify());
    ASSERT_EQ(index.size(), byEnd.size());
    auto at = index.first();
    for (const auto& [end, area] : byEnd) {
      ASSERT_TRUE(at);
      ASSERT_EQ(index.at(at), area);
      at = index.next(at);
    }
    ASSERT_FALSE(at);
  }
  void expectFound(std::uint64_t address) const {
    const auto expected = byEnd.upper_bound(address);
    const auto found = index.find(address);
    ASSERT_EQ(static_cast<bool>(found), expected != byEnd.end()) << address;
    if (found) {
      ASSERT_EQ(index.at(found), expected->second) << address;
    }
    const auto before = index.previous(found);
    if (expected == byEnd.begin())
      ASSERT_FALSE(before);
    else
      ASSERT_EQ(index.at(before), std::prev(expected)->second);
  }
  // The searches for a gap look at every area in turn.
  void expectGaps(std::uint64_t address, std::uint64_t length) {
    if (byEnd.empty()) return;
    const At from = near(address);
    const auto cursor = index.find(from->first - 1);
    At down = from;
    while (down != byEnd.begin() && gap(down) < length)
      --down;
    const auto foundDown = index.gapDown(cursor, length);
    ASSERT_EQ(static_cast<bool>(foundDown), gap(down) >= length);
    if (foundDown) {
      ASSERT_EQ(index.at(foundDown), down->second);
    }
    At up = from;
    while (up != byEnd.end() && gap(up) < length)
      ++up;
    const auto foundUp = index.gapUp(cursor, length);
    ASSERT_EQ(static_cast<bool>(foundUp), up != byEnd.end());
    if (foundUp) {
      ASSERT_EQ(index.at(foundUp), up->second);
    }
  }
};

/// How a run draws its areas. All in pages.
struct Drawing {
  std::uint64_t space;  ///< starts are below it
  std::uint64_t length; ///< the highest length of an area
  std::uint64_t gap;    ///< the highest length of a gap that is looked for
  std::uint64_t guard;
};
// Dense, sparse, and so wide that a leaf does not reach from one area to the next.
constexpr Drawing drawings[] = {{400, 6, 8, 0},
                                {40000, 6, 40, 16},
                                {1ULL << 34, 6, 1ULL << 24, 1U << 20},
                                {1ULL << 44, 1ULL << 40, 1ULL << 36, 256}};

class IndexRuns : public testing::TestWithParam<unsigned> {};

void change(Areas& areas, std::mt19937_64& random, const Drawing& drawing, bool growing) {
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  const std::uint64_t action = below(10);
  if (areas.byEnd.empty() || action < (growing ? 7U : 2U)) {
    const std::uint64_t start = (1 + below(drawing.space)) * page;
    const std::uint64_t end = start + (1 + below(drawing.length)) * page;
    const std::uint32_t flags = below(2) == 0 ? trace::vm::growsdown : 3;
    if (areas.free(start, end)) areas.insert({start, end, below(99), 0, 0, flags, false});
    return;
  }
  const Areas::At at = areas.near(below(drawing.space) * page);
  const Vma& area = at->second;
  if (action < 7) {
    areas.erase(at);
  } else if (action < 8) {
    const auto next = std::next(at);
    const std::uint64_t room =
        next == areas.byEnd.end() ? at->first + 8 * page : next->second.start;
    areas.setEnd(at, area.start + (1 + below((room - area.start) / page)) * page);
  } else if (action < 9) {
    areas.setStart(at, area.start - below((area.start - areas.endBelow(at)) / page + 1) * page);
  } else {
    areas.eraseFrom(at, static_cast<unsigned>(1 + below(growing ? 3 : 150)));
  }
}

TEST_P(IndexRuns, BehaveLikeAMap) {
  const Drawing& drawing = drawings[GetParam()];
  for (const index::Search& search : index::searches()) {
    SCOPED_TRACE(search.name);
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      std::mt19937_64 random(seed);
      Areas areas(search);
      areas.index.clear(drawing.guard * page);
      for (int round = 0; round < 6000; ++round) {
        // Phases of growth and of shrinking, so that nodes split and disappear.
        change(areas, random, drawing, round / 1500 % 2 == 0);
        for (int i = 0; i < 2; ++i)
          ASSERT_NO_FATAL_FAILURE(areas.expectFound(random() % ((drawing.space + 10) * page)));
        if (round % 4 == 0) {
          ASSERT_NO_FATAL_FAILURE(areas.expectGaps(random() % drawing.space * page,
                                                   (1 + random() % drawing.gap) * page));
        }
        if (round % 50 == 0) {
          ASSERT_NO_FATAL_FAILURE(areas.expectEqual()) << seed << " " << round;
        }
      }
      while (!areas.byEnd.empty())
        areas.erase(areas.byEnd.begin());
      ASSERT_NO_FATAL_FAILURE(areas.expectEqual());
      EXPECT_EQ(areas.index.height(), 0U);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Drawings, IndexRuns, testing::Values(0U, 1U, 2U, 3U));

Vma small(std::uint64_t number) {
  return {2 * number * page, (2 * number + 1) * page, 0, 0, 0, 0, false};
}

TEST(VmaIndex, HoldsAsManyAsMaxMapCount) {
  VmaIndex index;
  for (std::uint64_t i = 0; i < 65530; ++i)
    index.insert(small(i));
  EXPECT_TRUE(index.verify());
  EXPECT_LE(index.height(), 5U);
  EXPECT_EQ(index.at(index.find(2 * 40000 * page)), small(40000));
  EXPECT_EQ(index.at(index.find((2 * 40000 + 1) * page)), small(40001));
  EXPECT_FALSE(index.find(~std::uint64_t{0}));
  index.clear();
  EXPECT_TRUE(index.verify());
  EXPECT_FALSE(index.find(0));
  EXPECT_FALSE(index.first());
  EXPECT_FALSE(index.last());
}

// Areas that come in order fill their leaves, from below and from above.
TEST(VmaIndex, FillsItsNodes) {
  for (const bool ascending : {true, false}) {
    VmaIndex index;
    constexpr std::uint64_t areas = 48000;
    for (std::uint64_t i = 0; i < areas; ++i)
      index.insert(small(ascending ? i : areas - 1 - i));
    EXPECT_TRUE(index.verify());
    EXPECT_LE(index.bytes(), areas * 75) << ascending; // sizeof(Vma) is 48
  }
}

TEST(VmaIndex, KeepsItsMemory) {
  VmaIndex index;
  std::size_t bytes = 0;
  for (int pass = 0; pass < 3; ++pass) {
    for (std::uint64_t i = 0; i < 10000; ++i)
      index.insert(small(i * 7919 % 10007));
    if (pass > 0) {
      EXPECT_EQ(index.bytes(), bytes);
    }
    bytes = index.bytes();
    index.clear();
    EXPECT_EQ(index.bytes(), bytes);
  }
}

TEST(VmaIndex, CopiesAreEqualAndIndependent) {
  VmaIndex original, copy;
  original.clear(page);
  for (std::uint64_t i = 0; i < 5000; ++i)
    original.insert(small(i * 7919 % 10007));
  copy = original;
  EXPECT_TRUE(copy.verify());
  EXPECT_EQ(copy.guard(), page);
  ASSERT_EQ(copy.size(), original.size());
  for (auto a = original.first(), b = copy.first(); a; a = original.next(a), b = copy.next(b))
    ASSERT_EQ(original.at(a), copy.at(b));
  copy.erase(copy.first());
  EXPECT_EQ(original.size(), copy.size() + 1);
  EXPECT_TRUE(original.verify());
}

// A stack that grows changes the gap below it and nothing else of the index.
TEST(VmaIndex, GrowsInPlace) {
  VmaIndex index;
  for (std::uint64_t i = 1; i <= 1000; ++i)
    index.insert({i * 100 * page, (i * 100 + 10) * page, 0, 0, 0, 0, false});
  const auto top = index.last();
  ASSERT_EQ(index.gapDown(top, 90 * page), top);
  for (std::uint64_t i = 2; i <= 1000; ++i) {
    const auto at = index.find(i * 100 * page);
    EXPECT_EQ(index.gapDown(at, 90 * page), at);
    index.change(at).start -= 85 * page;
    const auto below = index.gapDown(at, 90 * page);
    ASSERT_TRUE(below);
    EXPECT_EQ(index.at(below).start, 100 * page) << i;
  }
  EXPECT_TRUE(index.verify());
}

} // namespace
} // namespace growsdown::reference
