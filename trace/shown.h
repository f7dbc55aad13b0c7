// What a trace's `= map` and `= pages` lines show of a state.
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

/// The `= map` and `= pages` lines for a state, into `out` (its capacity is reused). Its page
/// tables are among them if `tables`: behind a fork, or once an area lies outside the windows,
/// their number means nothing.
void show(const State& state, bool tables, Observation& out);

} // namespace growsdown::trace
