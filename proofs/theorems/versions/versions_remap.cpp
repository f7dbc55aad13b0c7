// mremap under two rule sets.
#include "proofs/theorems/versions/versions_case.h"

namespace growsdown::proofs {
namespace {

using namespace operations;

/// mremap of any page-aligned range, without a flag, with one of these:
///
/// - one area of any flags
/// - one readable and writable area with none or one present page
/// - two readable and writable areas, each without an anon_vma, with one that they share, or with an
///   inherited one
///
/// A locked area does not become longer.
struct Mremap {
  static constexpr Operation operation = Operation::mremap;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    enum Kind : unsigned { alone, withPage, two };
    const unsigned kind = run.choose("kind", 3);
    const unsigned count = kind == two ? 2 : 1;
    const FixedFlags plain(count, vm::read | vm::write | vm::account);
    Case<D> c = caseOf<D>(run, q, anySpace(run, q, count, kind == alone ? FixedFlags() : plain));
    c.call.op = trace::Op::mremap;
    if (kind == alone) makePrivate(run, c.space, 0);
    for (unsigned k = 0; kind == two && k < count; ++k) {
      const unsigned anon = run.choose("area" + std::to_string(k) + ".anon", 3);
      c.space.areas[k].anon = anon == 0 ? 0 : anon == 1 ? lastIdentity : k + 1;
      c.space.areas[k].forked = anon == 2;
    }
    c.space.lastAnon = lastIdentity;
    if (kind == withPage) maybePresent<D>(run, q, c);
    anyRange<D>(run, q, c);
    if (c.space.isArea(c.at))
      run.assume(implies(c.has(vm::locked), c.call.newLength <= c.call.length));
    return c;
  }

 protected:
  template <class D>
  static void anyRange(Run<D>& run, const Question& q, Case<D>& c) {
    const unsigned shift = q.demandedGeometry.pageShift;
    c.call.address = run.word("address", 0, q.parameters.taskSize, shift);
    c.call.length = run.word("length", 0, q.parameters.taskSize, shift);
    c.call.newLength = run.word("newLength", 0, std::uint64_t{1} << 63, shift);
    c.at = c.space.findVma(c.call.address);
  }
  /// No table of the program's own is in what moves.
  template <class D>
  static void aboveProgram(Run<D>& run, const Question& q, const Case<D>& c) {
    const trace::Geometry& geometry = q.demandedGeometry;
    const unsigned block = geometry.tableShift(geometry.levels - 1);
    run.assume(c.call.address >= ((trace::programAddress >> block) + 1) << block);
  }
};

/// mremap of any page-aligned range above the program to any target; for the rest as `Mremap`.
struct MremapTo : Mremap {
  static constexpr Operation operation = Operation::mremapTo;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = Mremap::any<D>(run, q);
    c.call.flags = trace::flag::to;
    c.call.target = run.word("target", 0, q.parameters.taskSize, q.demandedGeometry.pageShift);
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
    c.call.op = trace::Op::mremap;
    c.call.flags = trace::flag::maymove;
    anyRange<D>(run, q, c);
    aboveProgram<D>(run, q, c);
    return c;
  }
};

} // namespace

std::vector<Theorem> versionsOfRemaps() {
  return {
      versionsTheorem<Mremap>(
          "versions-mremap",
          "One mremap in place has the same result under two rule sets, unless a stated condition "
          "holds.",
          "one area of any flags, a readable and writable area with none or one present page, or "
          "two readable and writable areas; any page-aligned range; a locked area becomes no "
          "longer",
          true),
      versionsTheorem<MremapTo>(
          "versions-mremap-to",
          "One mremap to a fixed target has the same result under two rule sets, unless a "
          "stated condition holds.",
          "as versions-mremap; the range lies above the program; any page-aligned target", true),
      versionsTheorem<MremapMaymove>(
          "versions-mremap-maymove",
          "One mremap to where the kernel chooses has the same result under two rule sets, "
          "unless a stated condition holds.",
          "two readable and writable areas; any page-aligned range above the program; no minimum "
          "address",
          true),
  };
}

} // namespace growsdown::proofs
