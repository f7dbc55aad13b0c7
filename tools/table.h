// The one writer of Markdown tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// The first two lines of a table: names of the columns, and the rule below.
std::string tableHead(const std::vector<std::string>& columns);
/// One line. A `|` inside a cell is escaped.
std::string tableRow(const std::vector<std::string>& cells);

/// Parts with `separator` between them.
std::string joined(const std::vector<std::string>& parts, std::string_view separator);

} // namespace growsdown::tools
