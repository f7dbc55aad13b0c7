#include "systems/emit.h"

#include "systems/emit_states.h"
#include "trace/text.h"

#include <string_view>

namespace growsdown::systems {

extern const std::string_view executorText;
extern const std::string_view selftestText;

namespace {

// A string literal; `indent` starts each further line of it.
std::string literal(std::string_view text, std::string_view indent) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      out += "\\n\"";
      if (i + 1 < text.size())
        ((out += "\n") += indent) += "\"";
      else
        return out;
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + "\"";
}

} // namespace

// A backslash at its end would continue it on the next line.
std::string emittedComment(std::string_view text, std::string_view indent) {
  std::string out = std::string(indent) + "//" + std::string(text.substr(text.starts_with('#')));
  while (out.back() == '\\' || out.back() == '/' || out.back() == ' ')
    out.pop_back();
  return out + "\n";
}

namespace {

std::string emitProgram(const trace::Trace& trace, const trace::Parameters& parameters,
                        std::string_view rules, std::string_view program, std::string& error) {
  if (trace.initial) {
    error = "a real system starts with empty windows, and this trace starts in a state of its own";
    return {};
  }
  const auto number = [](std::uint64_t value) { return trace::printBytes(value) + "u"; };
  std::string steps;
  States states;
  for (const trace::Record& record : trace.records) {
    if (record.state.abnormal) break;
    for (const std::string& text : record.comments)
      steps += emittedComment(text, "    ");
    const std::string state = trace::printState(states.next(record));
    steps += "    {" + literal(trace::print(record.step), "") + ", " +
             literal(trace::print(record.expected), "");
    steps += state.empty() ? ", \"\"},\n" : ",\n     " + literal(state, "     ") + "},\n";
  }
  if (steps.empty()) {
    error = "the trace has no steps";
    return {};
  }

  std::string text;
  for (const std::string& line : trace.before)
    text += emittedComment(line, "");
  text += "static const struct {\n"
          "  unsigned long long page, minAddr, lsmMinAddr, maxMapCount;\n"
          "} growsdownWith = {" +
          number(parameters.geometry.page) + ", " + number(parameters.minAddr) + ", " +
          number(parameters.lsmMinAddr) + ", " + number(parameters.maxMapCount) + "};\n";
  text += "static const char growsdownRules[] = \"" + std::string(rules) + "\";\n";
  text += "static const struct growsdownStep {\n"
          "  const char *step, *outcome, *state; // outcome, state: expected; empty: not checked\n"
          "} growsdownSteps[] = {\n" +
          steps + "};\n\n";
  return text + std::string(program);
}

} // namespace

std::string emitC(const trace::Trace& trace, const trace::Parameters& parameters,
                  std::string_view rules, std::string& error) {
  return emitProgram(trace, parameters, rules, executorText, error);
}

std::string emitSelftest(const trace::Trace& trace, const trace::Parameters& parameters,
                         std::string_view rules, std::string& error) {
  return emitProgram(trace, parameters, rules, selftestText, error);
}

} // namespace growsdown::systems
