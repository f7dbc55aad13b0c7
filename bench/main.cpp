// growsdown_bench: Google Benchmark, or a table. --rate shows what a compared step costs. --host shows
// what a trace costs on the running kernel. --peers shows the reference and its peers. --scaling shows
// what a step costs by the length of a trace and by the number of areas.
#include "bench/comparison.h"
#include "bench/peers.h"
#include "bench/workload.h"

#include "harness/builtin_systems.h"
#include "tools/common.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::bench {
namespace {

// Nanoseconds a step: the best of the passes that fit into the time, since only noise slows one
// down.
double cost(double seconds, const std::function<std::size_t()>& pass) {
  pass(); // warm
  double best = 1e300;
  double spent = 0;
  do {
    const double start = processorSeconds();
    const std::size_t steps = pass();
    const double time = processorSeconds() - start;
    best = std::min(best, time * 1e9 / static_cast<double>(steps));
    spent += time;
  } while (spent < seconds);
  return best;
}

int rate(double seconds) {
  const auto model = harness::makeModel();
  const auto reference = harness::makeReference();
  std::vector<Workload> workloads{generated(400, 48)};
  for (const trace::RuleSet& rules : trace::ruleSets())
    workloads.push_back(recorded(rules, corpusDirectory));

  fmt::print("nanoseconds a step, one core (best pass of {} s each)\n\n", seconds);
  fmt::print("{:28} {:>8} {:>8} {:>10} {:>8} {:>8} {:>10} {:>8} {:>15}\n", "", "model", "update",
             "reference", "update", "compare", "invariants", "all", "compared steps/s");
  int code = 0;
  for (const Workload& work : workloads) {
    try {
      harness::Differential differential(*model, *reference);
      runCompared(work, differential);
    } catch (const std::runtime_error& e) {
      fmt::print("{}: {}", work.name, e.what());
      code = 1;
      continue;
    }
    const auto alone = [&](Pass pass) {
      return cost(seconds, [&, pass] { return runAlone(work, pass, *model, *reference); });
    };
    const double modelOnly = alone({.model = true});
    const double modelUpdate = alone({.model = true, .update = true});
    const double referenceOnly = alone({.reference = true});
    const double referenceUpdate = alone({.reference = true, .update = true});
    harness::Differential differential(*model, *reference);
    differential.trustReports = true;
    differential.checkInvariants = false;
    const double without = cost(seconds, [&] { return runCompared(work, differential); });
    differential.checkInvariants = true;
    const double all = cost(seconds, [&] { return runCompared(work, differential); });
    fmt::print("{:28} {:8.0f} {:8.0f} {:10.0f} {:8.0f} {:8.0f} {:10.0f} {:8.0f} {:15.0f}\n",
               work.name, modelOnly, modelUpdate - modelOnly, referenceOnly,
               referenceUpdate - referenceOnly, without - modelUpdate - referenceUpdate,
               all - without, all, 1e9 / all);
  }
  fmt::print("\nlookup of an area, nanoseconds\n\n{:>8} {:>8} {:>9} {:>7}\n", "areas", "index",
             "std::map", "ratio");
  for (const unsigned areas : {8U, 64U, 512U, 4096U, 65530U}) {
    const LookupCost c = lookupCost(areas, seconds);
    fmt::print("{:8} {:8.1f} {:9.1f} {:7.2f}\n", areas, c.index, c.map, c.map / c.index);
  }
  return std::fflush(stdout) == 0 ? code : 4;
}

} // namespace
} // namespace growsdown::bench

int main(int argc, char** argv) {
  using namespace growsdown;
  std::vector<std::string> modes;
  std::string seconds = "0.5", maple, json;
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const bool more = i + 1 < argc;
    if (word == "--rate" || word == "--host" || word == "--peers" || word == "--scaling")
      modes.emplace_back(word);
    else if (word == "--maple" && more)
      maple = argv[++i];
    else if (word == "--json" && more)
      json = argv[++i];
    else if (word == "--seconds" && more)
      seconds = argv[++i];
    else if (word == "--corpus" && more)
      bench::corpusDirectory = argv[++i];
    else if (word == "--programs" && more)
      bench::programDirectory = argv[++i];
    else
      argv[kept++] = argv[i];
  }
  argc = kept;
  try {
    if (!maple.empty() && !bench::MaplePeer::load(maple.c_str())) return 2;
    if (modes.size() == 1 && argc == 1) {
      const double each = tools::seconds(seconds);
      if (modes[0] == "--rate") return bench::rate(each);
      if (modes[0] == "--host") return bench::hostRate(each);
      return modes[0] == "--peers" ? bench::peers(each, json) : bench::scaling(each, json);
    }
    benchmark::Initialize(&argc, argv);
    if (!modes.empty() || benchmark::ReportUnrecognizedArguments(argc, argv)) {
      fmt::print(
          stderr,
          "usage: growsdown_bench [--corpus DIR] [--programs DIR] [--maple LIBRARY] [(--rate "
          "| --host | (--peers | --scaling) [--json FILE]) [--seconds N] | options of Google "
          "Benchmark (--help)]\n");
      return 2;
    }
    bench::registerPeers();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
  } catch (const tools::Stop& e) {
    fmt::print(stderr, "growsdown_bench: {}\n", e.what());
    return e.code;
  } catch (const std::exception& e) {
    fmt::print(stderr, "growsdown_bench: {}\n", e.what());
    return 4;
  }
}
