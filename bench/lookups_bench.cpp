// Lookups in the area index and its peers, changes of single areas, and bytes.
#include "bench/comparison.h"
#include "bench/peers.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

namespace growsdown::bench {
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

/// All peers with the same areas.
struct Peers {
  explicit Peers(unsigned areas) : work(areas) {
    if (MaplePeer::loaded()) maple = std::make_unique<Built<MaplePeer>>(work);
    const std::uint64_t expected = independent(*array.peer, work.randomly);
    each([&](auto& built) {
      if (independent(*built.peer, work.randomly) != expected)
        throw std::runtime_error(std::string(built.peer->name) + " finds other areas");
    });
  }

  /// Calls with each peer, the index first.
  void each(const auto& call) {
    call(index);
    call(absl);
    call(map);
    call(array);
    if (maple) call(*maple);
    call(icl);
  }

  Work work;
  Built<IndexPeer> index{work};
  Built<StdMapPeer> map{work};
  Built<AbslPeer> absl{work};
  Built<IclPeer> icl{work};
  Built<ArrayPeer> array{work};
  std::unique_ptr<Built<MaplePeer>> maple;
};

Row lookupRow(const std::shared_ptr<Peers>& peers, const char* name,
              const std::vector<std::uint64_t>& addresses, bool depends) {
  Row row{name, static_cast<unsigned>(peers->work.sorted.size()), {}};
  peers->each([&](auto& built) {
    row.tasks.push_back({built.peer->name,
                         [peers, &built, &addresses, depends] {
                           benchmark::DoNotOptimize(depends ? dependent(*built.peer, addresses)
                                                            : independent(*built.peer, addresses));
                         },
                         double{lookups},
                         {}});
  });
  return row;
}

Row gapRow(const std::shared_ptr<Peers>& peers) {
  Row row{"gap and map", static_cast<unsigned>(peers->work.sorted.size()), {}, 0.25};
  row.tasks.push_back({IndexPeer::name,
                       [peers] {
                         IndexPeer& index = *peers->index.peer;
                         gapAndMap(index, [&](std::uint64_t n) { return index.gap(n); });
                       },
                       1024,
                       {}});
  if (peers->maple)
    row.tasks.push_back({MaplePeer::name,
                         [peers] {
                           MaplePeer& maple = *peers->maple->peer;
                           const std::uint64_t top = peers->work.sorted.back().start;
                           gapAndMap(maple,
                                     [&](std::uint64_t n) { return maple.gapBelow(top, n); });
                         },
                         1024,
                         {}});
  return row;
}

std::vector<Row> rowsAt(unsigned areas) {
  const auto peers = std::make_shared<Peers>(areas);
  const Work& work = peers->work;
  std::vector<Row> rows{lookupRow(peers, "random", work.randomly, false),
                        lookupRow(peers, "dependent", work.randomly, true),
                        lookupRow(peers, "sequential", work.ascending, false),
                        lookupRow(peers, "local", work.locally, false),
                        lookupRow(peers, "adversarial", work.adversarial, false)};
  Row bytes{"bytes", areas, {}}, churns{"churn", areas, {}};
  peers->each([&](auto& built) {
    bytes.tasks.push_back({built.peer->name, {}, 1, {}, built.bytes});
    if constexpr (std::decay_t<decltype(*built.peer)>::inserts)
      churns.tasks.push_back({built.peer->name,
                              [peers, &built] { churn(*built.peer, peers->work); },
                              2.0 * double{changes},
                              {}});
  });
  rows.push_back(std::move(churns));
  rows.push_back(gapRow(peers));
  rows.push_back(std::move(bytes));
  return rows;
}

} // namespace

Family lookupFamily() {
  return {"index", {16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1000000}, rowsAt};
}

} // namespace growsdown::bench
