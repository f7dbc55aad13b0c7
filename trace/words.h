// Arithmetic of addresses, sizes and counts that may wrap because Linux's arithmetic wraps there.
// The proofs require of all other arithmetic in a rule that it does not wrap.
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
