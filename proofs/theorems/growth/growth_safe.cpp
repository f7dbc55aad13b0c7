// One expansion of a grows-down area (expand_stack: the model's expandStack), either guard style.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class GrowthSafe {
 public:
  GrowthSafe(Run<D>& run, const Question& q)
      : run_(run), q_(q), s_(anyList(run, q, [&run](Area& area, unsigned number) {
          makePrivate(run, area);
          chooseAnonVma(run, area, number);
        })) {}

  void prove() {
    s_.capable = run_.truth("capable");
    const Word address = run_.word("address", 0, q_.parameters.taskSize - 1);
    if (q_.expressible) run_.assume(address >= trace::windows[1].start);
    i_ = s_.findVma(address);
    run_.assume(truthLike(address, s_.isArea(i_)));
    run_.assume(both(address < s_.area(i_).start, any(s_.area(i_).flags & vm::growsdown)));
    setScene(run_, s_, trace::Op::touch, trace::Access::write, address, 0);

    before_ = s_;
    old_ = s_.area(i_);
    const trace::Errno error = exactly<D>([&] { return model::expandStack<D>(s_, i_, address); });

    demand(address);
    now_ = s_.area(i_);
    if (error == trace::Errno::none)
      requireGrowth();
    else
      requireRefusal(error);
    requireRest();
    outputStep(run_, error, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  using Area = model::Vma<D>;

  // What the rule set requires of an area that reaches down to the page of the address.
  void demand(const Word& address) {
    const std::uint64_t page = q_.page();
    to_ = address & ~(page - 1);
    grow_ = (old_.start - to_) / page;
    locked_ = any(old_.flags & vm::locked);
    const trace::RuleSet& demanded = *q_.demanded;
    const std::uint64_t discount = demanded.stackLimitDiscount * page;
    high_ = demanded.lowAddressByCapability
                ? either(to_ >= before_.minAddr, before_.capable)
                : either(to_ >= before_.effectiveMinAddr, truthLike(to_, false));
    withinStack_ = old_.end - to_ - discount <= before_.limits.stack;
    withinAs_ = before_.counters.total + grow_ <= before_.limits.as / page;
    withinMemlock_ = either(either(negated(locked_), before_.capable),
                            before_.counters.locked + grow_ <= before_.limits.memlock / page);
    withinOffset_ = grow_ <= old_.pgoff;
    apart_ = truthLike(to_, true);
    if (const Area* below = s_.below(i_)) { // it never changes
      const Truth grows = any(below->flags & vm::growsdown);
      if (demanded.guard == trace::GuardStyle::gap) {
        const Truth exempt = either(grows, both(truthLike(to_, demanded.inaccessibleExempt),
                                                negated(any(below->flags & vm::access))));
        apart_ = either(exempt, to_ - below->end >= demanded.gapPages * page);
      } else {
        apart_ = either(grows, to_ > below->end);
      }
    }
  }

  void requireGrowth() {
    run_.require("the guard distance is kept", apart_);
    run_.require("it lies above the minimum address", high_);
    run_.require("its size is within RLIMIT_STACK", withinStack_);
    run_.require("the total is within RLIMIT_AS", withinAs_);
    run_.require("what is locked is within RLIMIT_MEMLOCK", withinMemlock_);
    run_.require("the area starts at the page of the address", now_.start == to_);
    run_.require("its end and flags are as before",
                 both(now_.end == old_.end, now_.flags == old_.flags));
    run_.require("the page offset fell by the growth",
                 both(withinOffset_, now_.pgoff + grow_ == old_.pgoff));
    const model::Counters<D>& now = s_.counters;
    const model::Counters<D>& was = before_.counters;
    run_.require("the total rose by the growth", now.total == was.total + grow_);
    run_.require("stack pages rose by the growth", now.stack == was.stack + grow_);
    run_.require("the commitment rose by the growth", now.committed == was.committed + grow_);
    run_.require("locked pages rose by the growth of a locked area",
                 now.locked == was.locked + select(locked_, grow_, Word(0)));
    run_.require("other counters are as before",
                 both(now.data == was.data, now.shared == was.shared));
  }

  void requireRefusal(trace::Errno error) {
    run_.require("a refusal leaves the area", sameArea<D>(now_, old_));
    run_.require("a refusal leaves the counters", sameCounters<D>(s_.counters, before_.counters));
    run_.require("a refusal has a reason",
                 negated(both(both(both(apart_, high_), withinStack_),
                              both(both(withinAs_, withinMemlock_), withinOffset_))));
    run_.require("EPERM is for the minimum address, ENOMEM for the rest",
                 error == trace::Errno::eperm ? negated(high_)
                                              : truthLike(to_, error == trace::Errno::enomem));
  }

  void requireRest() {
    // An anon_vma is prepared after the first checks, whose order depends on the version.
    const Truth early = q_.demanded->anonVmaBeforeLowAddress
                            ? negated(apart_)
                            : either(negated(apart_), negated(high_));
    run_.require("an early refusal makes no anon_vma",
                 implies(early, truthLike(to_, now_.anon == old_.anon)));
    run_.require("anything else makes one", either(early, truthLike(to_, now_.anon != 0)));
    requireOrdered(run_, q_, s_);
    run_.require("other areas are as before", truthLike(to_, othersAsBefore(before_, s_, i_)));
    run_.require("no page became present", truthLike(to_, s_.entries.empty() && s_.tables.empty()));
  }

  Run<D>& run_;
  const Question& q_;
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  model::Position<D> i_{}; ///< of the growing area
  Area old_, now_;
  Word to_ = 0, grow_ = 0;
  Truth locked_ = false;
  Truth high_ = false, withinStack_ = false, withinAs_ = false, withinMemlock_ = false,
        withinOffset_ = false, apart_ = false;
};

} // namespace

using model::Rule;
using trace::GuardStyle;

Theorem growthSafe() {
  Theorem t;
  t.name = "growth-safe";
  t.claims = {
      "A successful expansion moves the start of the area to the page of the address; end and "
      "flags stay.",
      "It keeps the guard distance. With a guard gap, at least the gap is free below, unless the "
      "neighbour grows or is inaccessible. With a guard page inside the area, it does not come to "
      "abut a neighbour that does not grow.",
      "The area lies at or above the effective mmap_min_addr (in 4.3: at or above mmap_min_addr, "
      "unless the process is capable).",
      "Its size, less the discount of the rule set, is within RLIMIT_STACK. The total is within "
      "RLIMIT_AS. If the area is locked and the process not capable, locked memory is within "
      "RLIMIT_MEMLOCK.",
      "The page offset and the counters total, stack, committed and (if the area is locked) locked "
      "change by exactly the growth. Nothing else changes.",
      "A refused expansion changes no extent, offset or flags of an area, and no counter.",
      "A refusal has a reason: one of these conditions would have been broken, or the page offset "
      "was too small. The error is EPERM for the address and ENOMEM for any other reason."};
  t.sizes = "any number of areas, any of which grows; symbolic 64-bit bounds, limits and flags; "
            "areas without an anon_vma, with one of this process, or with an inherited one";
  t.assumptions = {
      "the areas are in order, disjoint, page-aligned and not empty",
      "areas are private",
      "the growing area is the one that find_vma finds for the address, and lies above it",
      "counters include the areas",
      "counters and page offsets are at most 2^52",
      "anon_vmas are distinct"};
  t.rules = {Rule::growDone,
             Rule::growLowAddress,
             Rule::guardGap,
             Rule::guardGapGrowsdownExempt,
             Rule::guardGapInaccessibleExempt,
             Rule::guardPageAbuts,
             Rule::growPgoff,
             Rule::growRlimitAs,
             Rule::growRlimitStack,
             Rule::growRlimitMemlock,
             Rule::anonNew,
             Rule::anonAdoptAbove};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"gap-pages", "255", GuardStyle::gap},
               {"gap-pages", "257", GuardStyle::gap},
               {"inaccessible-exempt", "false", GuardStyle::gap},
               {"stack-limit-discount", "0"},
               {"stack-limit-discount", "1"},
               {"stack-limit-discount", "4096"}, // the size less that wraps
               {"low-address-by-capability", "true"},
               {"low-address-by-capability", "false"},
               {"guard", "gap", GuardStyle::pageInside},
               {"guard", "page-inside", GuardStyle::gap},
               {"anon-vma-before-low-address", "true", {}, false},
               {"anon-vma-before-low-address", "false", {}, false}};
  t.budget = budgets::growthSafe;
  t.explore = exploreCode<Proving<GrowthSafe>>;
  t.scene = sceneOf<Proving<GrowthSafe>>;
  return t;
}

} // namespace growsdown::proofs
