// The loops that look for a hole (the model's searchDown and searchUp), by induction over their
// rounds; place-free is about each round. Also how a range of whole huge blocks is put into the
// hole that they find (searchAligned).
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

namespace growsdown::proofs {
namespace {

template <class D>
class PlaceSearch {
 public:
  PlaceSearch(Run<D>& run, const Question& q) : run_(run), q_(q), how_(run.choose("how", 3)) {}

  void prove() {
    if (how_ == aligned) return proveAligned();
    const std::uint64_t taskSize = q_.parameters.taskSize;
    s_ = anyList<D>(
        run_, q_, [](model::Vma<D>& area, unsigned) { area.flags = typename D::Flags(vm::read); });
    s_.findVma(run_.word("any", 0, taskSize)); // any area
    first_ = run_.flip("first");
    i_ = !first_        ? s_.findVma(run_.word("hole", 0, taskSize))
         : how_ == down ? s_.areas.endPosition()
                        : s_.areas.firstPosition();
    serves_ = run_.flip("serves");
    const auto inHole = [this](model::Position<D> at) { return round(at); };
    const std::optional<Word> found =
        how_ == down ? model::downFrom<D>(s_, i_, inHole) : model::upFrom<D>(s_, i_, inHole);
    requireEnd(found);
    run_.output("found", std::uint64_t{found.has_value()});
  }

 private:
  using Word = typename D::Word;
  using Truth = typename D::Truth;
  enum How : unsigned { down, up, aligned };

  static Truth known(bool value) { return truthLike(Word(0), value); }

  void proveAligned() {
    const std::uint64_t taskSize = q_.parameters.taskSize;
    const unsigned level = run_.choose("level", q_.demandedGeometry.levels);
    const std::uint64_t block = std::uint64_t{1} << q_.demandedGeometry.tableShift(level);
    if (block > taskSize / 4) return;
    const Word found = run_.word("found", 0, taskSize, q_.demandedGeometry.pageShift);
    const Word length =
        run_.word("length", block, taskSize / 2, q_.demandedGeometry.tableShift(level));
    run_.assume(found <= taskSize - length - block);
    const Word at = exactly<D>([&] { return model::blockAbove<D>(found, block); });
    const Word start = q_.wrongEncoding == "one-block-short" ? Word(at - block) : at;
    run_.require("a huge range starts on a block", (start & (block - 1)) == 0);
    run_.require("it lies within what was found",
                 both(found <= start, start + length <= found + length + block));
    run_.output("start", start);
  }

  /// The first round has an arbitrary outcome. The second one ends the path.
  std::optional<Word> round(model::Position<D> at) {
    if (rounds_++ > 0) nextRound(at);
    run_.require("the first round is where the search starts", known(at == i_));
    if (first_ && how_ == down) run_.require("no area lies above it", known(!s_.isArea(at)));
    if (first_ && how_ == up) run_.require("no area lies below it", known(s_.below(at) == nullptr));
    if (serves_) return Word(q_.parameters.taskSize);
    return std::nullopt;
  }

  // One area lies between the hole of one round and the hole of the next.
  [[noreturn]] void nextRound(model::Position<D> at) {
    if (q_.wrongEncoding == "skips-a-hole" && how_ == down && s_.below(at) != nullptr)
      at = s_.previous(at);
    run_.require("the search goes on only where nothing was found", known(!serves_));
    const bool between = how_ == down ? s_.isArea(at) : s_.isArea(i_);
    run_.require("an area lies between the holes", known(between));
    if (!between) throw PathAbort{};
    const model::Vma<D> area = how_ == down ? s_.area(at) : s_.area(i_);
    for (const model::Vma<D>& other : s_.areas) {
      const Truth same = other.start == area.start;
      if (how_ == down)
        run_.require("and no other, nor in the hole passed over",
                     either(either(same, other.end <= area.start),
                            s_.isArea(i_) ? s_.area(i_).start <= other.start : known(false)));
      else
        run_.require("and no other, nor in the hole to come",
                     either(either(same, other.end <= area.start),
                            s_.isArea(at) ? s_.area(at).start <= other.start : known(false)));
    }
    run_.output("between", area.start);
    throw PathAbort{};
  }

  void requireEnd(const std::optional<Word>& found) {
    run_.require("what a round finds is found", known(found.has_value() == serves_));
    if (found) {
      run_.require("as it is", *found == q_.parameters.taskSize);
    } else if (how_ == down) {
      for (const model::Vma<D>& other : s_.areas)
        run_.require("the search down ends below all areas",
                     s_.isArea(i_) ? s_.area(i_).start <= other.start : known(false));
    } else {
      for (const model::Vma<D>& other : s_.areas)
        run_.require("the search up ends above all areas",
                     both(known(!s_.isArea(i_)), other.end <= q_.parameters.taskSize));
    }
  }

  Run<D>& run_;
  const Question& q_;
  const unsigned how_;
  model::LoggedSpace<D> s_;
  bool first_ = false;     ///< the round is the search's first
  model::Position<D> i_{}; ///< the area above the hole of the first round
  bool serves_ = false;    ///< the first round finds a place
  unsigned rounds_ = 0;
};

} // namespace

Theorem placeSearch() {
  Theorem t;
  t.name = "place-search";
  t.claims = {
      "The search for a place starts with the highest hole, or the lowest if it goes up. By "
      "induction over its rounds, it goes from hole to neighbouring hole and leaves none out.",
      "It ends with the first hole that fits, or when no area lies further down (or up). So every "
      "hole that would have been preferred was rejected.",
      "For a range of whole huge blocks, the chosen part of a range that is one block longer "
      "starts on a block and lies within that range."};
  t.sizes = "any number of areas, stacks or not; any hole to start from, any outcome of a round; "
            "symbolic 64-bit addresses; blocks of every page-table level";
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty"};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.planted = {{"encoding", "skips-a-hole"}, {"encoding", "one-block-short"}};
  t.budget = budgets::placeSearch;
  t.explore = exploreCode<Proving<PlaceSearch>>;
  return t;
}

} // namespace growsdown::proofs
