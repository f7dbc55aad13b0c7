// The parts of its state that a system shows. Two systems are compared in the parts that both show.
#pragma once

#include "trace/state.h"

#include <cstdint>
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
inline constexpr Fields total = 1U << 14;     ///< from here on, one bit per counter
inline constexpr Fields stack = 1U << 15;
inline constexpr Fields locked = 1U << 16;
inline constexpr Fields data = 1U << 17;
inline constexpr Fields committed = 1U << 18;
inline constexpr Fields mapCount = 1U << 19;
inline constexpr Fields tables = 1U << 20;
inline constexpr Fields faults = 1U << 21;
inline constexpr Fields counters = 0xffU << 14;
inline constexpr Fields all = (1U << 22) - 1;
} // namespace shown

/// The name of a counter, its bit in Fields, and its member.
struct CounterField {
  std::string_view name;
  Fields field;
  std::uint64_t trace::Counters::*member;
};
inline constexpr CounterField counterFields[] = {
    {"total", shown::total, &trace::Counters::total},
    {"stack", shown::stack, &trace::Counters::stack},
    {"locked", shown::locked, &trace::Counters::locked},
    {"data", shown::data, &trace::Counters::data},
    {"committed", shown::committed, &trace::Counters::committed},
    {"map-count", shown::mapCount, &trace::Counters::mapCount},
    {"tables", shown::tables, &trace::Counters::tables},
    {"faults", shown::faults, &trace::Counters::faults},
};

/// The names in a set, in the order above, separated by blanks: `areas pages total`.
std::string print(Fields fields);
/// The field with that name.
std::optional<Fields> field(std::string_view word);

/// Resets the parts of `state` that are not in `fields` to their defaults. Without shown::elsewhere,
/// areas are clipped to the windows. Without shown::start, areas start where /proc/self/maps shows
/// them.
void reduce(trace::State& state, Fields fields);

} // namespace growsdown::harness
