// The walk of mprotect, mlock and munlock from area to area (the model's walkAreas with protectRange
// and lockRange).
#include "model/protect.h"
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class WalkExact {
 public:
  WalkExact(Run<D>& run, const Question& q)
      : run_(run), q_(q), shift_(q.demandedGeometry.pageShift), op_(run.choose("op", 5)),
        prot_(op_ == protectWrite  ? vm::read | vm::write
              : op_ == protectRead ? std::uint32_t{vm::read}
                                   : 0U),
        s_(anyList(run, q, [&run, op = op_](model::Vma<D>& area, unsigned) {
          makePrivate(run, area);
          if (op >= protectNone) run.assume(negated(any(area.flags & vm::locked)));
        })) {}

  void prove() {
    given();
    before_ = s_;
    next_ = start_;
    const trace::Errno error = model::walkAreas(
        s_, start_, end_, model::Rule::mlockHole,
        [this](model::Position<D> i, const Word& from, const Word& to, model::Position<D>& at) {
          requireRound(i, from, to);
          if (round_++ > 0) { // the step of the induction is complete
            run_.require("the next round starts behind the one before", from == next_);
            throw PathAbort{};
          }
          run_.require("the first starts at the range's start", from == start_);
          return firstRound(i, from, to, at);
        });
    requireEnd(error);
    outputStep(run_, error, s_);
  }

 private:
  using Word = typename D::Word;
  using Flags = typename D::Flags;
  enum Op : unsigned { lock, unlock, protectNone, protectRead, protectWrite };

  void given() {
    const std::uint64_t taskSize = q_.parameters.taskSize;
    s_.limits.data = run_.word("limitData");
    start_ = run_.word("start", 0, taskSize, shift_);
    end_ = run_.word("end", 0, taskSize, shift_);
    run_.assume(start_ < end_);
    if (q_.expressible)
      run_.assume(both(start_ >= trace::windows[1].start, end_ <= trace::windows[1].end));
    trace::Step step;
    step.op = op_ == lock     ? trace::Op::mlock
              : op_ == unlock ? trace::Op::munlock
                              : trace::Op::mprotect;
    step.prot = static_cast<std::uint8_t>(prot_);
    setScene(run_, s_, step, start_, end_ - start_);
  }

  void requireRound(model::Position<D> i, const Word& from, const Word& to) {
    run_.require("a round starts in the area that holds its first address",
                 both(s_.area(i).start <= from, from < s_.area(i).end));
    run_.require("which is the one a search finds",
                 s_.area(s_.findVma(from)).start == s_.area(i).start);
    run_.require("it ends with the area or the range",
                 both(to == select(end_ < s_.area(i).end, end_, s_.area(i).end), from < to));
  }

  trace::Errno firstRound(model::Position<D> i, const Word& from, const Word& to,
                          model::Position<D>& at) {
    const Flags old = s_.area(i).flags;
    const trace::Errno done = exactly<D>([&] {
      return op_ < protectNone ? model::lockRange<D>(s_, i, from, to, op_ == lock, at)
                               : model::protectRange<D>(s_, i, from, to, prot_, at);
    });
    const Word pages = (to >> shift_) - (from >> shift_);
    if (done == trace::Errno::none) {
      const Flags now = s_.area(at).flags;
      run_.require("the area named holds what was changed",
                   both(s_.area(at).start <= from, to <= s_.area(at).end));
      run_.require("the counters change by the flags",
                   sameCounters<D>(sumOf<D>(s_.counters, contributionOf<D>(old, pages)),
                                   sumOf<D>(before_.counters, contributionOf<D>(now, pages))));
      if (op_ < protectNone)
        run_.require("VM_LOCKED alone is set or cleared",
                     now == (op_ == lock ? old | vm::locked : old & ~vm::locked));
      else
        requireRights(from, old, now);
      next_ = select(to < s_.area(at).end, s_.area(at).end, to);
    } else {
      run_.require("a refusal is ENOMEM", truthLike(from, done == trace::Errno::enomem));
      run_.require("a refusal leaves the counters", sameCounters<D>(s_.counters, before_.counters));
      run_.require("a refusal leaves the flags", s_.area(s_.findVma(from)).flags == old);
    }
    return done;
  }

  void requireRights(const Word& from, const Flags& old, const Flags& now) {
    constexpr std::uint32_t account = vm::account;
    run_.require("the rights are those asked for",
                 both((now & vm::access) == Flags(prot_),
                      (now & ~(vm::access | account)) == (old & ~(vm::access | account))));
    const auto charges = both(truthLike(from, (prot_ & vm::write) != 0),
                              negated(any(old & (vm::account | vm::write | vm::noreserve))));
    const auto returns =
        both((old & vm::access) != Flags(prot_),
             truthLike(from, (prot_ & vm::write) == 0 && q_.demanded->mprotectDropsAccount));
    run_.require("VM_ACCOUNT follows the charge",
                 any(now & account) == either(both(any(old & account), negated(returns)),
                                              both(charges, negated(now == old))));
  }

  void requireEnd(trace::Errno error) {
    requireOrdered(run_, q_, s_);
    if (round_ == 0) {
      run_.require("no round is for a range that starts in no area",
                   truthLike(start_, error == trace::Errno::enomem && allAsBefore<D>(before_, s_)));
      run_.require("nor does one change a counter", sameCounters<D>(s_.counters, before_.counters));
    } else if (error == trace::Errno::none) {
      run_.require("a success came to the range's end", end_ <= next_);
    }
  }

  Run<D>& run_;
  const Question& q_;
  const unsigned shift_;
  const unsigned op_;
  const std::uint32_t prot_;
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  Word start_ = 0, end_ = 0;
  Word next_ = 0; ///< start of the next round
  unsigned round_ = 0;
};

} // namespace

using model::Rule;

Theorem walkExact() {
  Theorem t;
  t.name = "walk-exact";
  t.claims = {"mprotect, mlock and munlock go from area to area. By induction over the rounds, "
              "each round changes the part of the range that lies in its area, and nothing else.",
              "A successful round changes the counters by exactly what the pages contribute now, "
              "less what they contributed before.",
              "mlock and munlock set and clear VM_LOCKED. mprotect sets the rights, and VM_ACCOUNT "
              "if pages are charged or, in some versions, given back.",
              "A refused round (ENOMEM) leaves counters and flags.",
              "The next round starts where the round ended, or at the end of the area that the "
              "part was merged into. At a hole the walk ends with ENOMEM; at the end of the range "
              "it ends with success."};
  t.sizes = "any number of areas with any flags, any number of rounds; symbolic 64-bit bounds; "
            "mprotect to no right, to reading, and to reading and writing";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private and have no anon_vma; for mprotect they are not locked",
                   "the range is page-aligned, not empty, and does not wrap",
                   "counters include the areas",
                   "counters and page offsets are at most 2^52",
                   "no page is present"};
  t.rules = {Rule::mprotectSame,        Rule::mprotectChanged, Rule::mprotectCharges,
             Rule::mlockLocks,          Rule::munlockUnlocks,  Rule::mlockHole,
             Rule::splitArea,           Rule::splitMapCount,   Rule::mergeBelow,
             Rule::mergeAbove,          Rule::mergeBoth,       Rule::mprotectRlimitData,
             Rule::mprotectDropsAccount};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"mprotect-drops-account", "true", {}, false},
               {"mprotect-drops-account", "false", {}, false},
               {"page", "65536", {}, false}};
  t.budget = budgets::walkExact;
  t.explore = exploreCode<Proving<WalkExact>>;
  t.scene = sceneOf<Proving<WalkExact>>;
  return t;
}

} // namespace growsdown::proofs
