// The states and steps that the versions theorems run on.
#pragma once

#include "proofs/theorems/versions/versions.h"

namespace growsdown::proofs::operations {

inline model::Position<model::Concrete> positionOf(const model::Space<model::Concrete>&,
                                                   std::size_t ordinal) {
  return ordinal;
}
inline model::Position<Symbolic> positionOf(const model::Space<Symbolic>& s, std::size_t ordinal) {
  return s.areas.position(ordinal);
}

/// The further unknowns of a process.
template <class D>
Case<D> caseOf(Run<D>& run, const Question& q, model::Space<D> space) {
  Case<D> c;
  c.space = std::move(space);
  if (!c.space.areas.empty()) c.at = positionOf(c.space, 0);
  c.space.capable = run.truth("capable");
  c.space.limits.data = run.word("limitData");
  if (q.expressible) { // what a trace can say, under either layout
    model::Counters<D> sum;
    for (const model::Vma<D>& area : c.space.areas)
      sum = sumOf<D>(sum, contributionOf<D>(area.flags, (area.end - area.start) / q.page()));
    run.assume(c.space.counters.data == sum.data);
    run.assume(c.space.effectiveMinAddr <= trace::windows[1].end);
  }
  return c;
}

/// Any number of private areas; the address in the one found, or (`orBelow`) below it. An area's
/// anon_vma is one of the first `kinds` of: none, one that all share, an inherited one of its own.
template <class D>
Case<D> areaFound(Run<D>& run, const Question& q, bool orBelow, unsigned kinds) {
  Case<D> c =
      caseOf<D>(run, q, anyList(run, q, [&run, kinds](model::Vma<D>& area, unsigned number) {
                  makePrivate(run, area);
                  const unsigned anon =
                      run.choose("area" + std::to_string(number) + ".anon", kinds);
                  area.anon = anon == 0 ? 0 : anon == 1 ? lastIdentity : number + 1;
                  area.forked = anon == 2;
                }));
  const Extent extent = extentOf(q);
  c.call.address = run.word("address", extent.lowest, extent.highest - 1,
                            orBelow ? 0 : q.demandedGeometry.pageShift);
  c.at = c.space.findVma(c.call.address);
  run.assume(c.is(c.space.isArea(c.at)));
  if (!orBelow) run.assume(c.area().start <= c.call.address);
  // Looks at all areas that a rule may look at. Otherwise the two sides would learn of different
  // areas.
  c.space.below(c.at);
  if (c.space.above(c.at) != nullptr && !orBelow) c.space.above(c.space.next(c.at));
  return c;
}

/// One page of area `at` may be present: the zero page, or a private page, which the
/// parent may map too (and then the area has an anon_vma).
template <class D>
void maybePresent(Run<D>& run, const Question& q, Case<D>& c) {
  enum Present : unsigned { none, zero, own };
  const unsigned present = run.choose("present", 3);
  if (present == none) return;
  model::Entry<D> entry;
  entry.address =
      run.word("entry.address", 0, q.parameters.taskSize - 1, q.demandedGeometry.pageShift);
  entry.prot = run.flags("entry.prot", vm::access);
  entry.kind = present == zero ? model::PageKind::zero : model::PageKind::anonymous;
  if (present == own) {
    entry.frame = 1;
    entry.inherited = run.truth("entry.inherited");
    entry.dirty = run.truth("entry.dirty");
    entry.writable = run.truth("entry.writable");
    run.assume(negated(both(entry.inherited, entry.writable)));
  }
  c.space.lastFrame = 1;
  if (entry.kind == model::PageKind::anonymous)
    for (std::size_t k = 0; k < c.space.areas.size(); ++k)
      if (positionOf(c.space, k) == c.at) c.space.areas[k].anon = lastIdentity;
  run.assume(both(c.area().start <= entry.address, entry.address < c.area().end));
  if (q.expressible) {
    // What a trace can say: rights that follow from the area's and the entry's own.
    run.assume(both(both(any(entry.prot & vm::read) == c.has(vm::access),
                         any(entry.prot & vm::exec) == c.has(vm::exec)),
                    both(any(entry.prot & vm::write) == entry.writable,
                         implies(entry.writable, c.has(vm::write)))));
    if (present == own) run.assume(entry.dirty);
  }
  c.space.entries.push_back(entry);
}

/// A range within the area at `at`, in one of a few private areas with or without an anon_vma that
/// they share; alone, it has none or one present page of any kind.
template <class D>
Case<D> rangeInFew(Run<D>& run, const Question& q, unsigned below, unsigned above,
                   const typename D::Word& length) {
  const unsigned count = below + 1 + above;
  Case<D> c = caseOf<D>(run, q, anySpace(run, q, count));
  for (unsigned k = 0; k < count; ++k) {
    makePrivate(run, c.space, k);
    if (run.flip("area" + std::to_string(k) + ".anon")) c.space.areas[k].anon = lastIdentity;
  }
  c.space.lastAnon = lastIdentity;
  c.call.address = run.word("address", 0, q.parameters.taskSize - 1, q.demandedGeometry.pageShift);
  c.call.length = length;
  c.at = positionOf(c.space, below);
  run.assume(c.area().start <= c.call.address);
  run.assume(c.call.address + c.call.length <= c.area().end);
  if (count == 1) maybePresent<D>(run, q, c);
  return c;
}
/// The length of a range in whole pages.
template <class D>
typename D::Word anyLength(Run<D>& run, const Question& q) {
  return run.word("length", q.page(), q.parameters.taskSize, q.demandedGeometry.pageShift);
}

/// Two areas, readable, writable and accounted, each growing down or not, without an anon_vma or
/// with one of its own; the minimum address is 0.
template <class D>
Case<D> twoAreas(Run<D>& run, const Question& q) {
  FixedFlags flags;
  for (unsigned k = 0; k < 2; ++k)
    flags.push_back(vm::read | vm::write | vm::account |
                    (run.flip("area" + std::to_string(k) + ".stack") ? vm::growsdown : 0));
  Case<D> c = caseOf<D>(run, q, anySpace(run, q, 2, flags));
  for (unsigned k = 0; k < 2; ++k)
    if (run.flip("area" + std::to_string(k) + ".anon")) c.space.areas[k].anon = k + 1;
  c.space.lastAnon = lastIdentity;
  c.space.minAddr = c.space.effectiveMinAddr = 0;
  return c;
}

} // namespace growsdown::proofs::operations
