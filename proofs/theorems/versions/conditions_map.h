// Conditions of mmap.
#pragma once

#include "proofs/theorems/versions/condition.h"

namespace growsdown::proofs::conditions {

/// How far above `area` another range must start for both rule sets: one of them may keep the gap.
template <class D>
typename D::Word widestGap(const Case<D>& c, const model::Vma<D>& area) {
  using Word = typename D::Word;
  const auto gap = [&](const RuleSet& r) { return r.placementSeesGap ? r.gapPages * c.page() : 0; };
  return select(any(area.flags & vm::growsdown), Word(std::max(gap(*c.left), gap(*c.right))),
                Word(0));
}
/// Whether the range does not get the address of the hint, under one rule set or the other.
template <class D>
Truth<D> hintFails(const Case<D>& c) {
  const trace::Parameters& p = c.space.parameters;
  using Word = typename D::Word;
  const Word end = select(c.call.address > p.mapWindow, Word(p.taskSize), Word(p.mapWindow));
  Truth<D> fails = either(either(c.call.address == 0, c.call.address < c.space.effectiveMinAddr),
                          either(c.call.length > end, c.call.address + c.call.length > end));
  for (const model::Vma<D>& area : c.space.areas) {
    const Truth<D> above = c.call.address + c.call.length + widestGap(c, area) <= area.start;
    fails = either(fails, negated(either(area.end <= c.call.address, above)));
  }
  return fails;
}
/// Whether a range of that length fits nowhere between the effective minimum address and mmap_base,
/// gaps kept.
template <class D>
Truth<D> noRoomAbove(const Case<D>& c) {
  const trace::Parameters& p = c.space.parameters;
  using Word = typename D::Word;
  const Word high = select(c.call.address > p.mapWindow,
                           Word(p.mmapBase + (p.taskSize - p.mapWindow)), Word(p.mmapBase));
  Word bottom = c.space.effectiveMinAddr;
  Truth<D> none = c.is(true);
  for (const model::Vma<D>& area : c.space.areas) {
    const Word top = select(area.start < high, Word(area.start), high);
    none = both(none, bottom + c.call.length + widestGap(c, area) > top);
    bottom = select(bottom < area.end, Word(area.end), bottom);
  }
  return both(none, bottom + c.call.length > high);
}

/// mmap where the kernel chooses the address.
template <class D>
std::vector<Condition<D>> placementConditions() {
  using C = Case<D>;
  using Word = typename D::Word;
  return {
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
         const trace::Parameters& p = c.space.parameters;
         const Word end = select(c.call.address > p.mapWindow, Word(p.taskSize), Word(p.mapWindow));
         return Truth<D>(c.call.length > end - c.space.effectiveMinAddr);
       },
       [](const RuleSet& a, const RuleSet& b) {
         return a.placementSearchesDown == b.placementSearchesDown &&
                a.placementSearchSparesLow == b.placementSearchSparesLow;
       }},
      {"aligns-huge-placement", bit(Operation::placement),
       "no hint is given, and the length is that of whole huge blocks",
       [](const C& c) {
         const trace::Geometry& geometry = c.space.parameters.geometry;
         const std::uint64_t block = std::uint64_t{1} << geometry.tableShift(geometry.levels - 1);
         return both(c.call.address == 0, (c.call.length & (block - 1)) == 0);
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
               result = either(result, high.start == low.end + c.call.length);
         return result;
       }},
  };
}

/// mmap at a fixed address.
template <class D>
std::vector<Condition<D>> fixedConditions() {
  using C = Case<D>;
  using Word = typename D::Word;
  return {
      {"fixed-noreplace", bit(Operation::mmap),
       "MAP_FIXED_NOREPLACE is asked for, and an area lies in the range",
       [](const C& c) {
         Truth<D> taken = c.is(false);
         for (const model::Vma<D>& area : c.space.areas)
           taken = either(taken, both(area.start < c.end(), c.call.address < area.end));
         return both(c.is((c.call.flags & trace::flag::fixedNoreplace) != 0), taken);
       }},
      {"map-stack-is-nohugepage", bit(Operation::mmap), "MAP_STACK is asked for",
       [](const C& c) { return c.is((c.call.flags & trace::flag::stack) != 0); }},
      {"placement-length-spares-low", bit(Operation::mmap),
       "the length is more than there is above the effective mmap_min_addr",
       [](const C& c) {
         const trace::Parameters& p = c.space.parameters;
         const Word end = select(c.call.address > p.mapWindow, Word(p.taskSize), Word(p.mapWindow));
         return c.end() - c.call.address > end - c.space.effectiveMinAddr;
       }},
      {"rlimit-data", bit(Operation::mmap),
       "the new area is private, writable and does not grow, and the whole range would exceed "
       "RLIMIT_DATA",
       [](const C& c) { return exceedsData(c); }},
      {"fixed-failure-keeps", bit(Operation::mmap),
       "the whole range would exceed RLIMIT_AS or RLIMIT_DATA, and starts or ends inside an area",
       [](const C& c) {
         const Word pages = (c.end() - c.call.address) / c.page();
         Truth<D> splits = c.is(false);
         for (const model::Vma<D>& area : c.space.areas)
           splits =
               either(splits, either(both(area.start < c.call.address, c.call.address < area.end),
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
               result =
                   either(result, both(both(low.start < c.call.address, c.call.address <= low.end),
                                       both(high.start <= c.end(), c.end() < high.end)));
         return result;
       }},
  };
}

} // namespace growsdown::proofs::conditions
