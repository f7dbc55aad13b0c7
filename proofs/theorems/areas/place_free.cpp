// The three decisions about an address that mmap chooses without MAP_FIXED: a hint is taken (the
// model's hintFits), a range is put into a hole from above (highestBelow) or from below
// (lowestBelow). place-search proves that the searches find the highest, or lowest, of all holes.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class PlaceFree {
 public:
  PlaceFree(Run<D>& run, const Question& q)
      : run_(run), q_(q), shift_(q.demandedGeometry.pageShift), how_(run.choose("how", 3)) {}

  void prove() {
    if (q_.expressible) run_.assume(truthLike(Word(0), how_ == hint));
    s_ = anyList<D>(run_, q_, [&run = run_](Area& area, unsigned number) {
      const bool stack = run.flip("area" + std::to_string(number) + ".stack");
      area.flags = typename D::Flags(stack ? vm::read | vm::growsdown : vm::read);
    });
    // Other reasons to refuse an mmap are excluded.
    s_.maxMapCount = 65530;
    s_.limits.as = trace::unlimited;
    length_ = run_.word("length", 1, q_.parameters.taskSize, shift_);
    s_.findVma(run_.word("any", 0, q_.parameters.taskSize)); // any area
    if (how_ == hint)
      takeHint();
    else
      search();
    noteRules(run_, s_);
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  using Area = model::Vma<D>;
  enum How : unsigned { hint, down, up };

  /// Whether the range at `from` lies within [low, high) and is free, with the gap below the area
  /// `next`.
  Truth fits(const Word& from, const Word& low, std::uint64_t high, model::Position<D> next) const {
    const std::uint64_t gap = q_.demanded->placementSeesGap ? q_.demanded->gapPages * q_.page() : 0;
    Truth all = both(both(low <= from, from < high), length_ <= high - from);
    for (const Area& area : s_.areas) {
      const bool isNext = s_.isArea(next) && &area == &s_.area(next);
      const Word distance =
          select(any(area.flags & vm::growsdown), Word(isNext ? gap : 0), Word(0));
      all = both(all, either(area.end <= from, both(distance <= area.start,
                                                    from + length_ <= area.start - distance)));
    }
    return all;
  }

  /// Whether the search goes beyond the window, to the end of the task.
  bool beyond() const {
    return q_.parameters.taskSize != q_.parameters.mapWindow && run_.flip("beyond");
  }

  void takeHint() {
    const std::uint64_t end = beyond() ? q_.parameters.taskSize : q_.parameters.mapWindow;
    const Word at = run_.word("hint", 0, end, shift_);
    trace::Step step;
    step.op = trace::Op::mmap;
    step.prot = trace::prot::read;
    setScene(run_, s_, step, at, length_);
    if (q_.expressible)
      run_.assume(both(at >= trace::windows[1].start, at + length_ <= trace::windows[1].end));
    const auto next = s_.findVma(at);
    bool taken = exactly<D>([&] { return model::hintFits<D>(s_, at, length_, end); });
    if (q_.bug == planted::Bug::hintIgnoresGap && s_.log.decided == model::Rule::placeHintTaken)
      taken = model::decide(at + length_ <= s_.area(next).start);
    const Truth free = fits(at, s_.effectiveMinAddr, end, next);
    if (taken)
      run_.require("a hint that is taken is free", free);
    else
      run_.require("a hint is passed over for a reason", either(at == 0, negated(free)));
    run_.output("taken", std::uint64_t{taken});
  }

  // From mmap_base down, or from TASK_UNMAPPED_BASE up; to the window's end or the task's.
  void search() {
    const std::uint64_t more = beyond() ? q_.parameters.taskSize - q_.parameters.mapWindow : 0;
    // The rules use their own first page; the theorem uses the demanded page size.
    const std::uint64_t low = how_ == down ? s_.pageSize() : q_.parameters.unmappedBase;
    const std::uint64_t lowest = how_ == down ? q_.page() : low;
    const std::uint64_t high =
        (how_ == down ? q_.parameters.mmapBase : q_.parameters.mapWindow) + more;
    const auto i = s_.findVma(run_.word("hole", 0, q_.parameters.taskSize));
    s_.below(i);
    const std::optional<Word> found = exactly<D>([&] {
      return how_ == down ? model::highestBelow<D>(s_, i, length_, low, high)
                          : model::lowestBelow<D>(s_, i, length_, low, high);
    });
    const Word limit = exactly<D>([&] {
      return how_ == down ? model::limitBelow<D>(s_, i, length_, low, high) : Word(high);
    });
    const bool wraps = found && how_ == down && s_.log.decided == model::Rule::placeGapWraps;
    const Word other = run_.word("other", 0, q_.parameters.taskSize - 1, shift_);
    const Area* const below = s_.below(i);
    Truth inHole = fits(other, Word(lowest), high, i);
    if (s_.isArea(i)) inHole = both(inHole, other < s_.area(i).start);
    if (below != nullptr) inHole = both(inHole, below->end <= other);
    if (wraps) {
      run_.require("a gap down to address 0 gives no user address",
                   *found > q_.parameters.taskSize);
    } else if (found) {
      run_.require("what is found is free", fits(*found, Word(lowest), high, i));
      run_.require("what is found is page-aligned", model::onPage(*found, q_.page()));
      run_.require("the highest is found, or the lowest",
                   implies(inHole, how_ == down ? other <= *found : *found <= other));
    } else {
      run_.require("what is passed over does not fit", negated(inHole));
      requireLimit(i, limit, Word(low), Word(high));
    }
    run_.output("found", found ? *found : Word(0));
  }

  /// The limit after a hole in which nothing was found.
  void requireLimit(model::Position<D> i, const Word& limit, const Word& low, const Word& high) {
    const Truth falls = limit < high;
    run_.require("the limit never rises", limit <= high);
    if (!s_.isArea(i) || !q_.demanded->placementGapWraps || how_ != down)
      return run_.require("no limit is needed", negated(falls));
    const Word end = select(s_.area(i).start < high, s_.area(i).start, high);
    Truth fitsWithoutGap = both(length_ <= end, low <= end - length_);
    if (const Area* const below = s_.below(i))
      fitsWithoutGap = both(fitsWithoutGap, below->end <= end - length_);
    const std::uint64_t gap = q_.demanded->gapPages * q_.page();
    run_.require("the limit falls to the lower end of the gap",
                 implies(falls, limit == s_.area(i).start - gap));
    run_.require("it falls where the hole would do without the gap",
                 both(implies(falls, fitsWithoutGap), implies(fitsWithoutGap, falls)));
  }

  Run<D>& run_;
  const Question& q_;
  const unsigned shift_;
  const unsigned how_;
  model::LoggedSpace<D> s_;
  Word length_ = 0;
};

} // namespace

using model::Rule;

Theorem placeFree() {
  Theorem t;
  t.name = "place-free";
  t.claims = {
      "An address that mmap finds without MAP_FIXED (the hint, or the highest or lowest place in a "
      "hole) is page-aligned and within the bounds of the search. A hint is not below the minimum "
      "address.",
      "No area has an address in common with the chosen range.",
      "If the version keeps a gap below stacks, the range ends at least that far below the next "
      "area, if that area is a stack. A stack above a small area in between is not considered.",
      "A hint is rejected only if it is 0, out of bounds, or an area or its gap is in the way.",
      "A hole is rejected only if no range of that length fits. In a hole that fits, the highest "
      "place is chosen, or the lowest in a search from below. The exception is a gap that reaches "
      "down to address 0 in newer versions: the result is then not an address.",
      "In newer versions, a hole that would do without the gap of the stack above it lowers the "
      "limit "
      "of the search down to the lower end of that gap. Nothing else changes the limit."};
  t.sizes = "any number of areas, stacks or not; any hole; symbolic 64-bit bounds, lengths and "
            "hints; searches down from mmap_base and up from TASK_UNMAPPED_BASE, within the window "
            "or all addresses";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "the hint is page-aligned",
                   "the length is a multiple of pages, not 0, and not longer than the task",
                   "the minimum address is at most half the task"};
  t.rules = {Rule::placeHint, Rule::placeHintTaken, Rule::placeGapWraps};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  // Where no gap is kept, a wrong gap shows nothing.
  const auto seesGap = [](const trace::RuleSet& r) { return r.placementSeesGap; };
  t.planted = {plantedBug(planted::Bug::hintIgnoresGap, true, {}, seesGap),
               {"placement-sees-gap", "false", {}, true, seesGap},
               {"page", "65536", {}, false}};
  t.budget = budgets::placeFree;
  t.explore = exploreCode<Proving<PlaceFree>>;
  t.scene = sceneOf<Proving<PlaceFree>>;
  return t;
}

} // namespace growsdown::proofs
