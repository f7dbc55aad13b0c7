// The one writer of JUnit XML: every `--junit` goes through it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// `text` for XML or HTML, as content or as an attribute's value.
std::string xmlText(std::string_view text);

struct JunitCase {
  enum class Result : unsigned char { passed, failure, error, skipped };
  std::string className;
  std::string name;
  Result result = Result::passed;
  std::string type;    ///< of a failure; may be empty
  std::string message; ///< of a failure or an error; a skipped case has no message in some schemas
  std::string text;    ///< details, as content of the element; may be empty
  std::optional<double> seconds;
};

struct JunitSuite {
  std::string name;
  std::vector<JunitCase> cases;
};

/// The file. `totals`: the root element counts tests, failures and errors of all suites; some
/// schemas allow it no attributes.
std::string junit(const std::vector<JunitSuite>& suites, bool totals = false);

} // namespace growsdown::tools
