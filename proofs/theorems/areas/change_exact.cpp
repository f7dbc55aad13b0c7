// Splitting and merging. A range within one area gets new flags: the model's modifyFlags, through
// which mprotect, mlock and munlock change the list. Or a new private area is put into free space:
// insertArea, through which mmap changes the list.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class ChangeExact {
 public:
  ChangeExact(Run<D>& run, const Question& q)
      : run_(run), q_(q), shift_(q.demandedGeometry.pageShift), insert_(run.flip("insert")),
        joining_(run.flip("joining")),
        s_(anyList(run, q, [&run, joining = joining_](Area& area, unsigned number) {
          makePrivate(run, area);
          if (!joining) return;
          const unsigned anon = run.choose("area" + std::to_string(number) + ".anon", 4);
          area.anon = anon == 0 ? 0 : anon == 1 ? 10 : 11 + number;
          area.forked = anon == 3;
        })) {}

  void prove() {
    givenRange();
    givenNeighbours();
    before_ = s_;
    change();

    requireOrdered(run_, q_, s_);
    if (!joining_) requireAddresses();
    if (error_ == trace::Errno::none) {
      if (!insert_)
        run_.require("the area named covers the range",
                     both(s_.area(at_).start <= start_, end_ <= s_.area(at_).end));
      if (joining_) requireMerges();
    } else {
      requireRefusal();
    }
    requireAnonVmas();
    outputAreas(run_, s_);
    run_.output("error", std::uint64_t{static_cast<std::uint8_t>(error_)});
    noteRules(run_, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  using Area = model::Vma<D>;

  void givenRange() {
    const std::uint64_t taskSize = q_.parameters.taskSize;
    start_ = run_.word("start", 0, taskSize, shift_);
    end_ = run_.word("end", 0, taskSize, shift_);
    run_.assume(start_ < end_);
    flags_ = run_.flags("flags", vm::all & ~vm::shared);
    offset_ = run_.word("offset", 0, std::uint64_t{1} << 51);
    if (q_.expressible) { // an mmap or mprotect that nothing refuses
      run_.assume(truthLike(start_, joining_));
      run_.assume(flags_ == typename D::Flags(vm::read));
      if (insert_) run_.assume(offset_ == start_ >> shift_);
      run_.assume(both(start_ >= trace::windows[1].start, end_ <= trace::windows[1].end));
      s_.limits.as = trace::unlimited;
      s_.maxMapCount = 65530;
    }
    if (!joining_) {
      anywhere_ = run_.word("anywhere", 0, taskSize - 1);
      s_.findVma(anywhere_); // the area there is known from here on
    }
  }

  void givenNeighbours() {
    i_ = s_.findVma(start_);
    if (insert_) {
      if (s_.isArea(i_)) run_.assume(end_ <= s_.area(i_).start);
    } else {
      run_.assume(truthLike(start_, s_.isArea(i_)));
      run_.assume(both(s_.area(i_).start <= start_, end_ <= s_.area(i_).end));
      run_.assume(s_.area(i_).flags != flags_);
    }
    if (!insert_) own_ = s_.area(i_);
    if (own_ && q_.expressible) run_.assume(own_->flags == typename D::Flags(vm::read | vm::exec));
    if (joining_) {
      if (const Area* below = s_.below(i_)) low_ = *below;
      if (insert_ && s_.isArea(i_)) high_ = s_.area(i_);
      if (!insert_)
        if (const Area* above = s_.above(i_)) high_ = *above;
      if (low_ && low_->anon != 0) run_.assume(low_->end == start_);
      if (high_ && high_->anon != 0) run_.assume(end_ == high_->start);
    }
    trace::Step step;
    step.op = insert_ ? trace::Op::mmap : trace::Op::mprotect;
    step.prot = trace::prot::read;
    step.flags = insert_ ? trace::flag::fixed : 0;
    setScene(run_, s_, step, start_, end_ - start_);
  }

  void change() {
    at_ = i_;
    if (!insert_) {
      error_ = exactly<D>([&] { return model::modifyFlags<D>(s_, i_, start_, end_, flags_, at_); });
      return;
    }
    Area area;
    area.start = start_;
    area.end = end_;
    area.pgoff = offset_;
    area.flags = flags_;
    exactly<D>([&] { model::insertArea<D>(s_, area, s_.rules().mmapMergePrefersNext); });
    if (q_.bug == planted::Bug::mergeAcrossFork && low_ && low_->forked && !high_) {
      const auto put = s_.findVma(start_);
      if (s_.area(put).start == start_ && low_->end == start_ && low_->flags == flags_ &&
          low_->pgoff + ((low_->end - low_->start) >> shift_) == offset_) {
        Area joined = *low_;
        joined.end = end_;
        s_.replaceWindow(s_.previous(put), s_.next(put), &joined, 1);
      }
    }
  }

  void requireAddresses() {
    const Truth within = both(start_ <= anywhere_, anywhere_ < end_);
    const Covered<D> was = coveredAt(q_, before_, anywhere_);
    const Covered<D> is = coveredAt(q_, s_, anywhere_);
    if (error_ == trace::Errno::none) {
      run_.require("the same addresses are covered, and the range",
                   is.covered == either(was.covered, within));
      run_.require("the range has the new flags", implies(within, is.flags == flags_));
      run_.require("others keep theirs",
                   implies(both(was.covered, negated(within)), is.flags == was.flags));
      run_.require("page offsets stay", implies(was.covered, is.offset == was.offset));
      if (insert_)
        run_.require("the new area has its own",
                     implies(within, is.offset == offset_ + (anywhere_ - start_) / q_.page()));
    } else {
      run_.require(
          "a refusal leaves every address",
          both(is.covered == was.covered,
               implies(was.covered, both(is.flags == was.flags, is.offset == was.offset))));
    }
  }

  void requireRefusal() {
    run_.require("a refusal is ENOMEM", truthLike(start_, error_ == trace::Errno::enomem));
    const Truth head = own_->start < start_;
    const Truth tail = end_ < own_->end;
    const Word areas = before_.areaCount();
    run_.require("a refusal is for too many areas",
                 either(both(either(head, tail), before_.maxMapCount <= areas),
                        both(both(head, tail), before_.maxMapCount <= areas + 1)));
  }

  // Each anon_vma from before still exists, and areas that had different ones still have.
  void requireAnonVmas() {
    for (const Area& old : areasBefore(before_, s_)) {
      bool kept = old.anon == 0;
      for (const Area& now : s_.areas)
        kept = kept || now.anon == old.anon;
      run_.require("no anon_vma is lost", truthLike(start_, kept));
    }
    if (low_ && high_ && low_->anon != 0 && high_->anon != 0 && low_->anon != high_->anon)
      run_.require("different anon_vmas stay apart",
                   truthLike(start_, s_.findVma(low_->start) != s_.findVma(high_->start)));
  }

  /// Whether a range with this anon_vma may join that neighbour.
  bool mayJoin(std::uint64_t anon, bool forked, const Area& neighbour) const {
    if (anon == neighbour.anon) return true;
    if (anon == 0) return !neighbour.forked;
    return neighbour.anon == 0 && q_.demanded->mergeAdoptsChanged && !forked;
  }

  void requireMerges() {
    if (!own_ && q_.demanded->mmapMergePrefersNext) return; // 6.1 has another order
    std::uint64_t anon = 0;
    bool forked = false;
    Word first = offset_; // page offset of the range
    if (own_) {
      anon = own_->anon;
      forked = own_->forked;
      first = own_->pgoff + (start_ - own_->start) / q_.page();
    }
    Truth joinsBelow = truthLike(start_, false);
    std::uint64_t anonBelow = 0;
    if (low_) {
      anonBelow = low_->anon;
      joinsBelow = both(both(low_->end == start_, low_->flags == flags_),
                        both(low_->pgoff + (low_->end - low_->start) / q_.page() == first,
                             truthLike(start_, mayJoin(anon, forked, *low_))));
      run_.require("it joins the area below exactly if they fit",
                   joinsBelow == negated(sameArea<D>(s_.area(s_.findVma(low_->start)), *low_)));
    }
    if (high_) {
      const bool differ = anonBelow != 0 && high_->anon != 0 && anonBelow != high_->anon;
      const Truth fits = both(both(end_ == high_->start, high_->flags == flags_),
                              both(high_->pgoff == first + (end_ - start_) / q_.page(),
                                   truthLike(start_, mayJoin(anon, forked, *high_))));
      run_.require("it joins the area above exactly if they fit, and those below and above do",
                   both(fits, negated(both(joinsBelow, truthLike(start_, differ)))) ==
                       negated(sameArea<D>(s_.area(s_.findVma(high_->start)), *high_)));
    }
  }

  Run<D>& run_;
  const Question& q_;
  const unsigned shift_;
  const bool insert_;  ///< a new area, not new flags
  const bool joining_; ///< about merges, not about one address
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  Word start_ = 0, end_ = 0, offset_ = 0, anywhere_ = 0;
  typename D::Flags flags_{};
  model::Position<D> i_{}, at_{};
  std::optional<Area> own_, low_, high_; ///< the area that is changed, and the neighbours
  trace::Errno error_ = trace::Errno::none;
};

} // namespace

using model::Rule;

Theorem changeExact() {
  Theorem t;
  t.name = "change-exact";
  t.claims = {"Splitting and merging change only what they must: a range of an area gets new "
              "flags, or a new private area is put into free space.",
              "The areas stay in order. Exactly the addresses that were covered before, and those "
              "of the new area, are covered afterwards.",
              "Addresses in the range have the new flags, and all others keep theirs. Covered "
              "addresses keep their page offsets.",
              "If a range was changed, the area that the rule names covers the range.",
              "Areas merge exactly if they fit together. No anon_vma is lost, and two different "
              "ones are never merged into one.",
              "A change is refused only if it needs a split and there are max_map_count areas "
              "already, or one fewer if it needs two splits. The refusal leaves the flags and "
              "offset of every address."};
  t.sizes =
      "any number of areas, any of which the changed area may abut; symbolic 64-bit bounds, range "
      "and flags; each area without an anon_vma, or with a shared, own or inherited one";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private",
                   "the range is page-aligned, not empty, and within the area (or in free space)",
                   "the flags change"};
  t.rules = {Rule::mergeBelow,   Rule::mergeAbove, Rule::mergeBoth,
             Rule::mergeNotBoth, Rule::splitArea,  Rule::splitMapCount};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"merge-adopts-changed", "true", {}, false},
               {"mmap-merge-prefers-next", "true", {}, false},
               plantedBug(planted::Bug::mergeAcrossFork, true, {},
                          [](const trace::RuleSet& r) { return !r.mmapMergePrefersNext; }),
               {"page", "65536", {}, false}};
  t.budget = budgets::changeExact;
  t.explore = exploreCode<Proving<ChangeExact>>;
  t.scene = sceneOf<Proving<ChangeExact>>;
  return t;
}

} // namespace growsdown::proofs
