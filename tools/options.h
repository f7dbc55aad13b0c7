// Options that several subcommands have, so that they read and behave the same everywhere.
#pragma once

#include "tools/cli.h"
#include "trace/ruleset.h"
#include "trace/trace.h"

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// One trace of a file, and the rule set to run it under.
struct TraceOptions {
  std::string path;
  unsigned index = 0;             ///< from 1; 0: the only one
  std::string rules;              ///< empty: as the trace says (ruleSetsOf)
  std::vector<std::string> knobs; ///< NAME=VALUE
};

/// The positional TRACE.
void addTraceArgument(Command command, std::string& path);
/// `--trace N`. `otherwise` says which trace is taken without the option.
void addIndexOption(Command command, unsigned& index,
                    std::string_view otherwise = "the only one in the file");
/// `--rules SET` of a subcommand that takes it from the trace by default.
void addRulesOption(Command command, std::string& rules);
/// `--knob NAME=VALUE`.
void addKnobOption(Command command, std::vector<std::string>& knobs);
/// TRACE, --trace, --rules and --knob.
void addTraceOptions(Command command, TraceOptions& options);

/// A trace, and the rule set and parameters to run it under. `parameters` refers to `rules`.
struct ChosenTrace {
  /// Reads the trace. `followed` is the rule set that a system names, used without `--rules`; may
  /// be empty. Stops with `usage` or `unknown`.
  explicit ChosenTrace(const TraceOptions& options, const std::string& followed = {});
  ChosenTrace(const ChosenTrace&) = delete;
  ChosenTrace& operator=(const ChosenTrace&) = delete;

  const trace::Trace trace;
  const trace::RuleSet rules;
  const trace::Parameters parameters;
};

} // namespace growsdown::tools
