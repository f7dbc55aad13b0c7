// Putting a new area into a range, whatever is there.
#pragma once

#include "model/map.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM map-exact. mmap of a private range at an address that placement has agreed to
/// (MAP_FIXED, or a free range; the model's mapRegion): what was there gives way.
///
/// If it succeeds: the areas are in order; every address (one unknown stands for all) is covered
/// exactly if it was or lies in the range; in the range it has the new flags and the page offset
/// that its address gives, elsewhere its own; total, stack, data, locked and committed pages are
/// those from before, less what the areas in the range counted for there, and what the new area
/// counts for; the total is within RLIMIT_AS; where this version counts private writable pages,
/// those from before and the pages by which the range gains are within RLIMIT_DATA. If it is
/// refused, with ENOMEM: one of these limits would have been exceeded, or a hole would have been
/// punched into one area with max_map_count areas already; every address keeps its flags and
/// offset, no counter changes, and no area either, but that, as this version has it, areas may be
/// split at the range's ends.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas, of which the range may take any number; symbolic 64-bit bounds. The
/// new area is readable, writable, growing or locked (four kinds). The counters and the unknown
/// address are looked at one at a time. For the counters the areas that a path looks at are
/// readable, writable, locked and accounted (what other flags come to is unmap-exact's); for the
/// address their flags are two fixed ones. Assumed: the list is in order, disjoint, page-aligned,
/// not empty; the range is page-aligned, not empty and within the task; areas are private and
/// without anon_vmas; counters cover the areas, and they and the page offsets are at most 2^52; no
/// page is present.
struct MapExact {

  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using Area = model::Vma<D>;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    const bool counting = run.flip("counting");
    model::LoggedSpace<D> s = anyList(run, q, [counting](Area& area, unsigned number) {
      if (counting)
        area.flags = typename D::Flags(vm::read | vm::write | vm::locked | vm::account);
      else // different ones, so that what stays can be told
        area.flags = typename D::Flags(number % 2 == 0 ? vm::read : vm::read | vm::locked);
    });
    s.limits.data = run.word("limitData");
    constexpr std::uint32_t kinds[] = {vm::read, vm::read | vm::write,
                                       vm::read | vm::write | vm::growsdown, vm::read | vm::locked};
    const std::uint32_t wanted = kinds[run.choose("kind", counting ? 4 : 1)];
    const std::uint32_t flags = wanted | (wanted & vm::write ? vm::account : 0);
    const Word start = run.word("start", 0, taskSize - 1, shift);
    const Word length = run.word("length", 1, taskSize, shift);
    run.assume(length <= taskSize - start);
    const Word end = start + length;
    Word anywhere = 0;
    if (!counting) {
      anywhere = run.word("anywhere", 0, taskSize - 1);
      s.findVma(anywhere); // what is there is known from here on
    }

    if (q.expressible) { // nothing to populate, and it stays within the window
      run.assume(truthLike(start, (wanted & vm::locked) == 0));
      run.assume(both(start >= trace::windows[1].start, end <= trace::windows[1].end));
    }
    trace::Step step;
    step.op = trace::Op::mmap;
    step.prot = static_cast<std::uint8_t>(wanted & vm::access);
    step.flags = trace::flag::fixed | (wanted & vm::growsdown ? trace::flag::growsdown : 0U);
    setScene(run, s, step, start, length);

    const model::Space<D> before = s;
    if (q.bug == planted::Bug::dataLimit) s.limits.data = s.limits.data + q.page();
    const trace::Errno error =
        exactly<D>([&] { return model::mapRegion<D>(s, start, length, wanted); });

    requireOrdered(run, q, s);
    const model::Counters<D> added =
        contributionOf<D>(typename D::Flags(flags), Word(length >> shift));
    const auto within = both(start <= anywhere, anywhere < end);
    if (error == trace::Errno::none) {
      if (counting) {
        model::Counters<D> left = sumOf<D>(s.counters, goneUnknown<D>(s));
        for (const Area& area : areasBefore(before, s)) {
          // The rule has asked all this: no path forks here.
          if (area.end <= start || end <= area.start) continue;
          const Word from = area.start < start ? start : area.start;
          const Word to = end < area.end ? end : area.end;
          left = sumOf<D>(left, contributionOf<D>(area.flags, (to >> shift) - (from >> shift)));
        }
        run.require("the counters change by what came and went",
                    sameCounters<D>(left, sumOf<D>(before.counters, added)));
        run.require("the total is within RLIMIT_AS", s.counters.total <= before.limits.as >> shift);
        const bool data =
            q.demanded->rlimitData && (wanted & vm::write) != 0 && (wanted & vm::growsdown) == 0;
        if (data)
          run.require("what the range gains is within RLIMIT_DATA",
                      before.counters.data + (s.counters.total - before.counters.total) <=
                          before.limits.data >> shift);
      } else {
        const Covered<D> was = coveredAt(q, before, anywhere);
        const Covered<D> is = coveredAt(q, s, anywhere);
        run.require("the same addresses are covered, and the range",
                    is.covered == either(was.covered, within));
        run.require("the range is as asked for",
                    implies(within, both(is.flags == typename D::Flags(flags),
                                         is.offset == anywhere >> shift)));
        run.require("others keep their flags and offset",
                    implies(both(was.covered, negated(within)),
                            both(is.flags == was.flags, is.offset == was.offset)));
      }
    } else {
      run.require("a refusal is ENOMEM", truthLike(start, error == trace::Errno::enomem));
      run.require("a refusal leaves the counters", sameCounters<D>(s.counters, before.counters));
      if (!q.demanded->fixedFailureKeeps)
        run.require("a refusal leaves the areas", truthLike(start, allAsBefore(before, s)));
      if (!counting) {
        const Covered<D> was = coveredAt(q, before, anywhere);
        const Covered<D> is = coveredAt(q, s, anywhere);
        run.require(
            "a refusal leaves every address",
            both(is.covered == was.covered,
                 implies(was.covered, both(is.flags == was.flags, is.offset == was.offset))));
      }
      auto hole = truthLike(start, false);
      for (const Area& area : areasBefore(before, s))
        hole = either(hole, both(area.start < start, end < area.end));
      const Word more = (length >> shift) - model::countRange(s, start, end).total;
      run.require("a refusal has a reason",
                  either(both(hole, before.maxMapCount <= before.areaCount()),
                         either(before.counters.total + more > before.limits.as >> shift,
                                both(truthLike(start, q.demanded->rlimitData),
                                     before.counters.data + more > before.limits.data >> shift))));
    }
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(error)});
    outputAreas(run, s);
    outputCounters(run, s.counters);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
