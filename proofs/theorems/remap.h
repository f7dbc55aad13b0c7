// mremap and the area list.
#pragma once

#include "model/remap.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM remap-grows. mremap that makes a range longer where it is (no flag; the model's mremap:
/// vma_to_resize, vma_expandable and what follows).
///
/// If it succeeds: the area reaches as far as was asked; the counters rise by exactly what the
/// pages gained count for with the area's flags; the total is within RLIMIT_AS; the areas are in
/// order, disjoint, page-aligned, not empty and within the task. If it is refused, no area and no
/// counter changes. (Making a range shorter is munmap of its tail: unmap-exact.)
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas; symbolic 64-bit bounds; the area found readable or also writable and
/// accounted.
/// Assumed: the list is in order, disjoint, page-aligned, not empty; areas are private, not locked
/// (a locked one is then populated) and without anon_vmas; the address is page-aligned, lengths are
/// multiples of pages and not 0; counters cover the areas, and they and the page offsets are at
/// most 2^52; no page is present.
struct RemapGrows {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using Area = model::Vma<D>;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    const bool writable = run.flip("writable");
    model::LoggedSpace<D> s = anyList(run, q, [writable](Area& area, unsigned) {
      area.flags = typename D::Flags(writable ? vm::read | vm::write | vm::account : vm::read | 0U);
    });
    const Word address = run.word("address", 0, taskSize - 1, shift);
    const Word oldLength = run.word("oldLength", 1, taskSize, shift);
    const Word newLength = run.word("newLength", 1, taskSize, shift);
    run.assume(oldLength < newLength);
    const auto i = s.findVma(address);
    std::optional<Area> old;
    if (s.isArea(i)) old = s.area(i);
    const model::Space<D> before = s;
    const model::Placed<D> placed =
        exactly<D>([&] { return model::mremap<D>(s, address, oldLength, newLength, 0, Word(0)); });

    requireOrdered(run, q, s);
    if (placed.error != trace::Errno::none) {
      run.require("a refusal leaves the areas", truthLike(address, allAsBefore(before, s)));
      run.require("a refusal leaves the counters", sameCounters<D>(s.counters, before.counters));
    }
    if (placed.error == trace::Errno::none && old) {
      const Word more = (newLength - oldLength) >> shift;
      run.require("the counters rise by what the range gains",
                  sameCounters<D>(s.counters,
                                  sumOf<D>(before.counters, contributionOf<D>(old->flags, more))));
      run.require("the total is within RLIMIT_AS", s.counters.total <= before.limits.as >> shift);
      run.require("the area reaches as far as was asked", s.area(i).end >= address + newLength);
    }
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(placed.error)});
    outputAreas(run, s);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
