// One munmap (the model's munmap) of any start and length. The counters, an unknown address and a
// present page are looked at one at a time. For the counters, one of the areas that a path looks at
// has any flags; the others are readable, writable, locked and accounted.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class UnmapExact {
 public:
  UnmapExact(Run<D>& run, const Question& q)
      : run_(run), q_(q), page_(q.page()), about_(run.choose("about", 3)),
        open_(about_ == counters ? run.choose("open", looksAt) : looksAt),
        s_(anyList(run, q, [&run, about = about_, open = open_](Area& area, unsigned number) {
          using Flags = typename D::Flags;
          if (about == counters && number != open)
            area.flags = Flags(vm::read | vm::write | vm::locked | vm::account);
          else if (about != counters) // different flags, to distinguish what stays
            area.flags =
                Flags(number % 2 == 0 && about == address ? vm::read : vm::read | vm::write);
          makePrivate(run, area);
          if (about == entry) area.anon = number + 1;
          run.within(number < looksAt);
        })) {}

  void prove() {
    given();
    step();
    const Truth malformed =
        either(either((start_ & (page_ - 1)) != 0, start_ > q_.parameters.taskSize),
               either(length_ > q_.parameters.taskSize - start_, rounded_ == 0));
    run_.require("EINVAL is for an invalid range",
                 malformed == truthLike(start_, error_ == trace::Errno::einval));
    if (error_ != trace::Errno::none) {
      requireRefusal();
    } else {
      requireOrdered(run_, q_, s_);
      if (about_ == address) requireAddress();
      requireCounters();
      if (about_ == entry) requireEntry();
    }
    run_.output("error", std::uint64_t{static_cast<std::uint8_t>(error_)});
    outputAreas(run_, s_);
    outputCounters(run_, s_.counters);
    run_.output("present", std::uint64_t{s_.entries.size()});
    noteRules(run_, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  using Area = model::Vma<D>;
  enum About : unsigned { counters, address, entry };
  static constexpr unsigned looksAt = 5; ///< the most areas that a path looks at

  void given() {
    start_ = run_.word("start");
    length_ = run_.word("length");
    if (about_ == entry) {
      model::Entry<D> present;
      present.prot = typename D::Flags(vm::read | vm::write);
      present.kind = model::PageKind::anonymous;
      present.frame = 1;
      s_.lastFrame = 1;
      present.address =
          run_.word("entry", 0, q_.parameters.taskSize - 1, q_.demandedGeometry.pageShift);
      const auto holds = s_.findVma(present.address);
      run_.assume(truthLike(start_, s_.isArea(holds)));
      run_.assume(s_.area(holds).start <= present.address);
      s_.entries.push_back(present);
    }
    if (about_ == address) {
      anywhere_ = run_.word("anywhere", 0, q_.parameters.taskSize - 1);
      s_.findVma(anywhere_); // the area there is known from here on
    }
    setScene(run_, s_, trace::Op::munmap, trace::Access::read, start_, length_);
    before_ = s_;
  }

  void step() {
    error_ = exactly<D>([&] { return model::munmap<D>(s_, start_, length_); });
    model::Call<D> call;
    call.op = trace::Op::munmap;
    call.address = start_;
    call.length = length_;
    model::StepResult<D> result;
    result.error = error_;
    applyPlantedBug(q_.bug, before_, call, result, s_);
    rounded_ = (length_ + (page_ - 1)) & ~(page_ - 1);
    end_ = start_ + rounded_;
  }

  void requireRefusal() {
    Truth hole = truthLike(start_, false);
    for (const Area& area : areasBefore(before_, s_))
      hole = either(hole, both(area.start < start_, end_ < area.end));
    run_.require("ENOMEM is for a hole with too many areas",
                 implies(truthLike(start_, error_ != trace::Errno::einval),
                         both(hole, before_.maxMapCount <= before_.areaCount())));
    run_.require("a refusal leaves the areas", truthLike(start_, allAsBefore<D>(before_, s_)));
    run_.require("a refusal leaves the counters", sameCounters<D>(s_.counters, before_.counters));
    run_.require("a refusal leaves the pages",
                 truthLike(start_, s_.entries.size() == before_.entries.size()));
  }

  void requireAddress() {
    const Covered<D> was = coveredAt(q_, before_, anywhere_);
    const Covered<D> is = coveredAt(q_, s_, anywhere_);
    const Truth removed = both(start_ <= anywhere_, anywhere_ < end_);
    run_.require("exactly the range is gone", is.covered == both(was.covered, negated(removed)));
    run_.require("what stays keeps its flags and offset",
                 implies(is.covered, both(is.flags == was.flags, is.offset == was.offset)));
  }

  void requireCounters() {
    model::Counters<D> left = sumOf<D>(s_.counters, goneUnknown<D>(s_));
    for (const Area& area : areasBefore(before_, s_)) {
      // The rule has made these decisions already: no path forks here.
      if (area.end <= start_ || end_ <= area.start) continue;
      const Word from = area.start < start_ ? start_ : area.start;
      const Word to = end_ < area.end ? end_ : area.end;
      left = sumOf<D>(left, contributionOf<D>(area.flags, to / page_ - from / page_));
    }
    run_.require("the counters fall by what is gone", sameCounters<D>(left, before_.counters));
  }

  void requireEntry() {
    const Word at = before_.entries[0].address;
    const Truth inside = both(start_ <= at, at < end_);
    run_.require("exactly the pages of the range are gone",
                 truthLike(start_, s_.entries.empty()) == both(inside, truthLike(start_, true)));
  }

  Run<D>& run_;
  const Question& q_;
  const std::uint64_t page_;
  const unsigned about_;
  const unsigned open_; ///< the number of the area whose flags are unknown
  model::LoggedSpace<D> s_;
  model::Space<D> before_;
  Word start_ = 0, length_ = 0, rounded_ = 0, end_ = 0, anywhere_ = 0;
  trace::Errno error_ = trace::Errno::none;
};

} // namespace

using model::Rule;

Theorem unmapExact() {
  Theorem t;
  t.name = "unmap-exact";
  t.claims = {"munmap removes exactly the pages of its range: each address outside is covered as "
              "before, with the same flags and page offset.",
              "The areas stay in order.",
              "The counters fall by exactly what the removed pages contributed.",
              "A present page stays exactly if it lies outside the range.",
              "EINVAL is returned exactly if the start is not page-aligned, the range leaves the "
              "task's addresses, or the length is 0 or becomes 0 when rounded up to pages.",
              "ENOMEM is returned only if the call would punch a hole into one area and there are "
              "max_map_count areas already. A refusal changes nothing."};
  t.sizes = "any number of areas, of which the range may remove any number; none or one present "
            "page; symbolic 64-bit bounds, start and length";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private",
                   "counters include the areas",
                   "counters and page offsets are at most 2^52",
                   "the present page lies in an area",
                   "no page tables are listed"};
  t.rules = {Rule::munmapArguments, Rule::munmapMapCount, Rule::munmapDone};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"page", "65536", {}, false},
               plantedBug(planted::Bug::staleEntry, false),
               plantedBug(planted::Bug::commitNotReturned, false)};
  t.budget = budgets::unmapExact;
  t.explore = exploreCode<Proving<UnmapExact>>;
  t.scene = sceneOf<Proving<UnmapExact>>;
  return t;
}

} // namespace growsdown::proofs
