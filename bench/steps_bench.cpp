#include "bench/workload.h"

#include "harness/builtin_systems.h"

#include <benchmark/benchmark.h>

namespace growsdown::bench {
namespace {

const Workload& workload(std::int64_t which) {
  static const Workload all[] = {generated(400, 48),
                                 recorded(trace::ruleSets()[0], corpusDirectory),
                                 recorded(trace::ruleSets()[1], corpusDirectory)};
  return all[which];
}

void alone(benchmark::State& state, Pass pass) {
  const Workload& work = workload(state.range(0));
  const auto model = harness::makeModel();
  const auto reference = harness::makeReference();
  std::size_t steps = 0;
  for (auto _ : state)
    steps += runAlone(work, pass, *model, *reference);
  state.SetItemsProcessed(static_cast<std::int64_t>(steps));
  state.SetLabel(work.name);
}
void model(benchmark::State& state) {
  alone(state, {.model = true});
}
void modelUpdate(benchmark::State& state) {
  alone(state, {.model = true, .update = true});
}
void reference(benchmark::State& state) {
  alone(state, {.reference = true});
}
void referenceUpdate(benchmark::State& state) {
  alone(state, {.reference = true, .update = true});
}

void compared(benchmark::State& state) {
  const Workload& work = workload(state.range(0));
  const auto left = harness::makeModel();
  const auto right = harness::makeReference();
  harness::Differential differential(*left, *right);
  differential.trustReports = true;
  std::size_t steps = 0;
  for (auto _ : state)
    steps += runCompared(work, differential);
  state.SetItemsProcessed(static_cast<std::int64_t>(steps));
  state.SetLabel(work.name);
}

BENCHMARK(model)->DenseRange(0, 2);
BENCHMARK(modelUpdate)->DenseRange(0, 2);
BENCHMARK(reference)->DenseRange(0, 2);
BENCHMARK(referenceUpdate)->DenseRange(0, 2);
BENCHMARK(compared)->DenseRange(0, 2);

// The comparison alone, on a state of `areas` areas and as many pages.
void comparison(benchmark::State& state) {
  trace::State left, right;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    const std::uint64_t start = 0x1000000000 + static_cast<std::uint64_t>(i) * 0x10000;
    const auto name = static_cast<std::uint64_t>(i) + 1;
    trace::Area area;
    area.start = area.shownStart = start;
    area.end = start + 0x4000;
    area.anon = name;
    left.areas.push_back(area);
    area.anon = name + 1000000;
    right.areas.push_back(area);
    left.pages.push_back({start, name, trace::Page::Kind::anonymous, 3, false, false});
    right.pages.push_back({start, name + 77, trace::Page::Kind::anonymous, 3, false, false});
  }
  harness::StateComparison comparison;
  comparison.reset();
  for (auto _ : state)
    benchmark::DoNotOptimize(comparison.equal(left, right));
  state.SetComplexityN(state.range(0));
}
BENCHMARK(comparison)->RangeMultiplier(8)->Range(1, 1 << 15)->Complexity(benchmark::oN);

} // namespace
} // namespace growsdown::bench
