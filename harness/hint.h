// What a reader of a refusal may not know.
#pragma once

#include "trace/trace.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace growsdown::harness {

/// A hint for the reader of a step that this rule decided. Empty unless the trace may not say what its
/// author means: a stack grows far from a stack pointer that no step has set.
std::string hintFor(std::string_view rule, const trace::Trace& trace, std::size_t step);

} // namespace growsdown::harness
