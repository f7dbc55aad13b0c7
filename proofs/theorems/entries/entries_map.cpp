// What mmap makes of present entries.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/entries/entries.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

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
    const model::StepResult<D> result = perform(q, s, call);

    requireEntries(run, q, s);
    requireIndependence(run, q, before, call, s);
    const Word end = result.address + s.pageUp(call.length);
    for (const model::Entry<D>& e : before.entries) {
      const auto goes =
          both(truthLike(end, result.done()), within<D>(result.address, e.address, end));
      run.require("exactly the entries of the range replaced are gone",
                  isAmong(s.entries, e) == negated(goes));
    }
    for (const model::Entry<D>& e : s.entries)
      run.require("no entry is new", isAmong(before.entries, e));
    outputEntriesStep(run, result.error, s);
  }
};

} // namespace

using model::Rule;

Theorem entriesMap() {
  Theorem t;
  t.name = "entries-map";
  t.claims = {
      "A successful mmap removes exactly the entries of the range that it replaces; a refused one "
      "removes none. No other entry changes.",
      "The invariants of entries hold.",
      "No entry is new; for pages that MAP_POPULATE makes present see entries-fault.",
      "Entries do not influence each other: two entries have the fates that each has alone."};
  t.sizes = "one area of any kind with one entry of any kind, or (private, MAP_FIXED) two entries; "
            "MAP_FIXED, a hint, or none; symbolic 64-bit bounds, address and length";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "no area is locked",
                   "entries satisfy the invariants",
                   "counters and page offsets are at most 2^52",
                   "addresses are from 32 GiB on (the start of the high window)",
                   "no page tables are listed",
                   "the process has all capabilities"};
  t.rules = {
      Rule::mapFixed,       Rule::mapAtHint,       Rule::mapChosen,      Rule::mapEmpty,
      Rule::mapTooLong,     Rule::mapHintRaised,   Rule::mapCount,       Rule::mapRegionMapCount,
      Rule::mapRlimitAs,    Rule::mapRlimitData,   Rule::mapReplaces,    Rule::mapFixedKeepsSplit,
      Rule::placeTooLong,   Rule::placeBeyondTask, Rule::placeUnaligned, Rule::placeHint,
      Rule::placeHintTaken, Rule::placeTopDown,    Rule::placeBottomUp,  Rule::placeNoRoom};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::staleEntry, false)};
  t.budget = budgets::entriesMap;
  t.explore = exploreCode<EntriesMap>;
  t.scene = sceneOf<EntriesMap>;
  return t;
}

} // namespace growsdown::proofs
