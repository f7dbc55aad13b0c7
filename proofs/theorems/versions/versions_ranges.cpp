// Calls on a range under two rule sets.
#include "proofs/theorems/versions/versions_case.h"

namespace growsdown::proofs {
namespace {

using namespace operations;

/// munmap of any start and length, over one or two areas. The lower area has any flags, the other is
/// readable, writable, locked and accounted. A single area has none or one present page of any kind.
struct Munmap {
  static constexpr Operation operation = Operation::munmap;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = anyLength<D>(run, q);
    c.call.op = trace::Op::munmap;
    c.call.address = anyAddress<D>(run).address;
    return c;
  }
  template <class D>
  static Case<D> anyLength(Run<D>& run, const Question& q) {
    Case<D> c =
        caseOf<D>(run, q,
                  anySpace(run, q, 1 + run.choose("above", 2),
                           {std::nullopt, vm::read | vm::write | vm::locked | vm::account}));
    makePrivate(run, c.space, 0);
    c.call.length = run.word("length");
    if (c.space.areas.size() == 1) maybePresent<D>(run, q, c);
    return c;
  }
};

/// munlock of a range within one of any number of private areas, each without an anon_vma, with one
/// that they share, or with an inherited one.
struct Munlock {
  static constexpr Operation operation = Operation::munlock;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = areaFound<D>(run, q, false, 3);
    c.call.op = trace::Op::munlock;
    c.call.length = anyLength<D>(run, q);
    run.assume(c.call.address + c.call.length <= c.area().end);
    return c;
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
    c.call.op = trace::Op::mprotect;
    const std::uint32_t rights[] = {0, vm::read, vm::read | vm::write};
    c.call.prot = rights[run.choose("prot", 3)];
    if ((c.call.prot & vm::write) != 0)
      run.assume(implies(c.has(vm::locked), c.has(vm::write | vm::shared)));
    return c;
  }
};

/// mlock of one page of a private area, with none or one above it: see rangeInFew. (Of more pages,
/// it makes any number present.)
struct Mlock {
  static constexpr Operation operation = Operation::mlock;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = rangeInFew<D>(run, q, 0, run.choose("above", 2), q.page());
    c.call.op = trace::Op::mlock;
    return c;
  }
};

/// madvise(MADV_DONTNEED) of any start and length: as `Munmap`, and a page table that holds entries
/// may exist anywhere.
struct Dontneed {
  static constexpr Operation operation = Operation::dontneed;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = Munmap::anyLength<D>(run, q);
    c.call.op = trace::Op::dontneed;
    c.call.address = anyAddress<D>(run).address;
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
};

} // namespace

std::vector<Theorem> versionsOfRanges() {
  return {
      versionsTheorem<Munmap>(
          "versions-munmap",
          "One munmap has the same result under two rule sets, unless a stated condition holds.",
          "any start and length; one area of any flags, alone with none or one present "
          "page, or with one readable, writable, locked area above"),
      versionsTheorem<Munlock>(
          "versions-munlock",
          "One munlock has the same result under two rule sets, unless a stated condition "
          "holds.",
          "a range within one of any number of private areas; symbolic 64-bit words", true),
      versionsTheorem<Mprotect>(
          "versions-mprotect",
          "One mprotect has the same result under two rule sets, unless a stated condition "
          "holds.",
          "a range within one area, alone with none or one present page or with one "
          "other area; no page of a locked area need be made present",
          true),
      versionsTheorem<Mlock>(
          "versions-mlock",
          "One mlock has the same result under two rule sets, unless a stated condition holds.",
          "one page of an area, alone with none or one present page or with one area above", true),
      versionsTheorem<Dontneed>(
          "versions-dontneed",
          "One MADV_DONTNEED has the same result under two rule sets, unless a stated condition "
          "holds.",
          "as versions-munmap; one page table may exist", true),
  };
}

} // namespace growsdown::proofs
