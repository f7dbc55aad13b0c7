// The area list's changes: a range of an area gets other flags, a new area is put into free space.
#pragma once

#include "model/map.h"
#include "model/protect.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM change-exact. Splitting and merging: a range within one area gets new flags (the model's
/// modifyFlags, through which mprotect, mlock and munlock change the list), or a new private area
/// is put into free space (insertArea, through which mmap does).
///
/// The areas stay in order, disjoint, page-aligned and not empty. Every address (one unknown stands
/// for all) is covered afterwards exactly if it was before or lies in the new area; an address in
/// the range has the new flags, any other keeps its own; covered addresses keep their page offsets,
/// the new area's have those it came with. Where the range was changed, the area that the rule
/// names covers it. A change refused for want of room in map_count leaves every address' flags and
/// offset, and is refused only where a split was needed and the areas were at least max_map_count,
/// or one fewer with two splits needed. No area's anon_vma is lost: a merge with several has one of
/// them, and two different ones are never made one.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas, of which the one changed (or the new one) may abut any other;
/// symbolic 64-bit bounds; each area with no anon_vma, one that they share, or one of its own, and,
/// where it has one, inherited through fork or not. The unknown address, and how areas join, are
/// looked at one at a time; for the address no area has an anon_vma, nor has one that the range
/// does not abut. Assumed: the list is in order, disjoint, page-aligned, not empty; the range lies
/// within the area (free space), page-aligned and not empty; the flags differ from the area's;
/// areas are private.
struct ChangeExact {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using Area = model::Vma<D>;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    const bool insert = run.flip("insert");
    const bool joining = run.flip("joining");
    model::LoggedSpace<D> s = anyList(run, q, [&run, joining](Area& area, unsigned number) {
      makePrivate(run, area);
      if (!joining) return;
      const unsigned anon = run.choose("area" + std::to_string(number) + ".anon", 4);
      area.anon = anon == 0 ? 0 : anon == 1 ? 10 : 11 + number;
      area.forked = anon == 3;
    });
    const Word start = run.word("start", 0, taskSize, shift);
    const Word end = run.word("end", 0, taskSize, shift);
    run.assume(start < end);
    const auto flags = run.flags("flags", vm::all & ~vm::shared);
    const Word offset = run.word("offset", 0, std::uint64_t{1} << 51);
    trace::Step step;
    step.op = insert ? trace::Op::mmap : trace::Op::mprotect;
    step.prot = trace::prot::read;
    step.flags = insert ? trace::flag::fixed : 0;
    if (q.expressible) { // an mmap or mprotect that nothing refuses
      run.assume(truthLike(start, joining));
      run.assume(flags == typename D::Flags(vm::read));
      if (insert) run.assume(offset == start >> shift);
      run.assume(both(start >= trace::windows[1].start, end <= trace::windows[1].end));
      s.limits.as = trace::unlimited;
      s.maxMapCount = 65530;
    }
    Word anywhere = 0;
    if (!joining) {
      anywhere = run.word("anywhere", 0, taskSize - 1);
      s.findVma(anywhere); // what is there is known from here on
    }

    const auto i = s.findVma(start);
    if (insert) {
      if (s.isArea(i)) run.assume(end <= s.area(i).start);
    } else {
      run.assume(truthLike(start, s.isArea(i)));
      run.assume(both(s.area(i).start <= start, end <= s.area(i).end));
      run.assume(s.area(i).flags != flags);
    }
    std::optional<Area> own;
    std::optional<Area> low;
    std::optional<Area> high;
    if (!insert) own = s.area(i);
    if (own && q.expressible) run.assume(own->flags == typename D::Flags(vm::read | vm::exec));
    if (joining) {
      if (const Area* below = s.below(i)) low = *below;
      if (insert && s.isArea(i)) high = s.area(i);
      if (!insert)
        if (const Area* above = s.above(i)) high = *above;
      if (low && low->anon != 0) run.assume(low->end == start);
      if (high && high->anon != 0) run.assume(end == high->start);
    }
    setScene(run, s, step, start, end - start);
    const model::Space<D> before = s;

    trace::Errno error = trace::Errno::none;
    auto at = i;
    if (insert) {
      Area area;
      area.start = start;
      area.end = end;
      area.pgoff = offset;
      area.flags = flags;
      exactly<D>([&] { model::insertArea<D>(s, area, s.rules().mmapMergePrefersNext); });
      if (q.bug == planted::Bug::mergeAcrossFork && low && low->forked && !high) {
        const auto put = s.findVma(start);
        if (s.area(put).start == start && low->end == start && low->flags == flags &&
            low->pgoff + ((low->end - low->start) >> shift) == offset) {
          Area joined = *low;
          joined.end = end;
          s.replaceWindow(s.previous(put), s.next(put), &joined, 1);
        }
      }
    } else {
      error = exactly<D>([&] { return model::modifyFlags<D>(s, i, start, end, flags, at); });
    }

    requireOrdered(run, q, s);
    if (!joining) {
      const auto within = both(start <= anywhere, anywhere < end);
      const Covered<D> was = coveredAt(q, before, anywhere);
      const Covered<D> is = coveredAt(q, s, anywhere);
      if (error == trace::Errno::none) {
        run.require("the same addresses are covered, and the range",
                    is.covered == either(was.covered, within));
        run.require("the range has the new flags", implies(within, is.flags == flags));
        run.require("others keep theirs",
                    implies(both(was.covered, negated(within)), is.flags == was.flags));
        run.require("page offsets stay", implies(was.covered, is.offset == was.offset));
        if (insert)
          run.require("the new area has its own",
                      implies(within, is.offset == offset + (anywhere - start) / q.page()));
      } else {
        run.require(
            "a refusal leaves every address",
            both(is.covered == was.covered,
                 implies(was.covered, both(is.flags == was.flags, is.offset == was.offset))));
      }
    }
    if (error == trace::Errno::none) {
      if (!insert)
        run.require("the area named covers the range",
                    both(s.area(at).start <= start, end <= s.area(at).end));
      if (joining) requireMerges(run, q, s, own, low, high, start, end, flags, offset);
    } else {
      run.require("a refusal is ENOMEM", truthLike(start, error == trace::Errno::enomem));
      const auto head = own->start < start;
      const auto tail = end < own->end;
      const Word areas = before.areaCount();
      run.require("a refusal is for too many areas",
                  either(both(either(head, tail), before.maxMapCount <= areas),
                         both(both(head, tail), before.maxMapCount <= areas + 1)));
    }
    // Each anon_vma of before is there afterwards, and areas that had different ones still do.
    for (const Area& old : areasBefore(before, s)) {
      bool kept = old.anon == 0;
      for (const Area& now : s.areas)
        kept = kept || now.anon == old.anon;
      run.require("no anon_vma is lost", truthLike(start, kept));
    }
    if (low && high && low->anon != 0 && high->anon != 0 && low->anon != high->anon)
      run.require("different anon_vmas stay apart",
                  truthLike(start, s.findVma(low->start) != s.findVma(high->start)));
    outputAreas(run, s);
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(error)});
    noteRules(run, s);
  }

 private:
  /// Whether a range with this anon_vma may join that neighbour.
  template <class D>
  static bool mayJoin(const Question& q, std::uint64_t anon, bool forked,
                      const model::Vma<D>& neighbour) {
    if (anon == neighbour.anon) return true;
    if (anon == 0) return !neighbour.forked;
    return neighbour.anon == 0 && q.demanded->mergeAdoptsChanged && !forked;
  }

  template <class D>
  static void requireMerges(Run<D>& run, const Question& q, const model::Space<D>& s,
                            const std::optional<model::Vma<D>>& own,
                            const std::optional<model::Vma<D>>& low,
                            const std::optional<model::Vma<D>>& high, const typename D::Word& start,
                            const typename D::Word& end, const typename D::Flags& flags,
                            const typename D::Word& offset) {
    if (!own && q.demanded->mmapMergePrefersNext) return; // 6.1's own order
    std::uint64_t anon = 0;
    bool forked = false;
    typename D::Word first = offset; // page offset of the range
    if (own) {
      anon = own->anon;
      forked = own->forked;
      first = own->pgoff + (start - own->start) / q.page();
    }
    auto joinsBelow = truthLike(start, false);
    std::uint64_t anonBelow = 0;
    if (low) {
      anonBelow = low->anon;
      joinsBelow = both(both(low->end == start, low->flags == flags),
                        both(low->pgoff + (low->end - low->start) / q.page() == first,
                             truthLike(start, mayJoin<D>(q, anon, forked, *low))));
      run.require("it joins the area below exactly if they fit",
                  joinsBelow == negated(sameArea<D>(s.area(s.findVma(low->start)), *low)));
    }
    if (high) {
      const bool differ = anonBelow != 0 && high->anon != 0 && anonBelow != high->anon;
      const auto fits = both(both(end == high->start, high->flags == flags),
                             both(high->pgoff == first + (end - start) / q.page(),
                                  truthLike(start, mayJoin<D>(q, anon, forked, *high))));
      run.require("it joins the area above exactly if they fit, and those below and above do",
                  both(fits, negated(both(joinsBelow, truthLike(start, differ)))) ==
                      negated(sameArea<D>(s.area(s.findVma(high->start)), *high)));
    }
  }
};

} // namespace growsdown::proofs
