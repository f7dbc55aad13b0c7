// Two rule sets run on the same unknown state and step.
#pragma once

#include "model/fault.h"
#include "model/fork.h"
#include "model/map.h"
#include "model/protect.h"
#include "model/remap.h"
#include "proofs/theorems/conditions.h"

namespace growsdown::proofs {

inline void setScene(Run<Symbolic>&, const Case<Symbolic>&) {}
inline void setScene(Run<model::Concrete>& run, const Case<model::Concrete>& c) {
  auto* keeper = dynamic_cast<SceneRun*>(&run);
  if (keeper == nullptr) return;
  trace::Step step;
  step.op = opOf(c.operation, c.user);
  step.address = c.address;
  step.length = c.length;
  step.prot = c.prot;
  step.flags = c.request;
  step.newLength = c.newLength;
  step.target = c.target;
  if (c.length == 0) step.access = c.access;
  keeper->scene = Scene{c.space, step};
}

/// What a step came to.
template <class D>
struct Answer {
  std::uint64_t kind = 0; ///< an errno or a verdict; 0: done
  typename D::Word address{};
};

/// THEOREMS versions-*. The model's text of one operation, run with the rules of two rule sets on
/// one state and with one step, comes to the same answer and leaves the same state (areas with
/// flags, page offset, anon_vma and object; present pages with frame and rights; page tables;
/// counters), unless a condition of the table in conditions.h holds for a knob in which the two
/// differ. What no row of the table names for the operation does not matter to it.
///
/// For any two rule sets with pages of one size. Both run with the address layout of the left one
/// (where user addresses end, the shape of the page tables): where layouts differ, the theorem
/// speaks of the rules, not of the layout. What /proc shows of a state (the page that 4.3 hides,
/// VmData) is not compared.
///
/// That a condition is needed is shown by leaving it out: then the theorem must be refuted, by a
/// state under this condition and no other.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes and what is assumed: see each operation below.
template <class Op>
struct Versions {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    trace::Parameters leftParameters = q.parameters;
    leftParameters.rules = q.demanded;
    Case<D> c = Op::template any<D>(run, q);
    c.operation = Op::operation;
    c.left = q.demanded;
    c.right = q.parameters.rules;
    setScene(run, c);
    run.except(excused(c, q, Excuses::everything));

    model::Space<D> a = c.space;
    a.parameters = &leftParameters;
    model::Space<D> b = c.space;
    const Answer<D> left = exactly<D>([&] { return Op::template step<D>(a, c); });
    const Answer<D> right = exactly<D>([&] { return Op::template step<D>(b, c); });
    c.refused = left.kind != 0;

    run.require("the same answer", both(c.is(left.kind == right.kind && //
                                             a.outOfMemory == b.outOfMemory),
                                        left.address == right.address));
    requireSame(run, c, a, b);
    run.require("the same minor faults",
                either(c.is(a.counters.faults == b.counters.faults && a.majorFault == b.majorFault),
                       excused(c, q, Excuses::minorFaults)));
    run.output("answer", left.kind);
    run.output("address", left.address);
    outputAreas(run, a);
    outputAreas(run, b);
    outputCounters(run, a.counters);
    outputCounters(run, b.counters);
    noteRules(run, a);
    noteRules(run, b);
  }

 private:
  /// Whether some condition of the pair holds.
  template <class D>
  static Truth<D> excused(const Case<D>& c, const Question& q, Excuses what) {
    Truth<D> some = c.is(false);
    for (const Condition<D>& row : conditionsOf<D>(Op::operation, *c.left, *c.right))
      if (row.excuses == what && row.knob != q.dropped) some = either(some, row.holds(c));
    return some;
  }

  template <class D>
  static void requireSame(Run<D>& run, const Case<D>& c, const model::Space<D>& a,
                          const model::Space<D>& b) {
    const bool sizes = a.areas.size() == b.areas.size() && a.entries.size() == b.entries.size() &&
                       a.tables.size() == b.tables.size() && a.objects.size() == b.objects.size() &&
                       a.objectPages.size() == b.objectPages.size();
    run.require("as many areas, pages, tables and objects", c.is(sizes));
    if (!sizes) return;
    for (std::size_t i = 0; i < a.areas.size(); ++i) {
      const model::Vma<D>& x = a.areas[i];
      const model::Vma<D>& y = b.areas[i];
      run.require("the same areas",
                  both(sameArea<D>(x, y),
                       c.is(x.anon == y.anon && x.object == y.object && x.forked == y.forked)));
    }
    for (std::size_t i = 0; i < a.entries.size(); ++i) {
      const model::Entry<D>& x = a.entries[i];
      const model::Entry<D>& y = b.entries[i];
      run.require("the same pages",
                  both(both(both(x.address == y.address, x.prot == y.prot),
                            c.is(x.frame == y.frame && x.kind == y.kind)),
                       both(both(x.inherited == y.inherited, x.writable == y.writable),
                            both(x.dirty == y.dirty, x.hosted == y.hosted))));
    }
    for (std::size_t i = 0; i < a.tables.size(); ++i)
      run.require("the same tables", both(c.is(a.tables[i].level == b.tables[i].level),
                                          a.tables[i].block == b.tables[i].block));
    for (std::size_t i = 0; i < a.objects.size(); ++i)
      run.require("the same objects", both(c.is(a.objects[i].id == b.objects[i].id),
                                           a.objects[i].pages == b.objects[i].pages));
    for (std::size_t i = 0; i < a.objectPages.size(); ++i) {
      const model::ObjectPage<D>& x = a.objectPages[i];
      const model::ObjectPage<D>& y = b.objectPages[i];
      run.require("the same pages of objects",
                  both(both(x.index == y.index, x.dirty == y.dirty),
                       c.is(x.object == y.object && x.frame == y.frame)));
    }
    run.require("the same counters", sameCounters<D>(a.counters, b.counters));
  }
};

// --- what an operation runs on

namespace operations {

inline std::uint64_t kindOf(trace::Errno error) {
  return static_cast<std::uint8_t>(error);
}

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
  c.address = run.word("address", extent.lowest, extent.highest - 1,
                       orBelow ? 0 : q.demandedGeometry.pageShift);
  c.at = c.space.findVma(c.address);
  run.assume(c.is(c.space.isArea(c.at)));
  if (!orBelow) run.assume(c.area().start <= c.address);
  // What a rule may look at is looked at here, or the two would learn of different areas.
  c.space.below(c.at);
  if (c.space.above(c.at) != nullptr && !orBelow) c.space.above(c.space.next(c.at));
  return c;
}

/// One page of area `at` may be present: the zero page, or one of the process' own, which the
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
  c.address = run.word("address", 0, q.parameters.taskSize - 1, q.demandedGeometry.pageShift);
  c.length = length;
  c.at = positionOf(c.space, below);
  run.assume(c.area().start <= c.address);
  run.assume(c.address + c.length <= c.area().end);
  if (count == 1) maybePresent<D>(run, q, c);
  return c;
}
/// The length of a range in whole pages.
template <class D>
typename D::Word anyLength(Run<D>& run, const Question& q) {
  return run.word("length", q.page(), q.parameters.taskSize, q.demandedGeometry.pageShift);
}

/// expand_stack: any number of private areas, each without an anon_vma, with one that they share,
/// or with an inherited one; an address below one that grows down and above the one before it.
struct Growth {
  static constexpr Operation operation = Operation::growth;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = areaFound<D>(run, q, true, 3);
    c.access = trace::Access::write;
    run.assume(both(c.has(vm::growsdown), c.address < c.area().start));
    if (q.expressible) run.assume(c.space.stackPointer <= c.address); // or the touch is refused
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    return {kindOf(model::expandStack<D>(s, c.at, c.address)), {}};
  }
};

/// An access of user mode to any number of private areas without anon_vmas: an address in one or
/// below it, and no page present. Where no area lies below, also an access of the kernel on behalf
/// of user mode; and one present page of any kind in that area, the address being in it.
struct Access {
  static constexpr Operation operation = Operation::access;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = areaFound<D>(run, q, true, 1);
    c.access = static_cast<trace::Access>(run.choose("access", 3));
    if (c.access == trace::Access::exec) { // an instruction's
      c.address = c.address & ~std::uint64_t{3};
      if (c.below() != nullptr) run.assume(c.below()->end <= c.address);
    } else if (c.below() == nullptr) {
      c.user = !run.flip("kernel");
    }
    if (c.below() == nullptr) maybePresent<D>(run, q, c);
    if (!c.space.entries.empty()) run.assume(c.area().start <= c.address);
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    return {static_cast<std::uint64_t>(model::performAccess<D>(s, c.address, c.access, c.user)),
            {}};
  }
};

/// An access through get_user_pages: as `Access`, of areas that are not locked (growing one that is
/// makes all its new pages present).
struct Gup {
  static constexpr Operation operation = Operation::gup;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = areaFound<D>(run, q, true, 1);
    c.access = run.flip("write") ? trace::Access::write : trace::Access::read;
    run.assume(negated(c.has(vm::locked)));
    if (c.below() == nullptr) maybePresent<D>(run, q, c);
    if (!c.space.entries.empty()) run.assume(c.area().start <= c.address);
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    return {model::getUserPage<D>(s, c.address, c.access) ? 0U : 1U, {}};
  }
};

/// munmap of any start and length, over one or two areas; the lower one has any flags, the other is
/// readable, writable, locked and accounted; alone, it has none or one present page of any kind.
struct Munmap {
  static constexpr Operation operation = Operation::munmap;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = anyLength<D>(run, q);
    c.address = run.word("address");
    return c;
  }
  template <class D>
  static Case<D> anyLength(Run<D>& run, const Question& q) {
    Case<D> c =
        caseOf<D>(run, q,
                  anySpace(run, q, 1 + run.choose("above", 2),
                           {std::nullopt, vm::read | vm::write | vm::locked | vm::account}));
    makePrivate(run, c.space, 0);
    c.length = run.word("length");
    if (c.space.areas.size() == 1) maybePresent<D>(run, q, c);
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    return {kindOf(model::munmap<D>(s, c.address, c.length)), {}};
  }
};

/// mprotect of a range within a private area, with none or one other: see rangeInFew; to nothing,
/// reading, or reading and writing. A locked area does not become writable (that makes all its
/// pages present).
struct Mprotect {
  static constexpr Operation operation = Operation::mprotect;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    const unsigned side = run.choose("side", 3);
    Case<D> c = rangeInFew<D>(run, q, side == 1 ? 1 : 0, side == 2 ? 1 : 0, anyLength<D>(run, q));
    const std::uint32_t rights[] = {0, vm::read, vm::read | vm::write};
    c.prot = static_cast<std::uint8_t>(rights[run.choose("prot", 3)]);
    if ((c.prot & vm::write) != 0)
      run.assume(implies(c.has(vm::locked), c.has(vm::write | vm::shared)));
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    return {kindOf(model::mprotect<D>(s, c.address, c.length, c.prot, false)), {}};
  }
};

/// mlock of one page of a private area, with none or one above it: see rangeInFew. (Of more pages,
/// it makes any number present.)
struct Mlock {
  static constexpr Operation operation = Operation::mlock;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    return rangeInFew<D>(run, q, 0, run.choose("above", 2), q.page());
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    return {kindOf(model::mlock<D>(s, c.address, c.length)), {}};
  }
};

/// munlock of a range within one of any number of private areas, each without an anon_vma, with one
/// that they share, or with an inherited one.
struct Munlock {
  static constexpr Operation operation = Operation::munlock;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = areaFound<D>(run, q, false, 3);
    c.length = anyLength<D>(run, q);
    run.assume(c.address + c.length <= c.area().end);
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    return {kindOf(model::munlock<D>(s, c.address, c.length)), {}};
  }
};

/// mmap of private readable and writable memory at a fixed address, with none to two areas of any
/// extent. With two: plain; the areas readable, writable and accounted (so that all can be joined),
/// each without an anon_vma, with one of its own, or an inherited one. With fewer: plain, reading
/// only, or with one of MAP_FIXED_NOREPLACE, MAP_STACK, MAP_GROWSDOWN, MAP_NORESERVE; any flags and
/// no anon_vma.
struct Mmap {
  static constexpr Operation operation = Operation::mmap;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    const unsigned count = run.choose("areas", 3);
    const std::uint32_t flags = vm::read | vm::write | vm::account;
    Case<D> c = caseOf<D>(
        run, q, anySpace(run, q, count, count < 2 ? FixedFlags() : FixedFlags(count, flags)));
    if (count == 1) makePrivate(run, c.space, 0);
    c.request = trace::flag::fixed;
    c.prot = vm::read | vm::write;
    if (count < 2) {
      const std::uint16_t more[] = {0, trace::flag::fixedNoreplace, trace::flag::stack,
                                    trace::flag::growsdown, trace::flag::noreserve};
      c.request = static_cast<std::uint16_t>(c.request | more[run.choose("request", 5)]);
      if (c.request == trace::flag::fixed && run.flip("readOnly")) c.prot = vm::read;
    } else {
      for (unsigned k = 0; k < count; ++k) {
        const unsigned anon = run.choose("area" + std::to_string(k) + ".anon", 3);
        c.space.areas[k].anon = anon == 0 ? 0 : 10 + k;
        c.space.areas[k].forked = anon == 2;
      }
      c.space.lastAnon = lastIdentity;
    }
    c.address = run.word("address", 0, q.parameters.taskSize, q.demandedGeometry.pageShift);
    c.length = run.word("length", q.page(), q.parameters.taskSize, q.demandedGeometry.pageShift);
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    const model::Placed<D> placed = model::mmap<D>(s, c.address, c.length, c.prot, c.request);
    return {kindOf(placed.error), placed.address};
  }
};

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

/// mmap of private readable and writable memory where the kernel chooses, with any hint or none,
/// and none to two areas of any extent: one of any flags and without an anon_vma; two that are
/// readable, writable and accounted, each growing down or not, without an anon_vma or with one of
/// its own, and then the minimum address is 0.
struct Placement {
  static constexpr Operation operation = Operation::placement;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    const unsigned count = run.choose("areas", 3);
    Case<D> c = count == 2 ? twoAreas<D>(run, q) : caseOf<D>(run, q, anySpace(run, q, count));
    if (count == 1) makePrivate(run, c.space, 0);
    c.prot = vm::read | vm::write;
    c.address = run.word("address", 0, q.parameters.taskSize, q.demandedGeometry.pageShift);
    c.length = run.word("length", q.page(), q.parameters.taskSize, q.demandedGeometry.pageShift);
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    const model::Placed<D> placed = model::mmap<D>(s, c.address, c.length, c.prot, c.request);
    if (placed.error != trace::Errno::none) return {kindOf(placed.error), {}};
    return {0, placed.address};
  }
};

inline std::uint64_t joined(std::uint64_t high, std::uint64_t low, unsigned) {
  return high + low;
}

/// madvise(MADV_DONTNEED) of any length, and any start that is not of the kernel's half, with or
/// without a tag in its top byte: as `Munmap`, and a page table that holds entries may exist
/// anywhere.
struct Dontneed {
  static constexpr Operation operation = Operation::dontneed;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = Munmap::anyLength<D>(run, q);
    c.address = run.word("address", 0, model::kernelHalf - 1);
    constexpr unsigned tagShift = 56;
    const typename D::Word tag = run.word("tag", 0, 0xff);
    c.address = joined(tag << tagShift, c.address, tagShift);
    if (!q.expressible && run.flip("table")) { // no trace shows tables
      const trace::Geometry& geometry = q.demandedGeometry;
      const unsigned level = geometry.levels - 1;
      const unsigned shift = geometry.tableShift(level);
      model::Table<D> table;
      table.level = level;
      table.block = run.word("table.block", 0, (q.parameters.taskSize - 1) >> shift);
      c.space.tables.push_back(table);
    }
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    return {kindOf(model::dontneed<D>(s, c.address, c.length)), {}};
  }
};

/// mremap of any page-aligned range, without a flag: one area of any flags, one readable and
/// writable with none or one present page, or two such, each without an anon_vma, with one that
/// they share, or with an inherited one. An area that is locked becomes no longer.
struct Mremap {
  static constexpr Operation operation = Operation::mremap;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    enum Kind : unsigned { alone, withPage, two };
    const unsigned kind = run.choose("kind", 3);
    const unsigned count = kind == two ? 2 : 1;
    const FixedFlags plain(count, vm::read | vm::write | vm::account);
    Case<D> c = caseOf<D>(run, q, anySpace(run, q, count, kind == alone ? FixedFlags() : plain));
    if (kind == alone) makePrivate(run, c.space, 0);
    for (unsigned k = 0; kind == two && k < count; ++k) {
      const unsigned anon = run.choose("area" + std::to_string(k) + ".anon", 3);
      c.space.areas[k].anon = anon == 0 ? 0 : anon == 1 ? lastIdentity : k + 1;
      c.space.areas[k].forked = anon == 2;
    }
    c.space.lastAnon = lastIdentity;
    if (kind == withPage) maybePresent<D>(run, q, c);
    anyRange<D>(run, q, c);
    if (c.space.isArea(c.at)) run.assume(implies(c.has(vm::locked), c.newLength <= c.length));
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>& c) {
    const model::Placed<D> placed =
        model::mremap<D>(s, c.address, c.length, c.newLength, c.request, c.target);
    if (placed.error != trace::Errno::none) return {kindOf(placed.error), {}};
    return {0, placed.address};
  }

 protected:
  template <class D>
  static void anyRange(Run<D>& run, const Question& q, Case<D>& c) {
    const unsigned shift = q.demandedGeometry.pageShift;
    c.address = run.word("address", 0, q.parameters.taskSize, shift);
    c.length = run.word("length", 0, q.parameters.taskSize, shift);
    c.newLength = run.word("newLength", 0, std::uint64_t{1} << 63, shift);
    c.at = c.space.findVma(c.address);
  }
  /// No table of the program's own is in what moves.
  template <class D>
  static void aboveProgram(Run<D>& run, const Question& q, const Case<D>& c) {
    const trace::Geometry& geometry = q.demandedGeometry;
    const unsigned block = geometry.tableShift(geometry.levels - 1);
    run.assume(c.address >= ((trace::programAddress >> block) + 1) << block);
  }
};

/// mremap of any page-aligned range above the program to any target; for the rest as `Mremap`.
struct MremapTo : Mremap {
  static constexpr Operation operation = Operation::mremapTo;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = Mremap::any<D>(run, q);
    c.request = trace::flag::to;
    c.target = run.word("target", 0, q.parameters.taskSize, q.demandedGeometry.pageShift);
    aboveProgram<D>(run, q, c);
    return c;
  }
};

/// mremap of any page-aligned range above the program to wherever the kernel chooses, if it cannot
/// stay: two areas, readable, writable and accounted, each growing down or not and with an anon_vma
/// or not. The minimum address is 0.
struct MremapMaymove : Mremap {
  static constexpr Operation operation = Operation::mremapMaymove;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = twoAreas<D>(run, q);
    c.request = trace::flag::maymove;
    anyRange<D>(run, q, c);
    aboveProgram<D>(run, q, c);
    return c;
  }
};

/// fork, with one or two private areas, each without an anon_vma, with one of its own, or an
/// inherited one; none or one present page in the lower one.
struct Fork {
  static constexpr Operation operation = Operation::fork;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    const unsigned count = 1 + run.choose("above", 2);
    Case<D> c = caseOf<D>(run, q, anySpace(run, q, count));
    for (unsigned k = 0; k < count; ++k) {
      makePrivate(run, c.space, k);
      const unsigned anon = run.choose("area" + std::to_string(k) + ".anon", 3);
      c.space.areas[k].anon = anon == 0 ? 0 : k + 1;
      c.space.areas[k].forked = anon == 2;
    }
    c.space.lastAnon = lastIdentity;
    maybePresent<D>(run, q, c);
    return c;
  }
  template <class D>
  static Answer<D> step(model::Space<D>& s, const Case<D>&) {
    model::fork<D>(s);
    return {};
  }
};

} // namespace operations

} // namespace growsdown::proofs
