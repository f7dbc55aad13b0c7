// Traces from what people have: a /proc/PID/maps, a core file, an strace log.
#pragma once

#include "trace/trace.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// A trace, and what it does not have of its source, one sentence each.
struct Imported {
  trace::Trace trace;
  std::vector<std::string> notes;
};

/// The areas of a process as an initial state, from the text of /proc/PID/maps. `[stack]` grows
/// down; pages have `page` bytes. Stops with `usage` and FILE:LINE if a line is not one of that file.
Imported importMaps(std::string_view text, const std::string& file, std::uint64_t page);

/// The same from a core file of Linux (ELF, 64 bits, x86-64 or arm64), and the access that ended the
/// process, if that was a fault. Stops with `usage` if it is cut short or something else.
Imported importCore(std::string_view bytes, const std::string& file);

/// The calls of one process from what `strace -f` prints, as steps with their results. `pid` selects
/// the process; 0: the first one of the log. Stops with `usage` if the log has none of its calls.
Imported importStrace(std::string_view text, const std::string& file, std::uint64_t pid);

/// Adds an area to an initial state. A private area that is writable is accounted; a shared one gets
/// an object of its own. `offset` is that of a file, in bytes; 0 without a file.
struct ImportedArea {
  std::uint64_t start = 0, end = 0; ///< bytes
  std::uint32_t rights = 0;         ///< trace::vm
  bool shared = false, growsdown = false;
  bool file = false;
  std::uint64_t offset = 0; ///< in the file, bytes
};
void addArea(trace::State& state, const ImportedArea& area, std::uint64_t page);

} // namespace growsdown::tools
