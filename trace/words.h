// Arithmetic of addresses, sizes and counts that is meant to wrap, because Linux' does: everywhere
// else the proofs demand of a rule that it does not.
#pragma once

#include <cstdint>

namespace growsdown::trace {

/// a + b and a - b modulo 2^64.
constexpr std::uint64_t wrappingSum(std::uint64_t a, std::uint64_t b) {
  return a + b;
}
constexpr std::uint64_t wrappingDifference(std::uint64_t a, std::uint64_t b) {
  return a - b;
}

} // namespace growsdown::trace
