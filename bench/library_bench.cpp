// The public library beside what it is made of, the reference, and beside the shadow that an emulator
// would write: a std::map of areas without page tables, counters and limits.
#include "growsdown/address_space.hpp"
#include "reference/address_space.h"
#include "trace/ruleset.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace growsdown::bench {
namespace {

constexpr const char* rules = "linux-6.12-arm64";
constexpr Address base = 0x10'0000'0000;
constexpr std::uint64_t page = 4096;
constexpr unsigned pages = 2048;
constexpr Prot rw = Prot::read | Prot::write;
constexpr MapFlags fixedly = MapFlags::privateMapping | MapFlags::anonymous | MapFlags::fixed;

void require(bool done) {
  if (!done) throw std::runtime_error("a call of the benchmark failed");
}

// --- first writes to pages; MADV_DONTNEED between the rounds is not timed

void faultsReference(benchmark::State& state) {
  std::string error;
  auto parameters = trace::makeParameters(*trace::findRuleSet(rules), {}, error);
  parameters->wholeAddressSpace();
  reference::AddressSpace space;
  space.start(*parameters, nullptr);
  trace::Step step;
  step.op = trace::Op::mmap;
  step.prot = trace::prot::read | trace::prot::write;
  step.flags = trace::flag::fixed;
  step.address = base;
  step.length = pages * page;
  space.apply(step);
  trace::Step touch;
  touch.op = trace::Op::touch;
  touch.access = trace::Access::write;
  step.op = trace::Op::dontneed;
  step.prot = 0;
  step.flags = 0;
  for (auto _ : state) {
    for (unsigned i = 0; i < pages; ++i) {
      touch.address = base + i * page;
      require(space.apply(touch).kind == trace::Outcome::Kind::ok);
    }
    state.PauseTiming();
    space.apply(step);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * pages);
}

struct CountingObserver final : Observer {
  void map(const Pages& run, Contents) override { seen += run.length(); }
  void protect(const Pages& run) override { seen += run.length(); }
  void move(Address, const Pages& run) override { seen += run.length(); }
  void unmap(Address start, Address end) override { seen += end - start; }
  std::uint64_t seen = 0;
};

void faults(benchmark::State& state, Observer* observer) {
  AddressSpace space(rules);
  space.observe(observer);
  require(space.mmap(base, pages * page, rw, fixedly).ok());
  for (auto _ : state) {
    for (unsigned i = 0; i < pages; ++i) {
      require(space.fault(base + i * page, Access::write).ok());
      space.prepareFault();
    }
    state.PauseTiming();
    require(space.madvise(base, pages * page, Advice::dontneed).ok());
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * pages);
}
void faultsLibrary(benchmark::State& state) {
  faults(state, nullptr);
}
void faultsObserved(benchmark::State& state) {
  CountingObserver observer;
  faults(state, &observer);
  benchmark::DoNotOptimize(observer.seen);
}

// --- unmapping and mapping a page in the middle of one of many areas

std::vector<Address> holes(std::int64_t areas) {
  std::mt19937_64 random(7);
  std::vector<Address> out(1024);
  for (Address& hole : out)
    hole = base + (random() % static_cast<std::uint64_t>(areas) * 8 + 3) * page;
  return out;
}

void remapLibrary(benchmark::State& state) {
  AddressSpace space(rules);
  for (std::int64_t i = 0; i < state.range(0); ++i)
    require(space.mmap(base + i * 8 * page, 7 * page, rw, fixedly).ok());
  const std::vector<Address> where = holes(state.range(0));
  for (auto _ : state)
    for (const Address hole : where)
      require(space.munmap(hole, page).ok() && space.mmap(hole, page, rw, fixedly).ok());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(where.size()) * 2);
}

/// The peer: areas by start, split by munmap, and merged with equal neighbours by mmap.
class MapOfAreas {
 public:
  void munmap(Address start, Address end) {
    auto at = areas_.upper_bound(start);
    if (at != areas_.begin()) --at;
    while (at != areas_.end() && at->first < end) {
      const Address from = at->first;
      const Of area = at->second;
      if (area.end <= start) {
        ++at;
        continue;
      }
      at = areas_.erase(at);
      if (from < start) areas_.emplace(from, Of{start, area.prot});
      if (area.end > end) at = areas_.emplace(end, Of{area.end, area.prot}).first;
    }
  }
  void mmap(Address start, Address end, Prot prot) {
    munmap(start, end);
    auto next = areas_.lower_bound(start);
    if (next != areas_.end() && next->first == end && next->second.prot == prot) {
      end = next->second.end;
      next = areas_.erase(next);
    }
    if (next != areas_.begin())
      if (const auto below = std::prev(next);
          below->second.end == start && below->second.prot == prot) {
        below->second.end = end;
        return;
      }
    areas_.emplace(start, Of{end, prot});
  }
  std::size_t size() const { return areas_.size(); }

 private:
  struct Of {
    Address end;
    Prot prot;
  };
  std::map<Address, Of> areas_;
};

void remapMap(benchmark::State& state) {
  MapOfAreas space;
  for (std::int64_t i = 0; i < state.range(0); ++i)
    space.mmap(base + i * 8 * page, base + (i * 8 + 7) * page, rw);
  const std::vector<Address> where = holes(state.range(0));
  for (auto _ : state)
    for (const Address hole : where) {
      space.munmap(hole, hole + page);
      space.mmap(hole, hole + page, rw);
    }
  require(space.size() == static_cast<std::size_t>(state.range(0)));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(where.size()) * 2);
}

BENCHMARK(faultsReference);
BENCHMARK(faultsLibrary);
BENCHMARK(faultsObserved);
BENCHMARK(remapLibrary)->Arg(16)->Arg(1000)->Arg(30000);
BENCHMARK(remapMap)->Arg(16)->Arg(1000)->Arg(30000);

} // namespace
} // namespace growsdown::bench
