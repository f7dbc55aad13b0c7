#include "systems/emit.h"

#include "trace/text.h"

#include <string_view>

namespace growsdown::systems {

extern const std::string_view executorText;

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

// A comment of a trace as a comment in C. A backslash at its end would continue it on the next
// line.
std::string comment(std::string_view text, std::string_view indent) {
  std::string out = std::string(indent) + "//" + std::string(text.substr(text.starts_with('#')));
  while (out.back() == '\\' || out.back() == '/' || out.back() == ' ')
    out.pop_back();
  return out + "\n";
}

// Expands the state lines of a trace, such as `= same`, to the full state after each step.
class States {
 public:
  States() { last_.hasMap = last_.hasPages = true; } // empty windows

  trace::Observation next(const trace::Record& record) {
    forked_ |= record.step.op == trace::Op::fork;
    elsewhere_ |= record.expected.kind == trace::Outcome::Kind::okElsewhere;
    trace::Observation shown = record.state;
    if (shown.hasMap || shown.hasPages) {
      last_ = shown;
    } else if (shown.same) {
      shown.map = last_.map;
      shown.pages = last_.pages;
      shown.hasMap = last_.hasMap;
      shown.hasPages = last_.hasPages;
    }
    shown.same = false;
    if (forked_ || elsewhere_) shown.pages.hasTables = false;
    return shown;
  }

 private:
  trace::Observation last_;
  bool forked_ = false;
  bool elsewhere_ = false;
};

} // namespace

std::string emitC(const trace::Trace& trace, const trace::Parameters& parameters,
                  std::string_view rules, std::string& error) {
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
      steps += comment(text, "    ");
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
    text += comment(line, "");
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
  return text + std::string(executorText);
}

} // namespace growsdown::systems
