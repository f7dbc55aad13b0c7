#include "tools/options.h"

#include "tools/common.h"
#include "tools/files.h"

#include <CLI/CLI.hpp>

namespace growsdown::tools {
namespace {

std::string setOf(const TraceOptions& options, const std::string& followed,
                  const trace::Trace& trace) {
  if (!options.rules.empty()) return options.rules;
  if (!followed.empty()) return followed;
  return ruleSetsOf(trace, harness::metadata(trace)).front();
}

} // namespace

void addTraceArgument(CLI::App& command, std::string& path) {
  command.add_option("TRACE", path, "Trace file; may be compressed (.xz), - is standard input")
      ->type_name("TRACE")
      ->required();
}

void addIndexOption(CLI::App& command, unsigned& index, std::string_view otherwise) {
  command
      .add_option("--trace", index,
                  "Number of the trace in a file of several, from 1 (default: " +
                      std::string(otherwise) + ")")
      ->type_name("N");
}

void addRulesOption(CLI::App& command, std::string& rules) {
  command
      .add_option("--rules", rules,
                  "Rule set (default: the first of the trace's `# sets:` comment, or the one "
                  "that the file is named after, or " +
                      std::string(trace::defaultRuleSet) + ")")
      ->type_name("SET");
}

void addKnobOption(CLI::App& command, std::vector<std::string>& knobs) {
  command
      .add_option("--knob", knobs,
                  "Change a knob of the rule set (may be repeated; `growsdown knobs` "
                  "lists them)")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void addTraceOptions(CLI::App& command, TraceOptions& options) {
  addTraceArgument(command, options.path);
  addIndexOption(command, options.index);
  addRulesOption(command, options.rules);
  addKnobOption(command, options.knobs);
}

ChosenTrace::ChosenTrace(const TraceOptions& options, const std::string& followed)
    : trace(readTrace(options.path, options.index)),
      rules(ruleSet(setOf(options, followed, trace), options.knobs)),
      parameters(parametersOf(rules, trace)) {}

} // namespace growsdown::tools
