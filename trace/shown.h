// The part of a state that the `= map` and `= pages` lines of a trace show.
#pragma once

#include "trace/state.h"

namespace growsdown::trace {

/// Calls `part(area, window)` for each part of an area in a window, by ascending address. An empty
/// range at either edge of a window is outside, as in recordings.
template <typename Part>
void forEachPart(const State& state, const Part& part) {
  for (const Area& area : state.areas)
    for (const Window& window : windows)
      if (area.end > window.start && area.shownStart < window.end) part(area, window);
}

/// Fills in the `= map` and `= pages` lines for a state; the capacity of `out` is reused. They have
/// the number of page tables if `tables`. That number means nothing after a fork, or when an area
/// lies outside the windows.
void show(const State& state, bool tables, Observation& out);

} // namespace growsdown::trace
