// Whole address spaces with pages: stacks that grow and fault, writes to mapped pages, fork,
// and the bytes per page.
#include "bench/comparison.h"
#include "bench/space_peer.h"
#include "growsdown/address_space.hpp"
#include "reference/address_space.h"
#include "trace/ruleset.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>

namespace growsdown::bench {
namespace {

constexpr const char* rules = "linux-6.12-arm64";
constexpr std::uint64_t page = 4096;
constexpr std::uint64_t lowest = 0x10'0000'0000;
constexpr std::uint64_t distance = 16ULL << 20; ///< from one stack to the next
constexpr std::uint64_t mapped = 4 * page;      ///< of each stack
constexpr unsigned touches = 1U << 14;

struct Range {
  std::uint64_t start, end;
};

/// The reference.
class ReferenceSpace {
 public:
  static constexpr const char* name = "reference";

  ReferenceSpace() {
    std::string error;
    auto parameters = trace::makeParameters(*trace::findRuleSet(rules), {}, error);
    parameters->wholeAddressSpace();
    space_.start(*parameters, nullptr);
    touch_.op = trace::Op::touch;
    touch_.access = trace::Access::write;
  }
  bool map(const Range& range) {
    trace::Step step;
    step.op = trace::Op::mmap;
    step.prot = trace::prot::read | trace::prot::write;
    step.flags = trace::flag::fixed | trace::flag::growsdown;
    step.address = range.start;
    step.length = range.end - range.start;
    return space_.apply(step).kind == trace::Outcome::Kind::okAddress;
  }
  bool unmap(const Range& range) {
    trace::Step step;
    step.op = trace::Op::munmap;
    step.address = range.start;
    step.length = range.end - range.start;
    return space_.apply(step).kind == trace::Outcome::Kind::ok;
  }
  bool touch(std::uint64_t address) {
    touch_.address = address;
    return space_.apply(touch_).kind == trace::Outcome::Kind::ok;
  }
  void forkOf(const ReferenceSpace& parent) {
    space_ = parent.space_;
    trace::Step step;
    step.op = trace::Op::fork;
    space_.apply(step);
  }
  std::size_t presentPages() const { return space_.presentPages(); }

 private:
  reference::AddressSpace space_;
  trace::Step touch_;
};

/// The public library.
class LibrarySpace {
 public:
  static constexpr const char* name = "library";

  bool map(const Range& range) {
    return space_
        ->mmap(range.start, range.end - range.start, Prot::read | Prot::write,
               MapFlags::privateMapping | MapFlags::anonymous | MapFlags::fixed |
                   MapFlags::growsdown)
        .ok();
  }
  bool unmap(const Range& range) {
    return space_->munmap(range.start, range.end - range.start).ok();
  }
  bool touch(std::uint64_t address) {
    const bool done = space_->fault(address, Access::write).ok();
    space_->prepareFault();
    return done;
  }
  void forkOf(const LibrarySpace& parent) {
    space_ = parent.space_->clone();
    space_->fork();
  }
  std::size_t presentPages() const { return space_->counters().anonymous / page; }

 private:
  std::optional<AddressSpace> space_{AddressSpace(rules)};
};

/// Two containers.
class ContainerSpace {
 public:
  static constexpr const char* name = "absl + unordered_map";

  bool map(const Range& range) {
    space_.map(range.start, range.end, SpacePeer::read | SpacePeer::write | SpacePeer::growsdown);
    return true;
  }
  bool unmap(const Range& range) {
    space_.unmapBeginning(range.start, range.end);
    return true;
  }
  bool touch(std::uint64_t address) { return space_.touch(address); }
  void forkOf(const ContainerSpace& parent) { space_.forkOf(parent.space_); }
  std::size_t presentPages() const { return space_.presentPages(); }

 private:
  SpacePeer space_;
};

void require(bool done) {
  if (!done) throw std::runtime_error("a call of the benchmark failed");
}

/// Stacks, and the pages by which they grow.
struct Stacks {
  explicit Stacks(unsigned count) {
    for (unsigned i = 0; i < count; ++i) {
      const std::uint64_t start = lowest + (i + 1) * distance;
      ranges.push_back({start, start + mapped});
    }
    std::vector<unsigned> turns;
    for (unsigned i = 0; i < touches; ++i)
      turns.push_back(i % count);
    std::shuffle(turns.begin(), turns.end(), std::mt19937(7));
    std::vector<std::uint64_t> starts(count);
    for (unsigned i = 0; i < count; ++i)
      starts[i] = ranges[i].start;
    for (const unsigned turn : turns) {
      starts[turn] -= page;
      pages.push_back(starts[turn]);
    }
    for (unsigned i = 0; i < count; ++i)
      grown.push_back({starts[i], ranges[i].start});
    again = pages;
    std::shuffle(again.begin(), again.end(), std::mt19937(8));
  }
  std::vector<Range> ranges, grown;
  std::vector<std::uint64_t> pages, again;
};

template <class Space>
void touchAll(Space& space, const std::vector<std::uint64_t>& pages) {
  bool done = true;
  for (const std::uint64_t address : pages)
    done &= space.touch(address);
  require(done);
}

template <class Space>
struct Grown {
  explicit Grown(const Stacks& stacks) {
    const std::size_t before = allocated();
    space = std::make_unique<Space>();
    for (const Range& range : stacks.ranges)
      require(space->map(range) && space->touch(range.start));
    touchAll(*space, stacks.pages);
    require(space->presentPages() == stacks.ranges.size() + stacks.pages.size());
    bytes = static_cast<double>(allocated() - before) / static_cast<double>(space->presentPages());
    child = std::make_unique<Space>();
  }
  std::unique_ptr<Space> space, child;
  double bytes;
};

struct Spaces {
  explicit Spaces(unsigned count) : stacks(count) {}
  void each(const auto& call) {
    call(reference);
    call(containers);
    call(library);
  }
  Stacks stacks;
  Grown<ReferenceSpace> reference{stacks};
  Grown<ContainerSpace> containers{stacks};
  Grown<LibrarySpace> library{stacks};
};

std::vector<Row> rowsAt(unsigned areas) {
  const auto spaces = std::make_shared<Spaces>(areas);
  Row grow{"grow and fault", areas, {}}, again{"write again", areas, {}, 0.5},
      fork{"fork with pages", areas, {}, 0.5}, bytes{"bytes per page", areas, {}};
  spaces->each([&](auto& grown) {
    const char* name = grown.space->name;
    grow.tasks.push_back({name, [spaces, &grown] { touchAll(*grown.space, spaces->stacks.pages); },
                          double{touches},
                          [spaces, &grown] {
                            for (const Range& range : spaces->stacks.grown)
                              require(grown.space->unmap(range));
                          }});
    again.tasks.push_back({name,
                           [spaces, &grown] { touchAll(*grown.space, spaces->stacks.again); },
                           double{touches},
                           {}});
    fork.tasks.push_back({name,
                          [spaces, &grown] { grown.child->forkOf(*grown.space); },
                          double{touches} + areas,
                          {}});
    bytes.tasks.push_back({name, {}, 1, {}, grown.bytes});
  });
  return {grow, again, fork, bytes};
}

} // namespace

Family faultFamily() {
  return {"spaces", {16, 256, 4096, 16384}, rowsAt};
}

} // namespace growsdown::bench
