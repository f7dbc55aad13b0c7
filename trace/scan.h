// Reads the words of a trace file line by line. The first error ends the reading.
#pragma once

#include "trace/complain.h"
#include "trace/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace growsdown::trace {

/// A cursor in the text. Functions that read a word consume it and the blanks after it. When a word
/// is not what was expected they fail: they keep the error and return 0, and callers return.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view file)
      : next_(text.data()), textEnd_(text.data() + text.size()), file_(file) {}

  bool failed() const { return error_.has_value(); }
  /// Keeps the error, unless there is one already. `where` is in the current line.
  void fail(const char* where, std::string message);
  /// Fails at the next word. `words` are those that it may have meant.
  void expected(const std::string& what, const Words& words = {});
  /// Fails because there is no trace in the whole text.
  void expectedATrace();
  std::optional<ParseError> takeError() { return std::move(error_); }

  // --- lines

  /// Moves to the next line, past its leading blanks. False at the end of the text or on an error.
  bool takeLine();
  unsigned lineNumber() const { return lineNumber_; }
  std::string_view file() const { return file_; }
  /// The rest of the line.
  std::string_view rest() const { return {p_, static_cast<std::size_t>(end_ - p_)}; }
  /// Whether no word is left: the line ends here, or a comment begins.
  bool atEnd() const { return p_ == end_ || *p_ == '#'; }

  // --- words

  /// Where the next word begins, for `fail`.
  const char* here() const { return p_; }
  /// The next word, without consuming it; empty at the end of the line.
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

  /// The index of the next word, which may have `prefix` as in C, in a table of the format.
  template <class Names>
  std::size_t oneOf(const Names& names, std::string_view what = {}, std::string_view prefix = {}) {
    const std::string plain = prefix.empty() ? std::string() : fromC(peek(), prefix);
    const std::string_view word = prefix.empty() ? peek() : plain;
    std::size_t i = 0;
    for (const auto& row : names) {
      std::string_view candidate;
      if constexpr (requires { row.name; })
        candidate = row.name;
      else
        candidate = row;
      if (word == candidate) return take(), i;
      i++;
    }
    const Words words = wordsOf(names);
    expected((what.empty() ? std::string() : std::string(what) + ": ") + alternatives(words),
             words);
    return 0;
  }

  /// A number, which may end with K, M or G: 2^10, 2^20, 2^30. `what` and `unit` together say what was
  /// expected.
  std::uint64_t number(std::string_view what, std::string_view unit = {});
  std::uint64_t address(std::string_view what = "ADDR") {
    return number(what, " (bytes, decimal or 0x hexadecimal)");
  }
  std::int64_t signedNumber(const std::string& what);
  /// START-END in bytes. False after an error.
  bool range(std::uint64_t& start, std::uint64_t& end);
  /// `none`, letters of `rwx`, in which `-` may be in the place of one that is missing, or PROT_ names
  /// as in C. `growsdown`, unless null, becomes whether PROT_GROWSDOWN is among these.
  std::uint8_t protection(bool* growsdown = nullptr);

  /// `-` or a list of flags out of a table's rows that `mask` has, separated by commas or `|`. A flag
  /// may be written with `prefix`, as in C; the words of `implied` change nothing.
  /// `what` begins the error.
  template <class Flags>
  std::uint32_t flagList(const Flags& flags, std::uint32_t mask, std::string_view prefix = {},
                         std::span<const std::string_view> implied = {},
                         std::string_view what = "FLAGS: `-` or a comma-separated list of ") {
    const std::string_view word = peek();
    if (word == "-") return take(), 0U;
    std::uint32_t bits = 0;
    for (std::size_t from = 0; from <= word.size();) {
      const std::size_t comma = std::min(word.find_first_of(",|", from), word.size());
      const std::string_view one = word.substr(from, comma - from);
      from = comma + 1;
      const std::string plain = prefix.empty() ? std::string(one) : fromC(one, prefix);
      if (std::find(implied.begin(), implied.end(), plain) != implied.end()) continue;
      const auto found = std::find_if(std::begin(flags), std::end(flags), [&](const auto& row) {
        return (row.flag & mask) != 0 && row.name == plain;
      });
      if (found == std::end(flags)) {
        Words words;
        for (const auto& row : flags)
          if ((row.flag & mask) != 0) words.push_back(row.name);
        words.insert(words.end(), implied.begin(), implied.end());
        return badFlag(one, words, what), 0U;
      }
      if (bits & found->flag)
        return fail(one.data(), quoted(one) + " appears twice in this list"), 0U;
      bits |= found->flag;
    }
    take();
    return bits;
  }

 private:
  static bool blank(char c) { return c == ' ' || c == '\t'; }
  void skipBlanks() {
    while (p_ != end_ && blank(*p_))
      p_++;
  }
  bool checkBytes();
  bool bad(const char* where, std::string message);
  std::uint8_t protectionOfC(bool* growsdown);
  bool unit(std::string_view& word, std::uint64_t& value);
  bool digits(std::string_view& word, std::uint64_t& value, std::string_view what,
              std::string_view unit = {});
  void badFlag(std::string_view word, const Words& words, std::string_view what);

  const char* next_;
  const char* const textEnd_;
  const std::string_view file_;
  const char* lineStart_ = next_;
  const char* p_ = next_;
  const char* end_ = next_;
  unsigned lineNumber_ = 0;
  std::optional<ParseError> error_;
};

} // namespace growsdown::trace
