// What mmap makes of present entries.
#pragma once

#include "proofs/theorems/entries.h"

namespace growsdown::proofs {

/// THEOREM entries-map. One mmap of readable and writable memory at any address below 2^55:
/// MAP_FIXED, private or shared, or a hint or none. The pages that MAP_POPULATE makes present one
/// by one are the subject of entries-fault.
///
/// - In any case the invariants of entries hold, and no entry is new.
/// - An mmap that is refused leaves all entries as they were. After success exactly the entries of
///   the range that it replaced are gone.
/// - Entries do not matter to each other: each of two has the fate that it has alone.
///
/// No arithmetic of the rules wraps, except where the rules say that it may (trace/words.h).
///
/// Sizes: one area of any kind with one entry of any kind, or (private, MAP_FIXED) two entries;
/// symbolic 64-bit bounds, address and length.
///
/// Assumed:
/// - the areas are in order, disjoint, page-aligned, not empty, not locked
/// - entries satisfy the invariants; counters and page offsets are at most 2^52
/// - the address is 32 GiB (the start of the high window) or above
/// - no page tables are listed; the process has all capabilities
struct EntriesMap {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    namespace flag = trace::flag;
    constexpr std::uint32_t kinds[] = {flag::fixed, flag::fixed | flag::shared, 0};
    model::Call<D> call;
    call.op = trace::Op::mmap;
    call.flags = kinds[run.choose("request", 3)];
    call.prot = vm::read | vm::write;
    model::LoggedSpace<D> s = anyEntries(run, q, 1, vm::access, call.flags == flag::fixed);
    call.address = run.word("start", trace::windows[1].start, model::kernelHalf - 1);
    call.length = run.word("length");
    setScene(run, s, call);
    const model::Space<D> before = s;
    const model::StepResult<D> came = perform(q, s, call);

    requireEntries(run, q, s);
    requireIndependence(run, q, before, call, s);
    const Word end = came.address + s.pageUp(call.length);
    for (const model::Entry<D>& e : before.entries) {
      const auto goes = both(truthLike(end, came.done()), within<D>(came.address, e.address, end));
      run.require("exactly the entries of the range replaced are gone",
                  isAmong(s.entries, e) == negated(goes));
    }
    for (const model::Entry<D>& e : s.entries)
      run.require("no entry is new", isAmong(before.entries, e));
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(came.error)});
    outputAreas(run, s);
    outputEntries(run, s);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
