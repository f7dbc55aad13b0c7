// Draws an address space as text, for people.
#pragma once

#include "trace/ruleset.h"
#include "trace/state.h"

#include <cstdint>
#include <optional>
#include <string>

namespace growsdown::harness {

struct DrawOptions {
  std::optional<std::uint64_t> touched; ///< an address to point at
  unsigned cells = 40;                  ///< width of an area's strip of pages
  std::string indent = "    ";
};

/// One line an area, lowest address first, with the free room between them where a grows-down area
/// lies above it. The strip shows pages: `.` absent, `#` its own, `z` the zero page, `s` shared,
/// `i` inherited and not yet copied, `G` the guard page inside a grows-down area, `^` the address
/// touched; one cell stands for several pages where the area is wide.
std::string draw(const trace::State& state, const trace::Parameters& parameters,
                 const DrawOptions& options = {});

} // namespace growsdown::harness
