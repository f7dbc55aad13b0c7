// mmap under two rule sets.
#include "proofs/theorems/versions/versions_case.h"

namespace growsdown::proofs {
namespace {

using namespace operations;

/// mmap of private readable and writable memory at a fixed address, with none to two areas of any
/// extent:
///
/// - Two areas are readable, writable and accounted, so that all can be joined. Each has no anon_vma,
///   one of its own, or an inherited one. The call has no further flag.
/// - A single area has any flags and no anon_vma. With one area or none, the call may have one of
///   MAP_FIXED_NOREPLACE, MAP_STACK, MAP_GROWSDOWN, MAP_NORESERVE, or map for reading only.
struct Mmap {
  static constexpr Operation operation = Operation::mmap;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    const unsigned count = run.choose("areas", 3);
    const std::uint32_t flags = vm::read | vm::write | vm::account;
    Case<D> c = caseOf<D>(
        run, q, anySpace(run, q, count, count < 2 ? FixedFlags() : FixedFlags(count, flags)));
    c.call.op = trace::Op::mmap;
    if (count == 1) makePrivate(run, c.space, 0);
    c.call.flags = trace::flag::fixed;
    c.call.prot = vm::read | vm::write;
    if (count < 2) {
      const std::uint16_t more[] = {0, trace::flag::fixedNoreplace, trace::flag::stack,
                                    trace::flag::growsdown, trace::flag::noreserve};
      c.call.flags = c.call.flags | more[run.choose("request", 5)];
      if (c.call.flags == trace::flag::fixed && run.flip("readOnly")) c.call.prot = vm::read;
    } else {
      for (unsigned k = 0; k < count; ++k) {
        const unsigned anon = run.choose("area" + std::to_string(k) + ".anon", 3);
        c.space.areas[k].anon = anon == 0 ? 0 : 10 + k;
        c.space.areas[k].forked = anon == 2;
      }
      c.space.lastAnon = lastIdentity;
    }
    c.call.address = run.word("address", 0, q.parameters.taskSize, q.demandedGeometry.pageShift);
    c.call.length =
        run.word("length", q.page(), q.parameters.taskSize, q.demandedGeometry.pageShift);
    return c;
  }
};

/// mmap of private readable and writable memory where the kernel chooses, with any hint or none,
/// and none to two areas of any extent:
///
/// - A single area has any flags and no anon_vma.
/// - Two areas are as `twoAreas` makes them, and the minimum address is 0.
struct Placement {
  static constexpr Operation operation = Operation::placement;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    const unsigned count = run.choose("areas", 3);
    Case<D> c = count == 2 ? twoAreas<D>(run, q) : caseOf<D>(run, q, anySpace(run, q, count));
    c.call.op = trace::Op::mmap;
    if (count == 1) makePrivate(run, c.space, 0);
    c.call.prot = vm::read | vm::write;
    c.call.address = run.word("address", 0, q.parameters.taskSize, q.demandedGeometry.pageShift);
    c.call.length =
        run.word("length", q.page(), q.parameters.taskSize, q.demandedGeometry.pageShift);
    return c;
  }
};

} // namespace

std::vector<Theorem> versionsOfMaps() {
  return {
      versionsTheorem<Mmap>(
          "versions-mmap",
          "One mmap at a fixed address has the same result under two rule sets, unless a stated "
          "condition holds.",
          "private readable and writable memory, not locked, not populated; none or one area of "
          "any flags without an anon_vma and at most one further flag of the call, or two readable "
          "and writable areas and no further flag",
          true),
      versionsTheorem<Placement>(
          "versions-placement",
          "One mmap where the kernel chooses has the same result under two rule sets, unless a "
          "stated condition holds.",
          "private readable and writable memory, not locked, not populated; any hint and length; "
          "none or one area of any flags without an anon_vma, or two readable and writable areas "
          "and no minimum address",
          true),
  };
}

} // namespace growsdown::proofs
