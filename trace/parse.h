// The lines of a trace, each read by one function. Internal to the parser.
#pragma once

#include "trace/scan.h"
#include "trace/trace.h"

namespace growsdown::trace {

inline constexpr std::string_view headerWord = "growsdown-trace";

/// A step from its first word on, and the outcome after `->` if there is one.
void parseStep(Scanner& in, Step& step, Outcome& expected);

/// A state line, from the word after `=` on. `state` has the lines before it.
void parseStateLine(Scanner& in, Observation& state);

/// An initial state's line, from the word after `init` on. `sawCounters` is kept from line to line.
void parseInitialLine(Scanner& in, State& state, bool& sawCounters);

} // namespace growsdown::trace
