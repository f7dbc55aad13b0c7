// A child process that answers lines with lines: pipes, time limits, and a report of how it ended.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace growsdown::systems {

/// What a child is allowed.
struct ProcessLimits {
  std::chrono::milliseconds answer{5000};      ///< for one line to come
  std::size_t line = std::size_t{1} << 16;     ///< bytes of one line
  std::size_t backlog = std::size_t{16} << 20; ///< bytes written that nobody asked for yet
};

/// The usual limits; the environment variable GROWSDOWN_ANSWER_TIME (milliseconds) sets another
/// time for answers.
ProcessLimits usualLimits();

/// One child process in a process group of its own, whose members all die with this object, and
/// with this program, even where it is killed. Not thread-safe; several objects may live in several
/// threads.
class Process {
 public:
  using Limits = ProcessLimits;

  /// Starts `command` (the program, found by PATH, and its arguments). Throws harness::CannotSay
  /// where no process can be made; a program that cannot be run shows as one that ends at once.
  explicit Process(const std::vector<std::string>& command, Limits limits = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Sends text. What the child does not read at once is sent while lines are awaited, so that
  /// neither side waits for the other for ever. Never throws: a child that is gone shows in `line`.
  void send(std::string_view text);

  /// The next line that the child says, without its newline. Throws harness::Misbehaved where the
  /// child ended (how is told, with the end of what it wrote to stderr), a line is too long or too
  /// much comes; harness::NoAnswer where no line came in time.
  std::string line();

  /// Throws harness::Misbehaved where more was read than the lines taken: what nobody asked for.
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
  pid_t guard_ = -1; ///< ends the group when nobody holds the pipe
  int guarded_ = -1; ///< the pipe
  int in_ = -1;      ///< the child's stdin
  int out_ = -1;     ///< its stdout
  int errors_ = -1;  ///< its stderr
  std::string toSend_;
  std::string read_;
  std::size_t readFrom_ = 0; ///< where in read_ the next line begins
  std::size_t searched_ = 0; ///< no newline in read_ before this
  std::string stderrTail_;
};

/// The path of a program that belongs to this command: beside the running executable, or in
/// ../libexec/growsdown from there. Empty where there is none.
std::string helper(std::string_view name);

} // namespace growsdown::systems
