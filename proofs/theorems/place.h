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
/// That what the searches find is the highest, or lowest, of all holes: place-search.
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
    model::LoggedSpace<D> s = anyList(run, q, [&run](Area& area, unsigned number) {
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
      if (q.bug == planted::Bug::hintIgnoresGap && s.log.decided == model::Rule::placeHintTaken)
        taken = model::decide(at + length <= s.area(next).start);
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
      const bool wraps = found && how == down && s.log.decided == model::Rule::placeGapWraps;
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

/// THEOREM place-search. The loops that look for a hole (the model's searchDown and searchUp), by
/// induction over their rounds, with place-free about each; and where a range of whole huge blocks
/// is put into what they find (searchAligned).
///
/// The first round is about the hole above all areas (upwards: below all). Any round, be it about
/// any hole: what it finds is what the search finds; where it finds nothing, the next round is
/// about the hole next to it: between the two lies one area and no other (one unknown stands for
/// all), and every address above that area (upwards: below) is in a hole of an earlier round or in
/// the area between two; the search ends without a place only where no area lies further down (up).
/// So every hole that lies higher (lower) than the one that serves was passed over.
///
/// Of a range that is one block longer than what is wanted, the part from the first block's start
/// above its beginning: starts on a block and lies within the range.
///
/// Sizes: any number of areas, stacks or not; any hole to start from; any outcome of a round;
/// symbolic 64-bit addresses; blocks of every page-table level. Assumed: the list is in order,
/// disjoint, page-aligned, not empty.
struct PlaceSearch {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    enum How : unsigned { down, up, aligned };
    const unsigned how = run.choose("how", 3);
    if (how == aligned) {
      const unsigned level = run.choose("level", q.demandedGeometry.levels);
      const std::uint64_t block = std::uint64_t{1} << q.demandedGeometry.tableShift(level);
      if (block > taskSize / 4) return;
      const Word found = run.word("found", 0, taskSize, shift);
      const Word length =
          run.word("length", block, taskSize / 2, q.demandedGeometry.tableShift(level));
      run.assume(found <= taskSize - length - block);
      const Word at = exactly<D>([&] { return model::blockAbove<D>(found, block); });
      const Word start = q.wrongEncoding == "one-block-short" ? Word(at - block) : at;
      run.require("a huge range starts on a block", (start & (block - 1)) == 0);
      run.require("it lies within what was found",
                  both(found <= start, start + length <= found + length + block));
      run.output("start", start);
      return;
    }

    model::LoggedSpace<D> s = anyList(
        run, q, [](model::Vma<D>& area, unsigned) { area.flags = typename D::Flags(vm::read); });
    s.findVma(run.word("any", 0, taskSize)); // any area, for what is said of all
    const bool first = run.flip("first");
    const auto i = !first        ? s.findVma(run.word("hole", 0, taskSize))
                   : how == down ? s.areas.endPosition()
                                 : s.areas.firstPosition();
    const bool serves = run.flip("serves");
    unsigned rounds = 0;
    const auto inHole = [&](model::Position<D> at) -> std::optional<Word> {
      if (rounds++ == 0) {
        run.require("the first round is where the search starts", truthLike(Word(0), at == i));
        if (first && how == down)
          run.require("no area lies above it", truthLike(Word(0), !s.isArea(at)));
        if (first && how == up)
          run.require("no area lies below it", truthLike(Word(0), s.below(at) == nullptr));
        if (serves) return Word(taskSize);
        return std::nullopt;
      }
      if (q.wrongEncoding == "skips-a-hole" && how == down && s.below(at) != nullptr)
        at = s.previous(at);
      run.require("the search goes on only where nothing was found", truthLike(Word(0), !serves));
      // The hole of one round, the area between, the hole of the next.
      const bool between = how == down ? s.isArea(at) : s.isArea(i);
      run.require("an area lies between the holes", truthLike(Word(0), between));
      if (!between) throw PathAbort{};
      const model::Vma<D> area = how == down ? s.area(at) : s.area(i);
      for (const model::Vma<D>& other : s.areas) {
        const auto same = other.start == area.start;
        if (how == down)
          run.require(
              "and no other, nor in the hole passed over",
              either(either(same, other.end <= area.start),
                     s.isArea(i) ? s.area(i).start <= other.start : truthLike(Word(0), false)));
        else
          run.require(
              "and no other, nor in the hole to come",
              either(either(same, other.end <= area.start),
                     s.isArea(at) ? s.area(at).start <= other.start : truthLike(Word(0), false)));
      }
      run.output("between", area.start);
      throw PathAbort{};
    };
    const auto found =
        how == down ? model::downFrom<D>(s, i, inHole) : model::upFrom<D>(s, i, inHole);
    run.require("what a round finds is found", truthLike(Word(0), found.has_value() == serves));
    if (found) {
      run.require("as it is", *found == taskSize);
    } else if (how == down) {
      for (const model::Vma<D>& other : s.areas)
        run.require("the search down ends below all areas",
                    s.isArea(i) ? s.area(i).start <= other.start : truthLike(Word(0), false));
    } else {
      for (const model::Vma<D>& other : s.areas)
        run.require("the search up ends above all areas",
                    both(truthLike(Word(0), !s.isArea(i)), other.end <= taskSize));
    }
    run.output("found", std::uint64_t{found.has_value()});
  }
};

} // namespace growsdown::proofs
