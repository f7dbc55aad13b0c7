// Trace format 1 as text: the parser and the canonical printer (docs/trace-format.md).
#pragma once

#include "trace/fields.h"
#include "trace/trace.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::trace {

/// Where and why a file is not well-formed.
struct ParseError {
  std::string file;
  unsigned line = 0;   ///< from 1
  unsigned column = 0; ///< from 1, in bytes
  std::string message; ///< what was expected, and what was found

  /// `file:line:column: message`
  std::string text() const;
};

struct ParseResult {
  std::vector<Trace> traces; ///< in the order of the file; empty if `error`
  std::optional<ParseError> error;
};

/// Lines of a trace, and steps of all traces that `parse` returns: more would take some GB of memory.
inline constexpr std::size_t mostLines = std::size_t{1} << 22;

/// Reads a file trace by trace, so that only one is in memory.
class TraceReader {
 public:
  /// `text` must outlive the reader; `file` as for `parse`.
  TraceReader(std::string_view text, std::string_view file);
  ~TraceReader();
  TraceReader(const TraceReader&) = delete;
  TraceReader& operator=(const TraceReader&) = delete;

  /// False after the last trace, or on an error.
  bool next(Trace& out);
  const std::optional<ParseError>& error() const { return error_; }

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
  std::optional<ParseError> error_;
};

/// Parses a whole file: one or more traces. `file` is only a name, for messages and Trace::file.
/// Stops at the first error. Linear in the size of `text`.
ParseResult parse(std::string_view text, std::string_view file);

/// Canonical text. The text of a trace, and each line of a state, ends with a newline; the text of
/// a step or an outcome does not. `parse` of a printed trace returns equal data, and printing what
/// was parsed from canonical text returns the same bytes.
std::string print(const Trace& trace);
std::string print(std::span<const Trace> traces);
std::string print(const Step& step);
std::string print(const Outcome& outcome); ///< what follows `-> `; empty if unspecified
std::string printState(const Observation& state);
std::string printInitial(const State& state); ///< the `init` lines
std::string printWith(const With& with);      ///< the `with` lines

/// `text` made safe for a comment of a trace, for XML and for JSON: control characters, and bytes
/// that are not UTF-8, become `?`. Newlines and tabs are kept if `lines`, else they become blanks.
std::string plainText(std::string_view text, bool lines = false);

/// Canonical form of an address, a length or a byte count.
std::string printBytes(std::uint64_t value);

std::string printProt(std::uint8_t prot);      ///< `none` or letters of `rwx`
std::string printVmFlags(std::uint32_t flags); ///< an init area's flags, the access bits left out

} // namespace growsdown::trace
