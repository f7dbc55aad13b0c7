// The state that a trace's `init` lines describe, made ready for a system to start in.
#pragma once

#include "trace/initial.h"
#include "trace/trace.h"

#include <stdexcept>
#include <string>

namespace growsdown::harness {

/// `init` lines that describe no state which a system under these parameters can be in: malformed
/// input. Says file, line and why.
struct MalformedInitial : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// The state that `trace` starts in, with counters that its `init` lines leave to the areas, kept
/// in `storage`; null where it has none. Throws MalformedInitial.
inline const trace::State* startingState(const trace::Parameters& parameters,
                                         const trace::Trace& trace, trace::State& storage) {
  if (!trace.initial) return nullptr;
  storage = *trace.initial;
  if (const auto why = trace::completeInitial(parameters, storage))
    throw MalformedInitial((trace.file.empty() ? "trace" : trace.file) + ":" +
                           std::to_string(trace.line) + ": initial state under " +
                           std::string(parameters.rules->name) + ": " + *why);
  return &storage;
}

} // namespace growsdown::harness
