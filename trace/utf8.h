// UTF-8 as trace files have it.
#pragma once

#include <cstddef>

namespace growsdown::trace {

/// The length of the well-formed UTF-8 sequence (RFC 3629) at `p`, or 0. `p` is before `end`.
std::size_t utf8Length(const char* p, const char* end);

/// Whether the sequence of that length at `p` is a control character that is longer than a byte. These
/// are the C1 controls (U+0080 to U+009F), which a terminal obeys like an escape, and those that
/// reorder the text around them (U+202A to U+202E, U+2066 to U+2069).
bool isLongControl(const char* p, std::size_t length);

} // namespace growsdown::trace
