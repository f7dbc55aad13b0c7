// Where mmap without MAP_FIXED puts a range.
#pragma once

#include "model/map.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM place-free. The three decisions behind an address that mmap finds without MAP_FIXED: a
/// hint is taken (the model's hintFits), a range is put into a hole from above (highestBelow) or
/// from below (lowestBelow).
///
/// Whatever they choose: it is page-aligned, lies within the bounds of the search (a hint: not
/// below the minimum address), no area (one unknown stands for all) has an address in common with
/// it, and where this version's placement keeps the gap below stacks, it ends that far below the
/// next area if that is one (a stack behind a small area between them is not kept away from). A
/// hint is passed over only if it is 0, out of bounds, or an area or its gap is in the way. A hole
/// is passed over only if no range of that length fits into it (one unknown stands for all); of
/// those that fit the highest, from below the lowest is taken. The one exception is what newer
/// kernels make of a gap that reaches down to address 0: an address that is none.
///
/// searchDown and searchUp go through the holes in order and end with the first that serves, or
/// when there is no further one; with this theorem about any hole, what they find is the highest,
/// or lowest, of all.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas, each of which may be a stack or not; any hole; symbolic 64-bit
/// bounds, lengths and hints; searches down from mmap_base to the first page, up from
/// TASK_UNMAPPED_BASE, within the window or all addresses. Assumed: the list is in order, disjoint,
/// page-aligned, not empty; the hint is page-aligned, the length a multiple of pages and not 0 and
/// not longer than the task; the minimum address is at most half the task.
struct PlaceFree {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using Area = model::Vma<D>;
    using Flags = typename D::Flags;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    const std::uint64_t gap = q.demanded->placementSeesGap ? q.demanded->gapPages * q.page() : 0;
    enum How : unsigned { hint, down, up };
    const unsigned how = run.choose("how", 3);
    if (q.expressible) run.assume(truthLike(Word(0), how == hint));
    model::Space<D> s = anyList(run, q, [&run](Area& area, unsigned number) {
      area.flags =
          Flags(run.flip("area" + std::to_string(number) + ".stack") ? vm::read | vm::growsdown
                                                                     : vm::read);
    });
    // What else may refuse an mmap is not asked here.
    s.maxMapCount = 65530;
    s.limits.as = trace::unlimited;
    const Word length = run.word("length", 1, taskSize, shift);
    // Any area, for what is said of all.
    s.findVma(run.word("any", 0, taskSize));
    const auto fits = [&](const Word& from, const Word& low, std::uint64_t high,
                          model::Position<D> next) {
      auto all = both(both(low <= from, from < high), length <= high - from);
      for (const Area& area : s.areas) {
        const bool isNext = s.isArea(next) && &area == &s.area(next);
        const Word distance =
            select(any(area.flags & vm::growsdown), Word(isNext ? gap : 0), Word(0));
        all = both(all, either(area.end <= from, both(distance <= area.start,
                                                      from + length <= area.start - distance)));
      }
      return all;
    };

    if (how == hint) {
      // A hint above the window opens all addresses.
      const bool beyond = taskSize != q.parameters.mapWindow && run.flip("beyond");
      const std::uint64_t end = beyond ? taskSize : q.parameters.mapWindow;
      const Word at = run.word("hint", 0, end, shift);
      trace::Step step;
      step.op = trace::Op::mmap;
      step.prot = trace::prot::read;
      setScene(run, s, step, at, length);
      if (q.expressible)
        run.assume(both(at >= trace::windows[1].start, at + length <= trace::windows[1].end));
      const auto next = s.findVma(at);
      bool taken = exactly<D>([&] { return model::hintFits<D>(s, at, length, end); });
      if (q.bug == "hint-ignores-gap" && s.decided == model::Rule::placeHintTaken)
        taken = at + length <= s.area(next).start ? true : false;
      const auto free = fits(at, s.effectiveMinAddr, end, next);
      if (taken)
        run.require("a hint that is taken is free", free);
      else
        run.require("a hint is passed over for a reason", either(at == 0, negated(free)));
      run.output("taken", std::uint64_t{taken});
    } else {
      // From mmap_base down, or from TASK_UNMAPPED_BASE up; to the window's end or the task's.
      const bool beyond = taskSize != q.parameters.mapWindow && run.flip("beyond");
      const std::uint64_t more = beyond ? taskSize - q.parameters.mapWindow : 0;
      // The first page is the rules' own; what fits is said with the demanded one.
      const std::uint64_t low = how == down ? s.pageSize() : q.parameters.unmappedBase;
      const std::uint64_t lowest = how == down ? q.page() : low;
      const std::uint64_t high =
          (how == down ? q.parameters.mmapBase : q.parameters.mapWindow) + more;
      const auto i = s.findVma(run.word("hole", 0, taskSize));
      s.below(i);
      const auto found = exactly<D>([&] {
        return how == down ? model::highestBelow<D>(s, i, length, low, high)
                           : model::lowestBelow<D>(s, i, length, low, high);
      });
      const bool wraps = found && how == down && s.decided == model::Rule::placeGapWraps;
      const Word other = run.word("other", 0, taskSize - 1, shift);
      const Area* const below = s.below(i);
      auto inHole = fits(other, Word(lowest), high, i);
      if (s.isArea(i)) inHole = both(inHole, other < s.area(i).start);
      if (below != nullptr) inHole = both(inHole, below->end <= other);
      if (wraps) {
        run.require("a gap down to address 0 gives no user address", *found > taskSize);
      } else if (found) {
        run.require("what is found is free", fits(*found, Word(lowest), high, i));
        run.require("what is found is page-aligned", model::onPage(*found, q.page()));
        run.require("the highest is found, or the lowest",
                    implies(inHole, how == down ? other <= *found : *found <= other));
      } else {
        run.require("what is passed over does not fit", negated(inHole));
      }
      run.output("found", found ? *found : Word(0));
    }
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
