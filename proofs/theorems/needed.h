// What a munmap leaves of page tables.
#pragma once

#include "model/tables.h"
#include "proofs/theorems/entries.h"

namespace growsdown::proofs {

/// THEOREM tables-needed. One munmap (the model's munmap) of any start and length.
///
/// A page table that some area touched before is there afterwards exactly if some area that is left
/// touches it; after a munmap that is refused, as before. So no page table is left that no area
/// needs, and none goes that an area may use.
///
/// Sizes: any number of areas; a table of any level on the way to any page of an area (one stands
/// for all: tables do not matter to each other); symbolic 64-bit bounds, start and length. Assumed:
/// the list is in order, disjoint, page-aligned, not empty; areas are private, readable and
/// writable; counters cover the areas, and they and the page offsets are at most 2^52. The tables
/// of the program itself are not listed.
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
    if (q.expressible) {          // what a trace's initial state makes tables of
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
    const model::StepResult<D> came = perform(q, s, call);
    if (q.bug == planted::Bug::tableFreedEarly && came.done()) { // the area above is not looked at
      const Word low = call.address < from ? from : call.address;
      if (low < to && before.intersects(low, to) && !s.intersects(from, low)) s.tables.clear();
    }

    const bool there = model::tableAt(s, level, block);
    const bool needed = s.intersects(from, to);
    run.require("a refusal leaves the table", truthLike(page, came.done() || there));
    run.require("a table is left exactly if an area touches it", truthLike(page, there == needed));
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(came.error)});
    run.output("there", std::uint64_t{there});
    noteRules(run, s);
  }
};

/// THEOREM anon-adopted. Which anon_vma the first write to a page of a private area gives it (the
/// model's handleMmFault).
///
/// It is that of the area above, if that begins where this one ends, has an anon_vma that was made
/// in this process, and could be one area with this one but for read, write and execute: the same
/// other flags, no object, page offsets that go on. Else that of the area below, under the same
/// conditions. Else one that no area has. It counts as made in this process, and no other area's
/// changes, nor its extent, flags or page offset. A write that makes no anon_vma leaves all
/// as they were.
///
/// Sizes: any number of areas, of which the one and its neighbours have any bounds, page offsets
/// and flags; with and without anon_vmas, own and inherited. Assumed: the list is in order,
/// disjoint, page-aligned, not empty; areas are private; the page is absent and not the lowest of
/// its area (where 4.3 may take the guard step: growth-equal).
struct AnonAdopted {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    model::LoggedSpace<D> s = anyList(run, q, [&run](model::Vma<D>& area, unsigned number) {
      makePrivate(run, area);
      if (number == 0) run.assume(any(area.flags & vm::write));
      chooseAnonVma(run, area, number);
      run.within(number < 5);
    });
    const Word page = run.word("page", q.expressible ? trace::windows[1].start : 0,
                               q.parameters.taskSize - 1, q.demandedGeometry.pageShift);
    const auto i = s.findVma(page);
    run.assume(truthLike(page, s.isArea(i)));
    run.assume(s.area(i).start < page);
    model::Call<D> call;
    call.op = trace::Op::touch;
    call.access = trace::Access::write;
    call.address = page;
    setScene(run, s, call);
    const model::Vma<D> was = s.area(i);
    const auto neighbour = [](const model::Vma<D>* area) {
      return area != nullptr ? std::optional(*area) : std::nullopt;
    };
    const std::optional<model::Vma<D>> above = neighbour(s.above(i));
    const std::optional<model::Vma<D>> below = neighbour(s.below(i));
    const model::Space<D> before = s;
    model::StepResult<D> came;
    came.verdict = model::verdictOf(model::handleMmFault<D>(s, i, page, true));
    applyPlantedBug<D>(q.bug, before, call, came, s);

    const auto lends = [&](const std::optional<model::Vma<D>>& from, bool isAbove) {
      if (!from || from->anon == 0 || from->forked) return truthLike(page, false);
      const model::Vma<D>& lower = isAbove ? was : *from;
      const model::Vma<D>& upper = isAbove ? *from : was;
      return both(both(lower.end == upper.start,
                       (lower.flags & ~vm::access) == (upper.flags & ~vm::access)),
                  upper.pgoff == lower.pgoff + (lower.end - lower.start) / q.page());
    };
    const model::Vma<D> now = s.area(s.findVma(page));
    const auto is = [&](std::uint64_t anon) { return truthLike(page, now.anon == anon); };
    run.require("the write is done", truthLike(page, came.done()));
    run.require("extent, offset and flags stay", sameArea<D>(now, was));
    run.require("other areas stay", truthLike(page, othersAsBefore(before, s, i)));
    if (was.anon != 0) {
      run.require("an anon_vma stays",
                  both(is(was.anon), truthLike(page, now.forked == was.forked)));
    } else {
      const auto fromAbove = lends(above, true);
      const auto fromBelow = lends(below, false);
      run.require("a neighbour's is adopted, the upper one's first",
                  both(implies(fromAbove, is(above ? above->anon : 0)),
                       implies(both(negated(fromAbove), fromBelow), is(below ? below->anon : 0))));
      run.require("else it is a new one", implies(negated(either(fromAbove, fromBelow)),
                                                  truthLike(page, now.anon > before.lastAnon)));
      run.require("it was made in this process", truthLike(page, !now.forked));
    }
    run.output("anon", now.anon);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
