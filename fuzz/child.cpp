#include "fuzz/child.h"

#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace growsdown::fuzz {

using Clock = std::chrono::steady_clock;

std::string crashOf(int status) {
  if (WIFSIGNALED(status)) return "signal-" + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "exit-" + std::to_string(WEXITSTATUS(status));
  return {};
}

std::string inChild(std::chrono::milliseconds limit, const std::function<void()>& what) {
  const pid_t pid = fork();
  if (pid < 0) return {};
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The worker has already printed what this child would print of the same crash.
    const int null = open("/dev/null", O_WRONLY);
    if (null >= 0) dup2(null, 2);
    what();
    _exit(0);
  }
  const auto begin = Clock::now();
  int status = 0;
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() - begin > limit) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      return "hang";
    }
    const timespec shortly{0, 200'000};
    nanosleep(&shortly, nullptr);
  }
  return crashOf(status);
}

} // namespace growsdown::fuzz
