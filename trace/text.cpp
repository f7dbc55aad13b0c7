#include "trace/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

namespace growsdown::trace {
namespace {

// The words of the format. Parser and printer share these tables; their order is canonical.

constexpr std::array<std::string_view, opCount> opNames = {
    "limit",    "capable", "mmap", "munmap", "mprotect", "mlock",  "munlock",
    "dontneed", "mremap",  "fork", "touch",  "sp",       "kernel", "gup"};
constexpr std::array<std::string_view, limitKindCount> limitNames = {"stack", "as", "memlock",
                                                                     "data"};
constexpr std::array<std::string_view, 3> accessNames = {"r", "w", "x"};
constexpr std::array<std::string_view, 8> mmapFlagNames = {
    "fixed", "fixed_noreplace", "growsdown", "shared", "noreserve", "locked", "populate", "stack"};

struct SignalName {
  Signal signal;
  std::string_view name;
};
constexpr SignalName signalNames[] = {
    {Signal::segvMaperr, "SIGSEGV/MAPERR"}, {Signal::segvAccerr, "SIGSEGV/ACCERR"},
    {Signal::segvPkuerr, "SIGSEGV/PKUERR"}, {Signal::segvKernel, "SIGSEGV/KERNEL"},
    {Signal::busAdrerr, "SIGBUS/ADRERR"},
};

struct ErrnoName {
  Errno error;
  std::string_view name;
};
constexpr ErrnoName errnoNames[] = {
    {Errno::eperm, "EPERM"},         {Errno::eintr, "EINTR"},           {Errno::eio, "EIO"},
    {Errno::ebadf, "EBADF"},         {Errno::eagain, "EAGAIN"},         {Errno::enomem, "ENOMEM"},
    {Errno::eacces, "EACCES"},       {Errno::efault, "EFAULT"},         {Errno::ebusy, "EBUSY"},
    {Errno::eexist, "EEXIST"},       {Errno::einval, "EINVAL"},         {Errno::enosys, "ENOSYS"},
    {Errno::eoverflow, "EOVERFLOW"}, {Errno::eopnotsupp, "EOPNOTSUPP"},
};

struct WithKey {
  std::string_view name;
  std::optional<std::uint64_t> With::*member;
};
constexpr WithKey withKeys[] = {
    {"page", &With::page},
    {"min-addr", &With::minAddr},
    {"lsm-min-addr", &With::lsmMinAddr},
    {"max-map-count", &With::maxMapCount},
    {"va-bits", &With::vaBits},
    {"memory", &With::memory},
};

struct VmFlagName {
  std::uint32_t flag;
  std::string_view name;
};
constexpr VmFlagName vmFlagNames[] = {
    {vm::shared, "shared"},       {vm::growsdown, "growsdown"}, {vm::locked, "locked"},
    {vm::noreserve, "noreserve"}, {vm::account, "account"},     {vm::nohugepage, "nohugepage"},
};
constexpr std::array<std::string_view, 3> pageKindNames = {"zero", "anonymous", "shared"};

struct CounterName {
  std::string_view name;
  std::uint64_t Counters::*member;
};
constexpr CounterName counterNames[] = {
    {"total", &Counters::total}, {"stack", &Counters::stack},         {"locked", &Counters::locked},
    {"data", &Counters::data},   {"committed", &Counters::committed},
};

constexpr std::string_view headerWord = "growsdown-trace";

// ---------------------------------------------------------------------------------------- printing

void putDecimal(std::string& out, std::uint64_t value) {
  char buffer[20];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, static_cast<std::size_t>(end - buffer));
}

void putHex(std::string& out, std::uint64_t value) {
  char buffer[16];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, 16).ptr;
  out += "0x";
  out.append(buffer, static_cast<std::size_t>(end - buffer));
}

void putBytes(std::string& out, std::uint64_t value) {
  if (value == 0)
    out += '0';
  else
    putHex(out, value);
}

void putSigned(std::string& out, std::int64_t value) {
  out += value < 0 ? '-' : '+';
  const auto bits = static_cast<std::uint64_t>(value);
  putDecimal(out, value < 0 ? 0 - bits : bits);
}

void putProt(std::string& out, std::uint32_t prot) {
  if ((prot & prot::all) == 0) {
    out += "none";
    return;
  }
  if (prot & prot::read) out += 'r';
  if (prot & prot::write) out += 'w';
  if (prot & prot::exec) out += 'x';
}

void putRange(std::string& out, std::uint64_t start, std::uint64_t end) {
  putBytes(out, start);
  out += '-';
  putBytes(out, end);
}

void putStep(std::string& out, const Step& step) {
  out += name(step.op);
  const auto bytes = [&](std::uint64_t value) {
    out += ' ';
    putBytes(out, value);
  };
  switch (step.op) {
  case Op::limit:
    out += ' ';
    out += name(step.limit);
    if (step.length == unlimited)
      out += " unlimited";
    else
      bytes(step.length);
    break;
  case Op::capable:
    out += " no";
    break;
  case Op::mmap:
    bytes(step.address);
    bytes(step.length);
    out += ' ';
    putProt(out, step.prot);
    out += ' ';
    if ((step.flags & ((1U << mmapFlagNames.size()) - 1)) == 0) {
      out += '-';
    } else {
      bool first = true;
      for (std::size_t i = 0; i < mmapFlagNames.size(); i++)
        if (step.flags & (1U << i)) {
          if (!first) out += ',';
          out += mmapFlagNames[i];
          first = false;
        }
    }
    break;
  case Op::mprotect:
    bytes(step.address);
    bytes(step.length);
    out += ' ';
    putProt(out, step.prot);
    if (step.flags & flag::growsdown) out += " growsdown";
    break;
  case Op::munmap:
  case Op::mlock:
  case Op::munlock:
  case Op::dontneed:
    bytes(step.address);
    bytes(step.length);
    break;
  case Op::mremap:
    bytes(step.address);
    bytes(step.length);
    bytes(step.newLength);
    if (step.flags & flag::to) {
      out += " to";
      bytes(step.target);
    } else if (step.flags & flag::maymove) {
      out += " maymove";
    }
    break;
  case Op::fork:
    break;
  case Op::touch:
  case Op::kernel:
  case Op::gup:
    bytes(step.address);
    out += ' ';
    out += name(step.access);
    break;
  case Op::sp:
    if (step.flags & flag::own)
      out += " own";
    else
      bytes(step.address);
    break;
  }
}

void putOutcome(std::string& out, const Outcome& outcome) {
  switch (outcome.kind) {
  case Outcome::Kind::unspecified:
    break;
  case Outcome::Kind::ok:
    out += "ok";
    break;
  case Outcome::Kind::okAddress:
    out += "ok ";
    putBytes(out, outcome.address);
    break;
  case Outcome::Kind::okElsewhere:
    out += "ok elsewhere";
    break;
  case Outcome::Kind::error: {
    const std::string_view known = name(outcome.error);
    if (known.empty()) {
      // Not of the format: a message, never a trace.
      out += "errno ";
      putDecimal(out, static_cast<std::uint64_t>(outcome.error));
    } else {
      out += known;
    }
    break;
  }
  case Outcome::Kind::signal:
    out += name(outcome.signal);
    if (outcome.hasAddress) {
      out += " at ";
      putBytes(out, outcome.address);
    }
    break;
  case Outcome::Kind::unknown:
    out += "unknown";
    break;
  }
}

void putState(std::string& out, const Observation& state) {
  for (const MapLine& line : state.map) {
    out += "= map ";
    putRange(out, line.start, line.end);
    out += ' ';
    out += line.prot & prot::read ? 'r' : '-';
    out += line.prot & prot::write ? 'w' : '-';
    out += line.prot & prot::exec ? 'x' : '-';
    out += line.shared ? 's' : 'p';
    out += '\n';
  }
  if (state.hasPages) {
    const PagesLine& pages = state.pages;
    out += "= pages size ";
    putSigned(out, pages.size);
    out += " stack ";
    putSigned(out, pages.stack);
    out += " locked ";
    putSigned(out, pages.locked);
    out += " data ";
    putSigned(out, pages.data);
    out += " resident ";
    putDecimal(out, pages.resident);
    if (pages.hasTables) {
      out += " tables ";
      putSigned(out, pages.tables);
    }
    out += '\n';
  }
  if (state.same) out += "= same\n";
  if (state.hasFaults) {
    out += "= faults ";
    putDecimal(out, state.faults);
    out += '\n';
  }
  if (state.abnormal) out += "= abnormal\n";
}

void putVmFlags(std::string& out, std::uint32_t flags) {
  bool first = true;
  for (const auto& [flag, word] : vmFlagNames)
    if (flags & flag) {
      if (!first) out += ',';
      out += word;
      first = false;
    }
  if (first) out += '-';
}

void putInitial(std::string& out, const State& state) {
  const auto number = [&](std::string_view word, std::uint64_t value) {
    out += ' ';
    out += word;
    out += ' ';
    putDecimal(out, value);
  };
  for (const Area& area : state.areas) {
    out += "init area ";
    putRange(out, area.start, area.end);
    out += ' ';
    putProt(out, area.flags & vm::access);
    out += ' ';
    putVmFlags(out, area.flags);
    if (area.pgoff != 0) {
      out += " pgoff ";
      putHex(out, area.pgoff);
    }
    if (area.anon != 0) number("anon", area.anon);
    if (area.forked) out += " forked";
    if (area.object != 0) number("object", area.object);
    out += '\n';
  }
  for (const Page& page : state.pages) {
    out += "init page ";
    putBytes(out, page.address);
    out += ' ';
    out += name(page.kind);
    out += ' ';
    putProt(out, page.prot);
    if (page.frame != 0) number("frame", page.frame);
    if (page.inherited) out += " inherited";
    if (page.dirty) out += " dirty";
    if (page.hosted) out += " hosted";
    out += '\n';
  }
  for (const Object& object : state.objects) {
    out += "init object ";
    putDecimal(out, object.id);
    number("pages", object.pages);
    out += '\n';
  }
  for (const ObjectPage& page : state.objectPages) {
    out += "init object-page ";
    putDecimal(out, page.object);
    number("index", page.index);
    number("frame", page.frame);
    out += '\n';
  }
  const bool nothing = state.areas.empty() && state.pages.empty() && state.objects.empty() &&
                       state.objectPages.empty();
  if (nothing || std::any_of(std::begin(counterNames), std::end(counterNames),
                             [&](const CounterName& c) { return state.counters.*c.member != 0; })) {
    out += "init counters";
    for (const auto& [word, member] : counterNames)
      number(word, state.counters.*member);
    out += '\n';
  }
}

void putWith(std::string& out, const With& with) {
  for (const auto& [key, member] : withKeys)
    if (with.*member) {
      out += "with ";
      out += key;
      out += ' ';
      putDecimal(out, *(with.*member));
      out += '\n';
    }
}

void putComments(std::string& out, const std::vector<std::string>& comments) {
  for (const std::string& comment : comments) {
    out += comment;
    out += '\n';
  }
}

void putTrace(std::string& out, const Trace& trace) {
  putComments(out, trace.before);
  out += headerWord;
  out += " 1\n";
  putWith(out, trace.with);
  if (trace.initial) putInitial(out, *trace.initial);
  for (const Record& record : trace.records) {
    putComments(out, record.comments);
    putStep(out, record.step);
    if (record.expected.kind != Outcome::Kind::unspecified) {
      out += " -> ";
      putOutcome(out, record.expected);
    }
    out += '\n';
    putState(out, record.state);
  }
  putComments(out, trace.trailing);
}

// ----------------------------------------------------------------------------------------- parsing

bool blank(char c) {
  return c == ' ' || c == '\t';
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Optimal string alignment distance: insertions, deletions, replacements, swapped neighbours.
/// Case does not count.
std::size_t distance(std::string_view one, std::string_view other) {
  std::string a(one), b(other);
  std::transform(a.begin(), a.end(), a.begin(), lower);
  std::transform(b.begin(), b.end(), b.begin(), lower);
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); j++)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); i++) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); j++) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

std::string quoted(std::string_view word) {
  constexpr std::size_t most = 40;
  std::string out = "`";
  if (word.size() <= most) {
    out += word;
  } else {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xc0U) == 0x80U)
      end--;
    out += word.substr(0, end);
    out += "...";
  }
  return out += '`';
}

using Words = std::vector<std::string_view>;

std::string alternatives(const Words& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); i++) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += quoted(words[i]);
  }
  return out;
}

std::string suggestion(std::string_view word, const Words& words) {
  if (word.size() > 40) return {};
  std::string_view best;
  std::size_t bestDistance =
      std::max<std::size_t>(1, std::min<std::size_t>(word.size() / 3, 3)) + 1;
  for (const std::string_view candidate : words)
    if (const std::size_t d = distance(word, candidate); d < bestDistance && d < candidate.size()) {
      best = candidate;
      bestDistance = d;
    }
  return best.empty() ? std::string() : "; did you mean " + quoted(best) + "?";
}

template <class Names>
Words wordsOf(const Names& names) {
  Words words;
  for (const auto& n : names) {
    if constexpr (std::is_convertible_v<decltype(n), std::string_view>)
      words.push_back(n);
    else
      words.push_back(n.name);
  }
  return words;
}

/// The length of the well-formed UTF-8 sequence (RFC 3629) at `p`, or 0.
std::size_t utf8Length(const char* p, const char* end) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(p[i]); };
  const auto left = static_cast<std::size_t>(end - p);
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return left >= 2 && tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0; // overlong
    if (first == 0xed && byte(1) > 0x9f) return 0; // a surrogate
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0; // overlong
    if (first == 0xf4 && byte(1) > 0x8f) return 0; // beyond U+10FFFF
    return 4;
  }
  return 0;
}

class Parser {
 public:
  Parser(std::string_view text, std::string_view file)
      : next_(text.data()), textEnd_(text.data() + text.size()), file_(file) {}

  ParseResult run() {
    ParseResult result;
    while (!failed() && takeLine()) {
      if (p_ == end_) continue;
      if (*p_ == '#') {
        pending_.emplace_back(p_, end_);
        continue;
      }
      line();
      if (!failed()) endOfLine();
    }
    if (!failed()) {
      finishTrace();
      if (traces_.empty()) {
        lineNumber_ = std::max(lineNumber_, 1U);
        lineStart_ = p_;
        fail(p_, "there is no trace here: expected a line `growsdown-trace 1`");
      }
    }
    if (failed())
      result.error = std::move(error_);
    else
      result.traces = std::move(traces_);
    return result;
  }

 private:
  bool failed() const { return error_.has_value(); }

  void fail(const char* where, std::string message) {
    if (failed()) return;
    error_ = ParseError{std::string(file_), lineNumber_,
                        static_cast<unsigned>(where - lineStart_) + 1, std::move(message)};
  }

  // --- lines

  /// Moves to the next line: [p_, end_), leading blanks skipped. False at the end or on a bad byte.
  bool takeLine() {
    if (next_ == textEnd_) {
      p_ = end_ = lineStart_ = next_;
      return false;
    }
    lineNumber_++;
    lineStart_ = next_;
    const void* newline = std::memchr(next_, '\n', static_cast<std::size_t>(textEnd_ - next_));
    end_ = newline ? static_cast<const char*>(newline) : textEnd_;
    next_ = newline ? end_ + 1 : textEnd_;
    if (newline && end_ > lineStart_ && end_[-1] == '\r') end_--;
    if (!checkBytes()) return false;
    if (!newline) {
      fail(end_, "expected a newline at the end of the last line: is the file truncated?");
      return false;
    }
    p_ = lineStart_;
    skipBlanks();
    return true;
  }

  bool checkBytes() {
    bool plain = true;
    for (const char* q = lineStart_; q != end_; q++)
      plain &= static_cast<unsigned char>(*q) - 0x20U < 0x5fU;
    if (plain) return true;
    for (const char* q = lineStart_; q != end_;) {
      const auto c = static_cast<unsigned char>(*q);
      if (c == 0) return bad(q, "NUL byte: a trace is plain text");
      if (c == '\r') return bad(q, "carriage return inside a line: a line ends with LF or CR LF");
      if ((c < 0x20 && c != '\t') || c == 0x7f) return bad(q, "control character");
      const std::size_t length = utf8Length(q, end_);
      if (length == 0) return bad(q, "this byte is not UTF-8");
      if (lineNumber_ == 1 && q == lineStart_ && length == 3 &&
          std::memcmp(q, "\xef\xbb\xbf", 3) == 0)
        return bad(q, "byte order mark: a trace begins without one");
      q += length;
    }
    return true;
  }

  bool bad(const char* where, std::string message) {
    fail(where, std::move(message));
    return false;
  }

  void skipBlanks() {
    while (p_ != end_ && blank(*p_))
      p_++;
  }

  /// Whether no word is left: the line ends here, or a comment begins.
  bool atEnd() const { return p_ == end_ || *p_ == '#'; }

  std::string_view peek() const {
    if (atEnd()) return {};
    const char* q = p_;
    while (q != end_ && !blank(*q))
      q++;
    return {p_, static_cast<std::size_t>(q - p_)};
  }

  std::string_view take() {
    const std::string_view word = peek();
    p_ += word.size();
    skipBlanks();
    return word;
  }

  bool takeIf(std::string_view word) {
    if (peek() != word) return false;
    take();
    return true;
  }

  /// Fails at the next word, which is not what was expected.
  void expected(const std::string& what, const Words& words = {}) {
    const std::string_view word = peek();
    if (word.empty())
      fail(p_, "expected " + what + ", found the end of the line");
    else
      fail(p_, "expected " + what + ", found " + quoted(word) + suggestion(word, words));
  }

  void endOfLine() {
    if (atEnd()) {
      if (p_ != end_) {
        auto& trace = traces_;
        if (inTrace_ && !trace.back().records.empty())
          trace.back().records.back().comments.emplace_back(p_, end_);
        else
          pending_.emplace_back(p_, end_);
      }
      return;
    }
    expected("the end of the line");
  }

  // --- words

  /// The index of the next word in `names`, or fails and gives 0.
  template <class Names>
  std::size_t oneOf(const Names& names, std::string_view what = {}) {
    const std::string_view word = peek();
    std::size_t i = 0;
    for (const auto& n : names) {
      if constexpr (std::is_convertible_v<decltype(n), std::string_view>) {
        if (word == n) return take(), i;
      } else {
        if (word == n.name) return take(), i;
      }
      i++;
    }
    const Words words = wordsOf(names);
    expected((what.empty() ? std::string() : std::string(what) + ": ") + alternatives(words),
             words);
    return 0;
  }

  /// Digits of a number that begin at `word`; consumes them from `word`. Fails at `word`'s start;
  /// `what` and `unit` together say what was expected.
  bool digits(std::string_view& word, std::uint64_t& value, std::string_view what,
              std::string_view unit = {}) {
    const char* const start = word.data();
    const char* q = start;
    const char* const end = start + word.size();
    int base = 10;
    if (word.size() > 1 && q[0] == '0' && q[1] == 'x') {
      q += 2;
      base = 16;
    }
    const auto [after, code] = std::from_chars(q, end, value, base);
    if (code == std::errc::invalid_argument) {
      if (word.empty())
        expected(joined(what, unit));
      else
        fail(start, "expected " + joined(what, unit) + ", found " + quoted(word));
      return false;
    }
    if (code == std::errc::result_out_of_range) {
      fail(start, quoted({start, static_cast<std::size_t>(after - start)}) +
                      " is too great: a number is at most 2^64-1, 0xffffffffffffffff");
      return false;
    }
    word.remove_prefix(static_cast<std::size_t>(after - start));
    return true;
  }

  static std::string joined(std::string_view what, std::string_view unit) {
    return std::string(what) += unit;
  }

  std::uint64_t number(std::string_view what, std::string_view unit = {}) {
    std::string_view word = peek();
    std::uint64_t value = 0;
    if (!digits(word, value, what, unit)) return 0;
    if (!word.empty()) {
      fail(p_, "expected " + joined(what, unit) + ", found " + quoted(peek()));
      return 0;
    }
    take();
    return value;
  }

  std::uint64_t address(std::string_view what = "ADDR") {
    return number(what, " (bytes, decimal or 0x hexadecimal)");
  }

  std::int64_t signedNumber(const std::string& what) {
    const std::string_view whole = peek();
    std::string_view word = whole;
    const bool negative = !word.empty() && word[0] == '-';
    if (!word.empty() && (word[0] == '-' || word[0] == '+')) word.remove_prefix(1);
    std::uint64_t value = 0;
    if (word.empty() && !whole.empty()) {
      fail(p_, "expected " + what + ", found " + quoted(whole));
      return 0;
    }
    if (!digits(word, value, what)) return 0;
    if (!word.empty()) {
      fail(p_, "expected " + what + ", found " + quoted(whole));
      return 0;
    }
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      fail(p_, quoted(whole) + " is too great: a difference of pages is less than 2^63");
      return 0;
    }
    take();
    return negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  }

  bool range(std::uint64_t& start, std::uint64_t& end) {
    constexpr const char* what = "START-END (bytes)";
    const std::string_view whole = peek();
    std::string_view word = whole;
    if (!digits(word, start, what)) return false;
    if (word.empty() || word[0] != '-') {
      fail(p_, std::string("expected ") + what + ", found " + quoted(whole));
      return false;
    }
    word.remove_prefix(1);
    const char* const second = word.data();
    if (word.empty()) {
      fail(second, "expected END (bytes) behind `-`");
      return false;
    }
    if (!digits(word, end, "END (bytes)")) return false;
    if (!word.empty()) {
      fail(p_, std::string("expected ") + what + ", found " + quoted(whole));
      return false;
    }
    if (end < start) {
      fail(second, "the range ends below its start");
      return false;
    }
    take();
    return true;
  }

  std::uint8_t protection() {
    constexpr const char* what = "PROT: `none` or letters of `rwx`";
    const std::string_view word = peek();
    if (word == "none") return take(), prot::none;
    unsigned bits = 0;
    for (std::size_t i = 0; i < word.size(); i++) {
      const unsigned bit = word[i] == 'r'   ? prot::read
                           : word[i] == 'w' ? prot::write
                           : word[i] == 'x' ? prot::exec
                                            : 0U;
      if (bit == 0 || (bits & bit)) {
        fail(p_, std::string("expected ") + what + ", found " + quoted(word) +
                     (bit == 0 ? suggestion(word, {"none"})
                               : "; " + quoted(word.substr(i, 1)) + " stands there twice"));
        return 0;
      }
      bits |= bit;
    }
    if (bits == 0) return expected(what), std::uint8_t{0};
    take();
    return static_cast<std::uint8_t>(bits);
  }

  /// `-` or a comma-separated list of names; bit i of the result is names[i].
  template <class Names>
  std::uint32_t flagList(const Names& names) {
    const std::string_view word = peek();
    if (word == "-") return take(), 0U;
    const Words words = wordsOf(names);
    const auto what = [&] {
      return "FLAGS: `-` or a comma-separated list of " + alternatives(words);
    };
    if (word.empty()) return expected(what()), 0U;
    std::uint32_t bits = 0;
    std::size_t from = 0;
    while (true) {
      const std::size_t comma = std::min(word.find(',', from), word.size());
      const std::string_view one = word.substr(from, comma - from);
      const auto found = std::find(words.begin(), words.end(), one);
      if (found == words.end()) {
        fail(one.data(), "expected " + what() + ", found " +
                             (one.empty() ? std::string("nothing") : quoted(one)) +
                             suggestion(one, words));
        return 0;
      }
      const std::uint32_t bit = 1U << (found - words.begin());
      if (bits & bit) return fail(one.data(), quoted(one) + " stands in this list twice"), 0U;
      bits |= bit;
      if (comma == word.size()) break;
      from = comma + 1;
    }
    take();
    return bits;
  }

  // --- lines of a trace

  Trace& trace() { return traces_.back(); }

  void finishTrace() {
    if (inTrace_) {
      auto& trailing = trace().trailing;
      std::move(pending_.begin(), pending_.end(), std::back_inserter(trailing));
      pending_.clear();
    }
  }

  void line() {
    const std::string_view word = peek();
    if (word == headerWord) return header();
    if (!inTrace_) return expected("`growsdown-trace 1`, the first line of a trace", {headerWord});
    if (word == "=") return stateLine();
    if (word == "with") return withLine();
    if (word == "init") return initLine();
    stepLine();
  }

  void header() {
    take();
    const std::string_view version = peek();
    if (version.empty()) return expected("`1`, the version of the format");
    if (version != "1")
      return fail(p_, "expected `1`, the only version of the format that is known here, found " +
                          quoted(version));
    take();
    if (!atEnd()) return;
    Trace fresh;
    // Comments between two traces belong to the one that follows; printed, it is all the same.
    fresh.before = std::move(pending_);
    pending_.clear();
    fresh.file = file_;
    fresh.line = lineNumber_;
    traces_.push_back(std::move(fresh));
    inTrace_ = true;
    sawCounters_ = false;
  }

  void withLine() {
    const char* const where = p_;
    if (!trace().records.empty())
      return fail(where, "a `with` line stands behind `growsdown-trace 1`, before the first step");
    if (trace().initial) return fail(where, "a `with` line stands before the `init` lines");
    take();
    const char* const key = p_;
    const std::size_t i = oneOf(withKeys, "KEY");
    if (failed()) return;
    auto& member = trace().with.*withKeys[i].member;
    if (member)
      return fail(key, "`with " + std::string(withKeys[i].name) + "` stands in this trace twice");
    const char* const value = p_;
    const std::uint64_t v =
        number("the value of `" + std::string(withKeys[i].name) + "`, a number");
    if (failed()) return;
    if (withKeys[i].member == &With::page && v != 4096 && v != 16384 && v != 65536)
      return fail(value,
                  "expected a page size of 4096, 16384 or 65536 bytes, found " + std::to_string(v));
    member = v;
  }

  void stepLine() {
    const std::size_t op = oneOfStart();
    if (failed()) return;
    trace().records.emplace_back();
    Record& record = trace().records.back();
    record.comments = std::move(pending_);
    pending_.clear();
    record.line = lineNumber_;
    Step& step = record.step;
    step.op = static_cast<Op>(op);
    Words optional;
    switch (step.op) {
    case Op::limit: {
      step.limit = static_cast<LimitKind>(oneOf(limitNames, "the limit"));
      if (failed()) return;
      if (takeIf("unlimited")) {
        step.length = unlimited;
        break;
      }
      step.length = number("bytes (decimal or 0x hexadecimal) or `unlimited`");
      break;
    }
    case Op::capable:
      if (!takeIf("no")) return expected("`no`", {"no"});
      break;
    case Op::mmap:
      step.address = address();
      if (failed()) return;
      step.length = address("LEN");
      if (failed()) return;
      step.prot = protection();
      if (failed()) return;
      step.flags = mmapFlags();
      break;
    case Op::mprotect:
      step.address = address();
      if (failed()) return;
      step.length = address("LEN");
      if (failed()) return;
      step.prot = protection();
      if (failed()) return;
      if (takeIf("growsdown"))
        step.flags = flag::growsdown;
      else
        optional = {"growsdown"};
      break;
    case Op::munmap:
    case Op::mlock:
    case Op::munlock:
    case Op::dontneed:
      step.address = address();
      if (failed()) return;
      step.length = address("LEN");
      break;
    case Op::mremap:
      step.address = address();
      if (failed()) return;
      step.length = address("OLD_LEN");
      if (failed()) return;
      step.newLength = address("NEW_LEN");
      if (failed()) return;
      if (takeIf("maymove")) {
        step.flags = flag::maymove;
      } else if (takeIf("to")) {
        step.flags = flag::to;
        step.target = address();
      } else {
        optional = {"maymove", "to"};
      }
      break;
    case Op::fork:
      break;
    case Op::touch:
      step.address = address();
      if (failed()) return;
      step.access = static_cast<Access>(oneOf(accessNames, "the access"));
      break;
    case Op::kernel:
    case Op::gup:
      step.address = address();
      if (failed()) return;
      step.access = static_cast<Access>(
          oneOf(std::array<std::string_view, 2>{accessNames[0], accessNames[1]}, "the access"));
      break;
    case Op::sp:
      if (takeIf("own"))
        step.flags = flag::own;
      else
        step.address = number("ADDR (bytes, decimal or 0x hexadecimal) or `own`");
      break;
    }
    if (failed() || atEnd()) return;
    if (!takeIf("->")) {
      optional.push_back("->");
      std::string what;
      for (const std::string_view w : optional)
        what += (what.empty() ? "" : ", ") + quoted(w);
      return expected(what + " or the end of the line", optional);
    }
    outcome(step.op, record.expected);
  }

  std::size_t oneOfStart() {
    const std::string_view word = peek();
    for (std::size_t i = 0; i < opNames.size(); i++)
      if (word == opNames[i]) return take(), i;
    Words words(opNames.begin(), opNames.end());
    words.insert(words.end(), {"=", "with", "init", headerWord});
    expected("a step (" + alternatives(Words(opNames.begin(), opNames.end())) +
                 "), a state line (`=`) or `growsdown-trace 1`",
             words);
    return 0;
  }

  std::uint16_t mmapFlags() {
    // The fast path of flagList: no list of words is built where the flags are well-formed.
    const std::string_view word = peek();
    if (word == "-") return take(), std::uint16_t{0};
    unsigned bits = 0;
    for (std::size_t from = 0; from <= word.size();) {
      const std::size_t comma = std::min(word.find(',', from), word.size());
      const std::string_view one = word.substr(from, comma - from);
      const auto found = std::find(mmapFlagNames.begin(), mmapFlagNames.end(), one);
      const unsigned bit = found == mmapFlagNames.end() ? 0 : 1U << (found - mmapFlagNames.begin());
      if (bit == 0 || (bits & bit)) return static_cast<std::uint16_t>(flagList(mmapFlagNames));
      bits |= bit;
      from = comma + 1;
    }
    take();
    return static_cast<std::uint16_t>(bits);
  }

  void outcome(Op op, Outcome& out) {
    const std::string_view word = peek();
    const bool access = op == Op::touch;
    const bool call = op == Op::mmap || op == Op::mremap;
    if (word == "ok") {
      take();
      out.kind = Outcome::Kind::ok;
      if (atEnd() || !call) return;
      if (takeIf("elsewhere")) {
        out.kind = Outcome::Kind::okElsewhere;
        return;
      }
      out = Outcome::at(number("ADDR, `elsewhere` or the end of the line"));
      return;
    }
    if (word == "unknown") {
      take();
      out.kind = Outcome::Kind::unknown;
      return;
    }
    if (access)
      for (const auto& [signal, text] : signalNames)
        if (word == text) {
          take();
          out = Outcome::signalled(signal);
          if (atEnd()) return;
          if (!takeIf("at")) return expected("`at` ADDR or the end of the line", {"at"});
          out.address = address();
          out.hasAddress = true;
          return;
        }
    if (!access)
      for (const auto& [error, text] : errnoNames)
        if (word == text) {
          take();
          out = Outcome::failed(error);
          return;
        }
    Words words = {"ok"};
    const Words rest = access ? wordsOf(signalNames) : wordsOf(errnoNames);
    words.insert(words.end(), rest.begin(), rest.end());
    words.push_back("unknown");
    expected("OUTCOME of " + quoted(opNames[static_cast<std::size_t>(op)]) + ": " +
                 alternatives(words),
             words);
  }

  void stateLine() {
    const char* const where = p_;
    if (trace().records.empty())
      return fail(where, "a state line says what holds behind a step, and there is none before it");
    take();
    Record& record = trace().records.back();
    std::move(pending_.begin(), pending_.end(), std::back_inserter(record.comments));
    pending_.clear();
    Observation& state = record.state;
    const char* const kind = p_;
    constexpr std::array<std::string_view, 5> kinds = {"map", "pages", "same", "faults",
                                                       "abnormal"};
    const std::size_t i = oneOf(kinds, "a state line");
    if (failed()) return;
    if (state.abnormal) return fail(kind, "nothing is expected of a step behind `= abnormal`");
    if (state.hasFaults && i != 4)
      return fail(kind, i == 3 ? "a second `= faults` line for one step"
                               : "this line stands before the step's `= faults` line");
    if (state.same && i < 3)
      return fail(kind, i == 2 ? "a second `= same` line for one step"
                               : "`= same` stands alone, without `= map` and `= pages` lines");
    if (state.hasPages && i < 3)
      return fail(kind, i == 0   ? "a `= map` line stands before the step's `= pages` line"
                        : i == 1 ? "a second `= pages` line for one step"
                                 : "`= same` stands alone, without `= map` and `= pages` lines");
    if (state.hasMap && i == 2)
      return fail(kind, "`= same` stands alone, without `= map` and `= pages` lines");
    switch (i) {
    case 0:
      mapLine(state);
      break;
    case 1:
      pagesLine(state);
      break;
    case 2:
      state.same = true;
      break;
    case 3:
      state.faults = number("the number of minor faults");
      state.hasFaults = true;
      break;
    case 4:
      state.abnormal = true;
      break;
    }
  }

  void mapLine(Observation& state) {
    const char* const where = p_;
    MapLine line;
    if (!range(line.start, line.end)) return;
    if (!state.map.empty() && line.start < state.map.back().end)
      return fail(where,
                  "`= map` lines stand lowest address first and do not overlap: expected one "
                  "at or above " +
                      printBytes(state.map.back().end));
    const std::string_view perms = peek();
    constexpr std::string_view letters = "rwx";
    bool good = perms.size() == 4 && (perms[3] == 'p' || perms[3] == 's');
    for (std::size_t i = 0; good && i < 3; i++)
      good = perms[i] == letters[i] || perms[i] == '-';
    if (!good) return expected("PERMS as /proc/self/maps has them, such as `rw-p`");
    line.prot = static_cast<std::uint8_t>((perms[0] == 'r' ? prot::read : 0) |
                                          (perms[1] == 'w' ? prot::write : 0) |
                                          (perms[2] == 'x' ? prot::exec : 0));
    line.shared = perms[3] == 's';
    take();
    state.map.push_back(line);
    state.hasMap = true;
  }

  void pagesLine(Observation& state) {
    PagesLine pages;
    const auto field = [&](std::string_view word, std::int64_t& value) {
      if (failed()) return;
      if (!takeIf(word)) return expected(quoted(word), {word});
      value = signedNumber("pages, as `+4`");
    };
    field("size", pages.size);
    field("stack", pages.stack);
    field("locked", pages.locked);
    field("data", pages.data);
    if (failed()) return;
    if (!takeIf("resident")) return expected("`resident`", {"resident"});
    pages.resident = number("a number of pages");
    if (failed()) return;
    pages.hasTables = false;
    if (!atEnd()) {
      if (!takeIf("tables")) return expected("`tables` or the end of the line", {"tables"});
      pages.tables = signedNumber("pages, as `+4`");
      if (failed()) return;
      pages.hasTables = true;
    }
    state.pages = pages;
    state.hasPages = true;
  }

  // --- the initial state

  void initLine() {
    if (!trace().records.empty()) return fail(p_, "an `init` line stands before the first step");
    take();
    constexpr std::array<std::string_view, 5> kinds = {"area", "page", "object", "object-page",
                                                       "counters"};
    const char* const where = p_;
    const std::size_t kind = oneOf(kinds, "an initial state's line");
    if (failed()) return;
    if (!trace().initial) trace().initial.emplace();
    State& state = *trace().initial;
    switch (kind) {
    case 0:
      return initArea(state);
    case 1:
      return initPage(state);
    case 2:
      return initObject(state);
    case 3:
      return initObjectPage(state);
    case 4:
      if (sawCounters_) return fail(where, "`init counters` stands in this trace twice");
      sawCounters_ = true;
      return initCounters(state);
    }
  }

  /// The number behind a word that may stand there once; an identity is not 0.
  bool attribute(std::string_view word, std::uint64_t& value, bool identity) {
    if (peek() != word) return false;
    if (value != 0) return fail(p_, quoted(word) + " stands in this line twice"), true;
    take();
    const char* const where = p_;
    value = number(identity ? "an identity, a number from 1" : "a number of pages");
    if (!failed() && identity && value == 0) fail(where, "an identity is a number from 1");
    return true;
  }

  bool attribute(std::string_view word, bool& value) {
    if (peek() != word) return false;
    if (value) return fail(p_, quoted(word) + " stands in this line twice"), true;
    take();
    value = true;
    return true;
  }

  void initArea(State& state) {
    Area area;
    const char* const where = p_;
    if (!range(area.start, area.end)) return;
    if (area.start == area.end) return fail(where, "an area is not empty");
    if (!state.areas.empty() && area.start < state.areas.back().end)
      return fail(where,
                  "`init area` lines stand lowest address first and do not overlap: expected "
                  "one at or above " +
                      printBytes(state.areas.back().end));
    area.flags = protection();
    if (failed()) return;
    const std::uint32_t list = flagList(vmFlagNames);
    if (failed()) return;
    for (std::size_t i = 0; i < std::size(vmFlagNames); i++)
      if (list & (1U << i)) area.flags |= vmFlagNames[i].flag;
    while (!failed() && !atEnd())
      if (!attribute("pgoff", area.pgoff, false) && !attribute("anon", area.anon, true) &&
          !attribute("forked", area.forked) && !attribute("object", area.object, true))
        expected("`pgoff` PAGES, `anon` N, `forked`, `object` N or the end of the line",
                 {"pgoff", "anon", "forked", "object"});
    state.areas.push_back(area);
  }

  void initPage(State& state) {
    Page page;
    const char* const where = p_;
    page.address = address();
    if (failed()) return;
    if (!state.pages.empty() && page.address <= state.pages.back().address)
      return fail(where, "`init page` lines stand lowest address first");
    page.kind = static_cast<Page::Kind>(oneOf(pageKindNames, "the kind of page"));
    if (failed()) return;
    page.prot = protection();
    while (!failed() && !atEnd())
      if (!attribute("frame", page.frame, true) && !attribute("inherited", page.inherited) &&
          !attribute("dirty", page.dirty) && !attribute("hosted", page.hosted))
        expected("`frame` N, `inherited`, `dirty`, `hosted` or the end of the line",
                 {"frame", "inherited", "dirty", "hosted"});
    state.pages.push_back(page);
  }

  void initObject(State& state) {
    Object object;
    const char* const where = p_;
    object.id = number("an object's identity, a number from 1");
    if (failed()) return;
    if (object.id == 0) return fail(where, "an identity is a number from 1");
    if (!state.objects.empty() && object.id <= state.objects.back().id)
      return fail(where, "`init object` lines stand lowest identity first");
    if (!takeIf("pages")) return expected("`pages`", {"pages"});
    object.pages = number("a number of pages");
    state.objects.push_back(object);
  }

  void initObjectPage(State& state) {
    ObjectPage page;
    const char* const where = p_;
    page.object = number("an object's identity, a number from 1");
    if (failed()) return;
    if (page.object == 0) return fail(where, "an identity is a number from 1");
    if (!takeIf("index")) return expected("`index`", {"index"});
    page.index = number("the page's index in the object");
    if (failed()) return;
    if (!state.objectPages.empty()) {
      const ObjectPage& last = state.objectPages.back();
      if (std::tie(page.object, page.index) <= std::tie(last.object, last.index))
        return fail(where, "`init object-page` lines stand lowest object and index first");
    }
    if (!takeIf("frame")) return expected("`frame`", {"frame"});
    const char* const frame = p_;
    page.frame = number("the frame's identity, a number from 1");
    if (!failed() && page.frame == 0) return fail(frame, "an identity is a number from 1");
    state.objectPages.push_back(page);
  }

  void initCounters(State& state) {
    bool any = false;
    for (const auto& [word, member] : counterNames) {
      if (!takeIf(word)) continue;
      any = true;
      state.counters.*member = number("a number of pages");
      if (failed()) return;
    }
    if (!any || !atEnd()) {
      const Words words = wordsOf(counterNames);
      expected(alternatives(words) + ", each at most once and in this order", words);
    }
  }

  const char* next_;
  const char* const textEnd_;
  const std::string_view file_;
  const char* lineStart_ = next_;
  const char* p_ = next_;
  const char* end_ = next_;
  unsigned lineNumber_ = 0;
  bool inTrace_ = false;
  bool sawCounters_ = false;
  std::vector<Trace> traces_;
  std::vector<std::string> pending_; ///< comments not yet given to a record or a trace
  std::optional<ParseError> error_;
};

} // namespace

std::string ParseError::text() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

ParseResult parse(std::string_view text, std::string_view file) {
  return Parser(text, file).run();
}

std::string print(const Trace& trace) {
  std::string out;
  putTrace(out, trace);
  return out;
}

std::string print(std::span<const Trace> traces) {
  std::string out;
  for (const Trace& trace : traces)
    putTrace(out, trace);
  return out;
}

std::string print(const Step& step) {
  std::string out;
  putStep(out, step);
  return out;
}

std::string print(const Outcome& outcome) {
  std::string out;
  putOutcome(out, outcome);
  return out;
}

std::string printState(const Observation& state) {
  std::string out;
  putState(out, state);
  return out;
}

std::string printInitial(const State& state) {
  std::string out;
  putInitial(out, state);
  return out;
}

std::string printWith(const With& with) {
  std::string out;
  putWith(out, with);
  return out;
}

std::string plainText(std::string_view text, bool lines) {
  std::string out;
  out.reserve(text.size());
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p != end;) {
    const auto c = static_cast<unsigned char>(*p);
    const std::size_t length = utf8Length(p, end);
    // U+FFFE and U+FFFF are no characters, and XML does not take them.
    const bool none = length == 3 && std::memcmp(p, "\xef\xbf", 2) == 0 &&
                      (static_cast<unsigned char>(p[2]) | 1U) == 0xbf;
    if (c == '\n' || c == '\t')
      out += lines ? *p : ' ';
    else if (length == 0 || none || c < 0x20 || c == 0x7f)
      out += '?';
    else
      out.append(p, length);
    p += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string printBytes(std::uint64_t value) {
  std::string out;
  putBytes(out, value);
  return out;
}

std::string printProt(std::uint8_t prot) {
  std::string out;
  putProt(out, prot);
  return out;
}

std::string printVmFlags(std::uint32_t flags) {
  std::string out;
  putVmFlags(out, flags);
  return out;
}

std::string_view name(Op op) {
  return opNames[static_cast<std::size_t>(op)];
}
std::string_view name(Access access) {
  return accessNames[static_cast<std::size_t>(access)];
}
std::string_view name(LimitKind kind) {
  return limitNames[static_cast<std::size_t>(kind)];
}
std::string_view name(Page::Kind kind) {
  return pageKindNames[static_cast<std::size_t>(kind)];
}

std::string_view name(Signal signal) {
  for (const auto& [value, text] : signalNames)
    if (value == signal) return text;
  return {};
}

std::string_view name(Errno error) {
  for (const auto& [value, text] : errnoNames)
    if (value == error) return text;
  return {};
}

} // namespace growsdown::trace
