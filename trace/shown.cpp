#include "trace/shown.h"

#include <algorithm>

namespace growsdown::trace {

void show(const State& state, bool tables, Observation& out) {
  out.map.clear();
  out.pages = {};
  out.faults = 0;
  out.hasMap = out.hasPages = true;
  out.same = out.abnormal = out.hasFaults = false;

  // Shown ranges ascend as the areas do, so the present pages are counted in one pass.
  auto page = state.pages.begin();
  forEachPart(state, [&](const Area& area, const Window& window) {
    const std::uint64_t start = std::max(area.shownStart, window.start);
    const std::uint64_t end = std::min(area.end, window.end);
    out.map.push_back({start, end, static_cast<std::uint8_t>(area.flags & vm::access),
                       (area.flags & vm::shared) != 0});
    while (page != state.pages.end() && page->address < start)
      ++page;
    while (page != state.pages.end() && page->address < end) {
      ++page;
      ++out.pages.resident;
    }
  });

  out.pages.size = static_cast<std::int64_t>(state.counters.total);
  out.pages.stack = static_cast<std::int64_t>(state.counters.stack);
  out.pages.locked = static_cast<std::int64_t>(state.counters.locked);
  out.pages.data = static_cast<std::int64_t>(state.counters.data);
  out.pages.hasTables = tables;
  if (tables) out.pages.tables = static_cast<std::int64_t>(state.counters.tables);
}

} // namespace growsdown::trace
