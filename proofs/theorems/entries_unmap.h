// What munmap and MADV_DONTNEED leave of present entries.
#pragma once

#include "proofs/theorems/entries.h"

namespace growsdown::proofs {

/// THEOREM entries-unmap. One munmap or madvise(MADV_DONTNEED) of any start below 2^55 (without a
/// tag) and any length.
///
/// - In any case every entry afterwards is an entry from before, unchanged. The invariants of
///   entries hold: page-aligned, ascending, each in an area that allows what it grants and is of
///   its kind, no private frame twice.
/// - After a munmap that succeeds exactly the entries of the range are gone; after one that is
///   refused, none.
/// - MADV_DONTNEED removes the entries of the range up to the first locked area in it, and keeps
///   the areas.
/// - Entries do not matter to each other: each of two has the fate that it has alone. So one or two
///   stand for any number.
///
/// No arithmetic of the rules wraps, except where the rules say that it may (trace/words.h).
///
/// Sizes: one area for munmap (unmap-exact has any number), two for MADV_DONTNEED; one entry of any
/// kind in an area of any kind, or two; symbolic 64-bit bounds, start and length. Assumed: the
/// areas are in order, disjoint, page-aligned, not empty; entries satisfy the invariants; counters
/// and page offsets are at most 2^52; no page tables are listed.
struct EntriesUnmap {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    model::Call<D> call;
    call.op = run.flip("dontneed") ? trace::Op::dontneed : trace::Op::munmap;
    model::LoggedSpace<D> s =
        anyEntries(run, q, call.op == trace::Op::munmap ? 1 : 2, vm::access | vm::locked);
    call.address = run.word("start", 0, model::kernelHalf - 1);
    call.length = run.word("length");
    setScene(run, s, call);
    const model::Space<D> before = s;
    const model::StepResult<D> came = perform(q, s, call);

    requireEntries(run, q, s);
    requireIndependence(run, q, before, call, s);
    const bool unmapped = call.op == trace::Op::munmap && came.done();
    const bool emptied =
        call.op == trace::Op::dontneed && s.log.decided != model::Rule::dontneedArguments;
    const Word start = model::untagged(before, call.address);
    const Word end = start + s.pageUp(call.length);
    for (const model::Entry<D>& e : before.entries) {
      auto goes = both(truthLike(start, unmapped || emptied), within<D>(start, e.address, end));
      for (const model::Vma<D>& area : before.areas)
        if (emptied)
          goes = both(goes, either(either(negated(any(area.flags & vm::locked)),
                                          either(area.end <= start, end <= area.start)),
                                   e.address < area.start));
      run.require("exactly the entries of the range are gone",
                  isAmong(s.entries, e) == negated(goes));
    }
    for (const model::Entry<D>& e : s.entries)
      run.require("no entry is new", isAmong(before.entries, e));
    if (call.op == trace::Op::dontneed) {
      auto same = truthLike(start, s.areas.size() == before.areas.size());
      for (std::size_t k = 0; k < s.areas.size() && k < before.areas.size(); ++k)
        same = both(same, sameArea<D>(s.areas[k], before.areas[k]));
      run.require("MADV_DONTNEED leaves the areas", same);
      run.require("MADV_DONTNEED leaves the counters",
                  sameCounters<D>(s.counters, before.counters));
    }
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(came.error)});
    outputAreas(run, s);
    outputEntries(run, s);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
