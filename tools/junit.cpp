#include "tools/junit.h"

#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

using Result = JunitCase::Result;

std::size_t count(const JunitSuite& suite, Result result) {
  return static_cast<std::size_t>(
      std::count_if(suite.cases.begin(), suite.cases.end(),
                    [&](const JunitCase& one) { return one.result == result; }));
}

std::string attribute(std::string_view name, std::string_view value) {
  return value.empty() ? std::string() : fmt::format(" {}=\"{}\"", name, xmlText(value));
}

std::string print(const JunitCase& one) {
  std::string text = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                 xmlText(one.className), xmlText(one.name));
  if (one.seconds) text += fmt::format(" time=\"{:.3f}\"", *one.seconds);
  if (one.result == Result::passed) return text + "/>\n";
  const std::string_view element = one.result == Result::failure ? "failure"
                                   : one.result == Result::error ? "error"
                                                                 : "skipped";
  return text + fmt::format(">\n      <{0}{1}{2}>{3}</{0}>\n    </testcase>\n", element,
                            attribute("type", one.type), attribute("message", one.message),
                            xmlText(one.text));
}

std::string print(const JunitSuite& suite) {
  std::string text =
      fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" "
                  "errors=\"{}\" skipped=\"{}\">\n",
                  xmlText(suite.name), suite.cases.size(), count(suite, Result::failure),
                  count(suite, Result::error), count(suite, Result::skipped));
  for (const JunitCase& one : suite.cases)
    text += print(one);
  return text + "  </testsuite>\n";
}

} // namespace

std::string xmlText(std::string_view text) {
  std::string out;
  for (const char c : trace::plainText(text, true)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string junit(const std::vector<JunitSuite>& suites, bool totals) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites";
  if (totals) {
    std::size_t tests = 0, failures = 0, errors = 0;
    for (const JunitSuite& suite : suites) {
      tests += suite.cases.size();
      failures += count(suite, Result::failure);
      errors += count(suite, Result::error);
    }
    text += fmt::format(" tests=\"{}\" failures=\"{}\" errors=\"{}\"", tests, failures, errors);
  }
  text += ">\n";
  for (const JunitSuite& suite : suites)
    text += print(suite);
  return text + "</testsuites>\n";
}

} // namespace growsdown::tools
