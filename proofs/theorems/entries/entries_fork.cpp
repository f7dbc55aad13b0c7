// What the child of a fork starts with.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/entries/entries.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

struct EntriesFork {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Flags = typename D::Flags;
    model::LoggedSpace<D> s = anyEntries(run, q, 2, vm::all & ~vm::shared);
    model::Call<D> call;
    call.op = trace::Op::fork;
    setScene(run, s, call);
    const model::Space<D> before = s;
    perform(q, s, call);

    requireEntries(run, q, s);
    requireIndependence(run, q, before, call, s);
    run.require("no area comes or goes",
                truthLike(s.counters.total, s.areas.size() == before.areas.size()));
    for (std::size_t k = 0; k < s.areas.size() && k < before.areas.size(); ++k) {
      const model::Vma<D>& now = s.areas[k];
      model::Vma<D> old = before.areas[k];
      old.flags = old.flags & ~vm::locked;
      run.require("areas stay as they are, unlocked", sameArea<D>(now, old));
      const bool fresh =
          now.forked && now.anon > before.lastAnon && (k == 0 || now.anon != s.areas[k - 1].anon);
      run.require("an anon_vma is inherited",
                  truthLike(now.start,
                            now.object == old.object && (old.anon != 0 ? fresh : now.anon == 0)));
    }
    model::Counters<D> expected = before.counters;
    expected.locked = 0;
    run.require("no page is locked, other counters stay", sameCounters<D>(s.counters, expected));
    std::size_t kept = 0;
    for (const model::Entry<D>& e : before.entries) {
      auto stays = truthLike(e.address, false);
      for (const model::Vma<D>& area : before.areas)
        if (area.anon != 0) stays = either(stays, within<D>(area.start, e.address, area.end));
      model::Entry<D> child = e;
      child.writable = false;
      child.prot = child.prot & ~Flags(vm::write);
      if (e.kind == model::PageKind::anonymous) child.inherited = true;
      child.hosted = q.demanded->hostMappedPages;
      run.require(
          "exactly the entries of areas with an anon_vma stay, write-protected",
          both(isAmong(s.entries, child) == stays, isPresent(s.entries, e.address) == stays));
      ++kept;
    }
    run.require("no entry is new", truthLike(s.counters.total, s.entries.size() <= kept));
    outputAreas(run, s);
    outputCounters(run, s.counters);
    outputEntries(run, s);
    noteRules(run, s);
  }
};

} // namespace

using model::Rule;

Theorem entriesFork() {
  Theorem t;
  t.name = "entries-fork";
  t.claims = {
      "The child has the same areas, none of them locked. An area with an anon_vma has a new one, "
      "marked as inherited. Only the counter of locked pages changes.",
      "An entry stays exactly if its area has an anon_vma. It has the same frame, is not writable, "
      "and grants what it granted before except writing. A private page is the parent's too.",
      "So no frame that two processes map is writable. The invariants of entries hold.",
      "Entries do not influence each other: two entries have the fates that each has alone."};
  t.sizes = "two areas, one entry of any kind in an area of any kind, or two entries; symbolic "
            "64-bit bounds";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "entries satisfy the invariants", "counters and page offsets are at most 2^52",
                   "no page tables are listed"};
  t.rules = {Rule::forkDone, Rule::forkAnonVma, Rule::forkSkipsEntries};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::forkKeepsLocked, false)};
  t.budget = budgets::entriesFork;
  t.explore = exploreCode<EntriesFork>;
  t.scene = sceneOf<EntriesFork>;
  return t;
}

} // namespace growsdown::proofs
