// mremap and the area list.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

struct RemapGrows {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    using Area = model::Vma<D>;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    const bool writable = run.flip("writable");
    model::LoggedSpace<D> s = anyList(run, q, [writable](Area& area, unsigned) {
      area.flags = typename D::Flags(writable ? vm::read | vm::write | vm::account : vm::read | 0U);
    });
    const Word address = run.word("address", 0, taskSize - 1, shift);
    const Word oldLength = run.word("oldLength", 1, taskSize, shift);
    const Word newLength = run.word("newLength", 1, taskSize, shift);
    run.assume(oldLength < newLength);
    const auto i = s.findVma(address);
    std::optional<Area> old;
    if (s.isArea(i)) old = s.area(i);
    const model::Space<D> before = s;
    const model::Placed<D> placed =
        exactly<D>([&] { return model::mremap<D>(s, address, oldLength, newLength, 0, Word(0)); });

    requireOrdered(run, q, s);
    if (placed.error != trace::Errno::none) {
      run.require("a refusal leaves the areas", truthLike(address, allAsBefore(before, s)));
      run.require("a refusal leaves the counters", sameCounters<D>(s.counters, before.counters));
    }
    if (placed.error == trace::Errno::none && old) {
      const Word more = (newLength - oldLength) >> shift;
      run.require("the counters rise by what the range gains",
                  sameCounters<D>(s.counters,
                                  sumOf<D>(before.counters, contributionOf<D>(old->flags, more))));
      run.require("the total is within RLIMIT_AS", s.counters.total <= before.limits.as >> shift);
      run.require("the area reaches as far as was asked", s.area(i).end >= address + newLength);
    }
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(placed.error)});
    outputAreas(run, s);
    noteRules(run, s);
  }
};

} // namespace

using model::Rule;

Theorem remapGrows() {
  Theorem t;
  t.name = "remap-grows";
  t.claims = {
      "mremap that makes a range longer in place extends the area exactly as far as requested.",
      "The counters rise by exactly what the added pages contribute with the flags of the area, "
      "and the total is within RLIMIT_AS.",
      "The areas stay in order.", "A refusal changes no area and no counter."};
  t.sizes = "any number of areas; symbolic 64-bit bounds; an area that is readable, or also "
            "writable and accounted";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private, not locked, and have no anon_vma",
                   "the address is page-aligned, and lengths are multiples of pages and not 0",
                   "counters include the areas",
                   "counters and page offsets are at most 2^52",
                   "no page is present"};
  t.rules = {Rule::mremapInPlace,     Rule::mremapNoRoom,   Rule::mremapNoArea,
             Rule::mremapAcrossAreas, Rule::mremapRlimitAs, Rule::mremapRlimitData,
             Rule::mergeBelow,        Rule::mergeBoth};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"page", "65536", {}, false}};
  t.budget = budgets::remapGrows;
  t.explore = exploreCode<RemapGrows>;
  return t;
}

} // namespace growsdown::proofs
