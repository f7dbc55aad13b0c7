// Random steps around one address, for tests of the reference.
#pragma once

#include "trace/state.h"
#include "trace/step.h"

#include <cstdint>
#include <random>

namespace growsdown::reference_test {

/// Deterministic: the standard fixes std::mt19937_64.
class Steps {
 public:
  explicit Steps(std::uint64_t seed, std::uint64_t page = 4096) : random_(seed), page_(page) {}

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  bool oneIn(std::uint64_t n) { return below(n) == 0; }

  trace::Step next() {
    using namespace trace;
    Step step;
    const std::uint64_t kind = below(100);
    if (kind < 25) {
      step.op = Op::mmap;
      step.prot = static_cast<std::uint8_t>(oneIn(2) ? prot::read | prot::write : below(8));
      if (!oneIn(5)) step.flags |= flag::fixed;
      if (oneIn(2))
        step.flags |= flag::growsdown;
      else if (oneIn(4))
        step.flags |= flag::shared;
      if (oneIn(8)) step.flags |= flag::locked;
      if (oneIn(8)) step.flags |= flag::populate;
    } else if (kind < 33) {
      step.op = Op::munmap;
    } else if (kind < 42) {
      step.op = Op::mprotect;
      step.prot = static_cast<std::uint8_t>(below(8));
      if (oneIn(6)) step.flags = flag::growsdown;
    } else if (kind < 46) {
      step.op = oneIn(3) ? Op::munlock : Op::mlock;
    } else if (kind < 49) {
      step.op = oneIn(2) ? Op::mincore : Op::dontneed;
    } else if (kind < 56) {
      step.op = Op::mremap;
      step.newLength = length();
      step.flags = oneIn(2) ? flag::to : flag::maymove;
      if (step.flags == flag::to) step.target = address();
    } else if (kind < 58) {
      step.op = Op::fork;
    } else if (kind < 62) {
      step.op = Op::limit;
      step.limit = static_cast<LimitKind>(below(limitKindCount));
      step.length = oneIn(2) ? unlimited : below(64) * page_;
    } else if (kind < 63 && oneIn(4)) {
      step.op = Op::capable;
    } else if (kind < 92) {
      step.op = Op::touch;
      step.access = oneIn(8) ? Access::exec : oneIn(3) ? Access::read : Access::write;
    } else {
      step.op = oneIn(2) ? Op::kernel : Op::gup;
      step.access = oneIn(2) ? Access::read : Access::write;
    }
    switch (step.op) {
    case Op::limit:
    case Op::capable:
    case Op::fork:
      break;
    case Op::touch:
    case Op::kernel:
    case Op::gup:
      step.address = address() + below(page_);
      break;
    default:
      step.address = address();
      step.length = length();
    }
    return step;
  }

 private:
  std::uint64_t address() {
    const std::uint64_t base = oneIn(8) ? 0 : 0x10001f0000;
    return base / page_ * page_ + below(oneIn(6) ? 700 : 40) * page_;
  }
  std::uint64_t length() { return (1 + below(oneIn(8) ? 600 : 12)) * page_; }

  std::mt19937_64 random_;
  std::uint64_t page_;
};

} // namespace growsdown::reference_test
