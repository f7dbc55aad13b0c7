#include "trace/check.h"

#include <cstdio>
#include <cstdlib>

namespace growsdown::trace {

void checkFailed(const char* file, unsigned line, const char* function,
                 const char* condition) noexcept {
  std::fprintf(stderr, "%s:%u: %s: check failed: %s\n", file, line, function, condition);
  std::abort();
}

} // namespace growsdown::trace
