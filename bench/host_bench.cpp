// What a trace costs on the running kernel: by random traces, as `growsdown live` makes them, and
// by the short ones of corpus/rules; with areas and pages asked for, and with both read as text.
#include "bench/workload.h"

#include "fuzz/campaign.h"
#include "harness/builtin_systems.h"
#include "systems/host.h"
#include "tools/common.h"
#include "tools/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace growsdown::bench {
namespace {

// Seconds of processor time that this process and all that it has waited for have had.
double allProcessorSeconds() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime})
      seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  }
  return seconds;
}

struct Cost {
  double traces = 0, steps = 0, processor = 0, wall = 0; // seconds
  double perTrace() const { return processor / traces; }
};

Cost measured(const std::function<Cost()>& run) {
  const auto begin = std::chrono::steady_clock::now();
  const double before = allProcessorSeconds();
  Cost cost = run();
  cost.processor = allProcessorSeconds() - before;
  cost.wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return cost;
}

std::unique_ptr<systems::Remote> kernel(bool asText) {
  std::vector<std::string> command = {systems::executor()};
  if (asText) command.emplace_back("--text");
  return std::make_unique<systems::Remote>(std::move(command), "host");
}

Cost random(const trace::RuleSet& rules, const harness::Placement& place, bool asText,
            std::uint64_t runs) {
  fuzz::CampaignOptions options;
  options.runs = runs;
  options.rules = {trace::findRuleSet(rules.name)};
  options.with = tools::fitting(*place.with, rules);
  options.begins = place.begins;
  options.possible = [&](const trace::Step& step) { return systems::isCarriedOut(step, place); };
  options.right = [asText] { return kernel(asText); };
  return measured([&] {
    const fuzz::CampaignResult result = fuzz::runCampaign(options);
    if (result.verdict != harness::Verdict::agreed)
      throw Differ(
          "model and kernel differ, so there is nothing to measure; `growsdown live` shows "
          "the difference");
    return Cost{static_cast<double>(result.executions), static_cast<double>(result.steps)};
  });
}

// The traces that say nothing of the place, and begin with nothing.
Workload brief(const trace::RuleSet& rules) {
  Workload workload;
  for (const std::string& file : tools::traceFiles({corpusDirectory + "/rules"}))
    for (trace::Trace& trace : tools::readTraces(file)) {
      if (trace.initial || trace.with != trace::With{}) continue;
      const trace::Parameters parameters = tools::parametersOf(rules, trace);
      workload.items.push_back({&rules, parameters, std::move(trace)});
    }
  return workload;
}

Cost known(const Workload& workload, bool asText, std::uint64_t runs) {
  return measured([&] {
    const auto model = harness::makeModel();
    const auto host = kernel(asText);
    harness::Differential differential(*model, *host);
    Cost cost;
    while (cost.traces < static_cast<double>(runs)) {
      cost.steps += static_cast<double>(runCompared(workload, differential));
      cost.traces += static_cast<double>(workload.items.size());
    }
    return cost;
  });
}

void print(const char* name, const char* way, const Cost& cost) {
  fmt::print("{:14} {:7} {:7.0f} {:6.1f} {:12.0f} {:9.1f} {:20.0f} {:16.0f}", name, way,
             cost.traces, cost.steps / cost.traces, cost.perTrace() * 1e6,
             cost.processor / cost.steps * 1e6, 1 / cost.perTrace(), cost.traces / cost.wall);
}

// Microseconds of processor time that one go takes.
double microseconds(int times, const std::function<void()>& go) {
  const double before = allProcessorSeconds();
  for (int i = 0; i < times; ++i)
    go();
  return (allProcessorSeconds() - before) / times * 1e6;
}

// What a trace and a step cost even a program that does nothing else. This one is larger than the
// executor, so a child of its own forks.
void printBounds() {
  const int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  static char text[1 << 14];
  const double reading = microseconds(2000, [&] { (void)!pread(status, text, sizeof text, 0); });
  close(status);
  const double process = microseconds(500, [] {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
  });
  fmt::print(
      "\nthe kernel's share: {:.1f} us per step for /proc/self/status, and one process per trace "
      "({:.0f} us from this program)\n",
      reading, process);
}

} // namespace

int hostRate(double seconds) try {
  const auto host = kernel(false);
  const trace::RuleSet rules = tools::ruleSet(tools::rulesOf(systems::Host()));
  const harness::Placement& place = host->placement();
  if (!place.with) throw tools::Stop(tools::unknown, "the executor can run no trace here");
  const auto runs = std::max<std::uint64_t>(50, static_cast<std::uint64_t>(seconds * 2000));

  fmt::print("{}, held to {}; one job; processor time of all processes\n\n", place.name,
             rules.name);
  fmt::print("{:14} {:7} {:>7} {:>6} {:>12} {:>9} {:>20} {:>16}\n", "traces", "areas", "traces",
             "steps", "us/trace", "us/step", "traces/processor s", "traces/s here");
  const Workload workload = brief(rules);
  const auto both = [&](const char* name, const std::function<Cost(bool)>& run) {
    const Cost asked = run(false), text = run(true);
    print(name, "asked", asked);
    fmt::print("\n");
    print("", "as text", text);
    fmt::print("   ratio {:.2f}\n", text.perTrace() / asked.perTrace());
  };
  both("as of `live`", [&](bool asText) { return random(rules, place, asText, runs); });
  both("corpus/rules", [&](bool asText) { return known(workload, asText, runs); });
  printBounds();
  return std::fflush(stdout) == 0 ? 0 : 4;
} catch (const Differ& e) {
  throw tools::Stop(tools::unknown, e.what());
}

} // namespace growsdown::bench
