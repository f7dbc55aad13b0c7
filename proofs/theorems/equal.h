// The reference's growth against the model's.
#pragma once

#include "model/grow.h"
#include "proofs/theorems/states.h"
#include "reference/growth.h"

namespace growsdown::proofs {

/// THEOREM growth-equal. The reference's growth is the model's: expand_stack, and 4.3's guard step
/// (reference::Growth's expandStack and guardStep against model::expandStack, model::guardStep),
/// from the same state to the same address. Its planted bugs are refuted with planted::Growth.
///
/// Both grow or both refuse. Afterwards these are the same:
///
/// - the area's start and page offset;
/// - total, stack, locked and committed pages, and the pages that VmData shows;
/// - whether an anon_vma was made.
///
/// The area below is as before. No arithmetic of the rules wraps, except where their code says that
/// it may (trace/words.h).
///
/// Sizes: any number of areas; symbolic 64-bit bounds, limits, counters and flags. Assumed:
///
/// - the list is in order, disjoint, page-aligned, not empty;
/// - the area is private, and find_vma finds it for the address;
/// - expand_stack gets an address below a grows-down area, the guard step a page of any area;
/// - the area is shorter than 2^63 bytes, page offsets and counters are at most 2^52;
/// - effective minimum address, limits and capability mean the same to both.
template <template <class> class Growth>
struct GrowthEqual {
  template <class D>
  struct Traits {
    using Word = typename D::Word;
    using Flags = typename D::Flags;
    using Truth = typename D::Truth;
    using Area = model::Vma<D>;
    using Counters = model::Counters<D>;
  };

  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    model::LoggedSpace<D> s =
        anyList(run, q, [&run](model::Vma<D>& area, unsigned) { makePrivate(run, area); });
    s.capable = run.truth("capable");
    const bool guard = q.demanded->guard == trace::GuardStyle::pageInside && run.flip("guard");
    const Word address =
        run.word("address", q.expressible ? trace::windows[1].start : 0, q.parameters.taskSize - 1);
    const auto i = s.findVma(address);
    run.assume(truthLike(address, s.isArea(i)));
    const Word page = s.pageDown(address);
    if (guard)
      run.assume(s.area(i).start <= address);
    else
      run.assume(both(address < s.area(i).start, any(s.area(i).flags & vm::growsdown)));
    setScene(run, s, trace::Op::touch, trace::Access::write, address, Word(0));

    const model::Space<D> before = s;
    model::Vma<D> area = s.area(i);
    model::Counters<D> counters = s.counters;
    counters.data = model::shownData<D>(s.rules(), s.counters); // what the reference keeps
    bool prepared = false;
    const Growth<Traits<D>> growth({*q.parameters.rules, s.pageShift(), s.minAddr,
                                    s.effectiveMinAddr, s.capable, s.limits.stack,
                                    s.pages(s.limits.as), s.pages(s.limits.memlock)},
                                   counters);
    const auto prepare = [&] { prepared = true; };
    const model::Vma<D>* below = s.below(i);
    const bool modelGrew = exactly<D>([&] {
      return guard ? model::guardStep<D>(s, i, page)
                   : model::expandStack<D>(s, i, address) == trace::Errno::none;
    });
    // The model may have put another object in its place.
    const std::optional<model::Vma<D>> neighbour =
        below == nullptr ? std::nullopt : std::optional(*s.below(i));
    const model::Vma<D>* under = neighbour ? &*neighbour : nullptr;
    const bool grew = exactly<D>([&] {
      return guard ? growth.guardStep(area, under, page, prepare)
                   : growth.expandStack(area, under, page, prepare);
    });

    run.require("both grow or both refuse", truthLike(address, grew == modelGrew));
    const model::Vma<D>& now = s.area(i);
    run.require("to the same start and page offset",
                both(area.start == now.start, area.pgoff == now.pgoff));
    run.require("end and flags stay", both(area.end == now.end, area.flags == now.flags));
    run.require("the counters are the same",
                both(both(counters.total == s.counters.total, counters.stack == s.counters.stack),
                     both(counters.locked == s.counters.locked,
                          counters.committed == s.counters.committed)));
    run.require("VmData shows the same",
                counters.data == model::shownData<D>(s.rules(), s.counters));
    run.require("both made an anon_vma or neither did",
                truthLike(address, prepared == (now.anon != 0)));
    run.require("other areas are as before", truthLike(address, othersAsBefore(before, s, i)));
    run.output("grew", std::uint64_t{grew});
    run.output("start", area.start);
    run.output("pgoff", area.pgoff);
    outputCounters(run, counters);
    noteRules(run, s);
  }
};

} // namespace growsdown::proofs
