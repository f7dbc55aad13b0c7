// mremap that moves a range to a free target (the model's moveToFree): what mremap_to does after
// the target was unmapped and a longer range was cut off. Both are munmap, which unmap-exact is
// about.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class RemapMoves {
 public:
  RemapMoves(Run<D>& run, const Question& q)
      : run_(run), q_(q), shift_(q.demandedGeometry.pageShift), counting_(run.flip("counting")),
        duplicates_(run.flip("duplicates")), kind_(kinds[counting_ ? run.choose("kind", 5) : 0]) {}

  void prove() {
    givenSpace();
    const Word address = run_.word("address", 0, q_.parameters.taskSize - 1, shift_);
    const auto i = s_.findVma(address);
    if (s_.isArea(i)) old_ = s_.area(i);
    if (!counting_ && !old_) return;
    givenRange(address);

    before_ = s_;
    const trace::Errno error = exactly<D>(
        [&] { return model::moveToFree<D>(s_, address_, oldLength_, target_, newLength_); });

    requireOrdered(run_, q_, s_);
    if (error != trace::Errno::none) {
      run_.require("a refusal leaves the areas", truthLike(address_, allAsBefore<D>(before_, s_)));
      run_.require("a refusal leaves the counters", sameCounters<D>(s_.counters, before_.counters));
    } else if (counting_) {
      requireCounters();
    } else {
      requireTarget();
      requireOld(anywhere_);
      const Word inside = run_.word("inside", 0, q_.parameters.taskSize - 1);
      run_.assume(both(old_->start <= inside, inside < old_->end));
      requireOld(inside);
    }
    outputStep(run_, error, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  using Area = model::Vma<D>;
  using Flags = typename D::Flags;
  static constexpr std::uint32_t kinds[] = {
      vm::read | vm::write | vm::account, vm::read, vm::read | vm::write | vm::growsdown,
      vm::read | vm::locked, vm::read | vm::write | vm::shared};

  // The first area looked at is the one that is moved.
  void prepare(Area& area, unsigned number) const {
    area.flags = Flags(number == 0 ? kind_ : vm::read);
    if (number == 0 && (kind_ & vm::shared))
      area.object = 1;
    else if (number == 0 && !counting_ && !duplicates_ && run_.flip("anon"))
      area.anon = 1;
  }

  void givenSpace() {
    if (counting_) {
      s_ = anySpace<D>(run_, q_, 1, {kind_});
      prepare(s_.areas[0], 0);
      s_.limits.data = run_.word("limitData");
      if (kind_ & vm::shared) s_.objects.push_back({1, run_.word("objectPages", 1, morePages)});
    } else { // refusals for a limit do not depend on other areas
      s_ = anyList<D>(run_, q_, [this](Area& area, unsigned number) { prepare(area, number); });
      run_.assume(s_.counters.total <= morePages / 2);
      s_.limits.as = trace::unlimited;
      s_.maxMapCount = trace::unlimited;
    }
    s_.minAddr = s_.effectiveMinAddr = 0;
  }

  void givenRange(const Word& address) {
    const std::uint64_t taskSize = q_.parameters.taskSize;
    address_ = address;
    oldLength_ = duplicates_ ? Word(0) : run_.word("oldLength", 1, taskSize, shift_);
    newLength_ = run_.word("newLength", 1, taskSize, shift_);
    target_ = run_.word("target", 0, taskSize - 1, shift_);
    if (counting_)
      run_.assume(oldLength_ <= newLength_);
    else
      run_.assume(both(oldLength_ < newLength_,
                       both(old_->start <= address_, address_ + oldLength_ <= old_->end)));
    run_.assume(newLength_ <= taskSize - target_);
    run_.assume(either(address_ + oldLength_ <= target_, target_ + newLength_ <= address_));
    const unsigned block = q_.parameters.geometry.tableShift(q_.parameters.geometry.levels - 1);
    run_.assume(Word(((trace::programAddress >> block) + 1) << block) <= address_);
    run_.assume(truthLike(target_, !s_.intersects(target_, target_ + newLength_)));
    if (counting_) return;
    anywhere_ = run_.word("anywhere", 0, taskSize - 1);
    run_.assume(negated(
        either(inTarget(anywhere_), both(old_->start <= anywhere_, anywhere_ < old_->end))));
    s_.findVma(anywhere_); // the area there is known from here on
  }

  Truth inTarget(const Word& at) const { return both(target_ <= at, at < target_ + newLength_); }
  /// Whether 4.3 takes VM_ACCOUNT from the area that it duplicates.
  bool unaccounts() const { return duplicates_ && (kind_ & vm::account) != 0; }
  Truth sameFlags(const Flags& a, const Flags& b) const {
    return unaccounts() ? (a & ~vm::account) == (b & ~vm::account) : a == b;
  }

  void requireCounters() {
    model::Counters<D> was = before_.counters;
    if (unaccounts()) {
      const Area& left = s_.area(s_.findVma(address_));
      was.committed = was.committed - ((left.end - left.start) >> shift_);
    }
    run_.require("the counters change by the target's pages and the old range's",
                 sameCounters<D>(
                     sumOf<D>(s_.counters, contributionOf<D>(Flags(kind_), oldLength_ >> shift_)),
                     sumOf<D>(was, contributionOf<D>(Flags(kind_), newLength_ >> shift_))));
    run_.require("what the range gains is within RLIMIT_AS",
                 either(oldLength_ == newLength_,
                        before_.counters.total + ((newLength_ - oldLength_) >> shift_) <=
                            before_.limits.as >> shift_));
  }

  void requireTarget() {
    const Word there = run_.word("there", 0, q_.parameters.taskSize - 1);
    run_.assume(inTarget(there));
    const Covered<D> moved = coveredAt(q_, s_, there);
    const Word offset = old_->anon == 0 && old_->object == 0
                            ? Word(target_ >> shift_)
                            : Word(old_->pgoff + ((address_ - old_->start) >> shift_));
    run_.require("the target is covered", moved.covered);
    run_.require("the target goes on from the old range",
                 both(moved.offset == offset + ((there - target_) >> shift_),
                      sameFlags(moved.flags, Flags(kind_))));
  }

  /// An address outside of the target.
  void requireOld(const Word& at) {
    const Covered<D> was = coveredAt(q_, before_, at);
    const Covered<D> is = coveredAt(q_, s_, at);
    const Truth removed = both(address_ <= at, at < address_ + oldLength_);
    run_.require("what was covered stays covered, but the old range",
                 is.covered == both(was.covered, negated(removed)));
    run_.require(
        "others keep their flags and offset",
        implies(is.covered, both(is.offset == was.offset, sameFlags(is.flags, was.flags))));
  }

  Run<D>& run_;
  const Question& q_;
  const unsigned shift_;
  const bool counting_, duplicates_;
  const std::uint32_t kind_; ///< flags of the area that is moved
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  std::optional<Area> old_; ///< the area that is moved
  Word address_ = 0, oldLength_ = 0, newLength_ = 0, target_ = 0, anywhere_ = 0;
};

} // namespace

using model::Rule;

Theorem remapMoves() {
  Theorem t;
  t.name = "remap-moves";
  t.claims = {
      "mremap to a free target gives the target the flags and page offsets of the old range. An "
      "area without anon_vma and object gets the page offsets for its new address instead.",
      "The old range is gone, unless the old length is 0. Every other address keeps its flags and "
      "offset. The areas stay in order.",
      "The counters change by what the target contributes, less what the old range contributed. "
      "What the range gains is within RLIMIT_AS.",
      "If 4.3 duplicates a private area (old length 0), that area loses VM_ACCOUNT and is no "
      "longer charged.",
      "A refusal changes no area and no counter."};
  t.sizes = "addresses: any number of areas, the moved one readable, writable and accounted, and "
            "the range made longer. Counters: one area of five kinds. Symbolic 64-bit bounds";
  t.assumptions = {
      "the areas are in order, disjoint, page-aligned and not empty",
      "the other areas are private and readable",
      "addresses and lengths are page-aligned, and the new length is not 0 and not below the old "
      "one",
      "the ranges do not overlap; the target is within the task and free (unmap-exact)",
      "the minimum address is 0",
      "counters include the areas",
      "counters and page offsets are at most 2^52",
      "no page is present, no page table is listed, and the old range lies above the program's"};
  t.rules = {Rule::mremapMoved,
             Rule::mremapDuplicateUnaccounts,
             Rule::mremapDuplicatePrivate,
             Rule::mremapRebases,
             Rule::mremapKeepsPgoff,
             Rule::mremapNoArea,
             Rule::mremapAcrossAreas,
             Rule::mremapMapCount,
             Rule::mremapRlimitAs,
             Rule::mremapRlimitData,
             Rule::mergeBelow,
             Rule::mergeAbove};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"page", "65536", {}, false}};
  t.budget = budgets::remapMoves;
  t.explore = exploreCode<Proving<RemapMoves>>;
  return t;
}

} // namespace growsdown::proofs
