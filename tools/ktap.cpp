#include "tools/ktap.h"

#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

using Result = JunitCase::Result;

constexpr std::string_view version = "KTAP version 1\n";

bool isOk(Result result) {
  return result == Result::passed || result == Result::skipped;
}

// A description is one line, and `#` begins a directive.
std::string description(std::string_view name) {
  std::string text = trace::plainText(name);
  std::replace(text.begin(), text.end(), '#', '_');
  return text.empty() ? std::string("unnamed") : text;
}

std::string diagnostics(std::string_view text) {
  std::string lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines += "  # " + trace::plainText(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return lines;
}

std::string print(const JunitCase& one, std::size_t number) {
  const bool ok = isOk(one.result);
  std::string text = ok ? std::string() : diagnostics(one.message) + diagnostics(one.text);
  const std::string name =
      one.className.empty() ? one.name : fmt::format("{}: {}", one.className, one.name);
  text += fmt::format("  {} {} {}", ok ? "ok" : "not ok", number, description(name));
  if (one.result == Result::skipped) text += " # SKIP " + description(one.text);
  return text + "\n";
}

} // namespace

std::string ktap(const std::vector<JunitSuite>& suites) {
  std::string text = fmt::format("{}1..{}\n", version, suites.size());
  std::size_t number = 0;
  for (const JunitSuite& suite : suites) {
    text += fmt::format("  {}  # Subtest: {}\n  1..{}\n", version, description(suite.name),
                        suite.cases.size());
    std::size_t place = 0;
    for (const JunitCase& one : suite.cases)
      text += print(one, ++place);
    const bool ok = std::all_of(suite.cases.begin(), suite.cases.end(),
                                [](const JunitCase& one) { return isOk(one.result); });
    text += fmt::format("{} {} {}\n", ok ? "ok" : "not ok", ++number, description(suite.name));
  }
  return text;
}

} // namespace growsdown::tools
