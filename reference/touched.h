// The addresses at which something changed.
#pragma once

#include "trace/check.h"

#include <algorithm>
#include <cstdint>

namespace growsdown::reference {

/// The smallest range of addresses (bytes, `end` exclusive) with all changes.
struct Touched {
  std::uint64_t start = ~std::uint64_t{0};
  std::uint64_t end = 0;

  bool none() const { return start >= end; }
  void add(std::uint64_t from, std::uint64_t to) {
    GROWSDOWN_CHECK(from <= to);
    start = std::min(start, from);
    end = std::max(end, to);
  }
  void add(const Touched& other) {
    if (!other.none()) add(other.start, other.end);
  }
};

} // namespace growsdown::reference
