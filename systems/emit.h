// A trace as a program that performs it.
#pragma once

#include "trace/ruleset.h"
#include "trace/trace.h"

#include <string>
#include <string_view>

namespace growsdown::systems {

/// A C11 program for Linux on x86-64 or arm64, without dependencies: performs the trace for real,
/// checks what it expects, prints each step and what differs. Exits 0 (agrees), 1 (differs), 3 (the
/// place cannot give what the trace needs, and it says what) or 4 (its process died). It prints
/// `rules`, the names of what says what is expected. The text is
/// systems/executor/executor.c with the trace in front of it. Without steps or with an initial
/// state there is no such program: empty, with `error` saying so.
std::string emitC(const trace::Trace& trace, const trace::Parameters& parameters,
                  std::string_view rules, std::string& error);

} // namespace growsdown::systems
