// Serves a harness::System over the line protocol (docs/protocol.md).
#pragma once

#include "harness/system.h"
#include "systems/protocol.h"

#include <cstdio>

namespace growsdown::systems {

/// Answers the requests on `in` until it ends. Snapshots are reduced to `hello.shows`. Returns an
/// exit code: 0 at the end of the input, 2 after a malformed request, which is reported on stderr, and
/// 4 if `out` cannot be written.
int serve(harness::System& system, const Hello& hello, std::FILE* in, std::FILE* out);

} // namespace growsdown::systems
