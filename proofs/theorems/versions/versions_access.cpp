// Growth, accesses and fork under two rule sets.
#include "proofs/theorems/versions/versions_case.h"

namespace growsdown::proofs {
namespace {

using namespace operations;

/// expand_stack: any number of private areas, each without an anon_vma, with one that they share,
/// or with an inherited one; an address below one that grows down and above the one before it.
struct Growth {
  static constexpr Operation operation = Operation::growth;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = areaFound<D>(run, q, true, 3);
    c.call.op = trace::Op::touch;
    c.call.access = trace::Access::write;
    run.assume(both(c.has(vm::growsdown), c.call.address < c.area().start));
    if (q.expressible)
      run.assume(c.space.stackPointer <= c.call.address); // or the touch is refused
    return c;
  }
  template <class D>
  static model::StepResult<D> step(model::LoggedSpace<D>& s, const Case<D>& c) {
    return {model::expandStack<D>(s, c.at, c.call.address)};
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
    c.call.op = trace::Op::touch;
    c.call.access = static_cast<trace::Access>(run.choose("access", 3));
    if (c.call.access == trace::Access::exec) { // an instruction's
      c.call.address = c.call.address & ~std::uint64_t{3};
      if (c.below() != nullptr) run.assume(c.below()->end <= c.call.address);
    } else if (c.below() == nullptr) {
      if (run.flip("kernel")) c.call.op = trace::Op::kernel;
    }
    if (c.below() == nullptr) maybePresent<D>(run, q, c);
    if (!c.space.entries.empty()) run.assume(c.area().start <= c.call.address);
    return c;
  }
};

/// An access through get_user_pages: as `Access`, of areas that are not locked (growing one that is
/// makes all its new pages present).
struct Gup {
  static constexpr Operation operation = Operation::gup;
  template <class D>
  static Case<D> any(Run<D>& run, const Question& q) {
    Case<D> c = areaFound<D>(run, q, true, 1);
    c.call.op = trace::Op::gup;
    c.call.access = run.flip("write") ? trace::Access::write : trace::Access::read;
    run.assume(negated(c.has(vm::locked)));
    if (c.below() == nullptr) maybePresent<D>(run, q, c);
    if (!c.space.entries.empty()) run.assume(c.area().start <= c.call.address);
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
    c.call.op = trace::Op::fork;
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
};

} // namespace

std::vector<Theorem> versionsOfAccesses() {
  return {
      versionsTheorem<Growth>(
          "versions-growth",
          "One expansion of a grows-down area has the same result under two rule sets, unless a "
          "stated condition of a knob in which they differ holds.",
          "any number of private areas; symbolic 64-bit words"),
      versionsTheorem<Access>(
          "versions-access",
          "One access and its fault end the same under two rule sets, unless a stated "
          "condition holds.",
          "user mode: any number of private areas without anon_vmas; the kernel, or one present "
          "page in the area: no area below; symbolic 64-bit words"),
      versionsTheorem<Gup>(
          "versions-gup",
          "One access through get_user_pages has the same result under two rule sets, unless a "
          "stated condition holds.",
          "as versions-access; the area is not locked"),
      versionsTheorem<Fork>(
          "versions-fork",
          "One fork has the same result under two rule sets, unless a stated condition holds.",
          "one or two private areas, none or one present page in the lower one"),
  };
}

} // namespace growsdown::proofs
