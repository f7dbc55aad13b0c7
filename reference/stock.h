// Numbers that are handed out and come back: those of frames and of page tables.
#pragma once

#include "trace/check.h"

#include <cstdint>
#include <type_traits>
#include <utility>

namespace growsdown::reference {

/// Numbers from `next` on were never handed out. Of the lower ones, those that came back and were
/// not taken again are in a list. A template over that list, because the proofs have one of unknown
/// contents.
template <class List>
class Stock {
 public:
  using Number = typename List::value_type;
  explicit Stock(Number first, List back = {}) : next_(first), back_(std::move(back)) {}

  /// A number that is not in use: the one that came back last. If there is none, `room()` makes
  /// room for a new number.
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
  /// `number` must be in use.
  void give(Number number) {
    if constexpr (std::is_integral_v<Number>) GROWSDOWN_CHECK(number < next_);
    back_.push_back(number);
  }

  /// The first number that was never handed out.
  const Number& next() const { return next_; }
  /// How many numbers came back and were not taken again.
  std::uint32_t back() const { return static_cast<std::uint32_t>(back_.size()); }
  /// Giving this many numbers back allocates nothing from now on.
  void reserve(std::size_t numbers) { back_.reserve(numbers); }
  void restart(Number first) {
    next_ = first;
    back_.clear();
  }

 private:
  Number next_;
  List back_;
};

/// Where the words of a table are.
template <class Word>
struct Spot {
  Word chunk;
  Word word; ///< the table's first word in that chunk
};
/// Where `table` is if chunks of `1 << chunkBits` words hold tables of `1 << entryBits` words side
/// by side.
template <class Word>
constexpr Spot<Word> spotOf(const Word& table, unsigned chunkBits, unsigned entryBits) {
  const unsigned shift = chunkBits - entryBits;
  return {table >> shift, (table & ((std::uint64_t{1} << shift) - 1)) << entryBits};
}

} // namespace growsdown::reference
