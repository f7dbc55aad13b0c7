// Which rule sets a subcommand uses: those that the user names, or the default.
#pragma once

#include "harness/metadata.h"
#include "trace/trace.h"

#include <string>
#include <vector>

namespace growsdown::tools {

/// The rule set of that name, with knobs changed as `NAME=VALUE` says. Stops with `usage` and the
/// known names.
trace::RuleSet ruleSet(const std::string& name, const std::vector<std::string>& knobs = {});

/// The names that `--rules` selects: each word is a rule set, `all`, or a pattern such as
/// `linux-*-arm64`. `all` and a pattern select those that recordings judge; a pattern that matches none
/// of them selects among all releases. Each name occurs once. Stops with `usage` if a word selects
/// nothing.
std::vector<std::string> ruleSetNames(const std::vector<std::string>& words);

/// The rule set that is used when neither the user nor the trace names one.
struct DefaultRules {
  std::string name;
  std::string why; ///< `the rule set of the running kernel`
};
/// In this order: the rule set that the environment variable GROWSDOWN_RULES names, that of the
/// running kernel, the newest one for this machine that recordings judge. Stops with `usage` if the
/// variable names no rule set.
const DefaultRules& defaultRules();
/// The name of the default. Names it on stderr as well, with the reason, at the first call.
std::string takeDefaultRules();

/// The rule sets that a trace is judged by without `--rules`: those of its `sets:` comment, or the
/// one that its file is named after (`linux-6.12-arm64.trace.xz`); empty if it names none. Stops with
/// `usage` if it names one that does not exist.
std::vector<std::string> ruleSetsOf(const trace::Trace& trace, const harness::Metadata& data);
/// The same, or the default if the trace names none.
std::vector<std::string> ruleSetsOrDefault(const trace::Trace& trace,
                                           const harness::Metadata& data);

} // namespace growsdown::tools
