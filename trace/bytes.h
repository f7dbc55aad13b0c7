// The byte form of a trace, for fuzzing engines: every byte string is some well-formed trace under
// some rule set, and every trace has bytes (docs/trace-format.md, "The byte form").
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

/// A byte form begins with a header and goes on with records of one size.
inline constexpr std::size_t byteHeaderSize = 8;
inline constexpr std::size_t byteRecordSize = 16;
/// More steps than these are not decoded, and not encoded.
inline constexpr std::size_t maxDecodedSteps = 96;

/// Total. The rule set takes the trace's `with` lines (makeParameters succeeds), and `with memory`
/// is small unless the bytes say otherwise in the one way that `encode` does.
Decoded decode(std::span<const std::uint8_t> bytes);

/// Bytes that decode to the same rule set (by name, if it is one of ruleSets(); else the first),
/// the same `with` lines (those that the rule set takes) and the same first maxDecodedSteps steps.
/// What is expected of the steps, comments and an initial state are lost.
std::vector<std::uint8_t> encode(const RuleSet& rules, const Trace& trace);

} // namespace growsdown::trace
