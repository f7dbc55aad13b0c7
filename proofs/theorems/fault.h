// A whole fault on a process with a present page: what it keeps, whatever it decides.
#pragma once

#include "model/fault.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM fault-keeps. One fault (do_page_fault: the model's pageFault) by a read, a write or a
/// fetch at any address from 32 GiB (the high window's start) on, in a private area or below one,
/// where one page of that area may be present already, whose entry does not permit the access.
///
/// Whatever the outcome: the areas stay in order; each keeps its end and flags; the counters total,
/// stack and committed change together and by as much as the area's page offset falls; every
/// present page lies in an area; an entry grants what its area's rights and its own bits come to on
/// the hardware (any right makes readable, execution if the area has it, writing if the entry has
/// its write bit and was written); the write bit is only on private pages of writable areas that
/// the parent does not map. If the access succeeds, its page is present and grants it. If it is
/// refused, the entries are those from before.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas, none or one present page in the area found, the zero page or, where
/// no area lies below, one of any kind; symbolic 64-bit bounds. Assumed: the list is in order,
/// disjoint, page-aligned, not empty; areas are private and have an anon_vma each; counters and
/// page offsets are at most 2^52; the entry is as just described, and does not permit the access;
/// no page table exists yet; the simulated machine has memory; all capabilities.
struct FaultKeeps {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using Flags = typename D::Flags;
    const std::uint64_t page = q.page();
    model::LoggedSpace<D> s = anyList(run, q, [&run](model::Vma<D>& area, unsigned number) {
      makePrivate(run, area);
      area.anon = number + 1;
    });
    const Word touched =
        run.word("address", trace::windows[1].start,
                 (q.expressible ? trace::windows[1].end : q.parameters.taskSize) - 1);
    const Word address = touched & ~std::uint64_t{3}; // an instruction's
    const auto access = static_cast<trace::Access>(run.choose("access", 3));
    const auto found = s.findVma(address);
    run.assume(truthLike(address, s.isArea(found)));
    const Word to = address & ~(page - 1);
    const Flags rights = s.area(found).flags & vm::access;

    // None; the zero page; or a page that the parent maps too, or that may be written or not and
    // was written through this entry or not.
    enum Present : unsigned { none, zero, inherited, clean, dirty, writableClean, writableDirty };
    const unsigned present = run.choose("present", 7);
    if (present > zero || (present == zero && access != trace::Access::read))
      run.assume(s.area(found).start <= address);
    if (present != none) {
      model::Entry<D> entry;
      entry.address =
          run.word("entry.address", 0, q.parameters.taskSize - 1, q.demandedGeometry.pageShift);
      entry.prot = run.flags("entry.prot", vm::access);
      entry.kind = present == zero ? model::PageKind::zero : model::PageKind::anonymous;
      entry.frame = present == zero ? 0 : 1;
      entry.inherited = present == inherited;
      entry.dirty = present == dirty || present == writableDirty;
      entry.writable = present == writableClean || present == writableDirty;
      s.lastFrame = 1;
      run.assume(both(s.area(found).start <= entry.address, entry.address < s.area(found).end));
      run.assume(granted(q, entry, rights));
      run.assume(implies(entry.address == to, negated(any(entry.prot & model::protFor(access)))));
      s.entries.push_back(entry);
    }

    setScene(run, s, trace::Op::touch, access, address, 0);
    const model::Space<D> before = s;
    const model::Verdict verdict =
        exactly<D>([&] { return model::pageFault<D>(s, address, access, true); });
    const bool done = verdict == model::Verdict::ok;

    requireOrdered(run, q, s);
    const model::Vma<D>& old = before.area(found);
    const model::Vma<D>& now = s.area(found);
    run.require("other areas are as before", truthLike(to, othersAsBefore(before, s, found)));
    run.require("its end and flags are as before",
                both(now.end == old.end, now.flags == old.flags));
    const Word grown = old.pgoff - now.pgoff;
    run.require("total, stack and commitment rise by what the offset falls",
                both(both(s.counters.total == before.counters.total + grown,
                          s.counters.stack == before.counters.stack + grown),
                     s.counters.committed == before.counters.committed + grown));
    run.require("the offset falls by the growth", now.start + grown * page == old.start);
    if (done) run.require("a success is within the area", now.start <= to);

    run.require("at most one page became present",
                truthLike(to, s.entries.size() >= before.entries.size() &&
                                  s.entries.size() <= before.entries.size() + (done ? 1 : 0)));
    auto reached = truthLike(to, !done);
    for (const model::Entry<D>& e : s.entries) {
      run.require("a present page lies in its area",
                  both(now.start <= e.address, e.address < now.end));
      run.require("an entry grants what its area and its own bits allow", granted(q, e, rights));
      run.require("writing is to a page of the process' own",
                  implies(e.writable, both(truthLike(to, e.kind == model::PageKind::anonymous),
                                           negated(e.inherited))));
      reached = either(reached, both(e.address == to, any(e.prot & model::protFor(access))));
    }
    run.require("the page touched is present and grants the access", reached);
    if (!done && !before.entries.empty() && s.entries.size() == 1)
      run.require("a refusal leaves the entries",
                  both(s.entries[0].address == before.entries[0].address,
                       s.entries[0].prot == before.entries[0].prot));

    run.output("verdict", std::uint64_t{static_cast<std::uint8_t>(verdict)});
    outputAreas(run, s);
    outputCounters(run, s.counters);
    for (const model::Entry<D>& e : s.entries) {
      run.output("entry", e.address);
      run.output("prot", e.prot);
      run.output("frame", e.frame);
    }
    run.output("tables", std::uint64_t{s.tables.size()});
    noteRules(run, s);
  }

 private:
  /// What the hardware makes of the area's rights: any right makes readable, exec is exec, and
  /// writing is the entry's own matter: its write bit, which only a writable area's have, and,
  /// where the hardware does not manage dirty state, a page written already.
  template <class D>
  static auto granted(const Question& q, const model::Entry<D>& e,
                      const typename D::Flags& rights) {
    const auto writes = both(e.writable, either(e.dirty, q.demanded->hardwareDirty));
    return both(
        both(any(e.prot & vm::read) == any(rights),
             any(e.prot & vm::exec) == any(rights & vm::exec)),
        both(any(e.prot & vm::write) == writes, implies(e.writable, any(rights & vm::write))));
  }
};

} // namespace growsdown::proofs
