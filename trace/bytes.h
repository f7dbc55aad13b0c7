// The byte form of a trace, for fuzzing engines (docs/trace-format.md, "The byte form"). Every byte
// string means a well-formed trace under some rule set, and every trace has bytes.
#pragma once

#include "trace/trace.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace growsdown::trace {

struct Decoded {
  const RuleSet* rules; ///< one of ruleSets()
  Trace trace;          ///< steps and `with` lines; nothing is expected of the steps
};

/// A byte form consists of a header and records of one size.
inline constexpr std::size_t byteHeaderSize = 8;
inline constexpr std::size_t byteRecordSize = 16;
/// Further steps are neither decoded nor encoded.
inline constexpr std::size_t maxDecodedSteps = 96;

/// Accepts every byte string. The rule set takes the trace's `with` lines (makeParameters succeeds).
/// `with memory` is small, unless a literal record holds it.
Decoded decode(std::span<const std::uint8_t> bytes);

/// Bytes that decode to:
/// - the rule set of the same name, if it is one of ruleSets(), else the first one;
/// - the same `with` lines, as far as the rule set takes them;
/// - the same steps, up to maxDecodedSteps.
/// Expectations, comments and an initial state are lost.
std::vector<std::uint8_t> encode(const RuleSet& rules, const Trace& trace);

} // namespace growsdown::trace
