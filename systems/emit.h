// Writes a trace as a program that performs it.
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

/// The same as a test in the manner of the kernel's selftests: it prints KTAP, one test per step, and
/// exits with 0 (pass), 1 (fail) or 4 (skip: this machine cannot perform a step).
std::string emitSelftest(const trace::Trace& trace, const trace::Parameters& parameters,
                         std::string_view rules, std::string& error);

/// A test with GoogleTest of the public library (growsdown/address_space.hpp): the calls of the
/// trace, with an expectation for each outcome, each list of areas and each counter that the trace
/// states. Page tables are left out, because a trace counts those of its program, too. `error` as for
/// emitC; an answer outside the windows has no expectation.
std::string emitGtest(const trace::Trace& trace, const trace::Parameters& parameters,
                      std::string& error);

/// A comment of a trace as a comment in C or C++, with its newline.
std::string emittedComment(std::string_view text, std::string_view indent);

} // namespace growsdown::systems
