// The random numbers of the fuzzers: the same on every platform, unlike <random>'s distributions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace growsdown::fuzz {

/// SplitMix64 (Steele, Lea, Flood 2014). Every seed is good, and the state is one word.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

  /// 0 … bound-1; 0 for bound 0. The bias of the multiplication is negligible for the bounds here.
  std::uint64_t below(std::uint64_t bound) {
    if (bound == 0) return 0;
    if (bound > 0xffffffffULL) return next() % bound;
    return ((next() >> 32) * bound) >> 32;
  }

  /// low … high, both included.
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }

  bool chance(unsigned percent) { return below(100) < percent; }

  template <class T>
  const T& pick(std::span<const T> from) {
    return from[static_cast<std::size_t>(below(from.size()))];
  }
  template <class T, std::size_t N>
  T pick(const T (&from)[N]) {
    return from[static_cast<std::size_t>(below(N))];
  }

  /// An index, drawn in proportion to its weight. All weights 0: the first.
  template <class Weights>
  unsigned weighted(const Weights& weights) {
    std::uint64_t sum = 0;
    for (const auto weight : weights)
      sum += weight;
    std::uint64_t at = below(sum);
    unsigned index = 0;
    for (const auto weight : weights) {
      if (at < weight) return index;
      at -= weight;
      ++index;
    }
    return 0;
  }

 private:
  std::uint64_t state_;
};

} // namespace growsdown::fuzz
