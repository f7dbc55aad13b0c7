// The reference beside its peers on the same work, with the ratios and their targets.
#include "bench/comparison.h"
#include "bench/peers.h"
#include "bench/workload.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dlfcn.h>
#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>

namespace growsdown::bench {

MaplePeer::Functions MaplePeer::functions{};

bool MaplePeer::load(const char* library) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    fmt::print(stderr, "growsdown_bench: {}\n", dlerror());
    return false;
  }
  const auto take = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::decay_t<decltype(function)>>(dlsym(handle, name));
    return function != nullptr;
  };
  Functions f{};
  const bool complete = take(f.destroy, "maple_peer_free") && take(f.store, "maple_peer_store") &&
                        take(f.erase, "maple_peer_erase") && take(f.find, "maple_peer_find") &&
                        take(f.below, "maple_peer_below") && take(f.clear, "maple_peer_clear") &&
                        take(f.copy, "maple_peer_copy") && take(f.gap, "maple_peer_gap") &&
                        take(f.make, "maple_peer_new");
  if (!complete)
    fmt::print(stderr, "growsdown_bench: {} is not from this version of bench/maple-peer\n",
               library);
  if (complete) functions = f;
  return complete;
}

std::size_t allocated() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void measure(std::vector<Task>& tasks, double seconds) {
  const auto turn = [](const Task& task) {
    if (task.prepare) task.prepare();
    const double start = processorSeconds();
    task.run();
    return processorSeconds() - start;
  };
  double spent = 0;
  for (unsigned round = 0; round < 3 || spent < seconds; ++round)
    for (Task& task : tasks) {
      turn(task);
      const double time = turn(task);
      task.best = std::min(task.best, time * 1e9 / task.operations);
      spent += time / static_cast<double>(tasks.size());
    }
}

namespace {

// Nanoseconds of a load that depends on the last, from so many bytes.
double latency(std::size_t bytes) {
  constexpr std::size_t line = 64;
  constexpr unsigned loads = 1U << 17;
  const std::size_t lines = std::max<std::size_t>(bytes / line, 2);
  struct alignas(line) Line {
    Line* next;
  };
  std::vector<Line> memory(lines);
  std::vector<std::size_t> order(lines);
  for (std::size_t i = 0; i < lines; ++i)
    order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937_64(1));
  for (std::size_t i = 0; i < lines; ++i)
    memory[order[i]].next = &memory[order[(i + 1) % lines]];
  const Line* at = memory.data();
  std::vector<Task> chase{{"",
                           [&] {
                             for (unsigned i = 0; i < loads; ++i)
                               at = at->next;
                             benchmark::DoNotOptimize(at);
                           },
                           double{loads},
                           {}}};
  measure(chase, 0.02);
  return chase[0].best;
}

struct Target {
  const char* workload;
  const char* peer;
  double ratio;
};
// What is claimed: a peer takes so many times as long, or as many bytes.
constexpr Target targets[] = {
    {"random", "absl::btree_map", 3},
    {"random", "std::map", 2.5},
    {"random", "sorted array", 1},
    {"random", "maple tree", 1},
    {"random", "boost::icl", 1},
    {"dependent", "absl::btree_map", 2},
    {"churn", "absl::btree_map", 1},
    {"churn", "std::map", 1},
    {"churn", "maple tree", 1},
    {"churn", "boost::icl", 1},
    {"gap and map", "maple tree", 1},
    {"bytes", "absl::btree_map", 1},
    {"bytes", "std::map", 1},
    {"bytes", "maple tree", 1},
    {"bytes", "boost::icl", 1},
    {"grow and fault", "absl + unordered_map", 5},
    {"bytes per page", "absl + unordered_map", 1},
};

/// Collects rows, prints them with their ratios, and counts the ratios that fall short.
class Report {
 public:
  void add(const std::string& family, const Row& row) {
    const std::vector<Task>& all = row.tasks;
    std::string line = fmt::format("{:15} {:>8} {:9.1f}", row.workload, row.areas, all[0].best);
    for (const Task& one : all) {
      nlohmann::json& saved = json_["rows"].emplace_back();
      saved = {{"family", family},
               {"workload", row.workload},
               {"areas", row.areas},
               {"peer", one.peer},
               {one.run ? "ns" : "bytes", one.best}};
      if (&one == &all[0]) continue;
      const double ratio = one.best / all[0].best;
      line += fmt::format("  {} {:.2f}", one.peer, ratio);
      for (const Target& target : targets)
        if (row.workload == target.workload && one.peer == target.peer) {
          line += fmt::format(" ({}{:g})", ratio < target.ratio ? "SHORT of " : "", target.ratio);
          saved["target"] = target.ratio;
          ++asked_;
          short_ += ratio < target.ratio ? 1 : 0;
        }
    }
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }
  nlohmann::json& json() { return json_; }
  int finish(const std::string& file) {
    fmt::print("\n{} of {} ratios reach their target\n", asked_ - short_, asked_);
    if (!file.empty()) {
      std::ofstream out(file);
      out << json_.dump(1) << "\n";
      if (!out.flush()) {
        fmt::print(stderr, "growsdown_bench: {} cannot be written\n", file);
        return 4;
      }
    }
    return short_ == 0 ? 0 : 1;
  }

 private:
  nlohmann::json json_;
  int asked_ = 0;
  int short_ = 0;
};

// The load average of the last minute.
double load() {
  double average = 0;
  getloadavg(&average, 1);
  return average;
}

std::vector<Family> families() {
  return {lookupFamily(), callFamily(), programFamily(), faultFamily()};
}

// The rows of a size. Those of the last size are kept, for benchmarks that follow each other.
Row& rowOf(const Family& family, unsigned areas, std::size_t row) {
  static std::vector<Row> rows;
  static std::pair<std::string, unsigned> of;
  if (of != std::pair(family.name, areas)) {
    rows.clear(); // first: both would need much memory
    rows = family.rows(areas);
    of = {family.name, areas};
  }
  return rows[row];
}

void runTask(benchmark::State& state, const Task& task) {
  for (auto _ : state) {
    if (task.prepare) {
      state.PauseTiming();
      task.prepare();
      state.ResumeTiming();
    }
    task.run();
  }
  state.SetItemsProcessed(
      static_cast<std::int64_t>(static_cast<double>(state.iterations()) * task.operations));
}

} // namespace

void registerPeers() {
  for (const Family& family : families()) {
    const std::vector<Row> smallest = family.rows(family.areas.front()); // has the names of all
    for (const unsigned areas : family.areas)
      for (std::size_t i = 0; i < smallest.size(); ++i)
        for (std::size_t j = 0; j < smallest[i].tasks.size(); ++j)
          if (smallest[i].tasks[j].run)
            benchmark::RegisterBenchmark(
                fmt::format("peers/{}/{}/{}/{}", family.name, smallest[i].workload,
                            smallest[i].tasks[j].peer, areas)
                    .c_str(),
                [=](benchmark::State& state) { runTask(state, rowOf(family, areas, i).tasks[j]); });
  }
}

int peers(double seconds, const std::string& json) {
  if (!MaplePeer::loaded())
    fmt::print("without the kernel's maple tree: bench/maple-peer DIR builds it, and --maple "
               "DIR/libmaple_peer.so loads it\n");
  fmt::print("search: {}\nnanoseconds (bytes per area) of this project, then how many times as "
             "much each peer takes (target)\n\n",
             reference::index::searches().front().name);
  Report report;
  report.json()["search"] = reference::index::searches().front().name;
  report.json()["load"] = {load()};
  for (const Family& family : families())
    for (const unsigned areas : family.areas) {
      for (Row& row : family.rows(areas)) {
        if (row.tasks[0].run) measure(row.tasks, seconds * row.share);
        report.add(family.name, row);
      }
      if (family.name != "index") continue;
      // What a lookup must wait for: the keys of a leaf, then the area.
      const double wait =
          latency(std::size_t{areas} * 4) + latency(std::size_t{areas} * sizeof(Vma));
      report.json()["waits"].push_back({{"areas", areas}, {"ns", wait}});
    }
  report.json()["load"].push_back(load());
  return report.finish(json);
}

} // namespace growsdown::bench
