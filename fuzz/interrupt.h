// Signals that ask a run to end: what was found is reported before the program leaves.
#pragma once

#include <array>
#include <string>

#include <csignal>

namespace growsdown::fuzz {

/// While an object of this class exists, the first SIGINT, SIGTERM or SIGHUP only sets a flag. A
/// signal that comes more than a second later kills the process; `timeout` sends its signal twice at
/// once. Objects may be nested; the outermost one restores the handlers.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// The signal that came, or 0.
  static int signal();
  /// `interrupted by SIGTERM`; empty if no signal came.
  static std::string text();
  /// For a forked worker: the signals are for the process that supervises it. Programs that the
  /// worker starts receive them as usual.
  static void leaveToParent();

 private:
  std::array<struct sigaction, 3> before_{};
};

} // namespace growsdown::fuzz
