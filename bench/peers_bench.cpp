// The area index beside its peers on the same work, in turns, with the ratios and their targets.
#include "bench/peers.h"
#include "bench/workload.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <dlfcn.h>
#include <malloc.h>

#include <array>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>

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
                        take(f.gap, "maple_peer_gap") && take(f.make, "maple_peer_new");
  if (!complete) fmt::print(stderr, "growsdown_bench: {} is not from bench/maple-peer\n", library);
  if (complete) functions = f;
  return complete;
}

namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t lowest = 0x800000000;
constexpr unsigned lookups = 1U << 17;
constexpr unsigned changes = 1U << 14;

/// Areas, and what is asked about them.
struct Work {
  explicit Work(unsigned count) {
    std::uint64_t at = lowest;
    for (unsigned i = 0; i < count; ++i) {
      Vma area;
      area.start = at + random() % 16 * page;
      area.end = at = area.start + (1 + random() % 16) * page;
      sorted.push_back(area);
    }
    // In random order, so that the nodes lie in memory as they do in a program that lives.
    shuffled = sorted;
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    unsigned near = 0;
    for (unsigned i = 0; i < lookups; ++i) {
      randomly.push_back(lowest + random() % (at - lowest));
      ascending.push_back(inside(sorted[std::size_t{i} * count / lookups]));
      // As faults are: mostly in the same area as the last or in the next, seldom far away.
      const unsigned draw = random() % 16;
      if (draw == 0) near = static_cast<unsigned>(random() % count);
      if (draw > 0 && draw < 4) near = (near + 1) % count;
      locally.push_back(inside(sorted[near]));
      // Far from the last, and on both sides of an end.
      const Vma& area = sorted[reversed(i) * count >> 17];
      adversarial.push_back(area.end - i % 2);
    }
    for (unsigned i = 0; i < changes; ++i)
      changed.push_back(static_cast<unsigned>(random() % count));
  }

  std::uint64_t inside(const Vma& area) { return area.start + random() % (area.end - area.start); }
  static std::size_t reversed(unsigned i) {
    std::size_t result = 0;
    for (unsigned bit = 0; bit < 17; ++bit)
      result |= std::size_t{i >> bit & 1} << (16 - bit);
    return result;
  }

  std::mt19937 random{7};
  std::vector<Vma> sorted, shuffled;
  std::vector<std::uint64_t> randomly, ascending, locally, adversarial;
  std::vector<unsigned> changed;
};

template <class Peer>
std::uint64_t independent(const Peer& peer, const std::vector<std::uint64_t>& addresses) {
  std::uint64_t sum = 0;
  for (const std::uint64_t address : addresses)
    sum += peer.find(address);
  return sum;
}
// The next address depends on the last answer.
template <class Peer>
std::uint64_t dependent(const Peer& peer, const std::vector<std::uint64_t>& addresses) {
  std::uint64_t last = 0;
  for (const std::uint64_t address : addresses)
    last = peer.find(address ^ (last & 1));
  return last;
}
// Unmaps an area and maps the one that was unmapped before: two changes a step.
template <class Peer>
void churn(Peer& peer, const Work& work) {
  unsigned absent = work.changed.back();
  peer.erase(work.sorted[absent]);
  for (const unsigned next : work.changed) {
    if (next == absent) continue;
    peer.erase(work.sorted[next]);
    peer.insert(work.sorted[absent]);
    absent = next;
  }
  peer.insert(work.sorted[absent]);
}

/// One measured number of one peer.
struct Measured {
  std::string name;
  std::function<void()> run;
  double operations;
  double best = 1e300; ///< nanoseconds per operation
};

// In turns, so that what else the machine does hits all alike; the best turn of each. Before each
// turn the caches are filled again, which the other peers used.
void measure(std::vector<Measured>& all, double seconds) {
  double spent = 0;
  for (unsigned round = 0; round < 3 || spent < seconds; ++round)
    for (Measured& one : all) {
      one.run();
      const double start = processorSeconds();
      one.run();
      const double time = processorSeconds() - start;
      one.best = std::min(one.best, time * 1e9 / one.operations);
      spent += time / static_cast<double>(all.size());
    }
}

std::size_t allocated() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

/// A peer with its areas, and the bytes that these took.
template <class Peer>
struct Built {
  explicit Built(const Work& work) {
    const std::size_t before = allocated();
    peer = std::make_unique<Peer>();
    if constexpr (Peer::inserts)
      for (const Vma& area : work.shuffled)
        peer->insert(area);
    else
      peer->build(work.sorted);
    bytes = static_cast<double>(allocated() - before) / static_cast<double>(work.sorted.size());
  }
  std::unique_ptr<Peer> peer;
  double bytes = 0;
};

// Nanoseconds of a load that depends on the last, from so many bytes.
double latency(std::size_t bytes) {
  constexpr std::size_t line = 64;
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
  std::vector<Measured> chase{{"",
                               [&] {
                                 for (unsigned i = 0; i < lookups; ++i)
                                   at = at->next;
                                 benchmark::DoNotOptimize(at);
                               },
                               double{lookups}}};
  measure(chase, 0.02);
  return chase[0].best;
}

struct Target {
  const char* workload;
  const char* peer;
  double ratio;
};
// What the index claims: a peer takes so many times as long, or as many bytes.
constexpr Target targets[] = {
    {"random", "absl::btree_map", 3}, {"random", "std::map", 2.5},
    {"random", "sorted array", 1},    {"random", "maple tree", 1},
    {"random", "boost::icl", 1},      {"dependent", "absl::btree_map", 2},
    {"churn", "absl::btree_map", 1},  {"churn", "std::map", 1},
    {"churn", "maple tree", 1},       {"churn", "boost::icl", 1},
    {"gap and map", "maple tree", 1}, {"bytes", "absl::btree_map", 1},
    {"bytes", "std::map", 1},         {"bytes", "maple tree", 1},
    {"bytes", "boost::icl", 1},
};

/// Collects rows, prints them with their ratios, and counts the ratios that fall short.
class Report {
 public:
  void add(const std::string& workload, unsigned areas, const std::vector<Measured>& all) {
    std::string line = fmt::format("{:11} {:>8} {:9.1f}", workload, areas, all[0].best);
    for (const Measured& one : all) {
      json_["rows"].push_back({{"workload", workload},
                               {"areas", areas},
                               {"peer", one.name},
                               {workload == "bytes" ? "bytes" : "ns", one.best}});
      if (&one == &all[0]) continue;
      const double ratio = one.best / all[0].best;
      line += fmt::format("  {} {:.2f}", one.name, ratio);
      for (const Target& target : targets)
        if (workload == target.workload && one.name == target.peer) {
          line += fmt::format(" ({}{:g})", ratio < target.ratio ? "SHORT of " : "", target.ratio);
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

// Finds the highest gap, maps an area there and unmaps it.
template <class Peer, class Gap>
void gapAndMap(Peer& peer, const Gap& gap) {
  std::uint64_t length = page;
  for (unsigned i = 0; i < 1024; ++i) {
    length = length % (14 * page) + page;
    Vma area;
    area.start = gap(length);
    area.end = area.start + length;
    peer.insert(area);
    peer.erase(area);
  }
}

void peersAt(unsigned areas, double seconds, Report& report) {
  Work work(areas);
  Built<IndexPeer> index(work);
  Built<StdMapPeer> map(work);
  Built<AbslPeer> absl(work);
  Built<IclPeer> icl(work);
  Built<ArrayPeer> array(work);
  std::unique_ptr<Built<MaplePeer>> maple;
  if (MaplePeer::loaded()) maple = std::make_unique<Built<MaplePeer>>(work);

  // `each` is called with every peer, the index first.
  const auto each = [&](const auto& call) {
    call(index);
    call(absl);
    call(map);
    call(array);
    if (maple) call(*maple);
    call(icl);
  };
  const std::uint64_t expected = independent(*array.peer, work.randomly);
  each([&](auto& built) {
    if (independent(*built.peer, work.randomly) != expected)
      throw std::runtime_error(std::string(built.peer->name) + " finds other areas");
  });
  const auto lookup = [&](const char* name, const std::vector<std::uint64_t>& addresses,
                          bool depends) {
    std::vector<Measured> all;
    each([&](auto& built) {
      all.push_back({built.peer->name,
                     [&, depends] {
                       benchmark::DoNotOptimize(depends ? dependent(*built.peer, addresses)
                                                        : independent(*built.peer, addresses));
                     },
                     double{lookups}});
    });
    measure(all, seconds);
    report.add(name, areas, all);
  };
  lookup("random", work.randomly, false);
  lookup("dependent", work.randomly, true);
  lookup("sequential", work.ascending, false);
  lookup("local", work.locally, false);
  lookup("adversarial", work.adversarial, false);

  std::vector<Measured> bytes, churns;
  each([&](auto& built) {
    bytes.push_back({built.peer->name, nullptr, 1, built.bytes});
    if constexpr (std::decay_t<decltype(*built.peer)>::inserts)
      churns.push_back(
          {built.peer->name, [&] { churn(*built.peer, work); }, 2.0 * double{changes}});
  });
  measure(churns, seconds);
  report.add("churn", areas, churns);
  std::vector<Measured> gaps{
      {"index",
       [&] { gapAndMap(*index.peer, [&](std::uint64_t n) { return index.peer->gap(n); }); }, 1024}};
  if (maple)
    gaps.push_back({"maple tree",
                    [&] {
                      gapAndMap(*maple->peer, [&](std::uint64_t length) {
                        return maple->peer->gapBelow(work.sorted.back().start, length);
                      });
                    },
                    1024});
  measure(gaps, seconds / 4);
  report.add("gap and map", areas, gaps);
  report.add("bytes", areas, bytes);
}

} // namespace

int peers(double seconds, const std::string& maple, const std::string& json) {
  if (maple.empty())
    fmt::print("without the kernel's maple tree: bench/maple-peer DIR builds it, and --maple "
               "DIR/libmaple_peer.so loads it\n");
  else if (!MaplePeer::load(maple.c_str()))
    return 2;
  fmt::print("search: {}\nnanoseconds (bytes per area) of the index, then how many times as much "
             "each peer takes (target)\n\n",
             reference::index::searches().front().name);
  Report report;
  report.json()["search"] = reference::index::searches().front().name;
  for (const unsigned areas : {16U, 64U, 256U, 1024U, 4096U, 16384U, 65536U, 262144U, 1000000U}) {
    peersAt(areas, seconds, report);
    // What a lookup must wait for: the keys of a leaf, then the area.
    const double wait = latency(std::size_t{areas} * 4) + latency(std::size_t{areas} * sizeof(Vma));
    report.json()["waits"].push_back({{"areas", areas}, {"ns", wait}});
  }
  return report.finish(json);
}

} // namespace growsdown::bench
