#include "tools/options.h"

#include "tools/cli.h"
#include "tools/common.h"
#include "tools/files.h"
#include "trace/fields.h"
#include "trace/text.h"

#include <fmt/format.h>

namespace growsdown::tools {
namespace {

std::vector<std::string> setsFor(const TraceOptions& options, const std::string& followed,
                                 const trace::Trace& trace) {
  if (!options.rules.empty()) return ruleSetNames(options.rules);
  if (!followed.empty()) return {followed};
  return {ruleSetsOrDefault(trace, harness::metadata(trace)).front()};
}

// The exit code that says more about a trace.
int worse(int a, int b) {
  for (const int code : {failure, diverged, unknown})
    if (a == code || b == code) return code;
  return agreed;
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

Option addRulesOption(Command command, std::vector<std::string>& rules,
                      std::string_view otherwise) {
  return command
      .addOption("--rules", rules,
                 "Rule set, or a pattern such as 'linux-*-arm64', or `all` (may be repeated; "
                 "default: " +
                     std::string(otherwise) + ")")
      .typeName("SET")
      .oneValueEach();
}

void addWithOption(Command command, std::vector<std::string>& with) {
  command
      .addOption("--with", with,
                 "A parameter such as min-addr=65536, for traces that do not set it (may be "
                 "repeated)")
      .typeName("KEY=VALUE")
      .oneValueEach();
}

trace::With withOf(const std::vector<std::string>& words) {
  std::string text = "growsdown-trace 1\n";
  for (std::string word : words) {
    if (word.find('=') == std::string::npos || word.find('\n') != std::string::npos)
      throw Stop(usage, "--with needs KEY=VALUE, not `" + word + "`");
    word[word.find('=')] = ' ';
    text += "with " + word + "\n";
  }
  const trace::ParseResult parsed = trace::parse(text, "--with");
  if (parsed.error) throw Stop(usage, "--with: " + parsed.error->message);
  return parsed.traces.front().with;
}

void fill(trace::With& with, const trace::With& others) {
  for (const trace::WithField& field : trace::withFields)
    if (!(with.*field.member)) with.*field.member = others.*field.member;
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
  addRulesOption(command, options.rules, rulesOfTrace);
  addKnobOption(command, options.knobs);
  addWithOption(command, options.with);
}

int underEachRuleSet(const TraceOptions& options, const OfSystem& system,
                     const std::function<int(const ChosenTrace&)>& run) {
  trace::Trace trace = readTrace(options.path, options.index);
  fill(trace.with, withOf(options.with));
  fill(trace.with, system.with);
  const std::vector<std::string> sets = setsFor(options, system.rules, trace);
  int code = agreed;
  for (const std::string& set : sets) {
    const trace::RuleSet rules = ruleSet(set, options.knobs);
    try {
      code = worse(code, run(ChosenTrace{trace, rules, parametersOf(rules, trace)}));
    } catch (const Stop& stop) {
      if (stop.code != unknown || sets.size() == 1) throw;
      fmt::print(stderr, "growsdown: {}\n", stop.what());
      code = worse(code, unknown);
    }
  }
  return code;
}

} // namespace growsdown::tools
