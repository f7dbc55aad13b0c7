// The state in which a trace starts, from its `init` lines.
#pragma once

#include "model/start.h"
#include "trace/check.h"
#include "trace/trace.h"

#include <stdexcept>
#include <string>

namespace growsdown::harness {

/// The `init` lines of a trace describe a state that is impossible under these parameters. The
/// message names file, line and reason.
struct MalformedInitial : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// The state in which `trace` starts, with counters derived from its areas if the `init` lines have
/// none. It is kept in `storage`. Null if the trace has no `init` lines. Throws MalformedInitial.
inline const trace::State* startingState(const trace::Parameters& parameters,
                                         const trace::Trace& trace, trace::State& storage) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  if (!trace.initial) return nullptr;
  storage = *trace.initial;
  if (const auto why = model::completeStart(parameters, storage))
    throw MalformedInitial((trace.file.empty() ? "trace" : trace.file) + ":" +
                           std::to_string(trace.line) + ": initial state under " +
                           std::string(parameters.rules->name) + ": " + *why);
  return &storage;
}

} // namespace growsdown::harness
