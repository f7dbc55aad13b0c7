// Opens a system by the name that `--on NAME` gives: a system of this program, a kernel, another
// process, or a plug-in library.
#pragma once

#include "harness/system.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::systems {

/// A kind of system that this build can open.
struct Kind {
  std::string_view name;     ///< as in `--on NAME`
  std::string_view argument; ///< the argument after a colon; empty: it takes none
  std::string_view text;     ///< a description
};

/// All kinds, in the order of the help text.
std::vector<Kind> kinds();
/// `model`, `exec:COMMAND`
std::string print(const Kind& kind);

/// The system of that name. Null with `error` if it cannot be opened.
std::unique_ptr<harness::System> open(std::string_view name, std::string& error);

} // namespace growsdown::systems
