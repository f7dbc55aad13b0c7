#include "systems/open.h"

#include "harness/builtin_systems.h"
#include "systems/host.h"
#include "systems/kernel.h"
#include "systems/kernel_tree.h"
#include "systems/remote.h"

#include <algorithm>
#include <exception>
#include <stdexcept>

namespace growsdown::systems {
namespace {

using Made = std::unique_ptr<harness::System>;

/// `argument` is the part of the name after the colon.
Made makeExec(const std::string& argument) {
  return std::make_unique<Remote>(std::vector<std::string>{"/bin/sh", "-c", argument},
                                  "exec:" + argument);
}

Made makePlugin(const std::string& argument) {
  const std::string loader = helper("growsdown-plugin");
  if (loader.empty())
    throw std::runtime_error(
        "the program growsdown-plugin is neither beside this program nor in ../libexec/growsdown");
  // dlopen searches the system's libraries for a name without a slash.
  const std::string path = argument.find('/') == std::string::npos ? "./" + argument : argument;
  return std::make_unique<Remote>(std::vector<std::string>{loader, path}, "plugin:" + argument);
}

Made makeTree(const std::string& path) {
  return std::make_unique<KernelTree>(buildTree(path, {}), TreeBuild{}, "kernel-tree:" + path);
}

struct Opener {
  Kind kind;
  Made (*make)(const std::string& argument);
};
constexpr Opener openers[] = {
    {{"model", "", "the executable specification"},
     [](const std::string&) { return harness::makeModel(); }},
    {{"reference", "", "the optimised implementation"},
     [](const std::string&) { return harness::makeReference(); }},
    {{"host", "", "the running kernel"},
     [](const std::string&) -> Made { return std::make_unique<Host>(); }},
    {{"kernel", "IMAGE", "a kernel that is booted under qemu, or user-mode Linux"},
     [](const std::string& image) -> Made { return std::make_unique<BootedKernel>(image); }},
    {{"kernel-tree", "PATH",
      "the memory code of a kernel tree, 6.11 or newer, built in user space"},
     makeTree},
    {{"exec", "COMMAND", "a process that speaks docs/protocol.md"}, makeExec},
    {{"plugin", "LIBRARY", "a shared library with the interface of growsdown/system.h"},
     makePlugin},
};

} // namespace

std::vector<Kind> kinds() {
  std::vector<Kind> all;
  for (const Opener& opener : openers)
    all.push_back(opener.kind);
  return all;
}

Made open(std::string_view name, std::string& error) {
  const std::string_view kind = name.substr(0, name.find(':'));
  const bool colon = kind.size() != name.size();
  for (const Opener& opener : openers) {
    if (opener.kind.name != kind || opener.kind.argument.empty() == colon) continue;
    if (colon && name.size() == kind.size() + 1) {
      error = std::string(name) + " requires " + std::string(opener.kind.argument) + " after it";
      return nullptr;
    }
    try {
      return opener.make(std::string(name.substr(std::min(kind.size() + 1, name.size()))));
    } catch (const std::exception& e) {
      error = std::string(name) + ": " + e.what();
      return nullptr;
    }
  }
  error = "unknown system `" + std::string(name) + "`; known:";
  for (const Opener& opener : openers)
    error += " " + print(opener.kind);
  return nullptr;
}

std::string print(const Kind& kind) {
  std::string text(kind.name);
  if (!kind.argument.empty()) (text += ':') += kind.argument;
  return text;
}

} // namespace growsdown::systems
