#include "systems/host.h"
#include "tools/common.h"
#include "tools/fuzz.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <string>

namespace growsdown::tools {
namespace {

int run(FuzzOptions options) {
  const auto host = system("host"); // says why, where there is none
  std::string on = "host";          // for who wants to see a difference again
  if (options.rules.empty())
    options.rules = {rulesOf(*host)};
  else
    on += " --rules " + options.rules.front();
  fuzz::CampaignOptions campaign;
  try {
    campaign.with = systems::runningPlace();
  } catch (const harness::CannotSay& e) {
    throw Stop(unknown, std::string("this process cannot run traces here: ") + e.what());
  }
  campaign.possible = systems::isCarriedOut;
  campaign.right = [] { return system("host"); };
  const systems::Kernel kernel = systems::runningKernel();
  fmt::print("Linux {} on {}{}, held to {}\n{}", kernel.release, kernel.machine,
             kernel.userMode ? " (user-mode)" : "", options.rules.front(), notCompared(*host));
  return report(runFuzz(options, campaign), on);
}

} // namespace

void addLive(CLI::App& app, Action& action) {
  CLI::App* sub =
      app.add_subcommand("live", "Search for differences between the model and the running kernel");
  const auto options = std::make_shared<FuzzOptions>();
  const auto rules = std::make_shared<std::string>();
  addSearchOptions(*sub, *options);
  sub->add_option("--rules", *rules,
                  "Rule set to hold the kernel to (default: the one for its release; where none "
                  "stands for it the answer is unknown)");
  sub->footer(
      "\nRandom traces, each in a process of its own; outcomes, /proc/self/maps, status and "
      "pagemap\n"
      "are compared after each step. Nothing outside of these processes is touched, no step "
      "leaves\n"
      "the windows of docs/trace-format.md, none fills more than 64 MiB. Root is not needed: what\n"
      "wants a capability is unknown then. Differences are made small and written as traces.\n\n"
      "Examples:\n"
      "  growsdown live --time 60s\n"
      "  growsdown live --time 10m --jobs 2 --corpus corpus/rules --out findings --keep-going");
  sub->callback([&action, options, rules] {
    action = [options, rules] {
      if (!rules->empty()) options->rules = {*rules};
      return run(*options);
    };
  });
}

} // namespace growsdown::tools
