// What a condition of the versions theorems is: a predicate over a state and a step, under which
// two rule sets may answer differently because of one knob.
#pragma once

#include "model/step.h"
#include "proofs/theorems/states.h"

#include <string_view>

namespace growsdown::proofs {

/// What is run under two rule sets.
enum class Operation : unsigned {
  growth,
  access,
  gup,
  munmap,
  mprotect,
  mlock,
  munlock,
  mmap,
  placement,
  mremap,
  mremapTo,
  mremapMaymove,
  dontneed,
  fork
};

template <class D>
using Truth = typename D::Truth;

/// One state and one step, asked of two rule sets.
template <class D>
struct Case {
  using Word = typename D::Word;

  Operation operation{};
  const trace::RuleSet* left = nullptr;
  const trace::RuleSet* right = nullptr;
  model::Space<D> space;   ///< before the step
  model::Position<D> at{}; ///< the area that the step is about: find_vma's answer
  model::Call<D> call;     ///< the step
  bool refused = false;    ///< by the left rule set, once that is known

  std::uint64_t page() const { return space.pageSize(); }
  Truth<D> is(bool value) const { return truthLike(call.address, value); }
  /// The page that the address lies on.
  Word to() const { return call.address & ~(page() - 1); }
  const model::Vma<D>& area() const { return space.area(at); }
  const model::Vma<D>* below() const { return space.below(at); }
  Truth<D> has(std::uint32_t flags) const { return any(area().flags & flags); }
  /// The end of a range.
  Word end() const { return call.address + ((call.length + (page() - 1)) & ~(page() - 1)); }
  const model::Entry<D>* entry() const {
    return space.entries.empty() ? nullptr : &space.entries.front();
  }
  /// Whether the page at the address is present.
  Truth<D> present() const {
    return entry() == nullptr ? is(false) : Truth<D>(entry()->address == to());
  }
  /// Whether the one present page lies in the range.
  Truth<D> presentInRange() const {
    if (entry() == nullptr) return is(false);
    return both(call.address <= entry()->address, entry()->address < end());
  }
};

/// What a condition excuses.
enum class Excuses : std::uint8_t {
  everything,
  minorFaults, ///< only the count of minor faults; judged after the step
};

/// A row: when the knob decides in an operation.
template <class D>
struct Condition {
  std::string_view knob;
  unsigned operations = 0; ///< a bit for each
  std::string_view words;
  Truth<D> (*holds)(const Case<D>&);
  /// Between which rule sets, among those that differ in the knob; null: any.
  bool (*matters)(const trace::RuleSet&, const trace::RuleSet&) = nullptr;
  Excuses excuses = Excuses::everything;
};

namespace conditions {

using trace::GuardStyle;
using trace::RuleSet;

constexpr unsigned bit(Operation operation) {
  return 1U << static_cast<unsigned>(operation);
}
inline constexpr unsigned anyGrowth =
    bit(Operation::growth) | bit(Operation::access) | bit(Operation::gup);
inline constexpr unsigned anyAccess = bit(Operation::access) | bit(Operation::gup);
inline constexpr unsigned anyPlacement = bit(Operation::placement) | bit(Operation::mremapMaymove);
inline constexpr unsigned withoutTarget = bit(Operation::mremap) | bit(Operation::mremapMaymove);
inline constexpr unsigned anyMremap = withoutTarget | bit(Operation::mremapTo);

inline bool sameGuard(const RuleSet& a, const RuleSet& b) {
  return a.guard == b.guard;
}
inline bool bothGap(const RuleSet& a, const RuleSet& b) {
  return a.guard == GuardStyle::gap && b.guard == GuardStyle::gap;
}
inline bool sameHost(const RuleSet& a, const RuleSet& b) {
  return a.hostMappedPages == b.hostMappedPages;
}

template <class D>
Truth<D> becomesLonger(const Case<D>& c) {
  return c.call.newLength > c.call.length;
}

/// Whether a new private writable area over free addresses would exceed RLIMIT_DATA.
template <class D>
Truth<D> exceedsData(const Case<D>& c) {
  const bool data = (c.call.prot & vm::write) != 0 &&
                    (c.call.flags & (trace::flag::shared | trace::flag::growsdown)) == 0;
  const auto pages = (c.end() - c.call.address) / c.page();
  return both(c.is(data), c.space.counters.data + pages > c.space.limits.data / c.page());
}

} // namespace conditions

} // namespace growsdown::proofs
