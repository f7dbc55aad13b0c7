// What faults, the kernel's accesses and get_user_pages make of present entries.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/entries/entries.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

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
    // Growth does not depend on entries.
    const bool grows = call.op == Op::gup ? call.access == Access::read
                                          : call.op == Op::touch && call.access == Access::write;
    model::LoggedSpace<D> s =
        anyEntries(run, q, 1, vm::access | (grows ? vm::growsdown : 0U), !grows);
    if (s.areas[0].object != 0) run.assume(s.areas[0].end - s.areas[0].start <= 2 * q.page());
    call.address = run.word("address", trace::windows[1].start, q.parameters.taskSize - 1) &
                   ~std::uint64_t{3}; // an instruction's
    setScene(run, s, call);
    const model::Space<D> before = s;
    const model::StepResult<D> result = perform(q, s, call);

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
                  implies(truthLike(page, result.done()), reached));
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(result.error)});
    run.output("verdict", std::uint64_t{static_cast<std::uint8_t>(result.verdict)});
    outputAreas(run, s);
    outputEntries(run, s);
    noteRules(run, s);
  }
};

} // namespace

using model::Rule;

Theorem entriesFault() {
  Theorem t;
  t.name = "entries-fault";
  t.claims = {"An access (by the user, by the kernel, or through get_user_pages) changes no entry "
              "except that of its page. No entry is lost.",
              "Each entry lies in an area that allows what it grants. The zero page, a page that "
              "the parent maps, and a private frame of another entry are never writable.",
              "If an access by the user succeeds, its page is present and grants it. After a write "
              "to private memory the page is the process's own: a new frame if the parent maps the "
              "old one or it was the zero page, else the same frame.",
              "Entries that appear beside it (fault-around) are those of the object."};
  t.sizes = "one area of any kind, with one entry of any kind or two; symbolic 64-bit bounds; "
            "addresses from 32 GiB on";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "entries satisfy the invariants",
                   "counters and page offsets are at most 2^52",
                   "no page tables are listed",
                   "the simulated machine has memory",
                   "the process has all capabilities"};
  t.rules = {
      Rule::accessPresent,      Rule::faultNoArea,  Rule::faultNotGrowsdown, Rule::faultAccess,
      Rule::faultRefusedCounts, Rule::growDone,     Rule::growLowAddress,    Rule::guardPageAdded,
      Rule::growPgoff,          Rule::growRlimitAs, Rule::growRlimitStack,   Rule::anonNew,
      Rule::anonZero,           Rule::anonWrite,    Rule::cowZero,           Rule::cowCopy,
      Rule::cowReuse,           Rule::sharedRead,   Rule::sharedWrite,       Rule::firstWrite,
      Rule::sharedBeyondObject, Rule::tableMade,    Rule::gupDone,           Rule::gupNoArea,
      Rule::gupNoGrowth,        Rule::gupAccess,    Rule::gupUnshares};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::copyMissing, false),
               plantedBug(planted::Bug::zeroPageReused, false)};
  t.budget = budgets::entriesFault;
  t.explore = exploreCode<EntriesFault>;
  t.scene = sceneOf<EntriesFault>;
  return t;
}

} // namespace growsdown::proofs
