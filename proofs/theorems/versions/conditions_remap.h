// Conditions of mremap.
#pragma once

#include "proofs/theorems/versions/condition.h"

namespace growsdown::proofs::conditions {

/// Whether no area lies at the address.
template <class D>
Truth<D> nowhere(const Case<D>& c) {
  return c.space.isArea(c.at) ? Truth<D>(c.area().start > c.call.address) : c.is(true);
}
/// Whether the part of the range that is kept extends beyond the area at the address.
template <class D>
Truth<D> leavesArea(const Case<D>& c) {
  if (!c.space.isArea(c.at)) return c.is(false);
  const auto kept = select(becomesLonger(c), c.call.length, c.call.newLength);
  return both(c.area().start <= c.call.address, kept > c.area().end - c.call.address);
}
/// Whether the area at the address may not become as long as requested, judged before anything is
/// unmapped.
template <class D>
Truth<D> mayNotGrow(const Case<D>& c) {
  if (!c.space.isArea(c.at)) return c.is(false);
  using Word = typename D::Word;
  const model::Space<D>& s = c.space;
  const Word more = (c.call.newLength - c.call.length) / c.page();
  const Word pgoff = (c.call.address - c.area().start) / c.page() + c.area().pgoff;
  const Truth<D> offset = pgoff + c.call.newLength / c.page() < pgoff;
  const Truth<D> total = s.counters.total + more > s.limits.as / c.page();
  const Truth<D> data = both(both(c.has(vm::write), negated(c.has(vm::shared | vm::growsdown))),
                             s.counters.data + more > s.limits.data / c.page());
  return both(becomesLonger(c), either(offset, either(total, data)));
}
/// Whether the process may have at most `room` more areas.
template <class D>
Truth<D> nearMapCount(const Case<D>& c, std::uint64_t room) {
  return c.space.areaCount() + room >= c.space.maxMapCount;
}

/// What mremap checks, and when.
template <class D>
std::vector<Condition<D>> remapCheckConditions() {
  using C = Case<D>;
  using Word = typename D::Word;
  return {
      {"mremap-order", withoutTarget,
       "no area lies at the address, or the new length is more than there are addresses",
       [](const C& c) {
         return either(nowhere(c), c.call.newLength > Word(c.space.parameters.taskSize));
       }},
      {"mremap-order", bit(Operation::mremapTo),
       "no area lies at the address, or the range leaves its area, is empty or may not become so "
       "long",
       [](const C& c) {
         const bool many = c.left->mremapMovesMany != c.right->mremapMovesMany;
         const Truth<D> leaves =
             both(leavesArea(c), negated(both(c.is(many), c.call.length == c.call.newLength)));
         return either(either(nowhere(c), leaves), either(c.call.length == 0, mayNotGrow(c)));
       }},
      {"mremap-moves-many", bit(Operation::mremapTo),
       "the length stays, and the range leaves the area at the address",
       [](const C& c) { return both(c.call.length == c.call.newLength, leavesArea(c)); }},
      {"mremap-duplicates-private", anyMremap, "the old length is 0",
       [](const C& c) { return c.call.length == 0; }},
      {"mremap-checks-count-early", bit(Operation::mremapTo),
       "the process has at most five areas less than it may have",
       [](const C& c) { return nearMapCount(c, 5); }},
      {"mremap-counts-splits", withoutTarget,
       "the process has at most three areas less than it may have",
       [](const C& c) { return nearMapCount(c, 3); }},
      {"mremap-counts-splits", bit(Operation::mremapTo),
       "the process has at most six areas less than it may have",
       [](const C& c) { return nearMapCount(c, 6); }},
  };
}

/// What mremap makes of an area.
template <class D>
std::vector<Condition<D>> remapResultConditions() {
  using C = Case<D>;
  using Word = typename D::Word;
  return {
      {"mremap-merges-in-place", withoutTarget,
       "an area becomes longer where it is, and reaches one above with the same flags",
       [](const C& c) {
         Truth<D> result = c.is(false);
         if (!c.space.isArea(c.at)) return result;
         for (const model::Vma<D>& other : c.space.areas)
           result = either(result, both(other.start == c.call.address + c.call.newLength,
                                        other.flags == c.area().flags));
         return both(becomesLonger(c), result);
       }},
      {"placement-length-spares-low", bit(Operation::mremap) | bit(Operation::mremapTo),
       "the area would be longer than there is above the effective mmap_min_addr",
       [](const C& c) {
         const trace::Parameters& p = c.space.parameters;
         const auto tooLong = [&](const Word& start, const Word& length) {
           const Word end = select(start > p.mapWindow, Word(p.taskSize), Word(p.mapWindow));
           return Truth<D>(length > end - c.space.effectiveMinAddr);
         };
         if (c.operation == Operation::mremapTo) return tooLong(c.call.target, c.call.newLength);
         if (!c.space.isArea(c.at)) return c.is(false);
         return both(becomesLonger(c),
                     tooLong(c.area().start, c.call.address + c.call.newLength - c.area().start));
       }},
      {"rlimit-data", anyMremap,
       "a private writable area that does not grow becomes longer, and exceeds RLIMIT_DATA so",
       [](const C& c) {
         if (!c.space.isArea(c.at)) return c.is(false);
         const Word more = (c.call.newLength - c.call.length) / c.page();
         return both(both(becomesLonger(c),
                          both(c.has(vm::write), negated(c.has(vm::shared | vm::growsdown)))),
                     c.space.counters.data + more > c.space.limits.data / c.page());
       }},
  };
}

/// Merging with neighbours after mremap, and where it places a range.
template <class D>
std::vector<Condition<D>> remapMergeConditions() {
  using C = Case<D>;
  using Word = typename D::Word;
  return {
      {"merge-adopts-changed", bit(Operation::mremap),
       "the area has an anon_vma, and one without an anon_vma becomes adjacent to it",
       [](const C& c) {
         if (!c.space.isArea(c.at) || c.area().anon == 0) return c.is(false);
         const Word end = c.call.address + c.call.newLength;
         Truth<D> result = c.is(false);
         for (const model::Vma<D>& other : c.space.areas)
           if (other.anon == 0) result = either(result, both(other.start <= end, end < other.end));
         return result;
       }},
      {"merge-adopts-changed", bit(Operation::mremapTo),
       "the area has an anon_vma made in this process, and one without an anon_vma becomes "
       "adjacent to it",
       [](const C& c) {
         if (!c.space.isArea(c.at) || c.area().anon == 0 || c.area().forked) return c.is(false);
         const Word end = c.call.target + c.call.newLength;
         Truth<D> result = c.is(false);
         for (const model::Vma<D>& other : c.space.areas)
           if (other.anon == 0)
             result = either(result,
                             either(both(other.start < c.call.target, c.call.target <= other.end),
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
         const trace::Geometry& geometry = c.space.parameters.geometry;
         const std::uint64_t block = std::uint64_t{1} << geometry.tableShift(geometry.levels - 1);
         return both(becomesLonger(c), (c.call.newLength & (block - 1)) == 0);
       }},
  };
}

} // namespace growsdown::proofs::conditions
