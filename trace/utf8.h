// UTF-8 as trace files have it.
#pragma once

#include <cstddef>

namespace growsdown::trace {

/// The length of the well-formed UTF-8 sequence (RFC 3629) at `p`, or 0. `p` is before `end`.
std::size_t utf8Length(const char* p, const char* end);

} // namespace growsdown::trace
