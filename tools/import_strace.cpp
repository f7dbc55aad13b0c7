#include "tools/common.h"
#include "tools/import.h"
#include "trace/complain.h"
#include "trace/fields.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>

namespace growsdown::tools {
namespace {

constexpr std::uint64_t page = 4096;

std::uint64_t up(std::uint64_t length) {
  return (length + page - 1) & ~(page - 1);
}

/// A line of the log: one call with its result, or one signal.
struct Call {
  std::uint64_t pid = 0;
  std::string name;
  std::vector<std::string> arguments;
  std::string result; ///< `0x7f…`, `-1`, `?`
  std::string error;  ///< `ENOMEM`
  unsigned line = 0;

  std::string argument(std::size_t i) const { return i < arguments.size() ? arguments[i] : ""; }
};

/// Reads the lines of the log. Calls that strace shows in two parts are one.
class Log {
 public:
  explicit Log(std::string_view text) : text_(text) {}

  bool next(Call& call) {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      std::string line(text_.substr(at_, end - at_));
      at_ = end + 1;
      ++number_;
      if (read(std::move(line), call)) return true;
    }
    return false;
  }

 private:
  bool read(std::string line, Call& call) {
    call = {};
    call.line = number_;
    if (line.ends_with('\r')) line.pop_back();
    std::size_t at = 0;
    call.pid = takePid(line, at);
    at = std::min(line.find_first_not_of(' ', at), line.size());
    skipTime(line, at);
    line.erase(0, at);
    constexpr std::string_view unfinished = " <unfinished ...>", resumed = " resumed>";
    if (line.size() > unfinished.size() &&
        line.compare(line.size() - unfinished.size(), unfinished.size(), unfinished) == 0) {
      pending_[call.pid] = line.substr(0, line.size() - unfinished.size());
      return false;
    }
    if (line.starts_with("<... ")) {
      const std::size_t rest = line.find(resumed);
      if (rest == std::string::npos) return false;
      // An exec by another thread ends under the number of the process, whose own call is gone.
      if (line.starts_with("<... execve")) pending_[call.pid] = "execve(";
      if (pending_.count(call.pid) == 0) return false;
      line = pending_[call.pid] + line.substr(rest + resumed.size());
      pending_.erase(call.pid);
    }
    if (line.starts_with("--- SIG")) return readSignal(line, call);
    return readCall(line, call);
  }

  // `1234 ` of -o, or `[pid 1234] ` of a terminal.
  static std::uint64_t takePid(const std::string& line, std::size_t& at) {
    std::uint64_t pid = 0;
    const bool bracket = line.starts_with("[pid ");
    const std::size_t begin = bracket ? line.find_first_not_of(' ', 5) : 0;
    if (begin == std::string::npos) return 0;
    const char* const end = line.data() + line.size();
    const auto [stop, error] = std::from_chars(line.data() + begin, end, pid);
    if (error != std::errc() || stop == end) return 0;
    std::size_t after = static_cast<std::size_t>(stop - line.data());
    if (line[after] == '<') after = std::min(line.find('>', after), line.size() - 1) + 1; // -Y
    if (after >= line.size() || line[after] != (bracket ? ']' : ' ')) return 0;
    at = line.find_first_not_of(' ', after + 1);
    if (at == std::string::npos) at = line.size();
    return pid;
  }

  // `12:34:56.789012 `, `1700000000.123456 ` or `0.000123 ` of -t and -r.
  static void skipTime(const std::string& line, std::size_t& at) {
    const std::size_t end = line.find_first_not_of("0123456789:.", at);
    if (end == std::string::npos || end == at || line[end] != ' ') return;
    at = std::min(line.find_first_not_of(' ', end), line.size());
  }

  static bool readCall(const std::string& line, Call& call) {
    const std::size_t open = line.find('(');
    if (open == std::string::npos || open == 0) return false;
    call.name = line.substr(0, open);
    if (call.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
      return false;
    std::size_t at = open + 1, begin = at;
    int depth = 0;
    for (bool quoted = false; at < line.size(); ++at) {
      const char c = line[at];
      if (quoted) {
        if (c == '\\') ++at;
        quoted = c != '"';
      } else if (c == '"') {
        quoted = true;
      } else if (c == '<' && at + 1 < line.size() && line[at + 1] != '<' && line[at - 1] != '<') {
        at = std::min(line.find('>', at), line.size() - 1); // the path of a descriptor (-y)
      } else if (c == '{' || c == '[' || c == '(') {
        ++depth;
      } else if (depth > 0 && (c == '}' || c == ']' || c == ')')) {
        --depth;
      } else if (depth == 0 && (c == ',' || c == ')')) {
        call.arguments.push_back(line.substr(begin, at - begin));
        begin = std::min(line.find_first_not_of(' ', at + 1), line.size());
        if (c == ')') break;
      }
    }
    const std::size_t equals = line.find("= ", std::min(at, line.size()));
    if (equals == std::string::npos) return false;
    const std::string result = line.substr(equals + 2);
    call.result = result.substr(0, result.find_first_of(" <"));
    if (call.result == "-1" && result.size() > 3) {
      call.error = result.substr(3, result.find(' ', 3) - 3);
    }
    return true;
  }

  // --- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x7ffd…} ---
  static bool readSignal(const std::string& line, Call& call) {
    const auto member = [&](const std::string& name) {
      const std::size_t at = line.find(name + "=");
      if (at == std::string::npos) return std::string();
      const std::size_t begin = at + name.size() + 1;
      return line.substr(begin, line.find_first_of(",}", begin) - begin);
    };
    call.name = "signal";
    call.arguments = {member("si_signo"), member("si_code"), member("si_addr")};
    return !call.argument(2).empty();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned number_ = 0;
  std::map<std::uint64_t, std::string> pending_; ///< the first parts of calls, by process
};

std::optional<std::uint64_t> numberOf(const std::string& text) {
  if (text == "NULL") return 0;
  std::uint64_t product = 1;
  for (std::size_t at = 0; at <= text.size();) { // `8192*1024`
    const std::size_t end = std::min(text.find('*', at), text.size());
    const bool hex = text.compare(at, 2, "0x") == 0;
    std::uint64_t value = 0;
    const char* const last = text.data() + end;
    const auto [stop, error] =
        std::from_chars(text.data() + at + (hex ? 2 : 0), last, value, hex ? 16 : 10);
    if (error != std::errc() || stop != last) return std::nullopt;
    product *= value;
    at = end + 1;
  }
  return product;
}

/// The pages that some call mapped.
class Mapped {
 public:
  void add(std::uint64_t start, std::uint64_t end) {
    remove(start, end);
    ranges_[start] = end;
  }
  void remove(std::uint64_t start, std::uint64_t end) {
    auto at = ranges_.upper_bound(start);
    if (at != ranges_.begin()) --at;
    while (at != ranges_.end() && at->first < end) {
      const auto [low, high] = *at;
      if (high <= start) {
        ++at;
        continue;
      }
      at = ranges_.erase(at);
      if (low < start) ranges_[low] = start;
      if (high > end) at = ranges_.emplace(end, high).first;
    }
  }
  /// The parts of a range that are not mapped.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> holes(std::uint64_t start,
                                                             std::uint64_t end) const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> list;
    auto at = ranges_.upper_bound(start);
    if (at != ranges_.begin() && std::prev(at)->second > start) start = std::prev(at)->second;
    for (; at != ranges_.end() && at->first < end; ++at) {
      if (at->first > start) list.emplace_back(start, at->first);
      start = std::max(start, at->second);
    }
    if (start < end) list.emplace_back(start, end);
    return list;
  }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_; ///< start to end, bytes
};

/// Makes steps of the calls of one process.
class Importer {
 public:
  Importer(std::string_view text, const std::string& file, std::uint64_t pid)
      : text_(text), log_(text), file_(file), wanted_(pid) {}

  Imported run() {
    bool any = false;
    for (Call call; log_.next(call);) {
      any = true;
      if (threads_.empty()) findThreads(call.pid);
      if (threads_.count(call.pid) == 0)
        ++others_;
      else
        add(call);
    }
    if (!any) throw Stop(usage, file_ + ": no line of an strace log: `NAME(ARGUMENTS) = RESULT`");
    if (lines_.empty())
      throw Stop(usage, file_ + ": no call of this process that changes its memory");
    return imported();
  }

 private:
  Imported imported() {
    Imported imported;
    std::string text = "growsdown-trace 1\n";
    for (const auto& [start, end] : before_)
      text += fmt::format("mmap {:#x} {:#x} rw fixed\n", start, end - start);
    for (const std::string& line : lines_)
      text += line + "\n";
    const trace::ParseResult parsed = trace::parse(text, file_);
    if (parsed.error)
      throw Stop(failure, "a step of the log is not one of a trace: " + parsed.error->text());
    imported.trace = parsed.traces.front();
    const auto note = [&](std::size_t count, const std::string& what) {
      if (count != 0) imported.notes.push_back(fmt::format("{} {}", count, what));
    };
    note(files_, "mappings of files are anonymous memory here");
    note(before_.size(),
         "ranges that no call of the log mapped (exec did) are mapped at the start, "
         "readable and writable");
    note(others_, "lines are of other processes; --pid selects one");
    if (threads_.size() - threads_.count(0) > 1)
      imported.notes.emplace_back("calls of threads that overlap are in the order in which they "
                                  "returned");
    for (const auto& [what, count] : left_)
      imported.notes.push_back(fmt::format("left out, {} times: {}", count, what));
    return imported;
  }

  // The threads of the process that is followed. On a terminal, strace names no process until there is
  // a second one: from then on, the first has a number that no clone returned. Lines of a thread may
  // come before the clone that made it returns, so the whole log is read first.
  void findThreads(std::uint64_t first) {
    std::map<std::uint64_t, std::uint64_t> makers; // of each thread
    std::set<std::uint64_t> children;
    std::uint64_t main = first;
    Log log(text_);
    for (Call call; log.next(call);) {
      if (!call.name.starts_with("clone") && !call.name.ends_with("fork")) continue;
      const auto pid = numberOf(call.result);
      if (!call.error.empty() || !pid) continue;
      children.insert(*pid);
      if (isThread(call)) makers[*pid] = call.pid;
    }
    Log again(text_);
    for (Call call; main == 0 && again.next(call);)
      if (call.pid != 0 && children.count(call.pid) == 0) main = call.pid;
    const std::uint64_t followed = wanted_ == 0 ? main : wanted_;
    threads_.insert(followed);
    if (first == 0 && followed == main) threads_.insert(0);
    for (bool more = true; more;) {
      more = false;
      for (const auto& [thread, maker] : makers)
        if (threads_.count(maker) != 0) more = threads_.insert(thread).second || more;
    }
  }
  static bool has(const Call& call, std::string_view flag) {
    return std::any_of(
        call.arguments.begin(), call.arguments.end(),
        [&](const std::string& argument) { return argument.find(flag) != std::string::npos; });
  }
  static bool isThread(const Call& call) { return has(call, "CLONE_THREAD"); }

  void leave(const std::string& what) { ++left_[what]; }

  void step(const Call& call, const std::string& text, const std::string& success) {
    if (!call.error.empty() && !isKnown(call.error))
      return leave(call.name + " with " + call.error);
    lines_.push_back(text + " -> " + (call.error.empty() ? success : call.error));
  }
  static bool isKnown(const std::string& error) {
    return std::any_of(std::begin(trace::errnoFields), std::end(trace::errnoFields),
                       [&](const trace::ErrnoField& field) { return field.name == error; });
  }

  /// A range that a call needs and that no call of the log has mapped was there from the start.
  void need(const Call& call, std::uint64_t start, std::uint64_t length) {
    if (!call.error.empty()) return;
    for (const auto& [low, high] : mapped_.holes(start, start + up(length))) {
      before_.emplace_back(low, high);
      mapped_.add(low, high);
    }
  }

  void add(const Call& call) {
    if (call.name == "signal") return signal(call);
    if (call.result == "?" || call.result.empty()) return;
    if (call.name == "execve" || call.name == "execveat") {
      if (call.error.empty()) restart();
      return;
    }
    if (call.name == "clone" || call.name == "clone3" || call.name == "fork" ||
        call.name == "vfork")
      return child(call);
    if (call.name == "mmap" || call.name == "mmap2") return mmap(call);
    if (call.name == "mremap") return mremap(call);
    if (call.name == "brk") return brk(call);
    if (call.name == "prlimit64" || call.name == "setrlimit") return limit(call);
    constexpr std::string_view ranges[] = {"munmap",  "mprotect", "mlock",
                                           "munlock", "madvise",  "mincore"};
    if (std::find(std::begin(ranges), std::end(ranges), call.name) != std::end(ranges))
      return range(call);
    constexpr std::string_view absent[] = {
        "mlockall", "munlockall", "mlock2", "pkey_mprotect", "shmat", "remap_file_pages",
        "shmdt",    "mseal",      "msync",  "set_mempolicy", "prctl", "userfaultfd"};
    if (std::find(std::begin(absent), std::end(absent), call.name) != std::end(absent))
      leave(call.name);
  }

  // What was before an exec is gone.
  void restart() {
    lines_.clear();
    before_.clear();
    left_.clear();
    mapped_ = {};
    files_ = 0;
    break_ = 0;
  }

  void child(const Call& call) {
    if (!call.error.empty() || isThread(call)) return;
    const bool shares = call.name == "vfork" || has(call, "CLONE_VM");
    leave(call.name + (shares
                           ? ": the child's calls on the shared memory are not followed"
                           : ": the trace stays in the parent, and shares no page with the child"));
  }

  void signal(const Call& call) {
    constexpr std::array<std::string_view, 3> rows[] = {
        {"SIGSEGV", "SEGV_MAPERR", "SIGSEGV/MAPERR"},
        {"SIGSEGV", "SEGV_ACCERR", "SIGSEGV/ACCERR"},
        {"SIGSEGV", "SEGV_PKUERR", "SIGSEGV/PKUERR"},
        {"SIGSEGV", "SI_KERNEL", "SIGSEGV/KERNEL"},
        {"SIGBUS", "BUS_ADRERR", "SIGBUS/ADRERR"}};
    const auto address = numberOf(call.argument(2));
    for (const auto& [signal, code, outcome] : rows)
      if (address && call.argument(0) == signal && call.argument(1) == code) {
        lines_.emplace_back("# a read, a write or a fetch: the log does not say which");
        lines_.push_back(fmt::format("touch {:#x} w -> {}", *address, outcome));
        return;
      }
    leave(call.argument(0) + " with " + call.argument(1));
  }

  // `MAP_PRIVATE|MAP_ANONYMOUS`. False: a flag that the format does not have.
  static bool flagsOf(const std::string& text, std::set<std::string>& flags) {
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('|', at), text.size());
      const std::string flag = trace::fromC(text.substr(at, end - at), "MAP_");
      at = end + 1;
      if (flag == "private" || flag == "anonymous" || flag == "denywrite" || flag == "executable" ||
          flag == "file")
        continue;
      if (std::none_of(std::begin(trace::flagFields), std::end(trace::flagFields),
                       [&](const trace::FlagField& field) {
                         return (field.flag & trace::flag::ofMmap) != 0 && field.name == flag;
                       }))
        return false;
      flags.insert(flag);
    }
    return true;
  }

  void mmap(const Call& call) {
    const auto address = numberOf(call.argument(0)), length = numberOf(call.argument(1));
    std::set<std::string> flags;
    const bool readable = !call.error.empty() || numberOf(call.result);
    if (!address || !length || !readable || !flagsOf(call.argument(3), flags))
      return leave("mmap with " + call.argument(3));
    if (!hasRights(call.argument(2), false)) return leave("mmap with " + call.argument(2));
    const bool file = call.argument(4) != "-1";
    if (file && !call.error.empty()) return leave("mmap of a file that was refused");
    files_ += file;
    const auto at = numberOf(call.result);
    const std::string rights = call.argument(2);
    if (!call.error.empty() || !at)
      return step(call,
                  fmt::format("mmap {:#x} {:#x} {} {}", *address, *length, rights, listOf(flags)),
                  "ok");
    // Where the kernel put it: it knew of mappings that the log does not have.
    flags.erase("fixed_noreplace");
    flags.insert("fixed");
    step(call, fmt::format("mmap {:#x} {:#x} {} {}", *at, *length, rights, listOf(flags)),
         fmt::format("ok {:#x}", *at));
    mapped_.add(*at, *at + up(*length));
  }

  // Whether the format has these rights.
  static bool hasRights(const std::string& text, bool growsdown) {
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('|', at), text.size());
      const std::string right = text.substr(at, end - at);
      at = end + 1;
      if (right != "PROT_NONE" && right != "PROT_READ" && right != "PROT_WRITE" &&
          right != "PROT_EXEC" && (right != "PROT_GROWSDOWN" || !growsdown))
        return false;
    }
    return true;
  }

  static std::string listOf(const std::set<std::string>& flags) {
    std::string text;
    for (const trace::FlagField& field : trace::flagFields)
      if (flags.count(std::string(field.name)) != 0)
        text += (text.empty() ? "" : ",") + std::string(field.name);
    return text.empty() ? "-" : text;
  }

  void mremap(const Call& call) {
    const auto from = numberOf(call.argument(0)), oldLength = numberOf(call.argument(1)),
               length = numberOf(call.argument(2)), to = numberOf(call.result);
    const std::string& flags = call.argument(3);
    if (!from || !oldLength || !length || flags.find("DONTUNMAP") != std::string::npos ||
        *oldLength == 0)
      return leave("mremap with " + flags);
    std::string text = fmt::format("mremap {:#x} {:#x} {:#x}", *from, *oldLength, *length);
    if (!call.error.empty()) {
      const auto target = numberOf(call.argument(4));
      if (flags.find("FIXED") != std::string::npos && target)
        text += fmt::format(" to {:#x}", *target);
      else if (flags.find("MAYMOVE") != std::string::npos)
        text += " maymove";
      return step(call, text, "ok");
    }
    if (!to) return;
    need(call, *from, std::min(*oldLength, *length));
    mapped_.remove(*from, *from + up(*oldLength));
    mapped_.add(*to, *to + up(*length));
    if (*to != *from) text += fmt::format(" to {:#x}", *to);
    step(call, text, fmt::format("ok {:#x}", *to));
  }

  void brk(const Call& call) {
    const auto now = numberOf(call.result);
    if (!now) return;
    const std::uint64_t before = break_;
    break_ = up(*now);
    if (before == 0 || before == break_) return;
    if (break_ > before) {
      lines_.push_back(
          fmt::format("mmap {0:#x} {1:#x} rw fixed -> ok {0:#x}", before, break_ - before));
      mapped_.add(before, break_);
    } else {
      lines_.push_back(fmt::format("munmap {:#x} {:#x} -> ok", break_, before - break_));
      mapped_.remove(break_, before);
    }
  }

  void limit(const Call& call) {
    const bool of = call.name == "prlimit64";
    const std::string which = trace::fromC(call.argument(of ? 1 : 0), "RLIMIT_");
    const std::string& value = call.argument(of ? 2 : 1);
    if ((of && call.argument(0) != "0") || !value.starts_with("{rlim_cur=")) return;
    if (which != "stack" && which != "memlock") {
      if (which == "as" || which == "data")
        leave("a limit on " + which + ", of which exec used a part");
      return;
    }
    std::string bytes = value.substr(10, value.find(',') - 10);
    if (bytes.starts_with("RLIM"))
      bytes = "unlimited";
    else if (const auto number = numberOf(bytes))
      bytes = std::to_string(*number);
    else
      return leave(call.name + " with " + value);
    if (call.error.empty()) lines_.push_back(fmt::format("limit {} {} -> ok", which, bytes));
  }

  void range(const Call& call) {
    const auto start = numberOf(call.argument(0)), length = numberOf(call.argument(1));
    if (!start || !length) return leave(call.name + " with " + call.argument(0));
    std::string text = fmt::format("{} {:#x} {:#x}", call.name, *start, *length);
    if (call.name == "madvise" && call.argument(2) != "MADV_DONTNEED")
      return leave("madvise with " + call.argument(2));
    if (call.name == "madvise") text += " MADV_DONTNEED";
    if (call.name == "mprotect") {
      if (!hasRights(call.argument(2), true)) return leave("mprotect with " + call.argument(2));
      text += " " + call.argument(2);
    }
    if (call.name == "munmap") {
      if (call.error.empty()) mapped_.remove(*start, *start + up(*length));
    } else {
      need(call, *start, *length);
    }
    step(call, text, "ok");
  }

  const std::string_view text_;
  Log log_;
  const std::string& file_;
  const std::uint64_t wanted_;
  std::set<std::uint64_t> threads_; ///< of the process that is followed
  std::vector<std::string> lines_;
  Mapped mapped_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> before_; ///< mapped by exec, bytes
  std::uint64_t break_ = 0;                                     ///< end of the heap; 0: not known
  std::size_t files_ = 0, others_ = 0;
  std::map<std::string, std::size_t> left_; ///< what was left out, and how often
};

} // namespace

Imported importStrace(std::string_view text, const std::string& file, std::uint64_t pid) {
  return Importer(text, file, pid).run();
}

} // namespace growsdown::tools
