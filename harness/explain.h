// Tells a trace step by step: what each did, which rule decided, and how the address space looks.
#pragma once

#include "harness/draw.h"
#include "trace/trace.h"

#include <string>

namespace growsdown::harness {

struct ExplainOptions {
  std::size_t only = 0;    ///< tell this step only (from 1); 0: all
  bool drawAlways = false; ///< draw the address space also where a step did not change it
};

/// The telling of `trace` as the model sees it. An outcome or state that differs from what the
/// trace expects is marked.
std::string explain(const trace::Parameters& parameters, const trace::Trace& trace,
                    const ExplainOptions& options = {});

} // namespace growsdown::harness
