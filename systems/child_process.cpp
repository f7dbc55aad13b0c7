#include "systems/child_process.h"

#include "harness/system.h"
#include "trace/text.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace growsdown::systems {
namespace {

using Clock = std::chrono::steady_clock;

std::string systemError(const char* what) {
  return std::string(what) + ": " + std::strerror(errno);
}

std::string signalName(int signal) {
  const char* const known = sigabbrev_np(signal);
  return known != nullptr ? "SIG" + std::string(known) : "signal " + std::to_string(signal);
}

} // namespace

ProcessLimits usualLimits() {
  ProcessLimits limits;
  if (const char* const text = std::getenv("GROWSDOWN_ANSWER_TIME"))
    if (const long wanted = std::strtol(text, nullptr, 10); wanted > 0)
      limits.answer = std::chrono::milliseconds(std::min(wanted, 3'600'000L));
  return limits;
}

ChildProcess::ChildProcess(const std::vector<std::string>& command, Limits limits)
    : limits_(limits) {
  // A socket, because a write to it can be made without SIGPIPE when the child has ended.
  int input[2], output[2], errors[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) != 0)
    throw harness::CannotSay(systemError("cannot make a socket"));
  if (pipe2(output, O_CLOEXEC) != 0) {
    const std::string why = systemError("cannot make a pipe");
    close(input[0]), close(input[1]);
    throw harness::CannotSay(why);
  }
  if (pipe2(errors, O_CLOEXEC) != 0) {
    const std::string why = systemError("cannot make a pipe");
    for (const int fd : {input[0], input[1], output[0], output[1]})
      close(fd);
    throw harness::CannotSay(why);
  }

  // Between fork and exec, only async-signal-safe functions may be called.
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  id_ = fork();
  if (id_ == 0) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    const rlimit noCore{0, 0};
    setrlimit(RLIMIT_CORE, &noCore);
    dup2(input[1], STDIN_FILENO);
    dup2(output[1], STDOUT_FILENO);
    dup2(errors[1], STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    for (const char* text : {static_cast<const char*>(arguments[0]),
                             ": cannot run: ", static_cast<const char*>(std::strerror(errno))})
      if (write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
    _exit(127);
  }
  const std::string why = systemError("cannot fork");
  for (const int fd : {input[1], output[1], errors[1]})
    close(fd);
  in_ = input[0];
  out_ = output[0];
  errors_ = errors[0];
  if (id_ < 0) {
    for (const int fd : {in_, out_, errors_})
      close(fd);
    throw harness::CannotSay(why);
  }
  setpgid(id_, id_); // in the parent and the child, because either may run first
  for (const int fd : {in_, out_, errors_})
    fcntl(fd, F_SETFL, O_NONBLOCK);
  startGuard();
}

// The guard waits for the end of a pipe, which is closed however this program ends. It kills the
// whole group; the parent-death signal of the child would not reach the processes that the child
// starts. If the guard cannot be started, only these may survive.
void ChildProcess::startGuard() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  guard_ = fork();
  if (guard_ == 0) {
    setpgid(0, id_);
    dup2(ends[0], STDIN_FILENO);
    execl("/bin/sh", "sh", "-c", "exec >/dev/null 2>&1; read line; kill -KILL 0", nullptr);
    _exit(127);
  }
  close(ends[0]);
  guarded_ = ends[1];
  if (guard_ > 0) setpgid(guard_, id_);
}

ChildProcess::~ChildProcess() {
  // The group first: once the child is reaped, another process may get its id.
  kill(-id_, SIGKILL);
  for (const pid_t child : {id_, guard_}) {
    if (child <= 0) continue;
    kill(child, SIGKILL);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
  }
  for (const int fd : {in_, out_, errors_, guarded_})
    if (fd >= 0) close(fd);
}

void ChildProcess::send(std::string_view text) {
  if (toSend_.empty()) {
    const ssize_t sent = ::send(in_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
  }
  toSend_ += text;
}

void ChildProcess::readErrors() {
  constexpr std::size_t kept = 200;
  char buffer[4096];
  const ssize_t size = read(errors_, buffer, sizeof buffer);
  if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
    close(errors_);
    errors_ = -1;
    return;
  }
  if (size < 0) return;
  stderrTail_.append(buffer, static_cast<std::size_t>(size));
  if (stderrTail_.size() > kept) stderrTail_.erase(0, stderrTail_.size() - kept);
}

// Sends and receives what is possible. Waits if nothing is.
void ChildProcess::pump(int waitMilliseconds) {
  pollfd polled[3] = {{out_, POLLIN, 0}, {errors_, POLLIN, 0}, {-1, POLLOUT, 0}};
  if (!toSend_.empty()) polled[2].fd = in_;
  if (poll(polled, 3, waitMilliseconds) <= 0) return;
  if (polled[2].revents != 0) {
    const ssize_t sent = ::send(in_, toSend_.data(), toSend_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) toSend_.erase(0, static_cast<std::size_t>(sent));
    if (sent < 0 && errno != EAGAIN && errno != EINTR) toSend_.clear(); // it has closed its input
  }
  if (polled[1].revents != 0) readErrors();
  if (polled[0].revents != 0) {
    if (readFrom_ != 0) {
      read_.erase(0, readFrom_);
      searched_ -= readFrom_;
      readFrom_ = 0;
    }
    char buffer[1 << 16];
    const ssize_t size = read(out_, buffer, sizeof buffer);
    if (size > 0) read_.append(buffer, static_cast<std::size_t>(size));
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR)) {
      close(out_);
      out_ = -1;
    }
  }
}

bool ChildProcess::takeLine(std::string& out) {
  const std::size_t newline = read_.find('\n', searched_);
  if (newline == std::string::npos) {
    searched_ = read_.size();
    return false;
  }
  std::size_t size = newline - readFrom_;
  if (size > 0 && read_[newline - 1] == '\r') --size;
  out.assign(read_, readFrom_, size);
  readFrom_ = searched_ = newline + 1;
  return true;
}

std::string ChildProcess::line() {
  std::string out;
  if (takeLine(out)) return out;
  const auto deadline = Clock::now() + limits_.answer;
  for (;;) {
    if (out_ < 0) ended();
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) {
      siginfo_t info{};
      const bool gone =
          waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
          info.si_pid == id_;
      throw harness::NoAnswer(
          "no answer within " + std::to_string(limits_.answer.count()) + " ms" +
          (gone ? "; the process has ended, and another one holds its output" : ""));
    }
    pump(static_cast<int>(std::min<long long>(left, 1000)));
    if (takeLine(out)) {
      if (out.size() > limits_.line) break;
      if (read_.size() - readFrom_ <= limits_.backlog) return out;
    }
    if (read_.size() - readFrom_ > limits_.line) break;
  }
  throw harness::Misbehaved("it sends too much: a line of more than " +
                            std::to_string(limits_.line) + " bytes, or unrequested output");
}

void ChildProcess::expectNothing() const {
  if (read_.size() == readFrom_) return;
  const std::string_view rest = std::string_view(read_).substr(readFrom_, 80);
  throw harness::Misbehaved("it sent unrequested output: `" +
                            trace::plainText(rest.substr(0, rest.find('\n'))) + "`");
}

void ChildProcess::ended() {
  // It closed its stdout. Give it a moment to end and to write the reason.
  int status = 0;
  bool known = false;
  const auto deadline = Clock::now() + std::chrono::milliseconds(500);
  while (!known && Clock::now() < deadline) {
    siginfo_t info{};
    if (waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == id_) {
      known = true;
      status = info.si_status;
      std::string text = info.si_code == CLD_EXITED
                             ? "it ended with exit code " + std::to_string(status)
                             : "it was killed by " + signalName(status);
      if (info.si_code == CLD_EXITED && status > 128 && status < 128 + NSIG)
        text += " (as a shell reports " + signalName(status - 128) + ")";
      while (errors_ >= 0) {
        pollfd polled{errors_, POLLIN, 0};
        if (poll(&polled, 1, 0) <= 0) break;
        readErrors();
      }
      while (!stderrTail_.empty() && stderrTail_.back() == '\n')
        stderrTail_.pop_back();
      std::replace(stderrTail_.begin(), stderrTail_.end(), '\n', '/');
      if (!stderrTail_.empty()) text += ": " + trace::plainText(stderrTail_);
      throw harness::Misbehaved(text);
    }
    pump(5);
    if (errors_ < 0) usleep(2000);
  }
  throw harness::Misbehaved("it closed its standard output");
}

std::string helper(std::string_view name) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return {};
  for (const fs::path& candidate :
       {self.parent_path() / name, self.parent_path().parent_path() / "libexec/growsdown" / name})
    if (fs::exists(candidate, error)) return candidate.string();
  return {};
}

} // namespace growsdown::systems
