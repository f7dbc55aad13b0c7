// Assertions that stay on in release builds.
//
//     GROWSDOWN_CHECK(start < end);
//
// A check states a precondition or an invariant. If the condition is false, the program prints
// file, line, function and condition to stderr and aborts: an address space whose structures are
// wrong must not give an answer. A check allocates nothing. GROWSDOWN_NO_CHECKS compiles the checks
// out; it exists only to measure what they cost.
#pragma once

namespace growsdown::trace {

/// Reports a failed check and aborts.
[[noreturn, gnu::cold]] void checkFailed(const char* file, unsigned line, const char* function,
                                         const char* condition) noexcept;

} // namespace growsdown::trace

#ifdef GROWSDOWN_NO_CHECKS
#define GROWSDOWN_CHECK(condition) static_cast<void>(sizeof(static_cast<bool>(condition)))
#else
#define GROWSDOWN_CHECK(condition)                                                                 \
  do {                                                                                             \
    if (!static_cast<bool>(condition)) [[unlikely]]                                                \
      ::growsdown::trace::checkFailed(__FILE__, __LINE__, __func__, #condition);                   \
  } while (false)
#endif
