// mprotect, mlock and munlock go from area to area.
#pragma once

#include "model/protect.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM walk-exact. The walk of mprotect, mlock and munlock over [start, end) (the model's
/// walkAreas with protectRange and lockRange), by induction over its rounds.
///
/// Any round: it changes [from, to), where `from` lies in the area found, `to` is the area's end or
/// the range's; if it succeeds, the counters change by what the pages of [from, to) count for now,
/// less what they counted for with the flags from before, and nothing else; mlock and munlock set
/// and clear VM_LOCKED, mprotect sets the rights, and VM_ACCOUNT where pages are charged or, as
/// this version has it, given back; if it is refused (ENOMEM), counters and every flag are as
/// before. The next round starts at `to` or where the area ends that the range has become part of,
/// in the area that holds this address; where there is none the walk ends with ENOMEM and changes
/// nothing more; at the range's end it ends with success. So the next round is again the first
/// round of a walk, over the rest of the range.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: any number of areas with any flags; symbolic 64-bit bounds; mprotect to no right, to
/// reading, and to reading and writing.
/// Assumed: the list is in order, disjoint, page-aligned, not empty; the range is page-aligned, not
/// empty and does not wrap; areas are private, without anon_vmas, and for mprotect not locked (a
/// locked one is then populated); counters cover the areas, and they and the page offsets are at
/// most 2^52; no page is present.
struct WalkExact {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using Flags = typename D::Flags;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    enum Op : unsigned { lock, unlock, protectNone, protectRead, protectWrite };
    const unsigned op = run.choose("op", 5);
    const std::uint32_t prot = op == protectWrite  ? vm::read | vm::write
                               : op == protectRead ? std::uint32_t{vm::read}
                                                   : 0U;
    model::LoggedSpace<D> s = anyList(run, q, [&run, op](model::Vma<D>& area, unsigned) {
      makePrivate(run, area);
      if (op >= protectNone) run.assume(negated(any(area.flags & vm::locked)));
    });
    s.limits.data = run.word("limitData");
    const Word start = run.word("start", 0, taskSize, shift);
    const Word end = run.word("end", 0, taskSize, shift);
    run.assume(start < end);
    if (q.expressible)
      run.assume(both(start >= trace::windows[1].start, end <= trace::windows[1].end));
    trace::Step step;
    step.op = op == lock     ? trace::Op::mlock
              : op == unlock ? trace::Op::munlock
                             : trace::Op::mprotect;
    step.prot = static_cast<std::uint8_t>(prot);
    setScene(run, s, step, start, end - start);
    const model::Space<D> before = s;

    unsigned round = 0;
    Word next = start;
    const auto check = [&](model::Position<D> i, const Word& from, const Word& to) {
      run.require("a round starts in the area that holds its first address",
                  both(s.area(i).start <= from, from < s.area(i).end));
      run.require("which is the one a search finds",
                  s.area(s.findVma(from)).start == s.area(i).start);
      run.require("it ends with the area or the range",
                  both(to == select(end < s.area(i).end, end, s.area(i).end), from < to));
    };
    const trace::Errno error = model::walkAreas(
        s, start, end, model::Rule::mlockHole,
        [&](model::Position<D> i, const Word& from, const Word& to, model::Position<D>& at) {
          check(i, from, to);
          if (round++ > 0) { // the induction's step is done
            run.require("the next round starts behind the one before", from == next);
            throw PathAbort{};
          }
          run.require("the first starts at the range's start", from == start);
          const Flags old = s.area(i).flags;
          const trace::Errno done = exactly<D>([&] {
            return op < protectNone ? model::lockRange<D>(s, i, from, to, op == lock, at)
                                    : model::protectRange<D>(s, i, from, to, prot, at);
          });
          const Word pages = (to >> shift) - (from >> shift);
          if (done == trace::Errno::none) {
            const Flags now = s.area(at).flags;
            run.require("the area named holds what was changed",
                        both(s.area(at).start <= from, to <= s.area(at).end));
            run.require("the counters change by the flags",
                        sameCounters<D>(sumOf<D>(s.counters, contributionOf<D>(old, pages)),
                                        sumOf<D>(before.counters, contributionOf<D>(now, pages))));
            if (op < protectNone) {
              run.require("VM_LOCKED alone is set or cleared",
                          now == (op == lock ? old | vm::locked : old & ~vm::locked));
            } else {
              constexpr std::uint32_t account = vm::account;
              run.require("the rights are those asked for",
                          both((now & vm::access) == Flags(prot),
                               (now & ~(vm::access | account)) == (old & ~(vm::access | account))));
              const auto charges =
                  both(truthLike(from, (prot & vm::write) != 0),
                       negated(any(old & (vm::account | vm::write | vm::noreserve))));
              const auto returns = both(
                  (old & vm::access) != Flags(prot),
                  truthLike(from, (prot & vm::write) == 0 && q.demanded->mprotectDropsAccount));
              run.require("VM_ACCOUNT follows the charge",
                          any(now & account) == either(both(any(old & account), negated(returns)),
                                                       both(charges, negated(now == old))));
            }
            next = select(to < s.area(at).end, s.area(at).end, to);
          } else {
            run.require("a refusal is ENOMEM", truthLike(from, done == trace::Errno::enomem));
            run.require("a refusal leaves the counters",
                        sameCounters<D>(s.counters, before.counters));
            run.require("a refusal leaves the flags", s.area(s.findVma(from)).flags == old);
          }
          return done;
        });
    requireOrdered(run, q, s);
    if (round == 0) {
      run.require("no round is for a range that starts in no area",
                  truthLike(start, error == trace::Errno::enomem && allAsBefore(before, s)));
      run.require("nor does one change a counter", sameCounters<D>(s.counters, before.counters));
    } else if (error == trace::Errno::none) {
      run.require("a success came to the range's end", end <= next);
    }
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(error)});
    outputAreas(run, s);
    outputCounters(run, s.counters);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
