// What mprotect, mlock and munlock make of present entries.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/entries/entries.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

struct EntriesProtect {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using trace::Op;
    constexpr Op ops[] = {Op::mprotect, Op::mlock, Op::munlock};
    model::Call<D> call;
    call.op = ops[run.choose("op", 3)];
    const bool protects = call.op == Op::mprotect;
    if (protects) {
      constexpr std::uint32_t prots[] = {0, vm::read, vm::write, vm::exec, vm::access};
      const unsigned choice = run.choose("prot", 6);
      call.prot = prots[choice % 5];
      call.flags = choice == 5 ? trace::flag::growsdown : 0;
    }
    model::LoggedSpace<D> s =
        anyEntries(run, q, 1, vm::access | vm::locked | (call.flags != 0 ? vm::growsdown : 0U));
    call.address = run.word("start", 0, model::kernelHalf - 1);
    call.length = run.word("length");
    const Word start = model::untagged(s, call.address);
    const Word end = start + s.pageUp(call.length);
    const model::Vma<D> area = s.areas[0];
    const auto locked = any(area.flags & vm::locked);
    const auto few = s.areas[0].end - s.areas[0].start <= 2 * q.page();
    if (protects && (call.prot & vm::write) != 0)
      run.assume(either(few, negated(both(locked, negated(any(area.flags & vm::write))))));
    if (call.op == Op::mlock) run.assume(few);
    run.assume(area.start >= trace::windows[1].start);
    setScene(run, s, call);
    const model::Space<D> before = s;
    const model::StepResult<D> result = perform(q, s, call);

    requireEntries(run, q, s);
    bool populates = call.op == Op::mlock;
    if (protects && (call.prot & vm::write) != 0) populates = model::decide(locked);
    if (!populates) {
      requireIndependence(run, q, before, call, s);
      for (const model::Entry<D>& e : s.entries)
        run.require("no entry is new", isPresent(before.entries, e.address));
    }
    for (const model::Entry<D>& e : before.entries) {
      if (populates) {
        run.require("no entry is lost", isPresent(s.entries, e.address));
      } else if (!protects) {
        run.require("locking leaves the entries", isAmong(s.entries, e));
      } else {
        const auto from = call.flags != 0 ? area.start : start;
        const auto differs = both(within<D>(from, e.address, end),
                                  (area.flags & vm::access) != typename D::Flags(call.prot));
        // If a hole after the area refuses the rest, this part has been done.
        const bool done = result.done() || s.log.decided == model::Rule::mprotectHole;
        const auto inside = both(both(area.start <= from, start < area.end), call.length != 0);
        const auto changes = both(both(differs, inside), truthLike(start, done));
        run.require("other entries are as they were",
                    implies(negated(changes), isAmong(s.entries, e)));
        run.require("the range's entries are recomputed",
                    implies(changes, isAmong(s.entries, recomputed<D>(q, e, call.prot))));
      }
    }
    outputEntriesStep(run, result.error, s);
  }

 private:
  /// The entry that mprotect must make of `e`.
  template <class D>
  static model::Entry<D> recomputed(const Question& q, model::Entry<D> e, std::uint32_t prot) {
    using Truth = typename D::Truth;
    const trace::RuleSet& demanded = *q.demanded;
    const bool write = (prot & vm::write) != 0;
    if (e.kind == model::PageKind::shared)
      e.writable = write;
    else
      e.writable = both(both(Truth(write && demanded.mprotectKeepsWritable &&
                                   e.kind == model::PageKind::anonymous),
                             negated(e.inherited)),
                        either(e.dirty, demanded.mprotectKeepsClean));
    const std::uint32_t readable = (prot != 0 ? vm::read : 0U) | (prot & vm::exec);
    e.prot = select(both(e.writable, either(e.dirty, demanded.hardwareDirty)),
                    typename D::Flags(readable | vm::write), typename D::Flags(readable));
    e.hosted = demanded.hostMappedPages;
    return e;
  }
};

} // namespace

using model::Rule;

Theorem entriesProtect() {
  Theorem t;
  t.name = "entries-protect";
  t.claims = {
      "mprotect recomputes exactly the entries of the parts of areas whose rights it changes. Such "
      "an entry grants what the new rights result in.",
      "A recomputed shared entry is writable if its area is. A private one is not, except from 6.1 "
      "on if the page is the process's own, was written (not required before about 6.16), and the "
      "area is writable.",
      "mlock and munlock leave all entries, except that mlock makes pages present.",
      "If no page is made present, no entry is new, and entries do not influence each other.",
      "Each entry lies in an area that allows what it grants."};
  t.sizes =
      "one area of any kind with one entry of any kind, or two entries; symbolic 64-bit bounds, "
      "start and length; no rights, each right alone, and all; two pages if pages are made present";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "entries satisfy the invariants",
                   "counters and page offsets are at most 2^52",
                   "addresses are from 32 GiB on (the start of the high window)",
                   "no page tables are listed",
                   "the simulated machine has memory",
                   "the process has all capabilities"};
  t.rules = {Rule::anonNew,
             Rule::splitArea,
             Rule::splitMapCount,
             Rule::anonZero,
             Rule::anonWrite,
             Rule::cowZero,
             Rule::cowCopy,
             Rule::cowReuse,
             Rule::sharedRead,
             Rule::sharedBeyondObject,
             Rule::tableMade,
             Rule::populateDone,
             Rule::populateNoAccess,
             Rule::mprotectChanged,
             Rule::mprotectSame,
             Rule::mprotectEmpty,
             Rule::mprotectUnaligned,
             Rule::mprotectWraps,
             Rule::mprotectHole,
             Rule::mprotectToStart,
             Rule::mprotectNotGrowsdown,
             Rule::mprotectRlimitData,
             Rule::mprotectCharges,
             Rule::mprotectPopulates,
             Rule::mlockLocks,
             Rule::munlockUnlocks,
             Rule::mlockEmpty,
             Rule::mlockWraps,
             Rule::mlockHole,
             Rule::mlockPopulateFails};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::entriesKeepRights, false),
               plantedBug(planted::Bug::splitNotRecorded, false)};
  t.budget = budgets::entriesProtect;
  t.explore = exploreCode<EntriesProtect>;
  t.scene = sceneOf<EntriesProtect>;
  return t;
}

} // namespace growsdown::proofs
