// What mremap makes of present entries.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/entries/entries.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

struct EntriesMove {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    constexpr std::uint32_t requests[] = {0, trace::flag::maymove, trace::flag::to};
    model::Call<D> call;
    call.op = trace::Op::mremap;
    call.flags = requests[run.choose("request", 3)];
    const bool fixed = call.flags == trace::flag::to;
    const bool moving = call.flags != 0;
    model::LoggedSpace<D> s = anyEntries(run, q, 1, moving ? 0 : vm::access, !moving);
    if (moving)
      run.assume(truthLike(s.areas[0].start, s.areas[0].object == 0 && s.areas[0].anon != 0));
    const std::uint64_t taskSize = q.parameters.taskSize;
    const unsigned shift = q.demandedGeometry.pageShift;
    call.address = run.word("start", trace::windows[1].start, taskSize, shift);
    call.length = run.word("length", 0, taskSize, shift);
    call.newLength = run.word("newLength", 0, taskSize, shift);
    if (fixed) call.target = run.word("target", trace::windows[1].start, taskSize, shift);
    setScene(run, s, call);
    const model::Space<D> before = s;
    const model::StepResult<D> result = perform(q, s, call);

    requireEntries(run, q, s);
    requireIndependence(run, q, before, call, s);
    const Word start = call.address;
    const Word length = s.pageUp(call.length);
    const Word newLength = s.pageUp(call.newLength);
    const Word to = fixed ? call.target : result.address;
    const Word kept = select(length < newLength, length, newLength);
    const auto moves = result.done() ? negated(to == start) : truthLike(start, fixed);
    const auto shifted = [&](model::Entry<D> e) {
      e.address = e.address - start + to;
      e.hosted = false;
      return e;
    };
    for (const model::Entry<D>& e : s.entries) {
      auto known = isAmong(before.entries, e);
      for (const model::Entry<D>& old : before.entries)
        known = either(known, both(both(moves, within<D>(start, old.address, start + kept)),
                                   sameEntry<D>(shifted(old), e)));
      run.require("no entry is new", known);
    }
    if (result.done())
      for (const model::Entry<D>& e : before.entries) {
        const auto inKept = both(moves, within<D>(start, e.address, start + kept));
        const auto inTail = within<D>(start + kept, e.address, start + length);
        auto inTarget = both(moves, within<D>(to, e.address, to + newLength));
        if (q.demanded->mremapMovesMany && fixed) { // holes of the range unmap nothing
          const Word source = e.address - to + start;
          inTarget =
              both(inTarget, either(length != newLength, coveredAt(q, before, source).covered));
        }
        run.require("the range's entries are moved by the distance",
                    implies(inKept, isAmong(s.entries, shifted(e))));
        run.require(
            "the entries of a tail and of the target are gone, others stay",
            implies(negated(inKept), isAmong(s.entries, e) == negated(either(inTail, inTarget))));
        run.require("no entry is left behind",
                    implies(inKept, negated(isPresent(s.entries, e.address))));
      }
    outputEntriesStep(run, result.error, s);
  }
};

} // namespace

using model::Rule;

Theorem entriesMove() {
  Theorem t;
  t.name = "entries-move";
  t.claims = {
      "mremap moves the entries of the kept part of its range by exactly the distance, with frame, "
      "rights and bits. It leaves none behind and duplicates none.",
      "The entries of a tail that is cut off, and those at a fixed target, are gone. All others "
      "are unchanged.",
      "Entries do not influence each other: two entries have the fates that each has alone."};
  t.sizes = "one area, two with MREMAP_FIXED; one entry of any kind in an area of any kind, or "
            "two; with a flag, one private entry in a readable and writable area with an anon_vma; "
            "symbolic 64-bit bounds, page-aligned range and target";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "no area is locked (entries-fault covers pages that are made present)",
                   "entries satisfy the invariants",
                   "counters and page offsets are at most 2^52",
                   "addresses are from 32 GiB on (the start of the high window)",
                   "no page tables are listed",
                   "the process has all capabilities"};
  t.rules = {Rule::mergeBelow,         Rule::placeTooLong,
             Rule::placeTopDown,       Rule::placeBottomUp,
             Rule::placeAligned,       Rule::placeNoRoom,
             Rule::munmapDone,         Rule::munmapArguments,
             Rule::munmapMapCount,     Rule::mremapArguments,
             Rule::mremapTarget,       Rule::mremapOverlap,
             Rule::mremapUnmapsTarget, Rule::mremapNoArea,
             Rule::mremapAcrossAreas,  Rule::mremapDuplicatePrivate,
             Rule::mremapRlimitAs,     Rule::mremapRlimitData,
             Rule::mremapShrinks,      Rule::mremapInPlace,
             Rule::mremapNoRoom,       Rule::mremapMapCount,
             Rule::mremapMoved,        Rule::mremapKeepsPgoff};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::moveForgetsWrite, false)};
  t.budget = budgets::entriesMove;
  t.explore = exploreCode<EntriesMove>;
  t.scene = sceneOf<EntriesMove>;
  return t;
}

} // namespace growsdown::proofs
