// A list of any number of areas. The rules learn only about the areas that they look at.
//
// The list is a sequence of known areas and *runs*. A run is any number of areas (possibly none) of
// which nothing is known yet. A look into a run takes an unknown area out of it. The explorer follows
// each possibility: the run is empty, or it has a last (first, some) area with a run on each side.
// If every path of a rule ends after a look at a few areas, the rule was explored for lists of any
// length. Assumptions about an area that is taken out of a run:
//
// - It is not empty, and lies between its neighbours.
// - The theorem's assumptions about every area hold.
// - Facts that a search found out about the run hold.
//
// Rules have one loop over a run, sumOver, which is proved by induction. On a path of its own, an
// arbitrary area of the run is added to an arbitrary sum; the sum must rise by exactly the area's
// contribution, and nothing else may change. After that the run contributes an unknown sum.
// `replace` requires, in every call by every rule in every theorem, what the theorem `window`
// assumes to conclude that the whole list stays in order.
#pragma once

#include "model/state.h"
#include "proofs/run.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace growsdown::proofs {

/// What an area contributes to the counters, as a theorem states it. Makes no decision.
template <class D>
model::Counters<D> contributionOf(const typename D::Flags& flags, const typename D::Word& pages);
template <class D>
model::Counters<D> sumOf(model::Counters<D> a, const model::Counters<D>& b);

/// The areas of a Space<Symbolic>, with the interface of model::AreaVector (documented there).
/// Without `open` the list has only the areas that were put into it.
template <class V>
class AreaList {
 public:
  /// Not a number, so that a rule that computes with positions does not compile. The areas put in
  /// by push_back have the positions 0, 1, …
  struct Position {
    std::size_t id = 0;
    bool after = false; ///< the area that follows, not looked at yet
    Position() = default;
    Position(std::size_t number) : id(number) {}
    friend bool operator==(Position a, Position b) { return a.id == b.id && a.after == b.after; }
    friend bool operator!=(Position a, Position b) { return a.id != b.id; }
  };
  using Counters = model::Counters<Symbolic>;

  /// Where the areas of a run come from.
  struct Source {
    /// Makes another unknown area, with the theorem's assumptions; `number` counts from 0.
    std::function<V(unsigned number)> make;
    /// Assumes that the process's counters include this, in addition to earlier calls.
    std::function<void(const Counters&)> cover;
    Sym count; ///< areas that the process has at the start
    unsigned pageShift = 12;
  };

  // --- for theorems

  /// Makes this a list of any number of areas, none of them known.
  void open(Source source);
  void push_back(const V& area);
  /// Number of known areas.
  std::size_t size() const;
  bool empty() const { return size() == 0; }
  // The known areas, by address.
  V& operator[](std::size_t ordinal) const { return nth(ordinal)->area; }
  V& back() const { return nth(size() - 1)->area; }
  V& front() const { return nth(0)->area; }
  Position position(std::size_t ordinal) const { return nth(ordinal)->id; }

  template <class I>
  class Known {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = V;
    using difference_type = std::ptrdiff_t;
    using pointer = const V*;
    using reference = const V&;
    Known(I at, I end) : at_(at), end_(end) { skip(); }
    const V& operator*() const { return at_->area; }
    const V* operator->() const { return &at_->area; }
    Known& operator++() {
      ++at_;
      skip();
      return *this;
    }
    friend bool operator==(const Known& a, const Known& b) { return a.at_ == b.at_; }
    friend bool operator!=(const Known& a, const Known& b) { return !(a == b); }

   private:
    void skip() {
      while (at_ != end_ && at_->run)
        ++at_;
    }
    I at_;
    I end_;
  };
  auto begin() const { return known(nodes_.cbegin()); }
  auto end() const { return known(nodes_.cend()); }

  /// The areas taken out of runs so far, as they were at the start.
  const std::vector<V>& taken() const { return shared_->taken; }
  bool isOpen() const { return shared_ != nullptr; }
  /// The contribution of the areas that were removed without becoming known.
  const Counters& gone() const { return gone_; }
  /// Whether no area was changed, added or removed. The area at `p` may have been replaced by one
  /// area.
  bool changesOnly(Position p) const;

  // --- for rules

  Position firstPosition() const { return front_; }
  Position endPosition() const { return end_; }
  bool has(Position p) const { return p != end_ && find(p) != nodes_.end(); }
  const V& at(Position p) const;
  const V* below(Position p) const;
  const V* above(Position p) const;
  Position next(Position p) const;
  Position previous(Position p) const;
  /// Unknown: the number at the start, plus areas added, less areas removed.
  Sym count() const;

  template <class Past>
  Position firstNot(Position from, const Past& past) const;
  template <class S, class Sum, class Add>
  static Sum sumOver(S& s, Position first, Position last, Sum sum, const Add& add);
  /// An arbitrary area of each run is changed on a path of its own, which shows that its extent
  /// stays. Afterwards nothing more is known about the areas of the run.
  template <class Change>
  void changeEach(const Change& change);
  Position replace(Position first, Position last, const V* with, std::size_t count);

 private:
  /// Holds for each area of a run.
  struct Fact {
    std::function<SymBool(const V&)> of;
    smt::Term says; ///< about `probe`: equal for equal facts
  };
  struct Node {
    bool run = false;
    bool changed = false;    ///< differs from the area at the start
    bool lookedAway = false; ///< a run whose areas were changed in an unknown way
    std::size_t id = 0;
    V area{};
    std::vector<Fact> facts;       ///< about each area of the run
    std::optional<Counters> worth; ///< contribution of the run's areas
  };
  using Nodes = std::list<Node>;
  using At = typename Nodes::iterator;
  struct Shared {
    Source source;
    std::vector<V> taken;
  };
  enum class Where : std::uint8_t { back, front, somewhere, alone };
  static constexpr std::size_t end_ = ~std::size_t{0};
  static constexpr std::size_t front_ = end_ - 1;

  static unsigned choose(unsigned count);
  static void assume(const SymBool& fact) { Explorer::current().assume(fact); }
  static void require(const SymBool& fact);
  static bool holds(const SymBool& fact) { return Explorer::current().holds(fact); }
  static void requireSameExtent(const V& before, const V& area);
  static void requireInductionStep(const model::Space<Symbolic>& before,
                                   const model::Space<Symbolic>& after, const Counters& expected,
                                   const Counters& sum);

  /// An area outside the list, to which facts are applied to compare them.
  static V probe();
  static Fact fact(std::function<SymBool(const V&)> of);

  auto known(typename Nodes::const_iterator it) const {
    return Known<typename Nodes::const_iterator>(it, nodes_.cend());
  }
  At nth(std::size_t ordinal) const;
  At find(Position p) const;
  Position idOf(At it) const { return Position(it == nodes_.end() ? end_ : it->id); }
  /// The first area from a node on; if that is a run with areas, its first is taken out.
  At firstFrom(At it) const;
  At areaAfter(At it) const { return it == nodes_.end() ? it : firstFrom(std::next(it)); }
  /// Takes an area out of a run that is not empty.
  At takeOut(At run, Where where) const;
  void requireWindowInOrder(Position first, Position last, const V* with, std::size_t count);
  void keepBesideWindow(At from, At until);

  Sym pages(const Sym& bytes) const { return bytes >> shared_->source.pageShift; }
  Sym pagesOf(const V& area) const { return pages(area.end - area.start); }
  static Sym unknown(const std::string& what);
  static Sym unknownCount() { return unknown("count"); }
  static Counters unknownCounters();
  /// The contribution of a run that is not empty. Which areas add up to it is not known, so machine
  /// words cannot follow this path.
  const Counters& worthOf(At run) const;
  /// The step of the induction: any area of the run added to any sum. Ends the path.
  template <class S, class Add>
  [[noreturn]] static void induct(S& s, const AreaList& list, At run, const Add& add);

  // A look makes the list better known, but does not change it.
  mutable Nodes nodes_;
  mutable std::size_t nextId_ = 0;
  std::shared_ptr<Shared> shared_;
  Counters gone_{};
  Sym came_ = 0;
  Sym went_ = 0;
  std::size_t lost_ = 0;
};

template <class V>
template <class Past>
typename AreaList<V>::Position AreaList<V>::firstNot(Position from, const Past& past) const {
  const auto start = from == front_ ? nodes_.begin() : find(from);
  auto stop = start;
  while (stop != nodes_.end() && (stop->run || past(stop->area)))
    ++stop;
  // All known areas before `stop` are past, and so is every run before one of them.
  if (stop == start || !std::prev(stop)->run) return idOf(stop);
  const auto hidden = std::prev(stop);
  const Fact isPast = fact(past);
  for (const Fact& known : hidden->facts)
    if (known.says.sameAs(isPast.says)) return idOf(stop);
  if (choose(2) == 1) {
    const bool summed = hidden->worth.has_value();
    const auto found = takeOut(hidden, summed ? Where::alone : Where::somewhere);
    assume(!past(found->area));
    Explorer::current().refreshWitness();
    if (summed) throw EncodingError("an area is found in a run that was summed up");
    std::prev(found)->facts.push_back(isPast);
    return found->id;
  }
  hidden->facts.push_back(isPast);
  return idOf(stop);
}

template <class V>
template <class S, class Sum, class Add>
Sum AreaList<V>::sumOver(S& s, Position first, Position last, Sum sum, const Add& add) {
  const AreaList& list = s.areas;
  const auto until = list.find(last);
  // The last area of the window may extend beyond it, those before it cannot.
  for (auto it = list.find(first); it != until && std::prev(until)->run;) {
    const auto run = std::prev(until);
    if (choose(2) == 1) {
      list.takeOut(run, Where::back);
      break;
    }
    list.nodes_.erase(run);
  }
  for (auto it = list.find(first); it != until;) {
    const auto here = it++;
    if (!here->run) {
      add(here->area, sum);
      continue;
    }
    if (choose(2) == 1) induct(s, list, here, add);
    if (!here->worth && choose(2) == 1)
      list.nodes_.erase(here); // it is empty
    else
      sum = sumOf<Symbolic>(sum, list.worthOf(here));
  }
  return sum;
}

template <class V>
template <class Change>
void AreaList<V>::changeEach(const Change& change) {
  const auto changeInPlace = [&change](V& area) {
    const V before = area;
    change(area);
    requireSameExtent(before, area);
  };
  for (auto next = nodes_.begin(); next != nodes_.end();) {
    const At it = next++;
    if (!it->run) {
      changeInPlace(it->area);
      if (!it->changed) ++lost_;
      it->changed = true;
      continue;
    }
    if (choose(2) == 1) {
      const At any = takeOut(it, Where::alone);
      Explorer::current().summarised();
      changeInPlace(any->area);
      throw PathAbort{};
    }
    if (choose(2) == 1) { // it is empty
      nodes_.erase(it);
      continue;
    }
    it->lookedAway = true;
    Explorer::current().summarised();
  }
}

template <class V>
template <class S, class Add>
void AreaList<V>::induct(S& s, const AreaList& list, At run, const Add& add) {
  Explorer::current().summarised();
  const V area = list.takeOut(run, Where::alone)->area;
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): `add` changes `s`.
  const auto before = s;
  Counters sum = unknownCounters();
  const Counters expected =
      sumOf<Symbolic>(sum, contributionOf<Symbolic>(area.flags, list.pagesOf(area)));
  add(area, sum);
  requireInductionStep(before, s, expected, sum);
  throw PathAbort{};
}

} // namespace growsdown::proofs
