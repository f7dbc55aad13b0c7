// How the byte form of a trace encodes addresses and lengths (docs/trace-format.md, "The byte
// form"). Internal to bytes.cpp.
#pragma once

#include "trace/ruleset.h"

#include <array>
#include <cstdint>

namespace growsdown::trace {

/// A tweak is a few bytes on top of a number of pages; codes below `firstTweak` add none.
inline constexpr unsigned firstTweak = 240;
inline constexpr unsigned tweakCount = 16;

/// What the forms mean under one rule set and its `with` lines. `encode` functions give bytes that
/// the functions above them read as the same value, or false if only a literal record can encode
/// it.
class Terms {
 public:
  using Byte = std::uint8_t;

  explicit Terms(const Parameters& p);

  /// `tweakCode` may have more bits than the byte of a record that it comes from.
  std::uint64_t address(Byte how, Byte low, Byte high, unsigned tweakCode) const;
  bool encodeAddress(std::uint64_t value, Byte& how, Byte& low, Byte& high, Byte& tweakCode) const;

  std::uint64_t length(Byte how, Byte value, Byte tweakCode) const;
  bool encodeLength(std::uint64_t value, Byte& how, Byte& low, Byte& tweakCode) const;

 private:
  static constexpr unsigned wildAnchor = 15;
  static constexpr unsigned anchorCount = 15;

  std::uint64_t tweak(unsigned code) const;
  static unsigned tweakCodeAt(unsigned attempt);

  std::uint64_t page_;
  std::array<std::uint64_t, anchorCount> anchors_{};
  std::array<std::uint64_t, 16> wild_{};
  std::array<std::uint64_t, 16> absurd_{};
  std::array<std::uint64_t, tweakCount> tweaks_{};
};

} // namespace growsdown::trace
