// Draws an address space as text.
#pragma once

#include "trace/ruleset.h"
#include "trace/state.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace growsdown::harness {

struct DrawOptions {
  std::optional<std::uint64_t> touched; ///< an address to point at
  unsigned cells = 40;                  ///< width of an area's strip of pages
  std::size_t most = 0;                 ///< areas to draw, those around `touched`; 0: all
  std::string indent = "    ";
};

/// Draws one line per area, by ascending address, and the free room below each grows-down area. A
/// strip has a character per page, or per group of pages in a wide area:
///   .  absent                z  the zero page
///   #  a page of its own     s  a shared page
///   i  inherited, not copied yet
///   G  the guard page inside a grows-down area
///   ^  (below the strip) the touched address
std::string draw(const trace::State& state, const trace::Parameters& parameters,
                 const DrawOptions& options = {});

} // namespace growsdown::harness
