#include "systems/host.h"
#include "tools/common.h"
#include "tools/fuzz.h"

#include <CLI/CLI.hpp>
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
  std::string again = name; // how to run a difference again
  fuzz::CampaignOptions campaign;
  {
    const auto kernel = system(name); // stops if there is none
    const harness::Placement& place = kernel->placement();
    options.rules = {arguments.rules.empty() ? rulesOf(*kernel) : arguments.rules};
    if (!arguments.rules.empty()) again += " --rules " + arguments.rules;
    campaign.with = place.with;
    if (campaign.with) campaign.with = fitting(*campaign.with, ruleSet(options.rules.front(), {}));
    campaign.begins = place.begins;
    campaign.possible = [place](const trace::Step& step) {
      return systems::isCarriedOut(step, place);
    };
    fmt::print("{}, held to {}\n{}", place.name, options.rules.front(), notCompared(*kernel));
    if (!campaign.with) throw Stop(unknown, name + " can run no trace here");
  }
  campaign.right = [name] { return system(name); };
  if (!arguments.kernel.empty()) campaign.hang = std::chrono::minutes(5); // it boots
  return report(runFuzz(options, campaign), again);
}

} // namespace

void addLive(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand(
      "live", "Search for differences between the model and the running kernel, or another");
  const auto arguments = std::make_shared<Arguments>();
  addSearchOptions(*sub, arguments->search);
  sub->add_option(
      "--kernel", arguments->kernel,
      "A kernel to boot instead: an image, under qemu (amd64 or arm64, by its header), or "
      "a user-mode Linux");
  sub->add_option("--rules", arguments->rules,
                  "Rule set to hold the kernel to (default: the one for its release; where none "
                  "stands for it the answer is unknown)");
  sub->footer(
      "\nRandom traces, each in a process of its own; outcomes, /proc/self/maps, status and "
      "pagemap\n"
      "are compared after each step. Nothing outside of these processes is touched, no step "
      "leaves\n"
      "the windows of docs/trace-format.md, none fills more than 64 MiB. Root is not needed:\n"
      "without capabilities every trace begins by dropping them. Differences are made small and\n"
      "written as traces. Exits 0 where there was no difference, 1 where there was one, 3 where\n"
      "nothing can be judged: no rule set stands for the kernel, or it can run no trace.\n\n"
      "Examples:\n"
      "  growsdown live --time 60s\n"
      "  growsdown live --time 10m --kernel /boot/vmlinuz-6.12-arm64\n"
      "  growsdown live --time 10m --jobs 2 --corpus corpus/rules --out findings --keep-going");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
