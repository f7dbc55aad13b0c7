// The reference's area index beside std::map, on the same lookups.
#include "bench/workload.h"

#include "reference/vma_index.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

namespace growsdown::bench {
namespace {

struct Data {
  explicit Data(unsigned areas);
  reference::VmaIndex index;
  std::map<std::uint64_t, reference::Vma> map; ///< by end, as find_vma asks
  std::vector<std::uint64_t> addresses;
};

Data::Data(unsigned areas) {
  std::mt19937_64 random(7);
  std::uint64_t at = 0x800000000;
  std::vector<reference::Vma> all;
  for (unsigned i = 0; i < areas; ++i) {
    reference::Vma area;
    area.start = at + (random() % 16) * 4096;
    area.end = at = area.start + (1 + random() % 16) * 4096;
    all.push_back(area);
  }
  // In random order, so that the map's nodes lie in memory as they do in a program that lives.
  std::shuffle(all.begin(), all.end(), random);
  for (const reference::Vma& area : all) {
    index.insert(area);
    map.emplace(area.end, area);
  }
  for (unsigned i = 0; i < 4096; ++i)
    addresses.push_back(0x800000000 + random() % (at - 0x800000000));
}

std::uint64_t inIndex(const Data& data) {
  std::uint64_t sum = 0;
  for (const std::uint64_t address : data.addresses) {
    const auto found = data.index.find(address);
    sum += found ? data.index.at(found).start : 0;
  }
  return sum;
}

std::uint64_t inMap(const Data& data) {
  std::uint64_t sum = 0;
  for (const std::uint64_t address : data.addresses) {
    const auto found = data.map.upper_bound(address);
    sum += found != data.map.end() ? found->second.start : 0;
  }
  return sum;
}

void index(benchmark::State& state) {
  const Data data(static_cast<unsigned>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(inIndex(data));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(data.addresses.size()));
}
void map(benchmark::State& state) {
  const Data data(static_cast<unsigned>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(inMap(data));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(data.addresses.size()));
}
BENCHMARK(index)->RangeMultiplier(8)->Range(8, 1 << 15);
BENCHMARK(map)->RangeMultiplier(8)->Range(8, 1 << 15);

} // namespace

LookupCost lookupCost(unsigned areas, double seconds) {
  const Data data(areas);
  if (inIndex(data) != inMap(data)) throw std::runtime_error("index and map disagree");
  const double lookups = static_cast<double>(data.addresses.size());
  LookupCost best{1e300, 1e300};
  double spent = 0;
  // In turns, so that what else the machine does hits both alike; the best turn of each.
  while (spent < seconds) {
    const double start = processorSeconds();
    benchmark::DoNotOptimize(inIndex(data));
    const double middle = processorSeconds();
    benchmark::DoNotOptimize(inMap(data));
    const double end = processorSeconds();
    best.index = std::min(best.index, (middle - start) * 1e9 / lookups);
    best.map = std::min(best.map, (end - middle) * 1e9 / lookups);
    spent += end - start;
  }
  return best;
}

} // namespace growsdown::bench
