#include "trace/scan.h"

#include "trace/step.h"
#include "trace/utf8.h"

#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

namespace growsdown::trace {

void Scanner::fail(const char* where, std::string message) {
  if (failed()) return;
  error_ = ParseError{std::string(file_), lineNumber_,
                      static_cast<unsigned>(where - lineStart_) + 1, std::move(message)};
}

void Scanner::expected(const std::string& what, const Words& words) {
  const std::string_view word = peek();
  if (word.empty())
    fail(p_, "expected " + what + ", found the end of the line");
  else
    fail(p_, "expected " + what + ", found " + quoted(word) + suggestion(word, words));
}

void Scanner::expectedATrace() {
  lineNumber_ = std::max(lineNumber_, 1U);
  lineStart_ = p_;
  fail(p_, "there is no trace here: expected a line `growsdown-trace 1`");
}

bool Scanner::takeLine() {
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
  if (!newline)
    return bad(end_, "expected a newline at the end of the last line: is the file truncated?");
  p_ = lineStart_;
  skipBlanks();
  return true;
}

bool Scanner::checkBytes() {
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
    if (isLongControl(q, length)) return bad(q, "control character");
    if (lineNumber_ == 1 && q == lineStart_ && length == 3 &&
        std::memcmp(q, "\xef\xbb\xbf", 3) == 0)
      return bad(q, "byte order mark: a trace begins without one");
    q += length;
  }
  return true;
}

bool Scanner::bad(const char* where, std::string message) {
  fail(where, std::move(message));
  return false;
}

namespace {
std::string joined(std::string_view what, std::string_view unit) {
  return std::string(what) += unit;
}
} // namespace

/// Consumes the digits of a number from the beginning of `word`.
bool Scanner::digits(std::string_view& word, std::uint64_t& value, std::string_view what,
                     std::string_view unit) {
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
  if (code == std::errc::result_out_of_range)
    return bad(start, quoted({start, static_cast<std::size_t>(after - start)}) +
                          " is too great: a number is at most 2^64-1, 0xffffffffffffffff");
  word.remove_prefix(static_cast<std::size_t>(after - start));
  return true;
}

/// Consumes a suffix K, M or G, which multiplies the number before it. False after an error.
bool Scanner::unit(std::string_view& word, std::uint64_t& value) {
  const unsigned shift = word == "K" ? 10 : word == "M" ? 20 : word == "G" ? 30 : 0;
  if (shift == 0) return true;
  if (value << shift >> shift != value)
    return bad(p_, quoted(peek()) + " is too great: a number is at most 2^64-1");
  value <<= shift;
  word.remove_prefix(1);
  return true;
}

std::uint64_t Scanner::number(std::string_view what, std::string_view unit) {
  std::string_view word = peek();
  std::uint64_t value = 0;
  if (!digits(word, value, what, unit) || !this->unit(word, value)) return 0;
  if (!word.empty()) {
    fail(p_, "expected " + joined(what, unit) + ", found " + quoted(peek()));
    return 0;
  }
  take();
  return value;
}

std::int64_t Scanner::signedNumber(const std::string& what) {
  const std::string_view whole = peek();
  std::string_view word = whole;
  const bool negative = !word.empty() && word[0] == '-';
  if (!word.empty() && (word[0] == '-' || word[0] == '+')) word.remove_prefix(1);
  std::uint64_t value = 0;
  const bool onlyASign = word.empty() && !whole.empty();
  if (!onlyASign && !digits(word, value, what)) return 0;
  if (onlyASign || !word.empty()) {
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

bool Scanner::range(std::uint64_t& start, std::uint64_t& end) {
  constexpr const char* what = "START-END (bytes)";
  const std::string_view whole = peek();
  std::string_view word = whole;
  if (!digits(word, start, what)) return false;
  if (word.empty() || word[0] != '-')
    return bad(p_, std::string("expected ") + what + ", found " + quoted(whole));
  word.remove_prefix(1);
  const char* const second = word.data();
  if (word.empty()) return bad(second, "expected END (bytes) after `-`");
  if (!digits(word, end, "END (bytes)")) return false;
  if (!word.empty()) return bad(p_, std::string("expected ") + what + ", found " + quoted(whole));
  if (end < start) return bad(second, "the range ends below its start");
  take();
  return true;
}

std::uint8_t Scanner::protectionOfC(bool* growsdown) {
  struct Row {
    unsigned flag;
    std::string_view name;
  };
  constexpr unsigned down = 8;
  static_assert((down & (prot::read | prot::write | prot::exec)) == 0);
  constexpr Row rows[] = {
      {prot::read, "read"}, {prot::write, "write"}, {prot::exec, "exec"}, {down, "growsdown"}};
  constexpr std::string_view none[] = {"none"};
  const unsigned bits = flagList(rows, growsdown == nullptr ? down - 1 : ~0U, "PROT_", none,
                                 "PROT: names joined by `|`, with PROT_ before each, of ");
  if (growsdown != nullptr) *growsdown = (bits & down) != 0;
  return static_cast<std::uint8_t>(bits & ~down);
}

std::uint8_t Scanner::protection(bool* growsdown) {
  constexpr const char* what = "PROT: `none` or letters of `rwx`";
  const std::string_view word = peek();
  if (word.starts_with("PROT_")) return protectionOfC(growsdown);
  if (word == "none" || word == "---") return take(), prot::none;
  unsigned bits = 0;
  for (std::size_t i = 0; i < word.size(); i++) {
    if (word[i] == '-' && word.size() == 3) continue;
    const unsigned bit = word[i] == 'r'   ? prot::read
                         : word[i] == 'w' ? prot::write
                         : word[i] == 'x' ? prot::exec
                                          : 0U;
    if (bit == 0 || (bits & bit)) {
      fail(p_, std::string("expected ") + what + ", found " + quoted(word) +
                   (bit == 0 ? suggestion(word, {"none"})
                             : "; " + quoted(word.substr(i, 1)) + " appears twice"));
      return 0;
    }
    bits |= bit;
  }
  if (bits == 0) return expected(what), std::uint8_t{0};
  take();
  return static_cast<std::uint8_t>(bits);
}

void Scanner::badFlag(std::string_view word, const Words& words, std::string_view what) {
  const std::string list = std::string(what) + alternatives(words);
  if (peek().empty()) return expected(list);
  fail(word.data(), "expected " + list + ", found " +
                        (word.empty() ? std::string("nothing") : quoted(word)) +
                        suggestion(word, words));
}

} // namespace growsdown::trace
