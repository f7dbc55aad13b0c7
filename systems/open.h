// The door of this room: a system by the name that a person gives it (`--on NAME`). What is not
// ours (a kernel, an executor process, a plug-in library) comes in here too, as a harness::System.
#pragma once

#include "harness/system.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::systems {

/// A kind of system that this build can open.
struct Kind {
  std::string_view name;     ///< as `--on` takes it
  std::string_view argument; ///< what follows behind a colon, if anything does
  std::string_view text;     ///< what it is
};

/// All kinds, in the order in which help lists them.
std::vector<Kind> kinds();
/// `model`, `exec:COMMAND`
std::string print(const Kind& kind);

/// The system of that name. Null, with `error` saying why, where it cannot be opened.
std::unique_ptr<harness::System> open(std::string_view name, std::string& error);

} // namespace growsdown::systems
