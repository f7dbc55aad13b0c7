#include "tools/table.h"

namespace growsdown::tools {

std::string tableHead(const std::vector<std::string>& columns) {
  std::string text = tableRow(columns) + "|";
  for (std::size_t i = 0; i < columns.size(); ++i)
    text += "---|";
  return text + "\n";
}

std::string tableRow(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& cell : cells) {
    if (!cell.empty()) text += ' ';
    for (const char c : cell)
      text += c == '|' ? std::string("\\|") : std::string(1, c);
    text += " |";
  }
  return text + "\n";
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

} // namespace growsdown::tools
