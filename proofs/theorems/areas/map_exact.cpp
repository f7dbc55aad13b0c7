// mmap of a private range at an address that placement has agreed to (MAP_FIXED, or a free range; the
// model's mapRegion). The counters and an unknown address are looked at one at a time. For the
// counters, areas are readable, writable, locked and accounted; unmap-exact has other flags.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class MapExact {
 public:
  MapExact(Run<D>& run, const Question& q)
      : run_(run), q_(q), shift_(q.demandedGeometry.pageShift), counting_(run.flip("counting")),
        s_(anyList(run, q, [counting = counting_](Area& area, unsigned number) {
          using Flags = typename D::Flags;
          if (counting)
            area.flags = Flags(vm::read | vm::write | vm::locked | vm::account);
          else // different flags, to distinguish what stays
            area.flags = Flags(number % 2 == 0 ? vm::read : vm::read | vm::locked);
        })) {}

  void prove() {
    given();
    before_ = s_;
    if (q_.bug == planted::Bug::dataLimit) s_.limits.data = s_.limits.data + q_.page();
    error_ = exactly<D>([&] { return model::mapRegion<D>(s_, start_, length_, wanted_); });

    requireOrdered(run_, q_, s_);
    if (error_ != trace::Errno::none)
      requireRefusal();
    else if (counting_)
      requireCounters();
    else
      requireAddress();
    outputStep(run_, error_, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  using Area = model::Vma<D>;

  void given() {
    const std::uint64_t taskSize = q_.parameters.taskSize;
    s_.limits.data = run_.word("limitData");
    constexpr std::uint32_t kinds[] = {vm::read, vm::read | vm::write,
                                       vm::read | vm::write | vm::growsdown, vm::read | vm::locked};
    wanted_ = kinds[run_.choose("kind", counting_ ? 4 : 1)];
    start_ = run_.word("start", 0, taskSize - 1, shift_);
    length_ = run_.word("length", 1, taskSize, shift_);
    run_.assume(length_ <= taskSize - start_);
    end_ = start_ + length_;
    if (!counting_) {
      anywhere_ = run_.word("anywhere", 0, taskSize - 1);
      s_.findVma(anywhere_); // the area there is known from here on
    }
    if (q_.expressible) { // nothing to populate, and it stays within the window
      run_.assume(truthLike(start_, (wanted_ & vm::locked) == 0));
      run_.assume(both(start_ >= trace::windows[1].start, end_ <= trace::windows[1].end));
    }
    trace::Step step;
    step.op = trace::Op::mmap;
    step.prot = static_cast<std::uint8_t>(wanted_ & vm::access);
    step.flags = trace::flag::fixed | (wanted_ & vm::growsdown ? trace::flag::growsdown : 0U);
    setScene(run_, s_, step, start_, length_);
  }

  /// The flags of the new area.
  typename D::Flags flags() const {
    return typename D::Flags(wanted_ | (wanted_ & vm::write ? vm::account : 0));
  }

  void requireCounters() {
    model::Counters<D> left = sumOf<D>(s_.counters, goneUnknown<D>(s_));
    for (const Area& area : areasBefore(before_, s_)) {
      // The rule has made these decisions already: no path forks here.
      if (area.end <= start_ || end_ <= area.start) continue;
      const Word from = area.start < start_ ? start_ : area.start;
      const Word to = end_ < area.end ? end_ : area.end;
      left = sumOf<D>(left, contributionOf<D>(area.flags, (to >> shift_) - (from >> shift_)));
    }
    const model::Counters<D> added = contributionOf<D>(flags(), Word(length_ >> shift_));
    run_.require("the counters change by what came and went",
                 sameCounters<D>(left, sumOf<D>(before_.counters, added)));
    run_.require("the total is within RLIMIT_AS", s_.counters.total <= before_.limits.as >> shift_);
    if (q_.demanded->rlimitData && (wanted_ & vm::write) != 0 && (wanted_ & vm::growsdown) == 0)
      run_.require("what the range gains is within RLIMIT_DATA",
                   before_.counters.data + (s_.counters.total - before_.counters.total) <=
                       before_.limits.data >> shift_);
  }

  void requireAddress() {
    const Truth within = both(start_ <= anywhere_, anywhere_ < end_);
    const Covered<D> was = coveredAt(q_, before_, anywhere_);
    const Covered<D> is = coveredAt(q_, s_, anywhere_);
    run_.require("the same addresses are covered, and the range",
                 is.covered == either(was.covered, within));
    run_.require("the range is as asked for",
                 implies(within, both(is.flags == flags(), is.offset == anywhere_ >> shift_)));
    run_.require("others keep their flags and offset",
                 implies(both(was.covered, negated(within)),
                         both(is.flags == was.flags, is.offset == was.offset)));
  }

  void requireRefusal() {
    run_.require("a refusal is ENOMEM", truthLike(start_, error_ == trace::Errno::enomem));
    run_.require("a refusal leaves the counters", sameCounters<D>(s_.counters, before_.counters));
    if (!q_.demanded->fixedFailureKeeps)
      run_.require("a refusal leaves the areas", truthLike(start_, allAsBefore<D>(before_, s_)));
    if (!counting_) {
      const Covered<D> was = coveredAt(q_, before_, anywhere_);
      const Covered<D> is = coveredAt(q_, s_, anywhere_);
      run_.require(
          "a refusal leaves every address",
          both(is.covered == was.covered,
               implies(was.covered, both(is.flags == was.flags, is.offset == was.offset))));
    }
    Truth hole = truthLike(start_, false);
    for (const Area& area : areasBefore(before_, s_))
      hole = either(hole, both(area.start < start_, end_ < area.end));
    const Word more = (length_ >> shift_) - model::countRange<D>(s_, start_, end_).total;
    run_.require(
        "a refusal has a reason",
        either(both(hole, before_.maxMapCount <= before_.areaCount()),
               either(before_.counters.total + more > before_.limits.as >> shift_,
                      both(truthLike(start_, q_.demanded->rlimitData),
                           before_.counters.data + more > before_.limits.data >> shift_))));
  }

  Run<D>& run_;
  const Question& q_;
  const unsigned shift_;
  const bool counting_;
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  std::uint32_t wanted_ = 0; ///< requested flags
  Word start_ = 0, length_ = 0, end_ = 0, anywhere_ = 0;
  trace::Errno error_ = trace::Errno::none;
};

} // namespace

using model::Rule;

Theorem mapExact() {
  Theorem t;
  t.name = "map-exact";
  t.claims = {"mmap of a private range, after its address was chosen, puts exactly its area there "
              "and removes what was there.",
              "The areas stay in order. Each address in the range has the new flags and the page "
              "offset for its address; each other address keeps its flags and offset.",
              "The counters fall by the contribution of what was removed, and rise by the "
              "contribution of the new area.",
              "The total is within RLIMIT_AS. If the version counts private writable pages, they "
              "are within RLIMIT_DATA.",
              "A refusal (ENOMEM) has a reason: one of these limits, or a hole in one area with "
              "max_map_count areas already.",
              "A refusal leaves every address and every counter. Areas may have been split at the "
              "ends of the range, as the version has it."};
  t.sizes = "any number of areas, of which the range may remove any number; symbolic 64-bit "
            "bounds; a new area that is readable, writable, growing or locked";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private and have no anon_vma",
                   "the range is page-aligned, not empty and within the task",
                   "counters include the areas",
                   "counters and page offsets are at most 2^52",
                   "no page is present"};
  t.rules = {Rule::mapReplaces, Rule::mapRlimitAs, Rule::mapRlimitData, Rule::mapRegionMapCount,
             Rule::mergeBelow,  Rule::mergeAbove,  Rule::mergeBoth,     Rule::mapFixedKeepsSplit};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"rlimit-data", "true"},
               {"rlimit-data", "false"},
               {"fixed-failure-keeps", "true", {}, false},
               plantedBug(planted::Bug::dataLimit, true, {},
                          [](const trace::RuleSet& r) { return r.rlimitData; }),
               {"page", "65536", {}, false}};
  t.budget = budgets::mapExact;
  t.explore = exploreCode<Proving<MapExact>>;
  t.scene = sceneOf<Proving<MapExact>>;
  return t;
}

} // namespace growsdown::proofs
