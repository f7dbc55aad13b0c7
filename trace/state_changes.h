// Which parts of a state a step may have changed.
#pragma once

#include <cstddef>

namespace growsdown::trace {

/// The elements of a list that may have changed: all except the first `before` and the last `after`.
/// Both count elements that the old list and the new one share.
struct Changed {
  std::size_t before = 0;
  std::size_t after = 0;

  friend bool operator==(const Changed&, const Changed&) = default;
};

/// The lists of a State. Counters may always have changed. By default everything may have changed.
struct StateChanges {
  Changed areas;
  Changed pages;
  Changed objects;
  Changed objectPages;

  friend bool operator==(const StateChanges&, const StateChanges&) = default;
};

} // namespace growsdown::trace
