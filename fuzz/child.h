// Code that may crash or hang, in a child process.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace growsdown::fuzz {

/// How a process ended: `signal-6`, `exit-1`; empty if it ended well.
std::string crashOf(int status);

/// Runs `what` in a child process that is killed after `limit`. The result is empty if the child
/// ended well, otherwise how it crashed: as crashOf, or `hang`. Empty, too, if there is no process.
std::string inChild(std::chrono::milliseconds limit, const std::function<void()>& what);

} // namespace growsdown::fuzz
