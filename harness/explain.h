// Explains a trace step by step: the outcome, the rule that decided, and a drawing of the state.
#pragma once

#include "harness/draw.h"
#include "trace/trace.h"

#include <string>

namespace growsdown::harness {

struct ExplainOptions {
  std::size_t only = 0;    ///< explain only this step (from 1); 0: all
  bool drawAlways = false; ///< draw the address space even if a step did not change it
  std::size_t most = 20;   ///< areas in a drawing, those around the step's address; 0: all
};

/// Explains `trace` as it runs on the model, and marks outcomes and states that the trace does not
/// expect.
std::string explain(const trace::Parameters& parameters, const trace::Trace& trace,
                    const ExplainOptions& options = {});

} // namespace growsdown::harness
