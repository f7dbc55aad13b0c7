#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/fuzz.h"

#include <fmt/format.h>

#include <string>

namespace growsdown::tools {
namespace {

struct Arguments {
  FuzzOptions search;
  std::string rules, kernel;
};

int run(const Arguments& arguments) {
  checkSearch(arguments.search); // before a kernel boots
  FuzzOptions options = arguments.search;
  const std::string name = arguments.kernel.empty() ? "host" : "kernel:" + arguments.kernel;
  std::string on = name; // what --on must say to run a finding again
  if (!arguments.rules.empty()) on += " --rules " + arguments.rules;
  const SystemSearch search = searchOn(name, arguments.rules); // stops if no system has that name
  options.rules = {search.rules};
  fmt::print("{}, held to {}\n{}", search.name, search.rules, search.notCompared);
  if (!search.options.with) throw Stop(unknown, name + ": no trace can be run here");
  return report("live", options, runFuzz(options, search.options), on);
}

} // namespace

void addLive(Command app, Action& action) {
  Command sub =
      app.addSubcommand("live", "Search for differences between the model and a real kernel");
  const auto arguments = std::make_shared<Arguments>();
  addSearchOptions(sub, arguments->search);
  sub.addOption("--kernel", arguments->kernel,
                "Boot this kernel instead of using the running one: an image for amd64 or arm64 "
                "(under qemu), or a user-mode Linux")
      .typeName("IMAGE");
  sub.addOption("--rules", arguments->rules,
                "Rule set to hold the kernel to (default: the one for its release)")
      .typeName("SET");
  sub.footer(
      "Random traces are run, each in a separate process. After each step the outcome,\n"
      "/proc/self/maps, status and pagemap are compared. Nothing outside these processes is\n"
      "touched, no step leaves the windows of docs/trace-format.md, and no step fills more than\n"
      "64 MiB. Root is not needed; without capabilities each trace begins by dropping them. Each\n"
      "difference is shrunk and written as a trace.\n\n"
      "Exit codes: 0 no difference was found; 1 a difference; 2 wrong usage; 3 nothing can be\n"
      "judged, because no rule set stands for this kernel or it can run no trace, or the search "
      "was\n"
      "interrupted, or more than half of the traces ended in `unknown`; 4 an error of this "
      "program.\n\n"
      "Examples:\n"
      "  growsdown live --time 60s\n"
      "  growsdown live --time 10m --kernel /boot/vmlinuz-6.12-arm64\n"
      "  growsdown live --time 10m --jobs 2 --corpus corpus/rules --out findings --keep-going");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
