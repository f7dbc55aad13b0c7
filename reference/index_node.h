// The nodes of the area index (vma_index.h). docs/reference.md has the reasons for their form.
#pragma once

#include "trace/check.h"

#include <cstdint>

namespace growsdown::reference {

/// An area. Addresses are in bytes and page-aligned; `end` is exclusive.
struct Vma {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t pgoff = 0;  ///< pages
  std::uint64_t anon = 0;   ///< identity of its anon_vma, or 0
  std::uint32_t object = 0; ///< slot of its shared object, from 1, or 0
  std::uint32_t flags = 0;  ///< trace::vm
  bool forked = false;      ///< its anon_vma came through fork

  friend bool operator==(const Vma&, const Vma&) = default;
};

namespace index {

/// The most children of an inner node, and the most areas of a leaf.
constexpr unsigned fanout = 16;
constexpr unsigned leafAreas = 48;
/// A search may compare all keys of a node, so those that are not used are the highest number.
constexpr std::uint64_t unusedSeparator = ~std::uint64_t{0};
constexpr std::uint32_t unusedKey = ~std::uint32_t{0};
/// Instead of a gap: its length is not known.
constexpr std::uint64_t unknownGap = ~std::uint64_t{0};

/// Keys count units of the smallest page, so every end is a multiple of it.
constexpr unsigned unitShift = 12;
constexpr std::uint64_t unit = std::uint64_t{1} << unitShift;
/// The ends in a leaf differ by at most this many bytes.
constexpr std::uint64_t mostSpan = (std::uint64_t{unusedKey} - 2) << unitShift;

/// The key of an address in a leaf with this base. An area ends above the address if the key of its
/// end is above this key. A template, because the proofs run it on symbolic words.
template <class Word>
Word keyOf(const Word& base, const Word& address) {
  if (address < base) [[unlikely]]
    return Word(std::uint64_t{0});
  Word units = (address - base) >> unitShift;
  if (units >= std::uint64_t{unusedKey}) [[unlikely]]
    return Word(std::uint64_t{unusedKey} - 1);
  return units;
}

/// Areas in order. The key of an area is that of its end, and not 0. The areas do not move when
/// others come or go. `place` has the position of each in `areas`, and then the free positions.
struct alignas(64) Leaf {
  std::uint32_t keys[leafAreas];
  std::uint8_t place[leafAreas];
  std::uint64_t base;
  std::uint32_t count;
  bool gapUnknown; ///< the parent has unknownGap for this leaf
  Leaf* next;
  Leaf* previous;
  Vma areas[leafAreas];

  const Vma& area(unsigned slot) const { return areas[place[slot]]; }
  Vma& area(unsigned slot) { return areas[place[slot]]; }
  std::uint64_t end(unsigned slot) const { return base + (std::uint64_t{keys[slot]} << unitShift); }
  std::uint64_t lastEnd() const {
    GROWSDOWN_CHECK(count > 0);
    return end(count - 1);
  }
};

/// The ends below child i are at most separator i, and those below child i + 1 are above it.
struct alignas(64) Inner {
  std::uint64_t separators[fanout]; ///< count - 1 of them
  void* children[fanout];
  std::uint64_t gaps[fanout]; ///< per child: the largest gap of an area below it, or unknownGap
  std::uint32_t count;        ///< of the children
};

/// The nodes from the root to a leaf, and the child taken in each.
constexpr unsigned mostLevels = 16;
struct Path {
  Inner* nodes[mostLevels]; ///< [0] is the parent of the leaf
  unsigned children[mostLevels];
};

} // namespace index
} // namespace growsdown::reference
