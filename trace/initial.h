// The form of an initial state: the `init` lines of a trace (docs/trace-format.md). Whether a
// process can be in such a state is a question to the rules: model/start.h.
#pragma once

#include "trace/ruleset.h"
#include "trace/state.h"

#include <optional>
#include <string>

namespace growsdown::trace {

/// Why a state is not well-formed, or nothing if it is. In a well-formed state:
/// - areas are whole pages, not empty, in ascending order and disjoint;
/// - pages, objects and the pages of objects are in ascending order;
/// - flags and rights are known ones;
/// - identities are below 2^62 (a system counts on from the greatest one that it was given), and
///   objects, object pages and pages other than the zero page have one;
/// - areas and object pages name objects that are listed;
/// - page offsets, sizes and counters stay below 2^64 bytes.
/// Counters::mapCount, tables and faults and Area::shownStart follow from the rest and are ignored.
std::optional<std::string> checkInitialForm(const Parameters& parameters, const State& state);

} // namespace growsdown::trace
