#include "tools/help.h"

#include <algorithm>

namespace growsdown::tools {
namespace {

constexpr std::size_t lineWidth = 80;
constexpr std::size_t nameColumn = 2, textColumn = 22;

// `  NAME   TEXT`, the text wrapped; on the next line if the name is long.
std::string entry(const std::string& name, const std::string& text) {
  std::string out = std::string(nameColumn, ' ') + name;
  const std::string block = wrapped(text, textColumn, lineWidth);
  if (text.empty()) return out + "\n";
  if (out.size() + 2 > textColumn) return out + "\n" + block + "\n";
  return out + block.substr(out.size()) + "\n";
}

} // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out(indent, ' ');
  std::size_t column = indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool isPositional) const {
  std::string text = make_option_desc(option);
  if (option->get_required() && !isPositional) text += " (required)";
  return entry(make_option_name(option, isPositional) +
                   (isPositional ? std::string() : make_option_opts(option)),
               text);
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0) return {};
  // CLI11 adds its checks after a colon.
  const std::string type = option->get_type_name();
  return " " + type.substr(0, type.find(':'));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return entry(command->get_name(), command->get_description());
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return wrapped(app->get_description(), 0, lineWidth) + ".\n\n";
}

std::string HelpFormatter::make_footer(const CLI::App* app) const {
  std::string out, paragraph;
  const auto finish = [&] {
    if (!paragraph.empty()) out += wrapped(paragraph, 0, lineWidth) + "\n";
    paragraph.clear();
  };
  const std::string footer = app->get_footer();
  for (std::size_t at = 0; at < footer.size();) {
    const std::size_t end = std::min(footer.find('\n', at), footer.size());
    const std::string line = footer.substr(at, end - at);
    at = end + 1;
    if (line.empty() || line.front() == ' ') {
      finish();
      if (!out.empty() || !line.empty()) out += line + "\n";
    } else {
      paragraph += (paragraph.empty() ? "" : " ") + line;
      if (line.back() == ':') finish();
    }
  }
  finish();
  return out;
}

} // namespace growsdown::tools
