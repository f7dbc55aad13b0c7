// The one writer of HTML pages: one file, no network, light and dark.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// A page with a heading. `body` is HTML; the classes `agree`, `differ` and `not` colour a verdict,
/// and `n` aligns a cell of numbers to the right.
std::string htmlPage(std::string_view title, std::string_view body);

/// A table of text. A column whose name begins with `#` has numbers, and is named without it; a cell
/// whose text is a verdict has its colour.
class HtmlTable {
 public:
  explicit HtmlTable(const std::vector<std::string>& columns);
  void row(const std::vector<std::string>& cells);
  std::string text() const { return text_ + "</table>\n"; }

 private:
  std::vector<bool> numbers_;
  std::string text_;
};

} // namespace growsdown::tools
