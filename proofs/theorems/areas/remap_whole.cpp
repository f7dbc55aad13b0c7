// One mremap to a target of the caller, or without MREMAP_MAYMOVE (all of the model's mremap).
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class RemapWhole {
 public:
  RemapWhole(Run<D>& run, const Question& q)
      : run_(run), q_(q), shift_(q.demandedGeometry.pageShift), many_(q.demanded->mremapMovesMany),
        two_(many_ && run.flip("two")), s_(anySpace(run, q, two_ ? 2 : 1, {plain, plain})) {}

  void prove() {
    givenSpace();
    givenCall();
    before_ = s_;
    placed_ = exactly<D>([&] {
      return model::mremap<D>(s_, call_.address, call_.length, call_.newLength, call_.flags,
                              call_.target);
    });

    requireOrdered(run_, q_, s_);
    run_.require("the counters change as the areas do",
                 sameCounters<D>(sumOf<D>(s_.counters, contributionOfAll(before_)),
                                 sumOf<D>(before_.counters, contributionOfAll(s_))));
    lookAtAddress();
    if (placed_.error == trace::Errno::none) {
      requireDone();
      requireNewRange();
    } else {
      requireRefusal();
    }
    outputStep(run_, placed_.error, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  static constexpr std::uint32_t plain = vm::read | vm::write | vm::account;

  void givenSpace() {
    for (std::size_t k = 0; k < s_.areas.size(); ++k)
      if (run_.flip("area" + std::to_string(k) + ".anon")) s_.areas[k].anon = lastIdentity;
    s_.lastAnon = lastIdentity;
    s_.capable = run_.truth("capable");
    s_.limits.data = run_.word("limitData");
    if (!two_) return;
    // Refusals for a limit do not depend on other areas.
    s_.limits.as = s_.limits.data = s_.maxMapCount = trace::unlimited;
    s_.minAddr = s_.effectiveMinAddr = 0;
    run_.assume(both(s_.counters.total <= morePages / 2, s_.counters.data <= morePages / 2));
  }

  void givenCall() {
    const std::uint64_t taskSize = q_.parameters.taskSize;
    call_.op = trace::Op::mremap;
    call_.address = run_.word("address", 0, taskSize, shift_);
    call_.length = run_.word("length", 0, taskSize, shift_);
    call_.newLength = run_.word("newLength", 0, std::uint64_t{1} << 63, shift_);
    const unsigned block = q_.demandedGeometry.tableShift(q_.demandedGeometry.levels - 1);
    run_.assume(call_.address >= ((trace::programAddress >> block) + 1) << block);
    to_ = run_.flip("to");
    if (to_) {
      call_.flags = trace::flag::to;
      call_.target = run_.word("target", 0, taskSize, shift_);
    }
    setScene(run_, s_, call_);
  }

  void lookAtAddress() {
    at_ = run_.word("at", 0, q_.parameters.taskSize - 1);
    was_ = coveredAt(q_, before_, at_);
    is_ = coveredAt(q_, s_, at_);
    asBefore_ = both(is_.covered == was_.covered, implies(is_.covered, sameAs(was_)));
    inOld_ = within(call_.address, call_.length);
    inNew_ = within(to_ ? call_.target : call_.address, call_.newLength);
    several_ = both(truthLike(at_, many_ && to_), call_.length == call_.newLength);
    holes_ = either(several_, both(truthLike(at_, !to_), call_.newLength <= call_.length));
  }

  Truth within(const Word& start, const Word& length) const {
    return both(start <= at_, at_ < start + length);
  }
  /// 4.3 takes VM_ACCOUNT from the area that it duplicates.
  Truth sameFlags(const typename D::Flags& a, const typename D::Flags& b) const {
    return either(a == b, both(call_.length == 0, (a & ~vm::account) == (b & ~vm::account)));
  }
  Truth sameAs(const Covered<D>& other) const {
    return both(is_.offset == other.offset, sameFlags(is_.flags, other.flags));
  }

  void requireDone() {
    run_.require("it is where it was wanted",
                 placed_.address == (to_ ? call_.target : call_.address));
    run_.require("more pages are within RLIMIT_AS",
                 either(s_.counters.total <= before_.counters.total,
                        s_.counters.total <= before_.limits.as >> shift_));
    run_.require("other addresses stay as they were",
                 implies(negated(either(inOld_, inNew_)), asBefore_));
    run_.require("what is left of the old range is gone",
                 implies(both(inOld_, negated(inNew_)), negated(is_.covered)));
  }

  // An address of the new range has an image in the old range, or makes the range longer.
  void requireNewRange() {
    const Word image =
        to_ ? Word(select(inNew_, Word(at_ - call_.target), Word(0)) + call_.address) : Word(at_);
    const Covered<D> there = coveredAt(q_, before_, image);
    const Covered<D> first = coveredAt(q_, before_, call_.address);
    const Truth isImage = either(holes_, image < call_.address + call_.length);
    run_.require("the new range is covered, except the images of holes",
                 implies(both(inNew_, either(negated(holes_), there.covered)), is_.covered));
    run_.require("the images of holes stay as they were",
                 implies(both(both(inNew_, holes_), negated(there.covered)), asBefore_));
    run_.require(
        "the new range has the flags of the old",
        implies(both(both(inNew_, isImage), there.covered), sameFlags(is_.flags, there.flags)));
    run_.require("what makes a range longer has its area's flags",
                 implies(both(inNew_, negated(isImage)), sameFlags(is_.flags, first.flags)));
    const Word kept =
        select(isImage, there.offset, Word(first.offset + ((image - call_.address) >> shift_)));
    const Truth rebases = negated(
        either(truthLike(at_, !to_), hasAnonVma(before_, select(isImage, image, call_.address))));
    run_.require(
        "page offsets go on, or are the address'",
        implies(both(inNew_, either(negated(holes_), there.covered)),
                either(is_.offset == select(rebases, Word(at_ >> shift_), kept),
                       both(several_, is_.offset == kept)))); // a round may bring an anon_vma
  }

  void requireRefusal() {
    if (!to_) {
      run_.require("a refusal changes nothing", asBefore_);
      return;
    }
    run_.require("a refusal leaves other addresses",
                 implies(negated(either(inOld_, inNew_)), asBefore_));
    run_.require("a refusal brings nothing new",
                 either(several_, implies(is_.covered, both(was_.covered, sameAs(was_)))));
    const Truth isCutOff =
        both(call_.newLength < call_.length, at_ >= call_.address + call_.newLength);
    run_.require(
        "a refusal loses nothing that was to stay",
        either(several_, implies(both(inOld_, negated(either(inNew_, isCutOff))), asBefore_)));
  }

  model::Counters<D> contributionOfAll(const model::Space<D>& s) const {
    model::Counters<D> sum;
    for (const model::Vma<D>& area : s.areas)
      sum = sumOf<D>(sum, contributionOf<D>(area.flags, (area.end - area.start) / q_.page()));
    return sum;
  }
  /// Whether the area at an address has an anon_vma.
  static Truth hasAnonVma(const model::Space<D>& s, const Word& address) {
    Truth result = truthLike(address, false);
    for (const model::Vma<D>& area : s.areas)
      result = either(result, both(both(area.start <= address, address < area.end),
                                   truthLike(address, area.anon != 0)));
    return result;
  }

  Run<D>& run_;
  const Question& q_;
  const unsigned shift_;
  const bool many_; ///< this version moves all areas of a range
  const bool two_;
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  model::Call<D> call_;
  bool to_ = false; ///< has a target
  model::Placed<D> placed_{};
  Word at_ = 0; ///< any address
  Covered<D> was_{}, is_{};
  Truth asBefore_ = false, inOld_ = false, inNew_ = false;
  Truth several_ = false; ///< the range may be several areas
  Truth holes_ = false;   ///< the range may have holes
};

} // namespace

using model::Rule;

Theorem remapWhole() {
  Theorem t;
  t.name = "remap-whole";
  t.claims = {
      "One mremap as a whole, in place or to any target: checks, munmap of the target and of a "
      "tail, each round of a move, and growth in place. The areas stay in order, and the counters "
      "change by what the areas contribute now, less what they contributed before.",
      "After success, each address of the new range has the flags of its image in the old range, "
      "and its page offset continues from there. Memory without anon_vma and object that moves may "
      "get the offset for its new address instead.",
      "The rest of the old range is gone, unless the old length is 0. Holes of a range of several "
      "areas stay holes. Every other address keeps its flags and offset. Added pages are within "
      "RLIMIT_AS.",
      "A refusal without a target changes nothing. With a target, addresses outside of the target "
      "and the old range keep what they have.",
      "After a refusal, an address of the target or the old range has what it had, or nothing, "
      "unless a move of several areas was refused part of the way. No address that stays in the "
      "old range is lost."};
  t.sizes = "one private area, without or with an anon_vma; two areas without limits in versions "
            "that move all areas of a range; any page-aligned range above the program and target; "
            "any new length up to 2^63";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private, readable, writable and accounted",
                   "counters include the areas", "counters and page offsets are at most 2^52",
                   "no page is present"};
  t.rules = {Rule::mremapMoved,
             Rule::mremapInPlace,
             Rule::mremapShrinks,
             Rule::mremapTarget,
             Rule::mremapOverlap,
             Rule::mremapUnmapsTarget,
             Rule::mremapNoRoom,
             Rule::mremapNoArea,
             Rule::mremapAcrossAreas,
             Rule::mremapMapCount,
             Rule::mremapRlimitAs,
             Rule::mremapRlimitData,
             Rule::mremapKeepsPgoff,
             Rule::mremapRebases,
             Rule::mremapArguments,
             Rule::mremapDuplicatePrivate,
             Rule::mremapDuplicateUnaccounts,
             Rule::munmapArguments,
             Rule::munmapMapCount,
             Rule::munmapDone,
             Rule::placeTooLong,
             Rule::placeLow,
             Rule::mergeBelow,
             Rule::mergeAbove,
             Rule::mergeBoth};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"mremap-moves-many",
                "true",
                {},
                true,
                [](const trace::RuleSet& r) { return !r.mremapMovesMany; }},
               {"page", "65536", {}, false}};
  t.budget = budgets::remapWhole;
  t.explore = exploreCode<Proving<RemapWhole>>;
  t.scene = sceneOf<Proving<RemapWhole>>;
  return t;
}

} // namespace growsdown::proofs
