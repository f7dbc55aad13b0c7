// The other side of the line protocol: a harness::System answers it (docs/protocol.md).
#pragma once

#include "harness/system.h"
#include "systems/protocol.h"

#include <cstdio>

namespace growsdown::systems {

/// Answers the requests on `in` until it ends. `hello.shows` is what its snapshots are reduced to.
/// Returns an exit code: 0 at the end of the input, 2 behind a request that is none (which is told
/// on stderr), 4 where `out` cannot be written.
int serve(harness::System& system, const Hello& hello, std::FILE* in, std::FILE* out);

} // namespace growsdown::systems
