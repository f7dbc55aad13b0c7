// Numbers that are handed out and come back: of frames and of page tables.
#pragma once

#include "reference/planted.h"

#include <cstdint>
#include <utility>

namespace growsdown::reference {
inline namespace GROWSDOWN_REFERENCE_BUILD {

/// Those from `next` on were never handed out; of the others, those that came back stand in a list.
/// A template over that list (the proofs have one of unknown contents).
template <class List>
class Stock {
 public:
  using Number = typename List::value_type;
  explicit Stock(Number first, List back = {}) : next_(first), back_(std::move(back)) {}

  /// A number that is not in use: the one that came back last or, once `room()` has made room for
  /// it, a new one.
  template <class Room>
  Number take(const Room& room) {
    if (!back_.empty()) {
      Number number = back_.back();
      back_.pop_back();
      return number;
    }
    room();
    Number number = next_;
    ++next_;
    return number;
  }
  void give(Number number) { back_.push_back(number); }

  /// The first that was never handed out.
  const Number& next() const { return next_; }
  /// How many came back and were not taken again.
  std::uint32_t back() const { return static_cast<std::uint32_t>(back_.size()); }
  /// So that giving that many back allocates nothing.
  void reserve(std::size_t numbers) { back_.reserve(numbers); }
  void restart(Number first) {
    next_ = first;
    back_.clear();
  }

 protected: // the proofs look in
  Number next_;
  List back_;
};

/// Where the words of a table are.
template <class Word>
struct Spot {
  Word chunk;
  Word word; ///< the first, in that chunk
};
/// Chunks of `1 << chunkBits` words, in which tables of `1 << entryBits` stand
/// side by side.
template <class Word>
constexpr Spot<Word> spotOf(const Word& table, unsigned chunkBits, unsigned entryBits) {
  const unsigned shift = chunkBits - entryBits;
  return {table >> shift, (table & ((std::uint64_t{1} << shift) - 1)) << entryBits};
}

} // namespace GROWSDOWN_REFERENCE_BUILD
} // namespace growsdown::reference
