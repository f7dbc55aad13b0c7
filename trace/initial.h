// An initial state for simulated systems: the `init` lines of a trace (docs/trace-format.md).
#pragma once

#include "trace/ruleset.h"
#include "trace/state.h"

#include <optional>
#include <string>

namespace growsdown::trace {

/// Why a system cannot start in this state, or nothing if it can. What holds then:
/// - areas and pages ascend, areas are page-aligned, not empty, disjoint and below the task's size;
/// - shared areas have an object that is listed, private ones none; only private areas have an
///   anon_vma or grow;
/// - every page lies in an area of its kind and grants what the hardware would (law of section 1.2
/// of
///   the rules: any right makes readable); a zero page and an inherited one are not writable; a
///   shared one is its object's page; no private frame stands there twice;
/// - every object is mapped by some area, and its pages are below its size;
/// - all that fits the memory of the simulated machine;
/// - total, stack, locked, data and committed are no less than the areas make them (more: memory
///   that is not shown, such as a charge that outlived its area).
/// Counters::mapCount, tables and faults and Area::shownStart are not looked at: they follow from
/// the rest.
std::optional<std::string> checkInitial(const Parameters& parameters, const State& state);

/// Raises the counters that are lower than the areas make them (a trace need not say them), then
/// checks as `checkInitial` does.
std::optional<std::string> completeInitial(const Parameters& parameters, State& state);

} // namespace growsdown::trace
