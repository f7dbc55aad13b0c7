// The command line: subcommands and their options. Only cli.cpp includes CLI11, whose headers take
// several seconds to compile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace growsdown::tools {

/// An option of a subcommand. Its names are as in CLI11: `NAME` is positional, `--long,-s` is not.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}
  Option& required();
  /// Of an option that may be repeated: each occurrence has one value.
  Option& oneValueEach();
  Option& between(int low, int high);
  Option& oneOf(const std::vector<std::string>& values);
  Option& excludes(const Option& other);
  Option& needs(const Option& other);
  /// The name of the value in the help: `N`, `FILE`.
  Option& typeName(const std::string& name);

 private:
  CLI::Option* option_;
};

/// The command, or a subcommand.
class Command {
 public:
  explicit Command(CLI::App& app) : app_(&app) {}
  Command addSubcommand(const std::string& name, const std::string& description);
  Option addOption(const std::string& names, std::string& value, const std::string& help);
  Option addOption(const std::string& names, std::vector<std::string>& values,
                   const std::string& help);
  Option addOption(const std::string& names, unsigned& value, const std::string& help);
  Option addOption(const std::string& names, std::uint64_t& value, const std::string& help);
  Option addOption(const std::string& names, double& value, const std::string& help);
  Option addFlag(const std::string& names, bool& value, const std::string& help);
  void footer(const std::string& text);
  /// Called when the subcommand was chosen and its options were read.
  void callback(const std::function<void()>& call);

 private:
  CLI::App* app_;
};

} // namespace growsdown::tools
