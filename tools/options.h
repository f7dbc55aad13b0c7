// Options that several subcommands have, so that they read and behave the same everywhere.
#pragma once

#include "tools/cli.h"
#include "trace/ruleset.h"
#include "trace/trace.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// One trace of a file, and the rule set to run it under.
struct TraceOptions {
  std::string path;
  unsigned index = 0;             ///< from 1; 0: the first
  std::vector<std::string> rules; ///< ruleSetNames; empty: as the trace says
  std::vector<std::string> knobs; ///< NAME=VALUE
  std::vector<std::string> with;  ///< KEY=VALUE, for keys that the trace does not set
};

/// The positional TRACE.
void addTraceArgument(Command command, std::string& path);
/// `--trace N`. `otherwise` says which trace is taken without the option.
void addIndexOption(Command command, unsigned& index, std::string_view otherwise = "the first one");
/// `--rules SET`, which may be repeated and may be a pattern. `otherwise` says which rule sets are taken
/// without the option.
Option addRulesOption(Command command, std::vector<std::string>& rules, std::string_view otherwise);
/// The rule sets of a trace that are taken without `--rules`, in words.
inline constexpr std::string_view rulesOfTrace =
    "the first of the trace's `# sets:` comment, or the one that the file is named after, or "
    "$GROWSDOWN_RULES, or the one for the running kernel, or the newest";
/// `--with KEY=VALUE`: a parameter for traces that do not set it.
void addWithOption(Command command, std::vector<std::string>& with);
/// The parameters of `--with`. Stops with `usage`.
trace::With withOf(const std::vector<std::string>& words);
/// Sets those parameters of `with` that it does not set itself.
void fill(trace::With& with, const trace::With& others);
/// `--knob NAME=VALUE`.
void addKnobOption(Command command, std::vector<std::string>& knobs);
/// TRACE, --trace, --rules, --knob and --with.
void addTraceOptions(Command command, TraceOptions& options);

/// A trace, and the rule set and parameters to run it under. `parameters` refers to `rules`.
struct ChosenTrace {
  const trace::Trace& trace;
  const trace::RuleSet& rules;
  const trace::Parameters parameters;
};

/// What a system that runs the trace has, whatever the trace says.
struct OfSystem {
  std::string rules; ///< the rule set that it follows; may be empty
  trace::With with;  ///< the parameters that it has, for a trace that does not set them
};

/// Reads the trace, calls `run` for each rule set, and returns the exit code that comes first in this
/// order: failure, diverged, unknown, agreed. Without `--rules` there is one rule set: the
/// one that a system follows, or else the one of the trace. Stops with `usage`. A rule set that
/// cannot take on the parameters of the trace stops with `unknown`; if there are others, stderr names
/// it and it counts as unknown.
int underEachRuleSet(const TraceOptions& options, const OfSystem& system,
                     const std::function<int(const ChosenTrace&)>& run);

} // namespace growsdown::tools
