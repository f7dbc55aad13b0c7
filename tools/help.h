// The layout of --help.
#pragma once

#include <CLI/CLI.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace growsdown::tools {

/// `text` with lines of at most `width` columns, each indented by `indent` blanks. Words longer than
/// a line are not broken.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

/// Wraps descriptions and footers to 80 columns. Names only the kind of an option's value (FILE,
/// SET, N); the description has the rest. In a footer, indented lines stay as they are.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool isPositional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_footer(const CLI::App* app) const override;
};

} // namespace growsdown::tools
