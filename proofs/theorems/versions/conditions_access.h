// Conditions of growth and of accesses.
#pragma once

#include "proofs/theorems/versions/condition.h"

namespace growsdown::proofs::conditions {

/// Whether the access makes the area grow, unless a check refuses it.
template <class D>
Truth<D> grows(const Case<D>& c) {
  if (c.operation == Operation::growth) return c.is(true);
  const bool may = c.operation == Operation::access || c.left->gupGrows || c.right->gupGrows;
  return both(both(c.is(may), c.has(vm::growsdown)), c.call.address < c.area().start);
}

/// Whether `refused(to)` holds for a start to which the step may move an area: the page of the
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

/// Growth.
template <class D>
std::vector<Condition<D>> growthConditions() {
  using C = Case<D>;
  return {
      {"guard", bit(Operation::growth),
       "the area below does not grow and ends at the new start, or less than the gap below it",
       [](const C& c) {
         return within(c, c.to(), std::max({c.left->gapPages, c.right->gapPages, 1U}));
       }},
      {"guard", anyAccess,
       "the area found grows down, and the page is its lowest one and absent, or lies below it",
       [](const C& c) {
         return both(c.has(vm::growsdown),
                     either(c.call.address < c.area().start,
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
           const bool limited = c.call.op == trace::Op::touch && r.stackPointerSlack != 0;
           return both(c.is(limited), c.call.address + r.stackPointerSlack < c.space.stackPointer);
         };
         return both(grows(c), negated(beyond(*c.left) == beyond(*c.right)));
       },
       sameGuard},
  };
}

/// Accesses, and making one page present.
template <class D>
std::vector<Condition<D>> accessConditions() {
  using C = Case<D>;
  return {
      {"refused-faults-count", bit(Operation::access), "the access is refused (minor faults only)",
       [](const C& c) { return c.is(c.refused); }, sameHost, Excuses::minorFaults},
      {"fetches-are-reads", bit(Operation::access), "the access is a fetch",
       [](const C& c) { return c.is(c.call.access == trace::Access::exec); }, sameHost},
      {"exec-maps-first", bit(Operation::access),
       "a fetch from an absent page of an area that may be read or written, not executed",
       [](const C& c) {
         if (c.call.access != trace::Access::exec) return c.is(false);
         return both(both(c.has(vm::read | vm::write), negated(c.has(vm::exec))),
                     negated(c.present()));
       },
       [](const RuleSet& a, const RuleSet& b) {
         return sameHost(a, b) && !a.fetchesAreReads && !b.fetchesAreReads;
       }},
      {"write-allows-reads", bit(Operation::access), "a read of an area that may be written only",
       [](const C& c) {
         if (c.call.access == trace::Access::write) return c.is(false);
         return both(c.has(vm::write), negated(c.has(vm::read | vm::exec)));
       },
       sameHost},
      {"kernel-asks-entries", bit(Operation::access), "the kernel accesses for the process",
       [](const C& c) { return c.is(c.call.op == trace::Op::kernel); }, sameHost},
      {"host-mapped-pages", bit(Operation::access),
       "the address lies in an area, or below one that grows",
       [](const C& c) { return either(c.area().start <= c.call.address, c.has(vm::growsdown)); }},
      {"host-mapped-pages", bit(Operation::gup) | bit(Operation::mlock),
       "the page is present and to be written",
       [](const C& c) {
         const bool write =
             c.operation == Operation::mlock || c.call.access == trace::Access::write;
         return both(c.is(write), c.present());
       }},
      {"host-mapped-pages", bit(Operation::fork), "a page of an area with an anon_vma is present",
       [](const C& c) { return c.is(c.entry() != nullptr && c.area().anon != 0); }},
      {"gup-grows", bit(Operation::gup), "the address lies below an area that grows",
       [](const C& c) { return grows(c); }, sameGuard},
      {"gup-unshares", bit(Operation::gup), "a page that the parent maps too is present and read",
       [](const C& c) {
         const bool reads = c.call.access != trace::Access::write;
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
  };
}

} // namespace growsdown::proofs::conditions
