// Metadata of a trace in the comment lines before its first step: `# title: …`, `# rules: …` and
// others.
#pragma once

#include "trace/trace.h"

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::harness {

struct Metadata {
  enum class Expect : std::uint8_t { agree, diverge };

  std::string title;
  std::vector<std::string> rules; ///< `rules:` ids of the rules that the trace is about
  std::vector<std::string> sets;  ///< `sets:` names of the rule sets whose verdict is expected
  std::string cve;
  std::string commit;
  std::string found;             ///< `found:` how it was found
  Expect expect = Expect::agree; ///< `expect: diverge`: the trace must not agree
  std::string error;             ///< the error of a line with a known key; may be empty
};

/// Reads the metadata of a trace: lines `# KEY: VALUE`, with lists separated by commas or blanks.
/// Lines with other keys are comments. Unknown rule sets and verdicts are errors; rule ids are not
/// checked. Without `title:`, the first comment is the title.
Metadata metadata(const trace::Trace& trace);

/// The rule set in the name of a file: the part before `@` or `.trace`. Empty if that is not a rule
/// set. Then `error` is set if it is meant to be one: it is before an `@`, or it is `linux-` and a
/// number with a dot.
std::string ruleSetOfName(std::string_view path, std::string& error);

} // namespace growsdown::harness
