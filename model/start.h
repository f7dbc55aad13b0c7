// The states that a process can start in, by the functions of the model.
#pragma once

#include "trace/ruleset.h"
#include "trace/state.h"

#include <optional>
#include <string>

namespace growsdown::model {

/// Why no process can be in a state, or nothing if one can. A process can be in a well-formed state
/// (trace::checkInitialForm) in which
/// - areas lie below the end of user addresses, and fit their objects (`unfit`);
/// - every object is mapped by some area, and holds no page beyond its size;
/// - every page lies in an area that it fits (`unfit`), and its entry is one that the rules make
///   (`settle`, `flush`);
/// - no two pages of private memory or of objects have one frame;
/// - the simulated machine has the memory;
/// - total, stack, locked, data and committed pages are at least what the areas count for
///   (`accountArea`). They may be more: a charge can outlive its area.
std::optional<std::string> checkStart(const trace::Parameters& parameters,
                                      const trace::State& state);

/// Raises counters that are lower than what the areas count for, since a trace need not give them.
/// Then checks as `checkStart` does.
std::optional<std::string> completeStart(const trace::Parameters& parameters, trace::State& state);

} // namespace growsdown::model
