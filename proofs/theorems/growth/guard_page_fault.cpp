// 4.3's guard page: a whole fault (do_page_fault: the model's pageFault) by a read, a write or a
// fetch, the guard step included, on a process without any present page.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class GuardPageFault {
 public:
  GuardPageFault(Run<D>& run, const Question& q)
      : run_(run), q_(q), page_(q.page()), s_(anyList(run, q, [&run](Area& area, unsigned number) {
          makePrivate(run, area);
          area.anon = number + 1;
        })) {}

  void prove() {
    given();
    step();

    requireOrdered(run_, q_, s_);
    run_.require("other areas are as before", known(othersAsBefore(before_, s_, found_)));
    Word grown = 0;
    if (s_.isArea(found_)) {
      old_ = before_.area(found_);
      now_ = s_.area(found_);
      if (const Area* below = s_.below(found_)) below_ = *below;
      requireExtent();
      grown = (old_.start - now_.start) / page_;
      requireGrowth(grown);
      requireFirstExpansion();
      if (done_)
        requireGuard();
      else
        requireReason();
    }
    requireCounters(grown);

    run_.output("verdict", std::uint64_t{static_cast<std::uint8_t>(verdict_)});
    outputAreas(run_, s_);
    outputCounters(run_, s_.counters);
    run_.output("tables", std::uint64_t{s_.tables.size()});
    if (!done_) repeat();
    noteRules(run_, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  using Area = model::Vma<D>;

  Truth known(bool value) const { return truthLike(to_, value); }

  void given() {
    s_.capable = run_.truth("capable");
    const Word address =
        run_.word("address", q_.expressible ? trace::windows[1].start : 0,
                  (q_.expressible ? trace::windows[1].end : q_.parameters.taskSize) - 1);
    access_ = static_cast<trace::Access>(run_.choose("access", 3));
    if (access_ != trace::Access::write) run_.assume(address >= trace::windows[1].start);
    setScene(run_, s_, trace::Op::touch, access_, address & ~std::uint64_t{3}, 0);
    at_ = address & ~std::uint64_t{3};
    found_ = s_.findVma(at_);
    before_ = s_;
  }

  void step() {
    verdict_ = exactly<D>([&] { return model::pageFault<D>(s_, at_, access_, true); });
    model::Call<D> call;
    call.op = trace::Op::touch;
    call.access = access_;
    call.address = at_;
    model::StepResult<D> result;
    result.verdict = verdict_;
    applyPlantedBug(q_.bug, before_, call, result, s_);
    done_ = verdict_ == model::AccessResult::ok;
    to_ = at_ & ~(page_ - 1);
  }

  void requireExtent() {
    run_.require("its end and flags are as before",
                 both(now_.end == old_.end, now_.flags == old_.flags));
    run_.require("it did not shrink", now_.start <= old_.start);
  }

  void requireGrowth(const Word& grown) {
    run_.require("its page offset fell by the growth",
                 both(grown <= old_.pgoff, now_.pgoff + grown == old_.pgoff));
    const Truth grew = now_.start < old_.start;
    locked_ = any(old_.flags & vm::locked);
    const Truth capable = before_.capable;
    run_.require("only grows-down areas grow", implies(grew, any(old_.flags & vm::growsdown)));
    run_.require("the total is within RLIMIT_AS",
                 implies(grew, s_.counters.total <= before_.limits.as / page_));
    run_.require("its size less the guard is within RLIMIT_STACK",
                 implies(grew, now_.end - now_.start - discount() <= before_.limits.stack));
    run_.require("what is locked is within RLIMIT_MEMLOCK",
                 implies(both(grew, locked_),
                         either(capable, s_.counters.locked <= before_.limits.memlock / page_)));
    run_.require("it lies above the minimum address",
                 implies(grew, either(now_.start >= before_.minAddr, capable)));
    run_.require("locked pages rose by the growth of a locked area",
                 s_.counters.locked == before_.counters.locked + select(locked_, grown, Word(0)));
    if (below_)
      run_.require("the page touched keeps a page from a neighbour that does not grow",
                   implies(both(known(done_), any(old_.flags & vm::growsdown)),
                           either(any(below_->flags & vm::growsdown), to_ >= below_->end + page_)));
    stack_ = any(old_.flags & vm::growsdown);
  }

  // The conditions of the first expansion, which is kept even if a later check refuses the access.
  void requireFirstExpansion() {
    const Truth capable = before_.capable;
    const Word step = (old_.start - to_) / page_;
    Truth allows = both(both(step <= old_.pgoff, either(to_ >= before_.minAddr, capable)),
                        both(before_.counters.total + step <= before_.limits.as / page_,
                             old_.end - to_ - discount() <= before_.limits.stack));
    allows = both(allows, either(either(negated(locked_), capable),
                                 before_.counters.locked + step <= before_.limits.memlock / page_));
    if (below_)
      allows = both(allows, either(below_->end < to_, any(below_->flags & vm::growsdown)));
    for (const trace::Window& window :
         trace::windows) // an area above a window does not grow into it
      allows = both(allows, negated(both(both(at_ >= window.start, at_ < window.end),
                                         old_.start >= window.end)));
    if (q_.demanded->stackPointerSlack != 0)
      allows = both(allows, at_ + q_.demanded->stackPointerSlack >= before_.stackPointer);
    run_.require("an expansion that nothing forbids is kept",
                 implies(both(both(stack_, to_ < old_.start), allows), now_.start <= to_));
  }

  void requireGuard() {
    Truth shared = known(false);
    if (below_) shared = both(below_->end == to_, any(below_->flags & vm::growsdown));
    run_.require("a guard page lies below the page touched",
                 implies(stack_, either(now_.start < to_, either(shared, to_ == 0))));
    // To the page touched; one more if that was the lowest.
    const Word lowest = select(to_ < old_.start, to_, old_.start);
    const Truth guard = both(stack_, both(to_ == lowest, negated(either(shared, to_ == 0))));
    run_.require("it grew to the page touched and one guard page",
                 now_.start == lowest - select(guard, Word(page_), Word(0)));
  }

  void requireReason() {
    const Truth kept = either(now_.start == old_.start, both(stack_, now_.start == to_));
    run_.require("a refusal leaves all or the first expansion", kept);
    const Truth allowed = any(old_.flags & model::accessMask(access_));
    run_.require("ACCERR is for the area's rights alone",
                 implies(known(verdict_ == model::AccessResult::accerr), negated(allowed)));
    // Only the guard step can refuse an access that the area allows once it reaches to the page.
    Truth noRoom = known(false);
    if (below_) noRoom = both(below_->end == to_, negated(any(below_->flags & vm::growsdown)));
    const Truth capable = before_.capable;
    const Word guarded = now_.end - to_ + page_ - discount();
    const Truth overLimit = either(
        either(s_.counters.total + 1 > before_.limits.as / page_, guarded > before_.limits.stack),
        both(both(locked_, negated(capable)),
             s_.counters.locked + 1 > before_.limits.memlock / page_));
    const Truth tooLow = both(to_ - page_ < before_.minAddr, negated(capable));
    run_.require("a refused guard step has a reason",
                 implies(both(now_.start <= to_, allowed),
                         either(either(noRoom, now_.pgoff == 0), either(overLimit, tooLow))));
    run_.require("a refused guard step is MAPERR",
                 implies(both(now_.start < old_.start, allowed),
                         known(verdict_ == model::AccessResult::maperr)));
  }

  void requireCounters(const Word& grown) {
    const model::Counters<D>& now = s_.counters;
    const model::Counters<D>& was = before_.counters;
    run_.require("the total rose by the growth", now.total == was.total + grown);
    run_.require("stack pages rose by the growth", now.stack == was.stack + grown);
    run_.require("the commitment rose by the growth", now.committed == was.committed + grown);
    run_.require("other counters are as before",
                 both(now.data == was.data, now.shared == was.shared));
    run_.require("the page touched alone is present",
                 known(s_.entries.size() == (done_ ? 1u : 0u)));
    if (done_) run_.require("the page present is the one touched", s_.entries[0].address == to_);
  }

  void repeat() {
    model::LoggedSpace<D> again = s_;
    const model::AccessResult second =
        exactly<D>([&] { return model::pageFault<D>(again, at_, access_, true); });
    run_.require("a refused access is refused again", known(second == verdict_));
    run_.require("and changes nothing more", sameCounters<D>(again.counters, s_.counters));
    run_.require("and no area", known(othersAsBefore(before_, again, found_)));
    if (s_.isArea(found_))
      run_.require("and not the one found", sameArea<D>(again.area(found_), s_.area(found_)));
    run_.output("again", std::uint64_t{static_cast<std::uint8_t>(second)});
  }

  std::uint64_t discount() const { return page_ * q_.demanded->stackLimitDiscount; }

  Run<D>& run_;
  const Question& q_;
  const std::uint64_t page_;
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  trace::Access access_ = trace::Access::read;
  model::AccessResult verdict_ = model::AccessResult::ok;
  bool done_ = false;
  Word at_ = 0, to_ = 0;        ///< the address accessed, and its page
  model::Position<D> found_{};  ///< of the area that find_vma finds
  Area old_, now_;              ///< that area
  std::optional<Area> below_{}; ///< its neighbour
  Truth locked_ = false, stack_ = false;
};

} // namespace

using model::Rule;
using trace::GuardStyle;

Theorem guardPageFault() {
  Theorem t;
  t.name = "guard-page-fault";
  t.claims = {"If an access to a grows-down area succeeds, the page touched is its only present "
              "page. At least one untouched page of the area lies below it, or a grows-down area "
              "ends exactly at the page, or it is page 0.",
              "The area grows to the page touched. If that page is then its lowest, it grows by "
              "one page more.",
              "A grows-down area that may grow to the page touched reaches the page afterwards, "
              "even if something else is refused.",
              "If the guard step is refused, the access fails with MAPERR and no page is present. "
              "The first expansion stays, with all that it took. The same access is refused again "
              "and changes nothing.",
              "The areas stay in order, and only the area found changes. Its end and flags stay.",
              "The page offset and the counters total, stack, committed and (if the area is "
              "locked) locked change by exactly the growth; other counters stay.",
              "A growing area keeps RLIMIT_AS, RLIMIT_STACK, RLIMIT_MEMLOCK and mmap_min_addr as "
              "in growth-safe."};
  t.sizes = "any number of areas; symbolic 64-bit bounds, limits and flags; writes at any address, "
            "reads and fetches from 32 GiB on";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private and each has an anon_vma",
                   "no page is present",
                   "counters include the areas",
                   "counters and page offsets are at most 2^52",
                   "the address is within the task"};
  t.rules = {Rule::faultNoArea,     Rule::faultNotGrowsdown,  Rule::faultAccess,
             Rule::growDone,        Rule::growCovered,        Rule::growLowAddress,
             Rule::guardPageAbuts,  Rule::guardPageNeighbour, Rule::guardPageShared,
             Rule::guardPageAdded,  Rule::growPgoff,          Rule::growRlimitAs,
             Rule::growRlimitStack, Rule::growRlimitMemlock,  Rule::anonZero,
             Rule::anonWrite,       Rule::tableMade};
  t.speaksOf = [](const trace::RuleSet& r) {
    return r.guard == GuardStyle::pageInside && !r.execMapsFirst;
  };
  t.planted = {{"guard", "gap"},
               {"stack-limit-discount", "0"},
               {"stack-limit-discount", "2"},
               {"low-address-by-capability", "false"},
               plantedBug(planted::Bug::guardRollsBack, false),
               plantedBug(planted::Bug::growthUndoneOnAccerr, false)};
  t.budget = budgets::guardPageFault;
  t.explore = exploreCode<Proving<GuardPageFault>>;
  t.scene = sceneOf<Proving<GuardPageFault>>;
  return t;
}

} // namespace growsdown::proofs
