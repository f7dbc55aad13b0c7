// Conditions of munmap, mprotect, mlock, munlock and MADV_DONTNEED.
#pragma once

#include "proofs/theorems/versions/condition.h"

namespace growsdown::proofs::conditions {

/// Whether an area that `holds` accepts abuts the range.
template <class D, class Holds>
Truth<D> ofNeighbours(const Case<D>& c, const Holds& holds) {
  Truth<D> result = c.is(false);
  for (const model::Vma<D>& other : c.space.areas)
    if (&other != &c.area())
      result = either(result, both(either(other.end == c.call.address, other.start == c.end()),
                                   c.is(holds(other))));
  return result;
}

template <class D>
Truth<D> changesRights(const Case<D>& c) {
  return negated((c.area().flags & vm::access) == typename D::Flags(c.call.prot));
}

/// Whether the address is one of the user half with a tag in its top byte.
template <class D>
Truth<D> tagged(const Case<D>& c) {
  return both(c.call.address >= model::kernelHalf << 1, (c.call.address & model::kernelHalf) == 0);
}

/// Whether the range has a present private page that the parent does not map.
template <class D>
Truth<D> ownInRange(const Case<D>& c) {
  if (c.entry() == nullptr || c.entry()->kind != model::PageKind::anonymous) return c.is(false);
  return both(negated(c.entry()->inherited), c.presentInRange());
}

/// Whether mprotect gives the area other rights, among them writing, and the range has a present
/// private page that the parent does not map and that was not written through its entry.
template <class D>
Truth<D> mayWriteOwnClean(const Case<D>& c) {
  if (c.entry() == nullptr || (c.call.prot & vm::write) == 0) return c.is(false);
  return both(negated(c.entry()->dirty), both(ownInRange(c), changesRights(c)));
}

/// Locking, and merging after a change of flags.
template <class D>
std::vector<Condition<D>> lockConditions() {
  using C = Case<D>;
  using Word = typename D::Word;
  return {
      {"mlock-counts-twice", bit(Operation::mlock),
       "the caller is not capable, the area is locked already, and the range and what is locked "
       "exceed RLIMIT_MEMLOCK",
       [](const C& c) {
         const Word pages = (c.end() - c.call.address) / c.page();
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
  };
}

/// mprotect.
template <class D>
std::vector<Condition<D>> protectConditions() {
  using C = Case<D>;
  using Word = typename D::Word;
  return {
      {"rlimit-data", bit(Operation::mprotect),
       "a private area that does not grow becomes writable, and exceeds RLIMIT_DATA so",
       [](const C& c) {
         const Word pages = (c.end() - c.call.address) / c.page();
         return both(both(c.is((c.call.prot & vm::write) != 0),
                          negated(c.has(vm::shared | vm::growsdown | vm::write))),
                     c.space.counters.data + pages > c.space.limits.data / c.page());
       }},
      {"mprotect-drops-account", bit(Operation::mprotect),
       "an accounted private area without an anon_vma gets other rights, not to write",
       [](const C& c) {
         const bool untouched = c.area().anon == 0 && c.area().object == 0;
         return both(c.is((c.call.prot & vm::write) == 0 && untouched),
                     both(c.has(vm::account), changesRights(c)));
       }},
      {"mprotect-keeps-writable", bit(Operation::mprotect),
       "an area gets other rights, to write too, and a page of its own in the range is present",
       [](const C& c) {
         const RuleSet& keeps = c.left->mprotectKeepsWritable ? *c.left : *c.right;
         if (c.entry() == nullptr || (c.call.prot & vm::write) == 0) return c.is(false);
         return both(either(c.entry()->dirty, c.is(keeps.mprotectKeepsClean)),
                     both(ownInRange(c), changesRights(c)));
       },
       sameHost},
      {"mprotect-keeps-clean", bit(Operation::mprotect),
       "an area gets other rights, to write too, and a page of its own in the range is present and "
       "was not written through its entry",
       mayWriteOwnClean<D>,
       [](const RuleSet& a, const RuleSet& b) {
         return sameHost(a, b) && a.mprotectKeepsWritable && b.mprotectKeepsWritable;
       }},
      {"hardware-dirty", bit(Operation::mprotect),
       "an area gets other rights, to write too, and a page of its own in the range is present and "
       "was not written through its entry",
       mayWriteOwnClean<D>,
       [](const RuleSet& a, const RuleSet& b) {
         return sameHost(a, b) && a.mprotectKeepsWritable && b.mprotectKeepsWritable &&
                a.mprotectKeepsClean && b.mprotectKeepsClean;
       }},
      {"host-mapped-pages", bit(Operation::mprotect),
       "an area gets other rights, and a page in the range is present",
       [](const C& c) { return both(c.presentInRange(), changesRights(c)); }},
  };
}

/// Tags in addresses, and MADV_DONTNEED.
template <class D>
std::vector<Condition<D>> tagConditions() {
  using C = Case<D>;
  using Word = typename D::Word;
  return {
      {"untags-calls", bit(Operation::munmap) | bit(Operation::dontneed),
       "the address has a tag in its top byte", [](const C& c) { return tagged(c); }},
      {"dontneed-untags-late", bit(Operation::dontneed),
       "the address has a tag in its top byte, and the tagged range wraps",
       [](const C& c) {
         const Word size = (c.call.length + (c.page() - 1)) & ~(c.page() - 1);
         return both(tagged(c), c.call.address + size < c.call.address);
       },
       [](const RuleSet& a, const RuleSet& b) { return a.untagsCalls && b.untagsCalls; }},
      {"dontneed-frees-tables", bit(Operation::dontneed),
       "the range covers all that a page table that holds entries spans",
       [](const C& c) {
         const auto& geometry = c.space.parameters.geometry;
         Truth<D> covered = c.is(false);
         for (const model::Table<D>& made : c.space.tables) {
           const unsigned shift = geometry.tableShift(made.level);
           const Word from = made.block << shift;
           const Word start =
               select(tagged(c), Word(c.call.address & ~model::topByte), Word(c.call.address));
           const Word size = (c.call.length + (c.page() - 1)) & ~(c.page() - 1);
           covered = either(
               covered, both(start <= from, from + (std::uint64_t{1} << shift) <= start + size));
         }
         return covered;
       }},
  };
}

} // namespace growsdown::proofs::conditions
