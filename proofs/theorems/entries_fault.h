// What faults, the kernel's accesses and get_user_pages make of present entries.
#pragma once

#include "proofs/theorems/entries.h"

namespace growsdown::proofs {

/// THEOREM entries-fault. One access by user mode, by the kernel on its behalf, or through
/// get_user_pages: a read, a write, or by user mode a fetch. The address is 32 GiB (the start of
/// the high window) or above.
///
/// - In any case the invariants of entries hold. No entry lies outside an area or grants more than
///   the rights of its area. These are never writable, copy-on-write included: the zero page, a
///   page that the parent maps, and a private frame of another entry.
/// - No entry is lost. Every entry, except that of the page accessed, is as before.
/// - If an access by user mode succeeds, its page is present and grants the access. After a write
///   the page is dirty. After a write to private memory the page belongs to this process alone: a
///   new frame if the parent maps the old one or it was the zero page, otherwise the same frame.
/// - Other new entries (fault-around) map pages of the object.
///
/// No arithmetic of the rules wraps, except where the rules say that it may (trace/words.h).
///
/// Sizes: one area of any kind, with one entry of any kind or two; symbolic 64-bit bounds. Assumed:
/// the areas are in order, disjoint, page-aligned, not empty; entries satisfy the invariants;
/// counters and page offsets are at most 2^52; no page tables are listed; the simulated machine has
/// memory; all capabilities.
struct EntriesFault {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using trace::Access;
    using trace::Op;
    constexpr Op ops[] = {Op::touch, Op::kernel, Op::gup};
    model::Call<D> call;
    call.op = ops[run.choose("op", 3)];
    call.access = static_cast<Access>(run.choose("access", call.op == Op::touch ? 3 : 2));
    // Growth does not depend on the entries that there are.
    const bool grows = call.op == Op::gup ? call.access == Access::read
                                          : call.op == Op::touch && call.access == Access::write;
    model::LoggedSpace<D> s =
        anyEntries(run, q, 1, vm::access | (grows ? vm::growsdown : 0U), !grows);
    if (s.areas[0].object != 0) run.assume(s.areas[0].end - s.areas[0].start <= 2 * q.page());
    call.address = run.word("address", trace::windows[1].start, q.parameters.taskSize - 1) &
                   ~std::uint64_t{3}; // an instruction's
    setScene(run, s, call);
    const model::Space<D> before = s;
    const model::StepResult<D> came = perform(q, s, call);

    requireEntries(run, q, s);
    const Word page = call.address & ~(q.page() - 1);
    const bool isShared = before.areas[0].object != 0;
    for (const model::Entry<D>& e : before.entries) {
      run.require("no entry is lost", isPresent(s.entries, e.address));
      run.require("entries of other pages are as before",
                  implies(e.address != page, isAmong(s.entries, e)));
    }
    auto reached = truthLike(page, false);
    for (const model::Entry<D>& e : s.entries) {
      const auto here = e.address == page;
      run.require("other new entries are the object's",
                  either(either(here, isPresent(before.entries, e.address)),
                         truthLike(page, e.kind == model::PageKind::shared)));
      auto grants = any(e.prot & model::protFor(call.access));
      if (call.access == Access::exec && q.demanded->fetchesAreReads)
        grants = any(e.prot & vm::read);
      if (call.access == Access::write) {
        auto own = e.writable;
        if (!isShared)
          own = both(own, both(negated(e.inherited),
                               truthLike(page, e.kind == model::PageKind::anonymous)));
        grants = both(grants, both(own, e.dirty));
        for (const model::Entry<D>& old : before.entries)
          if (!isShared) {
            const auto copied =
                either(old.inherited, truthLike(page, old.kind == model::PageKind::zero));
            grants =
                both(grants, implies(both(here, old.address == page),
                                     truthLike(page, old.frame == e.frame) == negated(copied)));
          }
      }
      reached = either(reached, both(here, grants));
    }
    if (call.op == Op::touch)
      run.require("the page accessed is present, grants it, and belongs to the process alone",
                  implies(truthLike(page, came.done()), reached));
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(came.error)});
    run.output("verdict", std::uint64_t{static_cast<std::uint8_t>(came.verdict)});
    outputAreas(run, s);
    outputEntries(run, s);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
