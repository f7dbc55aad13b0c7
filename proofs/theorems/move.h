// mremap that moves a range.
#pragma once

#include "model/remap.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM remap-moves. mremap that moves a range to a free target (the model's moveToFree: what
/// mremap_to does once the target is unmapped and a longer range cut; both are munmap's, for which
/// see unmap-exact).
///
/// If it succeeds: the areas are in order; every address (one unknown stands for all) is covered
/// exactly if it lies in the target, or was covered and is not in the old range; the target has the
/// flags of the area moved and its page offsets go on where those of the old range were, or, for an
/// area without anon_vma and object, are those that its address gives; elsewhere flags and offsets
/// stay. The counters change by what the target's pages count for, less the old range's; the total
/// is within RLIMIT_AS by what the range gains. An old length of 0 takes nothing away; where 4.3
/// lets it double a private area, that area loses VM_ACCOUNT and is no longer charged. If it is
/// refused, no area and no counter changes.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: symbolic 64-bit bounds. Which addresses are covered is proved for any number of areas,
/// the one moved readable, writable and accounted, with or without an anon_vma, and the range made
/// longer. The counters are proved for one area that is readable, also writable and accounted,
/// growing, locked or shared (five kinds): which others there are, removal has shown not to matter
/// (unmap-exact). Assumed: the list is in order, disjoint, page-aligned, not empty; other areas are
/// private and readable; addresses are page-aligned, lengths multiples of pages, the new one not 0
/// and not below the old; the ranges do not overlap, the target is within the task and nothing lies
/// there; the minimum address is 0; counters cover the areas, and they and the page offsets are at
/// most 2^52; no page is present, no table listed, and the old range lies above the program's.
struct RemapMoves {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using Area = model::Vma<D>;
    using Flags = typename D::Flags;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    constexpr std::uint32_t kinds[] = {vm::read | vm::write | vm::account, vm::read,
                                       vm::read | vm::write | vm::growsdown, vm::read | vm::locked,
                                       vm::read | vm::write | vm::shared};
    const bool counting = run.flip("counting");
    const bool duplicates = run.flip("duplicates");
    const std::uint32_t kind = kinds[counting ? run.choose("kind", 5) : 0];
    const auto prepare = [&](Area& area, unsigned number) {
      area.flags = Flags(number == 0 ? kind : vm::read); // the first looked at is the one moved
      if (number == 0 && (kind & vm::shared))
        area.object = 1;
      else if (number == 0 && !counting && !duplicates && run.flip("anon"))
        area.anon = 1;
    };
    model::LoggedSpace<D> s;
    if (counting) {
      s = anySpace<D>(run, q, 1, {kind});
      prepare(s.areas[0], 0);
      s.limits.data = run.word("limitData");
      if (kind & vm::shared) s.objects.push_back({1, run.word("objectPages", 1, morePages)});
    } else { // what may refuse does not depend on other areas
      s = anyList(run, q, prepare);
      run.assume(s.counters.total <= morePages / 2);
      s.limits.as = trace::unlimited;
      s.maxMapCount = trace::unlimited;
    }
    s.minAddr = s.effectiveMinAddr = 0;
    const Word address = run.word("address", 0, taskSize - 1, shift);
    const auto i = s.findVma(address);
    std::optional<Area> old;
    if (s.isArea(i)) old = s.area(i);
    if (!counting && !old) return;
    const Word oldLength = duplicates ? Word(0) : run.word("oldLength", 1, taskSize, shift);
    const Word newLength = run.word("newLength", 1, taskSize, shift);
    const Word target = run.word("target", 0, taskSize - 1, shift);
    if (counting)
      run.assume(oldLength <= newLength);
    else
      run.assume(both(oldLength < newLength,
                      both(old->start <= address, address + oldLength <= old->end)));
    run.assume(newLength <= taskSize - target);
    run.assume(either(address + oldLength <= target, target + newLength <= address));
    const unsigned block = q.parameters.geometry.tableShift(q.parameters.geometry.levels - 1);
    run.assume(Word(((trace::programAddress >> block) + 1) << block) <= address);
    run.assume(truthLike(target, !s.intersects(target, target + newLength)));
    const auto inTarget = [&](const Word& at) {
      return both(target <= at, at < target + newLength);
    };
    Word anywhere = 0;
    if (!counting) {
      anywhere = run.word("anywhere", 0, taskSize - 1);
      run.assume(
          negated(either(inTarget(anywhere), both(old->start <= anywhere, anywhere < old->end))));
      s.findVma(anywhere); // what is there is known from here on
    }

    const model::Space<D> before = s;
    const trace::Errno error =
        exactly<D>([&] { return model::moveToFree<D>(s, address, oldLength, target, newLength); });

    requireOrdered(run, q, s);
    const bool unaccounts = duplicates && (kind & vm::account) != 0;
    if (error != trace::Errno::none) {
      run.require("a refusal leaves the areas", truthLike(address, allAsBefore(before, s)));
      run.require("a refusal leaves the counters", sameCounters<D>(s.counters, before.counters));
    } else if (counting) {
      model::Counters<D> was = before.counters;
      if (unaccounts) {
        const Area& left = s.area(s.findVma(address));
        was.committed = was.committed - ((left.end - left.start) >> shift);
      }
      run.require(
          "the counters change by the target's pages and the old range's",
          sameCounters<D>(sumOf<D>(s.counters, contributionOf<D>(Flags(kind), oldLength >> shift)),
                          sumOf<D>(was, contributionOf<D>(Flags(kind), newLength >> shift))));
      run.require("what the range gains is within RLIMIT_AS",
                  either(oldLength == newLength,
                         before.counters.total + ((newLength - oldLength) >> shift) <=
                             before.limits.as >> shift));
    } else {
      const auto sameFlags = [&](const Flags& a, const Flags& b) {
        return unaccounts ? (a & ~vm::account) == (b & ~vm::account) : a == b;
      };
      const Word there = run.word("there", 0, taskSize - 1);
      run.assume(inTarget(there));
      const Covered<D> moved = coveredAt(q, s, there);
      const Word offset = old->anon == 0 && old->object == 0
                              ? Word(target >> shift)
                              : Word(old->pgoff + ((address - old->start) >> shift));
      run.require("the target is covered", moved.covered);
      run.require("the target goes on from the old range",
                  both(moved.offset == offset + ((there - target) >> shift),
                       sameFlags(moved.flags, Flags(kind))));
      const auto stays = [&](const Word& at) {
        const Covered<D> was = coveredAt(q, before, at);
        const Covered<D> is = coveredAt(q, s, at);
        const auto removed = both(address <= at, at < address + oldLength);
        run.require("what was covered stays covered, but the old range",
                    is.covered == both(was.covered, negated(removed)));
        run.require(
            "others keep their flags and offset",
            implies(is.covered, both(is.offset == was.offset, sameFlags(is.flags, was.flags))));
      };
      stays(anywhere);
      const Word inside = run.word("inside", 0, taskSize - 1);
      run.assume(both(old->start <= inside, inside < old->end));
      stays(inside);
    }
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(error)});
    outputAreas(run, s);
    outputCounters(run, s.counters);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
