// What munmap and MADV_DONTNEED leave of present entries.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/entries/entries.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

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
    const model::StepResult<D> result = perform(q, s, call);

    requireEntries(run, q, s);
    requireIndependence(run, q, before, call, s);
    const bool unmapped = call.op == trace::Op::munmap && result.done();
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
    outputEntriesStep(run, result.error, s);
  }
};

} // namespace

using model::Rule;

Theorem entriesUnmap() {
  Theorem t;
  t.name = "entries-unmap";
  t.claims = {
      "munmap and MADV_DONTNEED remove exactly the entries of their range (MADV_DONTNEED up to the "
      "first locked area). A munmap that is refused removes none.",
      "All other entries are unchanged. The invariants of entries hold: page-aligned, ascending, "
      "each in an area that allows what it grants, no private frame twice.",
      "Entries do not influence each other: two entries have the fates that each has alone."};
  t.sizes =
      "one area for munmap (unmap-exact has any number), two for MADV_DONTNEED; one entry of any "
      "kind in an area of any kind, or two; symbolic 64-bit bounds, start below 2^55, any length";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "entries satisfy the invariants", "counters and page offsets are at most 2^52",
                   "no page tables are listed"};
  t.rules = {Rule::munmapArguments,   Rule::munmapMapCount, Rule::munmapDone,    Rule::dontneedDone,
             Rule::dontneedArguments, Rule::dontneedHole,   Rule::dontneedLocked};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::staleEntry), plantedBug(planted::Bug::dontneedOfLocked)};
  t.budget = budgets::entriesUnmap;
  t.explore = exploreCode<EntriesUnmap>;
  t.scene = sceneOf<EntriesUnmap>;
  return t;
}

} // namespace growsdown::proofs
