// Removing a range of addresses.
#pragma once

#include "model/map.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM unmap-exact. One munmap (the model's munmap) of any start and length.
///
/// It is EINVAL exactly if the start is not page-aligned, the range leaves the task's addresses, or
/// its length is 0 or wraps to 0 when rounded up to pages; ENOMEM only where it would punch a hole
/// into one area and there are max_map_count areas already; both change nothing.
/// Otherwise: the areas stay in order, disjoint, page-aligned and not empty. Every address (one
/// unknown stands for all) is covered afterwards exactly if it was covered before and lies outside
/// the range, with the same flags and the same page offset. total, stack, data, shared, committed
/// and locked fall by exactly the pages removed from the areas that count for them. A present page
/// is present afterwards exactly if it lies outside the range.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas, of which the range may take any number; symbolic 64-bit bounds,
/// start and length. The counters, the unknown address and a present page are looked at one at a
/// time. For the counters, one area (any) of those that a path looks at has any flags, and the
/// others are readable, writable, locked and accounted; for the rest, flags are a few fixed ones.
/// Assumed: the list is in order, disjoint, page-aligned, not empty; the page lies in an area;
/// areas are private; counters cover the areas, and they and the page offsets are at most 2^52; no
/// page tables are listed.
struct UnmapExact {
  /// How many areas a path looks at.
  static constexpr unsigned looksAt = 5;
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    const std::uint64_t page = q.page();
    const std::uint64_t taskSize = q.parameters.taskSize;
    enum About : unsigned { counters, address, entry };
    const unsigned about = run.choose("about", 3);
    const bool present = about == entry;
    const unsigned open = about == counters ? run.choose("open", looksAt) : looksAt;
    model::LoggedSpace<D> s =
        anyList(run, q, [&run, about, open](model::Vma<D>& area, unsigned number) {
          if (about == counters && number != open)
            area.flags = typename D::Flags(vm::read | vm::write | vm::locked | vm::account);
          else if (about != counters) // different ones, so that what stays can be told
            area.flags = typename D::Flags(
                number % 2 == 0 && about == address ? vm::read : vm::read | vm::write);
          makePrivate(run, area);
          if (about == entry) area.anon = number + 1;
          run.within(number < looksAt);
        });
    const Word start = run.word("start");
    const Word length = run.word("length");
    if (present) {
      model::Entry<D> entry;
      entry.prot = typename D::Flags(vm::read | vm::write);
      entry.kind = model::PageKind::anonymous;
      entry.frame = 1;
      s.lastFrame = 1;
      entry.address = run.word("entry", 0, taskSize - 1, q.demandedGeometry.pageShift);
      const auto holds = s.findVma(entry.address);
      run.assume(truthLike(start, s.isArea(holds)));
      run.assume(s.area(holds).start <= entry.address);
      s.entries.push_back(entry);
    }
    Word anywhere = 0;
    if (about == address) {
      anywhere = run.word("anywhere", 0, taskSize - 1);
      s.findVma(anywhere); // what is there is known from here on
    }
    setScene(run, s, trace::Op::munmap, trace::Access::read, start, length);

    const model::Space<D> before = s;
    const trace::Errno error = exactly<D>([&] { return model::munmap<D>(s, start, length); });
    model::Call<D> call;
    call.op = trace::Op::munmap;
    call.address = start;
    call.length = length;
    model::StepResult<D> came;
    came.error = error;
    applyPlantedBug(q.bug, before, call, came, s);

    const Word rounded = (length + (page - 1)) & ~(page - 1);
    const Word end = start + rounded;
    const auto malformed = either(either((start & (page - 1)) != 0, start > taskSize),
                                  either(length > taskSize - start, rounded == 0));
    run.require("EINVAL is for a range that is none",
                malformed == truthLike(start, error == trace::Errno::einval));
    if (error != trace::Errno::none) {
      auto hole = truthLike(start, false);
      for (const model::Vma<D>& area : areasBefore(before, s))
        hole = either(hole, both(area.start < start, end < area.end));
      run.require("ENOMEM is for a hole with too many areas",
                  implies(truthLike(start, error != trace::Errno::einval),
                          both(hole, before.maxMapCount <= before.areaCount())));
      run.require("a refusal leaves the areas", truthLike(start, allAsBefore(before, s)));
      run.require("a refusal leaves the counters", sameCounters<D>(s.counters, before.counters));
      run.require("a refusal leaves the pages",
                  truthLike(start, s.entries.size() == before.entries.size()));
    } else {
      requireOrdered(run, q, s);
      if (about == address) {
        const Covered<D> was = coveredAt(q, before, anywhere);
        const Covered<D> is = coveredAt(q, s, anywhere);
        const auto removed = both(start <= anywhere, anywhere < end);
        run.require("exactly the range is gone", is.covered == both(was.covered, negated(removed)));
        run.require("what stays keeps its flags and offset",
                    implies(is.covered, both(is.flags == was.flags, is.offset == was.offset)));
      }

      model::Counters<D> left = sumOf<D>(s.counters, goneUnknown<D>(s));
      for (const model::Vma<D>& area : areasBefore(before, s)) {
        // The rule has asked all this: no path forks here.
        if (area.end <= start || end <= area.start) continue;
        const Word from = area.start < start ? start : area.start;
        const Word to = end < area.end ? end : area.end;
        left = sumOf<D>(left, contributionOf<D>(area.flags, to / page - from / page));
      }
      run.require("the counters fall by what is gone", sameCounters<D>(left, before.counters));
      if (present) {
        const Word at = before.entries[0].address;
        const auto inside = both(start <= at, at < end);
        run.require("exactly the pages of the range are gone",
                    truthLike(start, s.entries.empty()) == both(inside, truthLike(start, true)));
      }
    }
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(error)});
    outputAreas(run, s);
    outputCounters(run, s.counters);
    run.output("present", std::uint64_t{s.entries.size()});
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
