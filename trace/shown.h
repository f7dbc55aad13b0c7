// What a trace's `= map` and `= pages` lines show of a state.
#pragma once

#include "trace/state.h"

namespace growsdown::trace {

/// The `= map` and `= pages` lines for a state, into `out` (its capacity is reused). Its page
/// tables are among them if `tables`: behind a fork, or once an area lies outside the windows,
/// their number means nothing.
void show(const State& state, bool tables, Observation& out);

} // namespace growsdown::trace
