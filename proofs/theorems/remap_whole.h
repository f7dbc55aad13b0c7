// A whole mremap, one check and one step after the other.
#pragma once

#include "model/remap.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {

/// THEOREM remap-whole. One mremap to where the caller wants it, or without MREMAP_MAYMOVE (the
/// model's mremap, all of it: checks, munmap of the target, munmap of a tail, each round of a move,
/// growth in place).
///
/// Whatever it comes to: the areas are in order, and the counters have changed by exactly what the
/// areas count for now, less what they counted for before.
///
/// If it succeeds: every address (one unknown stands for all) of the new range is covered; with the
/// flags that its image in the old range had, or the range's area where the range became longer;
/// and its page offset goes on from there, or, for memory without anon_vma and object that moves,
/// is the one that its address gives (or goes on: an area that joined one moved before it has an
/// anon_vma too). Where the range may have holes (a version moves all areas of a range; nothing
/// moves, and the range gets no longer), what answers to a hole stays as it was. What is of the old
/// range and not of the new is covered no longer, but where the old length is 0. Every other
/// address keeps flags and offset. More pages than before are within RLIMIT_AS.
///
/// If it is refused: without a target nothing has changed. With one, addresses outside of the
/// target and of the old range keep what they have; within, an address lost what it had or has it
/// still, unless a move of several areas was refused half-way. No address of the old range that
/// stays in it is lost.
///
/// No arithmetic of the rules wraps but where their text says that it may (trace/words.h).
///
/// Sizes: one private area, readable, writable and accounted, without an anon_vma or with one;
/// where a version moves all areas of a range, also two such, and then without limits. Any old
/// range above the program, aligned to pages, any new length up to 2^63, any page-aligned target;
/// symbolic 64-bit bounds. Assumed: the areas are in order, disjoint, page-aligned, not empty;
/// counters cover them; counters and page offsets are at most 2^52; no page is present.
struct RemapWhole {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    using Word = typename D::Word;
    const unsigned shift = q.demandedGeometry.pageShift;
    const std::uint64_t taskSize = q.parameters.taskSize;
    const bool many = q.demanded->mremapMovesMany;
    const bool two = many && run.flip("two");
    const std::uint32_t plain = vm::read | vm::write | vm::account;
    model::LoggedSpace<D> s = anySpace(run, q, two ? 2 : 1, {plain, plain});
    for (std::size_t k = 0; k < s.areas.size(); ++k)
      if (run.flip("area" + std::to_string(k) + ".anon")) s.areas[k].anon = lastIdentity;
    s.lastAnon = lastIdentity;
    s.capable = run.truth("capable");
    s.limits.data = run.word("limitData");
    if (two) { // what limits refuse does not depend on other areas
      s.limits.as = s.limits.data = s.maxMapCount = trace::unlimited;
      s.minAddr = s.effectiveMinAddr = 0;
      run.assume(both(s.counters.total <= morePages / 2, s.counters.data <= morePages / 2));
    }

    model::Call<D> call;
    call.op = trace::Op::mremap;
    call.address = run.word("address", 0, taskSize, shift);
    call.length = run.word("length", 0, taskSize, shift);
    call.newLength = run.word("newLength", 0, std::uint64_t{1} << 63, shift);
    const unsigned block = q.demandedGeometry.tableShift(q.demandedGeometry.levels - 1);
    run.assume(call.address >= ((trace::programAddress >> block) + 1) << block);
    const bool to = run.flip("to");
    if (to) {
      call.flags = trace::flag::to;
      call.target = run.word("target", 0, taskSize, shift);
    }
    setScene(run, s, call);

    const model::Space<D> before = s;
    const model::Placed<D> placed = exactly<D>([&] {
      return model::mremap<D>(s, call.address, call.length, call.newLength, call.flags,
                              call.target);
    });
    const bool done = placed.error == trace::Errno::none;

    requireOrdered(run, q, s);
    run.require("the counters change as the areas do",
                sameCounters<D>(sumOf<D>(s.counters, contributionOfAll(q, before)),
                                sumOf<D>(before.counters, contributionOfAll(q, s))));
    const Word at = run.word("at", 0, taskSize - 1);
    const Covered<D> was = coveredAt(q, before, at);
    const Covered<D> is = coveredAt(q, s, at);
    const auto within = [&at](const Word& start, const Word& length) {
      return both(start <= at, at < start + length);
    };
    // 4.3 lets the area lose VM_ACCOUNT that it duplicates.
    const auto sameFlags = [&](const typename D::Flags& a, const typename D::Flags& b) {
      return either(a == b, both(call.length == 0, (a & ~vm::account) == (b & ~vm::account)));
    };
    const auto same = [&](const Covered<D>& other) {
      return both(is.offset == other.offset, sameFlags(is.flags, other.flags));
    };
    const auto asBefore = both(is.covered == was.covered, implies(is.covered, same(was)));
    const auto inOld = within(call.address, call.length);
    const auto inNew = within(to ? call.target : call.address, call.newLength);
    const auto several = both(truthLike(at, many && to), call.length == call.newLength);
    // What the range may have holes in.
    const auto holes = either(several, both(truthLike(at, !to), call.newLength <= call.length));
    if (done) {
      run.require("it is where it was wanted", placed.address == (to ? call.target : call.address));
      run.require("more pages are within RLIMIT_AS",
                  either(s.counters.total <= before.counters.total,
                         s.counters.total <= before.limits.as >> shift));
      run.require("other addresses stay as they were",
                  implies(negated(either(inOld, inNew)), asBefore));
      run.require("what is left of the old range is gone",
                  implies(both(inOld, negated(inNew)), negated(is.covered)));
      // In the new range: its image, or what makes the range longer.
      const Word image =
          to ? Word(select(inNew, Word(at - call.target), Word(0)) + call.address) : Word(at);
      const Covered<D> there = coveredAt(q, before, image);
      const Covered<D> first = coveredAt(q, before, call.address);
      const auto isImage = either(holes, image < call.address + call.length);
      run.require("the new range is covered, but for what answers to a hole",
                  implies(both(inNew, either(negated(holes), there.covered)), is.covered));
      run.require("what answers to a hole stays as it was",
                  implies(both(both(inNew, holes), negated(there.covered)), asBefore));
      run.require(
          "the new range has the flags of the old",
          implies(both(both(inNew, isImage), there.covered), sameFlags(is.flags, there.flags)));
      run.require("what makes a range longer has its area's flags",
                  implies(both(inNew, negated(isImage)), sameFlags(is.flags, first.flags)));
      const Word kept =
          select(isImage, there.offset, Word(first.offset + ((image - call.address) >> shift)));
      const auto rebases =
          negated(either(truthLike(at, !to), anonAt(before, select(isImage, image, call.address))));
      run.require(
          "page offsets go on, or are the address'",
          implies(both(inNew, either(negated(holes), there.covered)),
                  either(is.offset == select(rebases, Word(at >> shift), kept),
                         both(several, is.offset == kept)))); // a round may bring an anon_vma
    } else if (!to) {
      run.require("a refusal changes nothing", asBefore);
    } else {
      run.require("a refusal leaves other addresses",
                  implies(negated(either(inOld, inNew)), asBefore));
      run.require("a refusal brings nothing new",
                  either(several, implies(is.covered, both(was.covered, same(was)))));
      run.require("a refusal loses nothing that was to stay",
                  either(several,
                         implies(both(inOld, negated(either(inNew, beyond(call, at)))), asBefore)));
    }
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(placed.error)});
    outputAreas(run, s);
    outputCounters(run, s.counters);
    noteRules(run, s);
  }

 private:
  template <class D>
  static model::Counters<D> contributionOfAll(const Question& q, const model::Space<D>& s) {
    model::Counters<D> sum;
    for (const model::Vma<D>& area : s.areas)
      sum = sumOf<D>(sum, contributionOf<D>(area.flags, (area.end - area.start) / q.page()));
    return sum;
  }
  /// Whether the area at an address has an anon_vma.
  template <class D>
  static auto anonAt(const model::Space<D>& s, const typename D::Word& address) {
    auto result = truthLike(address, false);
    for (const model::Vma<D>& area : s.areas)
      result = either(result, both(both(area.start <= address, address < area.end),
                                   truthLike(address, area.anon != 0)));
    return result;
  }
  /// Whether an address lies behind what is to be left of the old range.
  template <class D>
  static auto beyond(const model::Call<D>& call, const typename D::Word& at) {
    return both(call.newLength < call.length, at >= call.address + call.newLength);
  }
};

} // namespace growsdown::proofs
