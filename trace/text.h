// Trace format 1 as text: the parser and the canonical printer (docs/trace-format.md).
#pragma once

#include "trace/trace.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::trace {

/// Where and why a text is not well-formed.
struct ParseError {
  std::string file;
  unsigned line = 0;   ///< from 1
  unsigned column = 0; ///< from 1, in bytes
  std::string message; ///< what was expected there, and what was found

  /// `file:line:column: message`
  std::string text() const;
};

struct ParseResult {
  std::vector<Trace> traces; ///< in the order of the file; empty if `error`
  std::optional<ParseError> error;
};

/// Parses a whole file: one or more traces. `file` is only a name, for messages and Trace::file.
/// Stops at the first error. Linear in the size of `text`.
ParseResult parse(std::string_view text, std::string_view file);

/// Canonical text. A trace's ends with a newline, as do a state's lines; a step and an outcome are
/// without one. `parse` gives back equal data from a printed trace, and canonical text byte for
/// byte.
std::string print(const Trace& trace);
std::string print(std::span<const Trace> traces);
std::string print(const Step& step);
std::string print(const Outcome& outcome); ///< what follows `-> `; empty if unspecified
std::string printState(const Observation& state);
std::string printInitial(const State& state); ///< the `init` lines, with a newline each
std::string printWith(const With& with);      ///< the `with` lines, with a newline each

/// `text` as a comment of a trace may have it, and XML and JSON: control characters, and bytes that
/// are not UTF-8, become `?`. Newlines and tabs are kept where there may be `lines`, else become
/// blanks.
std::string plainText(std::string_view text, bool lines = false);

/// Canonical form of an address, a length or a byte count.
std::string printBytes(std::uint64_t value);

/// The words of the format.
std::string_view name(Op op);
std::string_view name(Access access);
std::string_view name(LimitKind kind);
std::string_view name(Signal signal);
std::string_view name(Errno error); ///< `ENOMEM`; of a value that the format does not know: empty
std::string_view name(Page::Kind kind);
std::string printProt(std::uint8_t prot);      ///< `none` or letters of `rwx`
std::string printVmFlags(std::uint32_t flags); ///< an init area's flags, the access bits left out

} // namespace growsdown::trace
