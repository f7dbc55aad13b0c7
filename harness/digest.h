// A hash of everything in a model's space that a later step can depend on.
#pragma once

#include "model/state.h"

#include <cstddef>
#include <cstdint>

namespace growsdown::harness {

/// Hashes words into 128 bits: two 64-bit multiply-and-shift chains with different constants.
class Digest {
 public:
  struct Key {
    std::uint64_t low = 0, high = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.low); }
  };

  void add(std::uint64_t word) {
    low_ = (low_ ^ word) * 0x9e3779b97f4a7c15;
    low_ ^= low_ >> 32;
    high_ = (high_ + word) * 0xd6e8feb86659fd93;
    high_ ^= high_ >> 29;
  }
  /// Adds what a later step of `space` can depend on. Spaces that differ only in identities add the
  /// same words. Parameters and tunables are left out, so two spaces must have the same ones.
  void add(const model::Space<model::Concrete>& space);
  Key key() const { return {low_, high_}; }

 private:
  std::uint64_t low_ = 0x243f6a8885a308d3, high_ = 0x13198a2e03707344;
};

} // namespace growsdown::harness
