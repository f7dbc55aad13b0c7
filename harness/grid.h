// Grids of values: the axes of a scope, and sets of points in words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace growsdown::harness {

/// A coordinate of a grid. Consecutive numbers are printed as ranges.
struct Axis {
  std::string name;
  std::vector<std::string> values;
  bool inStep = false; ///< the last step of a point shows its value
};

/// Points of a grid in words, as a disjoint union of boxes, each a set of values per axis:
/// `left 0..255, neighbour r-- or -w-`. An axis is left out of a box that has all its values. An
/// axis with `inStep` is left out of all boxes if they have the same values. The empty string means
/// every point.
std::vector<std::string> describe(const std::vector<std::vector<std::uint16_t>>& points,
                                  std::span<const Axis> axes);

} // namespace growsdown::harness
