// The address-space calls of real programs, as bench/program-mix recorded them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace growsdown::bench {

/// A call, or the lookup of a page fault. Addresses are in bytes, `end` is exclusive.
struct ProgramStep {
  enum class Kind : std::uint8_t { map, unmap, protect, find };
  Kind kind;
  std::uint32_t flags; ///< of `map` and `protect`: areas with the same flags merge
  std::uint64_t start; ///< of `find`: the address
  std::uint64_t end;
};

struct Program {
  std::string name;
  std::vector<ProgramStep> steps;
  unsigned calls = 0;
  unsigned mostAreas = 0;
};

/// Reads all files DIRECTORY/NAME.calls. Where a page fault took place is not recorded. So as many
/// lookups as there were page faults are spread evenly between the calls. Three quarters go to the
/// area of the last call or lookup, from page to page, and the others to a random area. Throws
/// std::runtime_error, with the name of the file, if a file cannot be read.
std::vector<Program> readPrograms(const std::string& directory);

} // namespace growsdown::bench
