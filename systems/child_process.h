// A child process that answers lines with lines, with time limits and a report of how it ended.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace growsdown::systems {

/// The limits of a child process.
struct ProcessLimits {
  std::chrono::milliseconds answer{5000};      ///< time for one line
  std::size_t line = std::size_t{1} << 16;     ///< bytes per line
  std::size_t backlog = std::size_t{16} << 20; ///< bytes written before they were asked for
};

/// The default limits. The environment variable GROWSDOWN_ANSWER_TIME overrides the time for an
/// answer, in milliseconds.
ProcessLimits usualLimits();

/// One child process in its own process group. The whole group is killed when this object is
/// destroyed or this program ends, even if the program is killed. Not thread-safe, but different
/// threads may use different objects.
class ChildProcess {
 public:
  using Limits = ProcessLimits;

  /// Starts `command`: the program, which is searched in PATH, and its arguments. Throws
  /// harness::CannotSay if no process can be created. A program that cannot be run appears as one
  /// that ends at once.
  explicit ChildProcess(const std::vector<std::string>& command, Limits limits = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Sends text. The part that the child does not read at once is sent by later calls of `line`, so
  /// the two sides never wait for each other. Never throws: `line` reports a child that has ended.
  void send(std::string_view text);

  /// The next line from the child, without its newline. Throws harness::NoAnswer if there is none in
  /// time. Throws harness::Misbehaved if a line or the backlog is too long, or if the child has ended;
  /// the message then has its exit status and its last output to stderr.
  std::string line();

  /// Throws harness::Misbehaved if the child has sent more than the lines taken.
  void expectNothing() const;

  pid_t id() const { return id_; }

 private:
  void startGuard();
  void pump(int waitMilliseconds);
  void readErrors();
  bool takeLine(std::string& out);
  [[noreturn]] void ended();

  Limits limits_;
  pid_t id_ = -1;
  pid_t guard_ = -1; ///< kills the group when the pipe is closed
  int guarded_ = -1; ///< the pipe
  int in_ = -1;      ///< the child's stdin
  int out_ = -1;     ///< its stdout
  int errors_ = -1;  ///< its stderr
  std::string toSend_;
  std::string read_;
  std::size_t readFrom_ = 0; ///< the start of the next line in read_
  std::size_t searched_ = 0; ///< read_ has no newline from readFrom_ up to here
  std::string stderrTail_;
};

/// The path of a program that belongs to this command: it is beside the running executable, or in
/// ../libexec/growsdown relative to that. Empty if there is none.
std::string helper(std::string_view name);

} // namespace growsdown::systems
