// What the comment lines before a trace's first step say of it: `# title: …`, `# rules: …` and so
// on.
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
  Expect expect = Expect::agree; ///< `expect: diverge`: the trace must not be as it says
  std::string error;             ///< what is wrong with a line that has a key known here
};

/// Reads the metadata of a trace: lines `# KEY: VALUE`, lists separated by commas or blanks. Keys
/// not known here are comments. Unknown rule sets and verdicts are an error; rule ids are not
/// checked (see the rules of the model). Without a title, the first other comment is the title.
Metadata metadata(const trace::Trace& trace);

/// The rule set that a file's name says: what stands before an `@`, or before `.trace`. Empty where
/// the name says none; `error` where what stands there is meant as a rule set (before an `@`, or
/// `linux-` and a number with a dot) and is none.
std::string ruleSetOfName(std::string_view path, std::string& error);

} // namespace growsdown::harness
