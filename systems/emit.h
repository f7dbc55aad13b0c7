// Writes a trace as a C program.
#pragma once

#include "trace/ruleset.h"
#include "trace/trace.h"

#include <string>
#include <string_view>

namespace growsdown::systems {

/// A C11 program for Linux on x86-64 or arm64 that performs the trace for real. It has no
/// dependencies. It prints each step, its outcome, and every difference from what the trace
/// expects. It also prints `rules`, the names of the rule sets that the expectations come from.
/// Exit codes:
///   0  it agrees
///   1  it differs
///   3  unknown: this machine cannot perform the trace; the program prints the reason
///   4  the process of the trace died
/// The program is systems/executor/check.c with the trace above it. Returns an empty string with
/// `error` set if the trace has no steps, or has an initial state.
std::string emitC(const trace::Trace& trace, const trace::Parameters& parameters,
                  std::string_view rules, std::string& error);

} // namespace growsdown::systems
