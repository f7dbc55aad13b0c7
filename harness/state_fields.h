// The parts of its state that a system shows. Two systems are compared in the parts that both show.
#pragma once

#include "trace/fields.h"
#include "trace/state.h"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace growsdown::harness {

/// A set of parts of trace::State.
using Fields = std::uint32_t;
namespace shown {
inline constexpr Fields areas = 1U << 0;   ///< the areas' ranges, rights, and which are shared
inline constexpr Fields start = 1U << 1;   ///< the exact start of areas
inline constexpr Fields maps = 1U << 2;    ///< the start that /proc/self/maps shows
inline constexpr Fields flags = 1U << 3;   ///< growsdown, locked, noreserve
inline constexpr Fields account = 1U << 4; ///< account, nohugepage
inline constexpr Fields pgoff = 1U << 5;   ///< vm_pgoff
inline constexpr Fields anon = 1U << 6;    ///< anon_vmas, and which areas inherited theirs
inline constexpr Fields objects = 1U << 7; ///< shared objects; with `frames`, the pages they hold
inline constexpr Fields pages = 1U << 8;   ///< which pages are present; requires `areas`
inline constexpr Fields kinds = 1U << 9;   ///< whether a page is zero, anonymous or shared
inline constexpr Fields rights = 1U << 10; ///< what a page's entry grants
inline constexpr Fields frames = 1U << 11; ///< the identities of frames, and which are inherited
inline constexpr Fields dirty = 1U << 12;  ///< whether an entry is dirty, or hosted
inline constexpr Fields elsewhere = 1U << 13; ///< areas and pages outside the windows
inline constexpr unsigned firstCounter = 14;
/// The counters, each by itself, in the order of trace/fields.def.
enum CounterPlace : unsigned {
#define GROWSDOWN_COUNTER(counter, ...) counter##Place,
#include "trace/fields.def"
};
#define GROWSDOWN_COUNTER(counter, ...)                                                            \
  inline constexpr Fields counter = 1U << (firstCounter + counter##Place);
#include "trace/fields.def"
inline constexpr Fields counters = ((1U << std::size(trace::counterFields)) - 1) << firstCounter;
inline constexpr Fields all = (1U << (firstCounter + std::size(trace::counterFields))) - 1;
} // namespace shown

/// The bit of a row of trace::counterFields, given by its place or itself.
constexpr Fields shownCounter(std::size_t place) {
  return 1U << (shown::firstCounter + place);
}
constexpr Fields shownCounter(const trace::CounterField& counter) {
  return shownCounter(static_cast<std::size_t>(&counter - std::begin(trace::counterFields)));
}

/// The names in a set, in the order above, separated by blanks: `areas pages total`.
std::string print(Fields fields);
/// The field with that name.
std::optional<Fields> field(std::string_view word);

/// Resets the parts of `state` that are not in `fields` to their defaults. Without shown::elsewhere,
/// areas are clipped to the windows. Without shown::start, areas start where /proc/self/maps shows
/// them.
void reduce(trace::State& state, Fields fields);

/// Writes the parts of `from` that are in `fields` to `to`, as `reduce` leaves them. Does not read the
/// lists that are not in `fields`, which may be long.
void copyReduced(const trace::State& from, Fields fields, trace::State& to);

} // namespace growsdown::harness
