// Under which condition two rule sets that differ in a knob may come to different ends: one row a
// knob and operation. What no row names, the knob does not concern: the theorem `versions` proves
// that too.
#pragma once

#include "proofs/theorems/states.h"

#include <algorithm>
#include <string_view>
#include <vector>

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

constexpr trace::Op opOf(Operation operation, bool user) {
  switch (operation) {
  case Operation::growth:
    return trace::Op::touch;
  case Operation::access:
    return user ? trace::Op::touch : trace::Op::kernel;
  case Operation::gup:
    return trace::Op::gup;
  case Operation::munmap:
    return trace::Op::munmap;
  case Operation::mprotect:
    return trace::Op::mprotect;
  case Operation::mlock:
    return trace::Op::mlock;
  case Operation::munlock:
    return trace::Op::munlock;
  case Operation::mmap:
  case Operation::placement:
    return trace::Op::mmap;
  case Operation::mremap:
  case Operation::mremapTo:
  case Operation::mremapMaymove:
    return trace::Op::mremap;
  case Operation::dontneed:
    return trace::Op::dontneed;
  case Operation::fork:
    return trace::Op::fork;
  }
  return trace::Op::touch;
}

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
  Word address{};          ///< bytes
  Word length{};           ///< bytes
  Word newLength{};        ///< bytes: mremap
  Word target{};           ///< bytes: mremap to a fixed address
  trace::Access access{};
  bool user = true;
  std::uint8_t prot = 0;
  std::uint16_t request = 0; ///< trace::flag::*
  bool refused = false;      ///< by the left rule set, once that is known

  std::uint64_t page() const { return space.pageSize(); }
  Truth<D> is(bool value) const { return truthLike(address, value); }
  /// The page that the address lies on.
  Word to() const { return address & ~(page() - 1); }
  const model::Vma<D>& area() const { return space.area(at); }
  const model::Vma<D>* below() const { return space.below(at); }
  Truth<D> has(std::uint32_t flags) const { return any(area().flags & flags); }
  /// The end of a range.
  Word end() const { return address + ((length + (page() - 1)) & ~(page() - 1)); }
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
    return both(address <= entry()->address, entry()->address < end());
  }
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

inline bool sameGuard(const RuleSet& a, const RuleSet& b) {
  return a.guard == b.guard;
}
inline bool bothGap(const RuleSet& a, const RuleSet& b) {
  return a.guard == GuardStyle::gap && b.guard == GuardStyle::gap;
}
inline bool sameHost(const RuleSet& a, const RuleSet& b) {
  return a.hostMappedPages == b.hostMappedPages;
}

/// Whether the access makes the area grow, or would.
template <class D>
Truth<D> grows(const Case<D>& c) {
  if (c.operation == Operation::growth) return c.is(true);
  const bool may = c.operation == Operation::access || c.left->gupGrows || c.right->gupGrows;
  return both(both(c.is(may), c.has(vm::growsdown)), c.address < c.area().start);
}

/// Whether `refused(to)` holds of a start that the step may move an area to: the page of the
/// address, and 4.3's guard page below that.
template <class D, class Refused>
Truth<D> whereItGrows(const Case<D>& c, const Refused& refused) {
  Truth<D> grown = both(grows(c), refused(c.to()));
  if (c.operation == Operation::growth || c.left->guard != GuardStyle::pageInside) return grown;
  return either(grown, both(both(c.has(vm::growsdown), c.to() <= c.area().start),
                            refused(c.to() - c.page())));
}

/// Whether the area below does not grow, and ends less than `gap` pages below `to`.
template <class D>
Truth<D> within(const Case<D>& c, const typename D::Word& to, std::uint64_t gap) {
  if (c.below() == nullptr) return c.is(false);
  return both(negated(any(c.below()->flags & vm::growsdown)), to - c.below()->end < gap * c.page());
}
template <class D>
Truth<D> belowIsAccessible(const Case<D>& c) {
  return c.below() == nullptr ? c.is(false) : Truth<D>(any(c.below()->flags & vm::access));
}

inline constexpr std::string_view discountWords =
    "the area would be larger than RLIMIT_STACK, but not without its lowest page";
template <class D>
Truth<D> discountDecides(const Case<D>& c) {
  const auto discounts =
      std::minmax<std::uint64_t>({c.left->stackLimitDiscount, c.right->stackLimitDiscount});
  return whereItGrows(c, [&](const typename D::Word& to) {
    const typename D::Word size = c.area().end - to;
    return both(size - discounts.first * c.page() > c.space.limits.stack,
                size - discounts.second * c.page() <= c.space.limits.stack);
  });
}

/// security_mmap_addr refuses an area that starts at `to`.
template <class D>
Truth<D> low(const Case<D>& c, const RuleSet& rules, const typename D::Word& to) {
  if (rules.lowAddressByCapability) return both(to < c.space.minAddr, negated(c.space.capable));
  return to < c.space.effectiveMinAddr;
}

inline constexpr std::string_view lowWords =
    "the new start is below the effective mmap_min_addr, and the caller is capable or the start "
    "not below vm.mmap_min_addr";
template <class D>
Truth<D> lowDecides(const Case<D>& c) {
  return whereItGrows(c, [&](const typename D::Word& to) {
    return both(to < c.space.effectiveMinAddr, either(to >= c.space.minAddr, c.space.capable));
  });
}

inline constexpr std::string_view anonWords =
    "growth is refused for its address or the gap, and the area has no anon_vma";
template <class D>
Truth<D> anonDecides(const Case<D>& c) {
  if (c.area().anon != 0) return c.is(false);
  return whereItGrows(c, [&](const typename D::Word& to) {
    Truth<D> refused = either(low(c, *c.left, to), low(c, *c.right, to));
    if (bothGap(*c.left, *c.right))
      refused = either(refused, within(c, to, std::max(c.left->gapPages, c.right->gapPages)));
    return refused;
  });
}

/// Whether an area of which `holds` says so abuts the range.
template <class D, class Holds>
Truth<D> ofNeighbours(const Case<D>& c, const Holds& holds) {
  Truth<D> result = c.is(false);
  for (const model::Vma<D>& other : c.space.areas)
    if (&other != &c.area())
      result = either(
          result, both(either(other.end == c.address, other.start == c.end()), c.is(holds(other))));
  return result;
}

template <class D>
Truth<D> changesRights(const Case<D>& c) {
  return negated((c.area().flags & vm::access) == typename D::Flags(c.prot));
}

/// An address with something in its top byte that a call may ignore.
template <class D>
Truth<D> tagged(const Case<D>& c) {
  return c.address >= model::kernelHalf << 1;
}

// --- placement

inline constexpr unsigned anyPlacement = bit(Operation::placement) | bit(Operation::mremapMaymove);
/// How far above `area` another range must start for both rule sets: one of them may keep the gap.
template <class D>
typename D::Word widestGap(const Case<D>& c, const model::Vma<D>& area) {
  using Word = typename D::Word;
  const auto gap = [&](const RuleSet& r) { return r.placementSeesGap ? r.gapPages * c.page() : 0; };
  return select(any(area.flags & vm::growsdown), Word(std::max(gap(*c.left), gap(*c.right))),
                Word(0));
}
/// Whether the hint is not where the range comes to lie, under one rule set or the other.
template <class D>
Truth<D> hintFails(const Case<D>& c) {
  const trace::Parameters& p = *c.space.parameters;
  using Word = typename D::Word;
  const Word end = select(c.address > p.mapWindow, Word(p.taskSize), Word(p.mapWindow));
  Truth<D> fails = either(either(c.address == 0, c.address < c.space.effectiveMinAddr),
                          either(c.length > end, c.address + c.length > end));
  for (const model::Vma<D>& area : c.space.areas) {
    const Truth<D> above = c.address + c.length + widestGap(c, area) <= area.start;
    fails = either(fails, negated(either(area.end <= c.address, above)));
  }
  return fails;
}
/// Whether a range of that length fits nowhere between the effective minimum address and mmap_base,
/// gaps kept.
template <class D>
Truth<D> noRoomAbove(const Case<D>& c) {
  const trace::Parameters& p = *c.space.parameters;
  using Word = typename D::Word;
  const Word high = select(c.address > p.mapWindow, Word(p.mmapBase + (p.taskSize - p.mapWindow)),
                           Word(p.mmapBase));
  Word bottom = c.space.effectiveMinAddr;
  Truth<D> none = c.is(true);
  for (const model::Vma<D>& area : c.space.areas) {
    const Word top = select(area.start < high, Word(area.start), high);
    none = both(none, bottom + c.length + widestGap(c, area) > top);
    bottom = select(bottom < area.end, Word(area.end), bottom);
  }
  return both(none, bottom + c.length > high);
}

// --- mremap

inline constexpr unsigned withoutTarget = bit(Operation::mremap) | bit(Operation::mremapMaymove);
inline constexpr unsigned anyMremap = withoutTarget | bit(Operation::mremapTo);
template <class D>
Truth<D> becomesLonger(const Case<D>& c) {
  return c.newLength > c.length;
}
/// Whether no area lies at the address.
template <class D>
Truth<D> nowhere(const Case<D>& c) {
  return c.space.isArea(c.at) ? Truth<D>(c.area().start > c.address) : c.is(true);
}
/// Whether what is to stay of the range goes beyond the area at the address.
template <class D>
Truth<D> leavesArea(const Case<D>& c) {
  if (!c.space.isArea(c.at)) return c.is(false);
  const auto kept = select(becomesLonger(c), c.length, c.newLength);
  return both(c.area().start <= c.address, kept > c.area().end - c.address);
}
/// Whether the area at the address may not become longer by so much, before anything is unmapped.
template <class D>
Truth<D> maynotGrow(const Case<D>& c) {
  if (!c.space.isArea(c.at)) return c.is(false);
  using Word = typename D::Word;
  const model::Space<D>& s = c.space;
  const Word more = (c.newLength - c.length) / c.page();
  const Word pgoff = (c.address - c.area().start) / c.page() + c.area().pgoff;
  const Truth<D> offset = pgoff + c.newLength / c.page() < pgoff;
  const Truth<D> total = s.counters.total + more > s.limits.as / c.page();
  const Truth<D> data = both(both(c.has(vm::write), negated(c.has(vm::shared | vm::growsdown))),
                             s.counters.data + more > s.limits.data / c.page());
  return both(becomesLonger(c), either(offset, either(total, data)));
}
/// Whether the process has at most `room` areas less than it may have.
template <class D>
Truth<D> nearMapCount(const Case<D>& c, std::uint64_t room) {
  return c.space.areaCount() + room >= c.space.maxMapCount;
}

/// Whether a new private writable area over free addresses would exceed RLIMIT_DATA.
template <class D>
Truth<D> exceedsData(const Case<D>& c) {
  const bool data = (c.prot & vm::write) != 0 &&
                    (c.request & (trace::flag::shared | trace::flag::growsdown)) == 0;
  const auto pages = (c.end() - c.address) / c.page();
  return both(c.is(data), c.space.counters.data + pages > c.space.limits.data / c.page());
}

/// A page of the process' own in the range, which the parent does not map.
template <class D>
Truth<D> ownInRange(const Case<D>& c) {
  if (c.entry() == nullptr || c.entry()->kind != model::PageKind::anonymous) return c.is(false);
  return both(negated(c.entry()->inherited), c.presentInRange());
}

} // namespace conditions

/// What a condition excuses.
enum class Excuses : std::uint8_t {
  everything,
  minorFaults, ///< the count of minor faults only; judged behind the step
};

/// A row: where the knob decides in that operation.
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

/// The table.
template <class D>
const std::vector<Condition<D>>& allConditions() {
  using namespace conditions;
  using C = Case<D>;
  using Word = typename D::Word;
  static const std::vector<Condition<D>> table = {
      // --- growth
      {"guard", bit(Operation::growth),
       "the area below does not grow and ends at the new start, or less than the gap below it",
       [](const C& c) {
         return within(c, c.to(), std::max({c.left->gapPages, c.right->gapPages, 1U}));
       }},
      {"guard", anyAccess,
       "the area found grows down, and the page is its lowest one and absent, or lies below it",
       [](const C& c) {
         return both(c.has(vm::growsdown),
                     either(c.address < c.area().start,
                            both(c.to() == c.area().start, negated(c.present()))));
       },
       sameHost},
      {"gap-pages", anyGrowth,
       "the area grows, and the area below does not and ends within one gap of the new start, but "
       "not within the other",
       [](const C& c) {
         const auto [least, most] = std::minmax(c.left->gapPages, c.right->gapPages);
         return both(grows(c), both(within(c, c.to(), most), negated(within(c, c.to(), least))));
       },
       bothGap},
      {"inaccessible-exempt", anyGrowth,
       "the area grows, and the area below does not, has no right and ends less than the gap below "
       "the new start",
       [](const C& c) {
         const std::uint64_t gap = std::max(c.left->gapPages, c.right->gapPages);
         return both(grows(c), both(within(c, c.to(), gap), negated(belowIsAccessible(c))));
       },
       bothGap},
      {"stack-limit-discount", bit(Operation::growth), discountWords, discountDecides<D>},
      {"stack-limit-discount", anyAccess, discountWords, discountDecides<D>, sameGuard},
      {"low-address-by-capability", bit(Operation::growth), lowWords, lowDecides<D>},
      {"low-address-by-capability", anyAccess, lowWords, lowDecides<D>, sameGuard},
      {"anon-vma-before-low-address", bit(Operation::growth), anonWords, anonDecides<D>},
      {"anon-vma-before-low-address", anyAccess, anonWords, anonDecides<D>, sameGuard},
      {"stack-pointer-slack", bit(Operation::access),
       "user mode touches a growing area further below its stack pointer than the slack",
       [](const C& c) {
         const auto beyond = [&](const RuleSet& r) {
           const bool limited = c.user && r.stackPointerSlack != 0;
           return both(c.is(limited), c.address + r.stackPointerSlack < c.space.stackPointer);
         };
         return both(grows(c), negated(beyond(*c.left) == beyond(*c.right)));
       },
       sameGuard},
      // --- accesses
      {"refused-faults-count", bit(Operation::access), "the access is refused (minor faults only)",
       [](const C& c) { return c.is(c.refused); }, sameHost, Excuses::minorFaults},
      {"fetches-are-reads", bit(Operation::access), "the access is a fetch",
       [](const C& c) { return c.is(c.access == trace::Access::exec); }, sameHost},
      {"exec-maps-first", bit(Operation::access),
       "a fetch from an absent page of an area that may be read or written, not executed",
       [](const C& c) {
         if (c.access != trace::Access::exec) return c.is(false);
         return both(both(c.has(vm::read | vm::write), negated(c.has(vm::exec))),
                     negated(c.present()));
       },
       [](const RuleSet& a, const RuleSet& b) {
         return sameHost(a, b) && !a.fetchesAreReads && !b.fetchesAreReads;
       }},
      {"write-allows-reads", bit(Operation::access), "a read of an area that may be written only",
       [](const C& c) {
         if (c.access == trace::Access::write) return c.is(false);
         return both(c.has(vm::write), negated(c.has(vm::read | vm::exec)));
       },
       sameHost},
      {"kernel-asks-entries", bit(Operation::access), "the kernel accesses for the process",
       [](const C& c) { return c.is(!c.user); }, sameHost},
      {"host-mapped-pages", bit(Operation::access),
       "the address lies in an area, or below one that grows",
       [](const C& c) { return either(c.area().start <= c.address, c.has(vm::growsdown)); }},
      {"host-mapped-pages", bit(Operation::gup) | bit(Operation::mlock),
       "the page is present and to be written",
       [](const C& c) {
         const bool write = c.operation == Operation::mlock || c.access == trace::Access::write;
         return both(c.is(write), c.present());
       }},
      {"host-mapped-pages", bit(Operation::fork), "a page of an area with an anon_vma is present",
       [](const C& c) { return c.is(c.entry() != nullptr && c.area().anon != 0); }},
      {"gup-grows", bit(Operation::gup), "the address lies below an area that grows",
       [](const C& c) { return grows(c); }, sameGuard},
      {"gup-unshares", bit(Operation::gup), "a page that the parent maps too is present and read",
       [](const C& c) {
         const bool reads = c.access != trace::Access::write;
         if (!reads || c.entry() == nullptr) return c.is(false);
         return both(c.entry()->inherited, c.present());
       }},
      {"guard", bit(Operation::mlock),
       "the page is the lowest one of an area that grows down, and absent or not yet to be written",
       [](const C& c) {
         const Truth<D> ready = c.entry() == nullptr ? c.is(false) : c.entry()->writable;
         return both(both(c.has(vm::growsdown), c.to() == c.area().start),
                     negated(both(c.present(), ready)));
       }},
      // --- ranges
      {"mlock-counts-twice", bit(Operation::mlock),
       "the caller is not capable, the area is locked already, and the range and what is locked "
       "exceed RLIMIT_MEMLOCK",
       [](const C& c) {
         const Word pages = (c.end() - c.address) / c.page();
         return both(both(negated(c.space.capable), c.has(vm::locked)),
                     pages + c.space.counters.locked > c.space.limits.memlock / c.page());
       }},
      {"merge-adopts-changed",
       bit(Operation::mprotect) | bit(Operation::mlock) | bit(Operation::munlock),
       "the area has an anon_vma made in this process, and an area without one abuts the range",
       [](const C& c) {
         if (c.area().anon == 0 || c.area().forked) return c.is(false);
         return ofNeighbours(c, [](const model::Vma<D>& other) { return other.anon == 0; });
       }},
      {"rlimit-data", bit(Operation::mprotect),
       "a private area that does not grow becomes writable, and exceeds RLIMIT_DATA so",
       [](const C& c) {
         const Word pages = (c.end() - c.address) / c.page();
         return both(both(c.is((c.prot & vm::write) != 0),
                          negated(c.has(vm::shared | vm::growsdown | vm::write))),
                     c.space.counters.data + pages > c.space.limits.data / c.page());
       }},
      {"mprotect-drops-account", bit(Operation::mprotect),
       "an accounted private area without an anon_vma gets other rights, not to write",
       [](const C& c) {
         const bool untouched = c.area().anon == 0 && c.area().object == 0;
         return both(c.is((c.prot & vm::write) == 0 && untouched),
                     both(c.has(vm::account), changesRights(c)));
       }},
      {"mprotect-keeps-writable", bit(Operation::mprotect),
       "an area gets other rights, to write too, and a page of its own in the range is present",
       [](const C& c) {
         const RuleSet& keeps = c.left->mprotectKeepsWritable ? *c.left : *c.right;
         if (c.entry() == nullptr || (c.prot & vm::write) == 0) return c.is(false);
         return both(either(c.entry()->dirty, c.is(keeps.mprotectKeepsClean)),
                     both(ownInRange(c), changesRights(c)));
       },
       sameHost},
      {"mprotect-keeps-clean", bit(Operation::mprotect),
       "an area gets other rights, to write too, and a page of its own in the range is present and "
       "was not written through its entry",
       [](const C& c) {
         if (c.entry() == nullptr || (c.prot & vm::write) == 0) return c.is(false);
         return both(negated(c.entry()->dirty), both(ownInRange(c), changesRights(c)));
       },
       [](const RuleSet& a, const RuleSet& b) {
         return sameHost(a, b) && a.mprotectKeepsWritable && b.mprotectKeepsWritable;
       }},
      {"hardware-dirty", bit(Operation::mprotect),
       "an area gets other rights, to write too, and a page of its own in the range is present and "
       "was not written through its entry",
       [](const C& c) {
         if (c.entry() == nullptr || (c.prot & vm::write) == 0) return c.is(false);
         return both(negated(c.entry()->dirty), both(ownInRange(c), changesRights(c)));
       },
       [](const RuleSet& a, const RuleSet& b) {
         return sameHost(a, b) && a.mprotectKeepsWritable && b.mprotectKeepsWritable &&
                a.mprotectKeepsClean && b.mprotectKeepsClean;
       }},
      {"host-mapped-pages", bit(Operation::mprotect),
       "an area gets other rights, and a page in the range is present",
       [](const C& c) { return both(c.presentInRange(), changesRights(c)); }},
      // --- tags
      {"untags-calls", bit(Operation::dontneed), "the address has a tag in its top byte",
       [](const C& c) { return tagged(c); }},
      {"dontneed-untags-late", bit(Operation::dontneed),
       "the address has a tag in its top byte, and the tagged range wraps",
       [](const C& c) {
         const Word size = (c.length + (c.page() - 1)) & ~(c.page() - 1);
         return both(tagged(c), c.address + size < c.address);
       },
       [](const RuleSet& a, const RuleSet& b) { return a.untagsCalls && b.untagsCalls; }},
      {"dontneed-frees-tables", bit(Operation::dontneed),
       "the range covers all that a page table that holds entries spans",
       [](const C& c) {
         const auto& geometry = c.space.parameters->geometry;
         Truth<D> covered = c.is(false);
         for (const model::Table<D>& made : c.space.tables) {
           const unsigned shift = geometry.tableShift(made.level);
           const Word from = made.block << shift;
           const Word start = select(tagged(c), Word(c.address & ~model::topByte), Word(c.address));
           const Word size = (c.length + (c.page() - 1)) & ~(c.page() - 1);
           covered = either(
               covered, both(start <= from, from + (std::uint64_t{1} << shift) <= start + size));
         }
         return covered;
       }},
      // --- mremap
      {"mremap-order", withoutTarget,
       "no area lies at the address, or the new length is more than there are addresses",
       [](const C& c) {
         return either(nowhere(c), c.newLength > Word(c.space.parameters->taskSize));
       }},
      {"mremap-order", bit(Operation::mremapTo),
       "no area lies at the address, or the range leaves its area, is empty or may not become so "
       "long",
       [](const C& c) {
         const bool many = c.left->mremapMovesMany != c.right->mremapMovesMany;
         const Truth<D> leaves =
             both(leavesArea(c), negated(both(c.is(many), c.length == c.newLength)));
         return either(either(nowhere(c), leaves), either(c.length == 0, maynotGrow(c)));
       }},
      {"mremap-moves-many", bit(Operation::mremapTo),
       "the length stays, and the range leaves the area at the address",
       [](const C& c) { return both(c.length == c.newLength, leavesArea(c)); }},
      {"mremap-duplicates-private", anyMremap, "the old length is 0",
       [](const C& c) { return c.length == 0; }},
      {"mremap-checks-count-early", bit(Operation::mremapTo),
       "the process has at most five areas less than it may have",
       [](const C& c) { return nearMapCount(c, 5); }},
      {"mremap-counts-splits", withoutTarget,
       "the process has at most three areas less than it may have",
       [](const C& c) { return nearMapCount(c, 3); }},
      {"mremap-counts-splits", bit(Operation::mremapTo),
       "the process has at most six areas less than it may have",
       [](const C& c) { return nearMapCount(c, 6); }},
      {"mremap-merges-in-place", withoutTarget,
       "an area becomes longer where it is, and reaches one above with the same flags",
       [](const C& c) {
         Truth<D> result = c.is(false);
         if (!c.space.isArea(c.at)) return result;
         for (const model::Vma<D>& other : c.space.areas)
           result = either(
               result, both(other.start == c.address + c.newLength, other.flags == c.area().flags));
         return both(becomesLonger(c), result);
       }},
      {"placement-length-spares-low", bit(Operation::mremap) | bit(Operation::mremapTo),
       "the area would be longer than there is above the effective mmap_min_addr",
       [](const C& c) {
         const trace::Parameters& p = *c.space.parameters;
         const auto tooLong = [&](const Word& start, const Word& length) {
           const Word end = select(start > p.mapWindow, Word(p.taskSize), Word(p.mapWindow));
           return Truth<D>(length > end - c.space.effectiveMinAddr);
         };
         if (c.operation == Operation::mremapTo) return tooLong(c.target, c.newLength);
         if (!c.space.isArea(c.at)) return c.is(false);
         return both(becomesLonger(c),
                     tooLong(c.area().start, c.address + c.newLength - c.area().start));
       }},
      {"rlimit-data", anyMremap,
       "a private writable area that does not grow becomes longer, and exceeds RLIMIT_DATA so",
       [](const C& c) {
         if (!c.space.isArea(c.at)) return c.is(false);
         const Word more = (c.newLength - c.length) / c.page();
         return both(both(becomesLonger(c),
                          both(c.has(vm::write), negated(c.has(vm::shared | vm::growsdown)))),
                     c.space.counters.data + more > c.space.limits.data / c.page());
       }},
      {"merge-adopts-changed", bit(Operation::mremap),
       "the area has an anon_vma, and one without comes to lie beside it",
       [](const C& c) {
         if (!c.space.isArea(c.at) || c.area().anon == 0) return c.is(false);
         const Word end = c.address + c.newLength;
         Truth<D> result = c.is(false);
         for (const model::Vma<D>& other : c.space.areas)
           if (other.anon == 0) result = either(result, both(other.start <= end, end < other.end));
         return result;
       }},
      {"merge-adopts-changed", bit(Operation::mremapTo),
       "the area has an anon_vma made in this process, and one without comes to lie beside it",
       [](const C& c) {
         if (!c.space.isArea(c.at) || c.area().anon == 0 || c.area().forked) return c.is(false);
         const Word end = c.target + c.newLength;
         Truth<D> result = c.is(false);
         for (const model::Vma<D>& other : c.space.areas)
           if (other.anon == 0)
             result = either(result, either(both(other.start < c.target, c.target <= other.end),
                                            both(other.start <= end, end < other.end)));
         return result;
       }},
      {"merge-adopts-changed", bit(Operation::mremapMaymove),
       "the area has an anon_vma and becomes longer, and another has none",
       [](const C& c) {
         if (!c.space.isArea(c.at) || c.area().anon == 0) return c.is(false);
         bool without = false;
         for (const model::Vma<D>& other : c.space.areas)
           without = without || other.anon == 0;
         return both(becomesLonger(c), c.is(without));
       }},
      {"placement-searches-down", bit(Operation::mremapMaymove), "the range becomes longer",
       [](const C& c) { return becomesLonger(c); }},
      {"aligns-huge-placement", bit(Operation::mremapMaymove),
       "the range becomes longer, and as long as whole huge blocks",
       [](const C& c) {
         const trace::Geometry& geometry = c.space.parameters->geometry;
         const std::uint64_t block = std::uint64_t{1} << geometry.tableShift(geometry.levels - 1);
         return both(becomesLonger(c), (c.newLength & (block - 1)) == 0);
       }},
      // --- mmap where the kernel chooses
      {"placement-sees-gap", anyPlacement, "an area grows down",
       [](const C& c) {
         Truth<D> result = c.is(false);
         for (const model::Vma<D>& area : c.space.areas)
           result = either(result, any(area.flags & vm::growsdown));
         return result;
       }},
      {"placement-gap-wraps", anyPlacement,
       "an area that grows down starts at most the gap above address 0",
       [](const C& c) {
         const std::uint64_t gap = std::max(c.left->gapPages, c.right->gapPages) * c.page();
         Truth<D> result = c.is(false);
         for (const model::Vma<D>& area : c.space.areas)
           result = either(result, both(any(area.flags & vm::growsdown), area.start <= gap));
         return result;
       },
       [](const RuleSet& a, const RuleSet& b) { return a.placementSeesGap && b.placementSeesGap; }},
      {"placement-searches-down", bit(Operation::placement), "the hint is not taken",
       [](const C& c) { return hintFails(c); }},
      {"placement-search-spares-low", bit(Operation::placement),
       "the hint is not taken, and nothing is free between the effective mmap_min_addr and "
       "mmap_base",
       [](const C& c) { return both(hintFails(c), noRoomAbove(c)); },
       [](const RuleSet& a, const RuleSet& b) {
         return a.placementSearchesDown && b.placementSearchesDown;
       }},
      {"placement-length-spares-low", bit(Operation::placement),
       "the range is longer than there is above the effective mmap_min_addr",
       [](const C& c) {
         const trace::Parameters& p = *c.space.parameters;
         const Word end = select(c.address > p.mapWindow, Word(p.taskSize), Word(p.mapWindow));
         return Truth<D>(c.length > end - c.space.effectiveMinAddr);
       },
       [](const RuleSet& a, const RuleSet& b) {
         return a.placementSearchesDown == b.placementSearchesDown &&
                a.placementSearchSparesLow == b.placementSearchSparesLow;
       }},
      {"aligns-huge-placement", bit(Operation::placement),
       "no hint is given, and the length is that of whole huge blocks",
       [](const C& c) {
         const trace::Geometry& geometry = c.space.parameters->geometry;
         const std::uint64_t block = std::uint64_t{1} << geometry.tableShift(geometry.levels - 1);
         return both(c.address == 0, (c.length & (block - 1)) == 0);
       }},
      {"rlimit-data", bit(Operation::placement),
       "the area is private, writable and does not grow, and would exceed RLIMIT_DATA",
       [](const C& c) { return exceedsData(c); }},
      {"mmap-merge-prefers-next", bit(Operation::placement),
       "the range is as long as the hole between an area without an anon_vma, or with another, and "
       "one with an anon_vma",
       [](const C& c) {
         Truth<D> result = c.is(false);
         for (const model::Vma<D>& low : c.space.areas)
           for (const model::Vma<D>& high : c.space.areas)
             if (high.anon != 0 && low.anon != high.anon)
               result = either(result, high.start == low.end + c.length);
         return result;
       }},
      // --- mmap at a fixed address
      {"fixed-noreplace", bit(Operation::mmap),
       "MAP_FIXED_NOREPLACE is asked for, and an area lies in the range",
       [](const C& c) {
         Truth<D> taken = c.is(false);
         for (const model::Vma<D>& area : c.space.areas)
           taken = either(taken, both(area.start < c.end(), c.address < area.end));
         return both(c.is((c.request & trace::flag::fixedNoreplace) != 0), taken);
       }},
      {"map-stack-is-nohugepage", bit(Operation::mmap), "MAP_STACK is asked for",
       [](const C& c) { return c.is((c.request & trace::flag::stack) != 0); }},
      {"placement-length-spares-low", bit(Operation::mmap),
       "the length is more than there is above the effective mmap_min_addr",
       [](const C& c) {
         const trace::Parameters& p = *c.space.parameters;
         const Word end = select(c.address > p.mapWindow, Word(p.taskSize), Word(p.mapWindow));
         return c.end() - c.address > end - c.space.effectiveMinAddr;
       }},
      {"rlimit-data", bit(Operation::mmap),
       "the new area is private, writable and does not grow, and the whole range would exceed "
       "RLIMIT_DATA",
       [](const C& c) { return exceedsData(c); }},
      {"fixed-failure-keeps", bit(Operation::mmap),
       "the whole range would exceed RLIMIT_AS or RLIMIT_DATA, and starts or ends inside an area",
       [](const C& c) {
         const Word pages = (c.end() - c.address) / c.page();
         Truth<D> splits = c.is(false);
         for (const model::Vma<D>& area : c.space.areas)
           splits = either(splits, either(both(area.start < c.address, c.address < area.end),
                                          both(area.start < c.end(), c.end() < area.end)));
         return both(splits, either(c.space.counters.total + pages > c.space.limits.as / c.page(),
                                    exceedsData(c)));
       }},
      {"mmap-merge-prefers-next", bit(Operation::mmap),
       "an area without an anon_vma, or with another, ends at or reaches over the start of the "
       "range, and one with an anon_vma the end",
       [](const C& c) {
         Truth<D> result = c.is(false);
         for (const model::Vma<D>& low : c.space.areas)
           for (const model::Vma<D>& high : c.space.areas)
             if (high.anon != 0 && low.anon != high.anon)
               result = either(result, both(both(low.start < c.address, c.address <= low.end),
                                            both(high.start <= c.end(), c.end() < high.end)));
         return result;
       }},
  };
  return table;
}

/// The rows of an operation that two rule sets need.
template <class D>
std::vector<Condition<D>> conditionsOf(Operation operation, const trace::RuleSet& left,
                                       const trace::RuleSet& right) {
  std::vector<Condition<D>> rows;
  const std::vector<std::string_view> knobs = trace::differingKnobs(left, right);
  for (const Condition<D>& row : allConditions<D>())
    if ((row.operations & conditions::bit(operation)) != 0 &&
        std::find(knobs.begin(), knobs.end(), row.knob) != knobs.end() &&
        (row.matters == nullptr || row.matters(left, right)))
      rows.push_back(row);
  return rows;
}

} // namespace growsdown::proofs
