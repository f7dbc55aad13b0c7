#include "tools/options.h"

#include "tools/cli.h"
#include "tools/common.h"
#include "tools/files.h"

namespace growsdown::tools {
namespace {

std::string setOf(const TraceOptions& options, const std::string& followed,
                  const trace::Trace& trace) {
  if (!options.rules.empty()) return options.rules;
  if (!followed.empty()) return followed;
  return ruleSetsOf(trace, harness::metadata(trace)).front();
}

} // namespace

void addTraceArgument(Command command, std::string& path) {
  command.addOption("TRACE", path, "Trace file; may be compressed (.xz), - is standard input")
      .typeName("TRACE")
      .required();
}

void addIndexOption(Command command, unsigned& index, std::string_view otherwise) {
  command
      .addOption("--trace", index,
                 "Number of the trace in a file of several, from 1 (default: " +
                     std::string(otherwise) + ")")
      .typeName("N");
}

void addRulesOption(Command command, std::string& rules) {
  command
      .addOption("--rules", rules,
                 "Rule set (default: the first of the trace's `# sets:` comment, or the one "
                 "that the file is named after, or " +
                     std::string(trace::defaultRuleSet) + ")")
      .typeName("SET");
}

void addKnobOption(Command command, std::vector<std::string>& knobs) {
  command
      .addOption("--knob", knobs,
                 "Change a knob of the rule set (may be repeated; `growsdown knobs` "
                 "lists them)")
      .typeName("NAME=VALUE")
      .oneValueEach();
}

void addTraceOptions(Command command, TraceOptions& options) {
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
