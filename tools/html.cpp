#include "tools/html.h"

#include "tools/junit.h"

#include <fmt/format.h>

namespace growsdown::tools {
namespace {

constexpr const char* style =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:64em;padding:0 1em;"
    "color:#1b1f24;background:#fff}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{padding:.25em .6em;border-bottom:1px solid #d8dee4;text-align:left}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "pre{background:#f6f8fa;padding:.8em;overflow-x:auto}code,pre{font-size:13px}"
    ".agree{color:#1a7f37}.differ{color:#cf222e;font-weight:600}.not{color:#6e7781}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}"
    "td,th{border-color:#30363d}pre{background:#161b22}.agree{color:#3fb950}"
    ".differ{color:#ff7b72}.not{color:#8b949e}}";

// The class of a cell with a verdict of a trace, a theorem or a rule.
std::string_view classOf(std::string_view cell) {
  for (const std::string_view good : {"agreed", "agree", "proved"})
    if (cell == good) return "agree";
  for (const std::string_view bad : {"diverged", "differ", "refuted", "error"})
    if (cell == bad) return "differ";
  return cell == "unknown" || cell == "not exercised" ? "not" : "";
}

} // namespace

std::string htmlPage(std::string_view title, std::string_view body) {
  return fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n"
                     "<style>{1}</style></head>\n<body>\n<h1>{0}</h1>\n{2}</body></html>\n",
                     xmlText(title), style, body);
}

HtmlTable::HtmlTable(const std::vector<std::string>& columns) : text_("<table>\n<tr>") {
  for (std::string_view column : columns) {
    numbers_.push_back(column.starts_with('#'));
    if (numbers_.back()) column.remove_prefix(1);
    text_ += fmt::format("<th{}>{}</th>", numbers_.back() ? " class=\"n\"" : "", xmlText(column));
  }
  text_ += "</tr>\n";
}

void HtmlTable::row(const std::vector<std::string>& cells) {
  text_ += "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string_view name = numbers_.at(i) ? "n" : classOf(cells[i]);
    text_ += name.empty() ? std::string("<td>") : fmt::format("<td class=\"{}\">", name);
    text_ += xmlText(cells[i]) + "</td>";
  }
  text_ += "</tr>\n";
}

} // namespace growsdown::tools
