// The search in the nodes of the area index, in a form for each instruction set that makes it
// faster.
#pragma once

#include "reference/index_node.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace growsdown::reference {

/// How many of the `count` ascending keys are at most `key`: the position of the first key above
/// it. A binary search without branches on the keys. A template over the key, whose `<=` may return
/// anything that converts to bool, because the proofs run it on symbolic words.
template <typename Key>
unsigned positionAbove(const Key* keys, unsigned count, const Key& key) {
  unsigned base = 0;
  while (count > 1) {
    const unsigned half = count / 2;
    unsigned past = static_cast<bool>(keys[base + half - 1] <= key) ? 1 : 0;
    // Hides the value: clang would branch on it, and be wrong about half of the time.
    asm("" : "+r"(past));
    base += half * past;
    count -= half;
  }
  if (count == 1) base += static_cast<bool>(keys[base] <= key) ? 1 : 0;
  return base;
}

namespace index {

struct Found {
  Leaf* leaf;
  std::size_t slot; ///< of the first area that ends above the address, or the leaf's count
};

/// One form of the search. All forms give the same results. Addresses are below unusedSeparator.
struct Search {
  const char* name; ///< of the instruction set
  /// positionAbove in a node of this kind, whose keys from `count` on are unused.
  unsigned (*inInner)(const std::uint64_t* separators, unsigned count, std::uint64_t address);
  unsigned (*inLeaf)(const std::uint32_t* keys, unsigned count, std::uint32_t key);
  /// Descends from a root at `height` above the leaves.
  Found (*find)(void* root, unsigned height, std::uint64_t address);
  /// The same, and records the way.
  Found (*path)(void* root, unsigned height, std::uint64_t address, Path& path);
};

/// The forms that this processor can run: the fastest first, the scalar form last.
const std::vector<Search>& searches();

} // namespace index
} // namespace growsdown::reference
