// Which page tables are left after munmap.
#include "model/tables.h"
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/entries/entries.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

struct TablesNeeded {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    model::LoggedSpace<D> s = anyList(run, q, [&run](model::Vma<D>& area, unsigned number) {
      area.flags = typename D::Flags(vm::read | vm::write);
      area.anon = number + 1;
      run.within(number < 8);
    });
    const trace::Geometry& geometry = q.demandedGeometry;
    const unsigned level = 1 + run.choose("level", geometry.levels - 1);
    const Word page = run.word("page", 0, q.parameters.taskSize - 1, geometry.pageShift);
    const auto home = s.findVma(page);
    run.assume(truthLike(page, s.isArea(home)));
    run.assume(s.area(home).start <= page);
    model::makeTable<D>(s, level, page);
    if (s.tables.empty()) return; // the program's
    if (q.expressible) {          // the page for which a trace's initial state has tables
      model::Entry<D> entry;
      entry.address = page;
      entry.prot = typename D::Flags(vm::read | vm::write);
      entry.kind = model::PageKind::anonymous;
      entry.frame = s.lastFrame = 1;
      s.entries.push_back(entry);
    }
    model::Call<D> call;
    call.op = trace::Op::munmap;
    call.address = run.word("start", 0, model::kernelHalf - 1);
    call.length = run.word("length");
    setScene(run, s, call);
    const Word block = s.tables[0].block;
    const unsigned shift = geometry.tableShift(level);
    const Word from = block << shift;
    const Word to = from + (std::uint64_t{1} << shift);
    const model::Space<D> before = s;
    const model::StepResult<D> result = perform(q, s, call);
    if (q.bug == planted::Bug::tableFreedEarly &&
        result.done()) { // the area above is not looked at
      const Word low = call.address < from ? from : call.address;
      if (low < to && before.intersects(low, to) && !s.intersects(from, low)) s.tables.clear();
    }

    const bool there = model::tableAt(s, level, block);
    const bool needed = s.intersects(from, to);
    run.require("a refusal leaves the table", truthLike(page, result.done() || there));
    run.require("a table is left exactly if an area touches it", truthLike(page, there == needed));
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(result.error)});
    run.output("there", std::uint64_t{there});
    noteRules(run, s);
  }
};

} // namespace

using model::Rule;

Theorem tablesNeeded() {
  Theorem t;
  t.name = "tables-needed";
  t.claims = {
      "After munmap, a page table that an area touched is present exactly if a remaining area "
      "touches it. So no unneeded page table stays, and none is removed that an area may use.",
      "After a munmap that is refused, page tables are as before."};
  t.sizes = "any number of areas; a page table of any level for any page of an area; symbolic "
            "64-bit bounds, start and length";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private, readable and writable", "counters include the areas",
                   "counters and page offsets are at most 2^52",
                   "the tables of the program itself are not listed"};
  t.rules = {Rule::munmapArguments, Rule::munmapMapCount, Rule::munmapDone, Rule::tableFreed,
             Rule::tableMade};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {plantedBug(planted::Bug::tableNotFreed), plantedBug(planted::Bug::tableFreedEarly)};
  t.budget = budgets::tablesNeeded;
  t.explore = exploreCode<TablesNeeded>;
  t.scene = sceneOf<TablesNeeded>;
  return t;
}

} // namespace growsdown::proofs
