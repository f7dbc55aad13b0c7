// Calls on the areas of the index and its peers: splitting and merging, range replacement, fork, and
// the calls of real programs.
#include "bench/calls.h"
#include "bench/comparison.h"
#include "bench/programs.h"
#include "bench/workload.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>

namespace growsdown::bench {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t lowest = 0x800000000;
constexpr std::uint64_t slot = 16 * page; ///< from one area to the next
constexpr std::uint64_t length = 12 * page;
constexpr unsigned changes = 1U << 13;
constexpr std::uint32_t rw = 3, readOnly = 1;

std::uint64_t startOf(std::size_t area) {
  return lowest + area * slot;
}

// The areas that a range replacement replaces, and how many address spaces of this size are needed
// for enough work.
struct Groups {
  explicit Groups(unsigned areas)
      : size(std::min(areas, 64U)), count(std::min(areas / size, 64U)), spaces(64 / count),
        distance(areas / size / count) {}
  std::size_t first(unsigned group) const { return std::size_t{group} * distance * size; }
  unsigned size, count, spaces, distance;
};

/// A peer with areas, some more with the same areas, and an empty one.
template <class Peer>
struct Filled {
  Filled(const std::vector<unsigned>& order, unsigned spaces) {
    for (unsigned i = 0; i < spaces; ++i) {
      all.push_back(std::make_unique<Peer>());
      for (const unsigned area : order)
        map(*all.back(), startOf(area), startOf(area) + length, rw);
    }
  }
  std::vector<std::unique_ptr<Peer>> all;
  Peer child;
};

// A page in the middle of an area becomes read-only and writable again: two splits, two merges.
template <class Peer>
void splitAndMerge(Peer& peer, const std::vector<unsigned>& areas) {
  for (const unsigned area : areas) {
    const std::uint64_t start = startOf(area) + 4 * page;
    protect(peer, start, start + page, readOnly);
    protect(peer, start, start + page, rw);
  }
}

template <class Peer>
void replace(Filled<Peer>& filled, const Groups& groups) {
  for (auto& peer : filled.all)
    for (unsigned i = 0; i < groups.count; ++i) {
      const std::size_t first = groups.first(i);
      map(*peer, startOf(first), startOf(first + groups.size), readOnly);
    }
}
template <class Peer>
void putBack(Filled<Peer>& filled, const Groups& groups) {
  for (auto& peer : filled.all)
    for (unsigned i = 0; i < groups.count; ++i) {
      const std::size_t first = groups.first(i);
      unmap(*peer, startOf(first), startOf(first + groups.size));
      for (unsigned j = 0; j < groups.size; ++j)
        map(*peer, startOf(first + j), startOf(first + j) + length, rw);
    }
}

template <class Peer>
std::uint64_t replay(Peer& peer, const Program& program) {
  using Kind = ProgramStep::Kind;
  std::uint64_t sum = 0;
  for (const ProgramStep& step : program.steps)
    switch (step.kind) {
    case Kind::map:
      map(peer, step.start, step.end, step.flags);
      break;
    case Kind::unmap:
      unmap(peer, step.start, step.end);
      break;
    case Kind::protect:
      protect(peer, step.start, step.end, step.flags);
      break;
    case Kind::find:
      sum += peer.find(step.start);
      break;
    }
  return sum;
}

// The starts of all areas.
template <class Peer>
std::uint64_t digest(const Peer& peer, unsigned areas) {
  std::uint64_t sum = 0;
  for (unsigned i = 0; i < areas; ++i)
    sum = sum * 31 + peer.find(startOf(i));
  return sum;
}

// Calls with each peer, the index first, as a shared pointer.
template <template <class> class Of>
struct AllPeers {
  explicit AllPeers(const auto&... arguments)
      : index(arguments...), absl(arguments...), map(arguments...), icl(arguments...) {
    if (MaplePeer::loaded()) maple = std::make_unique<Of<MaplePeer>>(arguments...);
  }
  void each(const auto& call) {
    call(index, IndexPeer::name);
    call(absl, AbslPeer::name);
    call(map, StdMapPeer::name);
    if (maple) call(*maple, MaplePeer::name);
    call(icl, IclFlagsPeer::name);
  }
  Of<IndexPeer> index;
  Of<AbslPeer> absl;
  Of<StdMapPeer> map;
  std::unique_ptr<Of<MaplePeer>> maple;
  Of<IclFlagsPeer> icl;
};

struct CallData {
  explicit CallData(unsigned areas)
      : groups(areas), order(shuffled(areas)), peers(order, groups.spaces) {
    for (unsigned i = 0; i < changes; ++i)
      changed.push_back(order[i % areas]);
    // All must agree before, in the middle and after. This also makes room where it is needed.
    std::vector<std::uint64_t> seen;
    peers.each([&](auto& filled, const char* name) {
      auto& peer = *filled.all[0];
      std::vector<std::uint64_t> digests{digest(peer, areas)};
      splitAndMerge(peer, changed);
      digests.push_back(digest(peer, areas));
      replace(filled, groups);
      digests.push_back(digest(peer, areas));
      putBack(filled, groups);
      filled.child.copy(peer);
      digests.push_back(digest(filled.child, areas));
      if (seen.empty()) seen = digests;
      if (digests != seen || digests[0] != digests[1] || digests[0] != digests[3])
        throw std::runtime_error(fmt::format("{} has other areas after the same calls", name));
    });
  }
  static std::vector<unsigned> shuffled(unsigned areas) {
    std::vector<unsigned> order(areas);
    for (unsigned i = 0; i < areas; ++i)
      order[i] = i;
    std::shuffle(order.begin(), order.end(), std::mt19937(7));
    return order;
  }

  Groups groups;
  std::vector<unsigned> order, changed;
  AllPeers<Filled> peers;
};

std::vector<Row> callRows(unsigned areas) {
  const auto data = std::make_shared<CallData>(areas);
  const Groups& groups = data->groups;
  Row protects{"mprotect", areas, {}}, replaces{"range replace", areas, {}, 0.5},
      forks{"fork", areas, {}, 0.5};
  data->peers.each([&](auto& filled, const char* name) {
    protects.tasks.push_back({name,
                              [data, &filled] { splitAndMerge(*filled.all[0], data->changed); },
                              2.0 * double{changes},
                              {}});
    replaces.tasks.push_back({name, [data, &filled] { replace(filled, data->groups); },
                              double(groups.count) * groups.spaces,
                              [data, &filled] { putBack(filled, data->groups); }});
    // Small ones several times, since a measurement takes time itself.
    const unsigned times = std::max(1U, 4096 / areas);
    forks.tasks.push_back({name,
                           [data, &filled, times] {
                             for (unsigned i = 0; i < times; ++i)
                               filled.child.copy(*filled.all[0]);
                           },
                           double(times) * areas,
                           {}});
  });
  return {protects, forks, replaces}; // the last one leaves few areas
}

template <class Peer>
struct Replayed {
  Peer peer;
};

std::vector<Row> programRows(unsigned) {
  std::vector<Row> rows;
  for (Program& each : readPrograms(programDirectory)) {
    const auto program = std::make_shared<Program>(std::move(each));
    const auto peers = std::make_shared<AllPeers<Replayed>>();
    Row row{program->name, program->mostAreas, {}};
    std::uint64_t expected = 0;
    peers->each([&](auto& replayed, const char* name) {
      const std::uint64_t sum = replay(replayed.peer, *program);
      if (row.tasks.empty()) expected = sum;
      if (sum != expected)
        throw std::runtime_error(fmt::format("{}: {} finds other areas", program->name, name));
      row.tasks.push_back({name,
                           [peers, program, &replayed] {
                             replayed.peer.clear();
                             benchmark::DoNotOptimize(replay(replayed.peer, *program));
                           },
                           static_cast<double>(program->steps.size()),
                           {}});
    });
    rows.push_back(std::move(row));
  }
  return rows;
}

} // namespace

Family callFamily() {
  return {"calls", {16, 256, 4096, 65536, 1000000}, callRows};
}
Family programFamily() {
  return {"programs", {0}, programRows};
}

} // namespace growsdown::bench
