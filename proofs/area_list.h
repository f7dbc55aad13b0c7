// A list of any number of areas, of which the text that runs learns only what it looks at.
//
// The list is a sequence of known areas and of *runs*: any number of areas, none included, of which
// nothing is known yet. Looking into a run takes an unknown area out of it, where the explorer
// follows every way it can be: the run is empty, or it has a last (a first, some) area, before and
// behind which are runs again. A text that ends on every path, having looked at a few areas, was
// therefore explored for lists of any length. What is assumed of an area taken out of a run is what
// every area of the list satisfies (it lies between its neighbours, it is not empty, what the
// theorem says of each) and what a search found out about the run.
//
// The one loop over a run that rules have, sumOver, is by induction: an arbitrary area of the run
// is added to an arbitrary sum, on a path of its own that proves that the sum rises by exactly the
// area's contribution and that nothing else changes; then the run is worth an unknown sum.
// `replace` demands, on every call of every rule in every theorem, what the theorem `window` needs
// to conclude that the whole list stays in order.
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

/// What an area counts for, as a theorem states it: without asking anything.
template <class D>
model::Counters<D> contributionOf(const typename D::Flags& flags, const typename D::Word& pages) {
  namespace vm = trace::vm;
  const auto if_ = [&](const auto& condition) {
    return select(condition, pages, typename D::Word(0));
  };
  const auto grows = any(flags & vm::growsdown);
  const auto shared = any(flags & vm::shared);
  model::Counters<D> c;
  c.total = pages;
  c.stack = if_(grows);
  c.shared = if_(both(negated(grows), shared));
  c.data = if_(both(any(flags & vm::write), both(negated(grows), negated(shared))));
  c.locked = if_(any(flags & vm::locked));
  c.committed = if_(any(flags & vm::account));
  return c;
}
template <class D>
model::Counters<D> sumOf(model::Counters<D> a, const model::Counters<D>& b) {
  a.total = a.total + b.total;
  a.stack = a.stack + b.stack;
  a.shared = a.shared + b.shared;
  a.data = a.data + b.data;
  a.locked = a.locked + b.locked;
  a.committed = a.committed + b.committed;
  return a;
}

/// The areas of a Space<Symbolic>; model::AreaVector's stand-in (see there for the interface).
/// Without `open` it has only the areas that were put into it.
template <class V>
class AreaList {
 public:
  /// No number, so that a rule that computes with positions does not compile. The areas put in by
  /// push_back have the positions 0, 1, …
  struct Position {
    std::size_t id = 0;
    bool behind = false; ///< what follows that area, not yet looked at
    Position() = default;
    Position(std::size_t number) : id(number) {}
    friend bool operator==(Position a, Position b) { return a.id == b.id && a.behind == b.behind; }
    friend bool operator!=(Position a, Position b) { return a.id != b.id; }
  };
  using Counters = model::Counters<Symbolic>;

  /// Where a run's areas come from.
  struct Source {
    /// A further unknown area, with what is assumed of each; `number` counts them from 0.
    std::function<V(unsigned number)> make;
    /// Assumes that the process' counters cover this, beside what they were said to cover before.
    std::function<void(const Counters&)> cover;
    Sym count; ///< areas that the process has at the start
    unsigned pageShift = 12;
  };

  // --- for theorems

  /// Any number of areas, and none that is known.
  void open(Source source) {
    nodes_.clear();
    nodes_.emplace_back();
    nodes_.back().run = true;
    shared_ = std::make_shared<Shared>();
    shared_->source = std::move(source);
  }
  void push_back(const V& area) {
    Node node;
    node.area = area;
    node.id = nextId_++;
    nodes_.push_back(std::move(node));
  }
  /// The known areas, by address.
  std::size_t size() const {
    return static_cast<std::size_t>(
        std::count_if(nodes_.begin(), nodes_.end(), [](const Node& n) { return !n.run; }));
  }
  bool empty() const { return size() == 0; }
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
  /// What the areas counted for that went away without ever being known.
  const Counters& gone() const { return gone_; }
  /// Whether no area was changed, added or removed, but for the one at `p`, which may have been
  /// changed in its place.
  bool changesOnly(Position p) const {
    std::size_t changed = 0;
    for (const Node& node : nodes_)
      if (node.changed) {
        if (node.id != p) return false;
        ++changed;
      }
    return lost_ == changed;
  }

  // --- for rules

  Position begins() const { return front_; }
  Position ends() const { return end_; }
  bool has(Position p) const { return p != end_ && find(p) != nodes_.end(); }
  const V& at(Position p) const {
    const auto it = find(p);
    if (it == nodes_.end()) throw EncodingError("an area is read that is not in the list");
    return it->area;
  }
  const V* below(Position p) const {
    if (p.behind) return &at(p.id);
    auto it = find(p);
    while (it != nodes_.begin()) {
      const auto before = std::prev(it);
      if (!before->run) return &before->area;
      if (choose(2) == 1) return &takeOut(before, Where::back)->area;
      nodes_.erase(before);
    }
    return nullptr;
  }
  const V* above(Position p) const {
    const auto it = behind(find(p));
    return it == nodes_.end() ? nullptr : &it->area;
  }
  Position next(Position p) const {
    Position following = p.behind ? idOf(find(p)) : p;
    following.behind = true;
    return following;
  }
  Position previous(Position p) const {
    if (p.behind) return p.id;
    if (below(p) == nullptr) throw EncodingError("the first area has none before it");
    return std::prev(find(p))->id;
  }
  /// Unknown: how many the process has at the start, and what has come and gone since.
  Sym count() const {
    if (!isOpen()) return Sym(size());
    const Explorer::Exact notOwed(Explorer::current(), false); // no arithmetic of the rules
    return shared_->source.count + came_ - went_;
  }

  template <class Past>
  Position firstNot(Position from, const Past& past) const {
    const auto start = from == front_ ? nodes_.begin() : find(from);
    auto stop = start;
    while (stop != nodes_.end() && (stop->run || past(stop->area)))
      ++stop;
    // All known areas before `stop` are past, and so is every run before one of them.
    if (stop == start || !std::prev(stop)->run) return idOf(stop);
    const auto hidden = std::prev(stop);
    const Fact past_ = fact(past);
    for (const Fact& known : hidden->facts)
      if (known.says.sameAs(past_.says)) return idOf(stop);
    if (choose(2) == 1) {
      const bool summed = hidden->worth.has_value();
      const auto found = takeOut(hidden, summed ? Where::alone : Where::somewhere);
      assume(!past(found->area));
      Explorer::current().freshen();
      if (summed) throw EncodingError("an area is found in a run that was summed up");
      std::prev(found)->facts.push_back(past_);
      return found->id;
    }
    hidden->facts.push_back(past_);
    return idOf(stop);
  }

  template <class S, class Sum, class Add>
  static Sum sumOver(S& s, Position first, Position last, Sum sum, const Add& add) {
    const AreaList& list = s.areas;
    const auto until = list.find(last);
    // The last area of the window may reach beyond it, those before it cannot.
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

  /// Of a run an arbitrary area is changed, on a path of its own that shows that its extent stays;
  /// what else became of the areas of the run is not known afterwards.
  template <class Change>
  void changeEach(const Change& change) {
    for (auto next = nodes_.begin(); next != nodes_.end();) {
      const At it = next++;
      if (!it->run) {
        changeExtentless(it->area, change);
        if (!it->changed) ++lost_;
        it->changed = true;
        continue;
      }
      if (choose(2) == 1) {
        const At any = takeOut(it, Where::alone);
        Explorer::current().summarised();
        changeExtentless(any->area, change);
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

  Position replace(Position first, Position last, const V* with, std::size_t count) {
    // What the theorem `window` assumes. Where a border does not move, the order is inherited.
    for (std::size_t k = 0; k < count; ++k) {
      require(with[k].start < with[k].end);
      if (k > 0) require(with[k - 1].end <= with[k].start);
    }
    const bool inserts = first == last;
    if (count > 0) {
      if (inserts || !holds(at(first).start <= with[0].start))
        if (const V* neighbour = below(first)) require(neighbour->end <= with[0].start);
      if (inserts || !holds(with[count - 1].end <= at(previous(last)).end)) {
        const auto it = find(last);
        if (it != nodes_.end()) require(with[count - 1].end <= it->area.start);
      }
    }
    // What follows the window need not be known.
    const auto until = last.behind ? std::next(find(last.id)) : find(last);
    const auto from = inserts ? until : find(first);
    if (!inserts) { // what is unknown beside the window stays where it was
      const V low = from->area;
      if (from != nodes_.begin() && std::prev(from)->run)
        std::prev(from)->facts.push_back(fact([low](const V& a) { return a.end <= low.start; }));
      const auto lastNode = std::prev(until);
      if (until != nodes_.end() && until->run && !lastNode->run) {
        const V high = lastNode->area;
        until->facts.push_back(fact([high](const V& a) { return high.end <= a.start; }));
      }
    }
    Position result = last;
    std::size_t k = 0;
    for (auto it = from; it != until;) {
      if (it->run) {
        if (it->worth) gone_ = sumOf<Symbolic>(gone_, *it->worth);
        went_ = went_ + unknownCount();
        lost_ += 2;
        it = nodes_.erase(it);
        continue;
      }
      if (!it->changed) ++lost_;
      if (k == count) {
        went_ = went_ + 1;
        it = nodes_.erase(it);
        continue;
      }
      it->area = with[k];
      it->changed = true;
      if (k++ == 0) result = it->id;
      ++it;
    }
    for (; k < count; ++k) {
      Node node;
      node.area = with[k];
      node.id = nextId_++;
      node.changed = true;
      if (k == 0) result = node.id;
      came_ = came_ + 1;
      nodes_.insert(until, std::move(node));
    }
    return result;
  }

 private:
  /// Holds of each area of a run.
  struct Fact {
    std::function<SymBool(const V&)> of;
    smt::Term says; ///< of `probe`: the same for the same fact
  };
  /// An area that is none.
  static V probe() {
    const smt::Context& context = Explorer::current().context();
    V area;
    area.start = Sym(context.constant("probe.start", smt::Sort::integer), 0, 0, ~std::uint64_t{0});
    area.end = Sym(context.constant("probe.end", smt::Sort::integer), 0, 0, ~std::uint64_t{0});
    return area;
  }
  static Fact fact(std::function<SymBool(const V&)> of) {
    smt::Term says = of(probe()).term(Explorer::current().context());
    return {std::move(of), std::move(says)};
  }
  struct Node {
    bool run = false;
    bool changed = false;    ///< not an area of the start
    bool lookedAway = false; ///< a run the areas of which were changed, who knows how
    std::size_t id = 0;
    V area{};
    std::vector<Fact> facts;       ///< of each area of the run
    std::optional<Counters> worth; ///< what the run's areas count for
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

  static unsigned choose(unsigned count) {
    Explorer& explorer = Explorer::current();
    return explorer.choose("list" + std::to_string(explorer.serial()), count);
  }
  static void assume(const SymBool& fact) { Explorer::current().assume(fact); }
  static void require(const SymBool& fact) {
    Explorer::current().require("a change of the list keeps it in order", fact);
  }
  template <class Change>
  static void changeExtentless(V& area, const Change& change) {
    const V before = area;
    change(area);
    Explorer::current().require(
        "an area that is changed in its place keeps its extent",
        both(both(area.start == before.start, area.end == before.end), area.pgoff == before.pgoff));
  }
  static bool holds(const SymBool& fact) { return Explorer::current().holds(fact); }

  auto known(typename Nodes::const_iterator it) const {
    return Known<typename Nodes::const_iterator>(it, nodes_.cend());
  }
  At nth(std::size_t ordinal) const {
    for (auto it = nodes_.begin(); it != nodes_.end(); ++it)
      if (!it->run && ordinal-- == 0) return it;
    throw EncodingError("an area is read that is not in the list");
  }
  At find(Position p) const {
    if (p.behind) return behind(find(p.id));
    if (p == front_) return firstFrom(nodes_.begin());
    if (p == end_) return nodes_.end();
    auto it = nodes_.begin();
    while (it != nodes_.end() && (it->run || it->id != p))
      ++it;
    if (it == nodes_.end()) throw EncodingError("a position is used that is no longer valid");
    return it;
  }
  Position idOf(At it) const { return Position(it == nodes_.end() ? end_ : it->id); }
  /// The first area from a node on; a run's first is taken out where it has one.
  At firstFrom(At it) const {
    while (it != nodes_.end() && it->run) {
      if (choose(2) == 1) return takeOut(it, Where::front);
      it = nodes_.erase(it);
    }
    return it;
  }
  At behind(At it) const { return it == nodes_.end() ? it : firstFrom(std::next(it)); }

  /// Takes an area out of a run that is not empty.
  At takeOut(At run, Where where) const {
    if (run->lookedAway) throw EncodingError("an area is taken out of a run that was changed");
    if (run->worth && where != Where::alone)
      throw EncodingError("an area is taken out of a run that was summed up");
    const Explorer::Exact notOwed(Explorer::current(), false); // no arithmetic of the rules
    Node node;
    node.id = nextId_++;
    {
      const Explorer::Tentative tentative(Explorer::current());
      node.area = shared_->source.make(static_cast<unsigned>(shared_->taken.size()));
    }
    shared_->taken.push_back(node.area);
    assume(Sym(shared_->taken.size()) <= shared_->source.count);
    shared_->source.cover(contributionOf<Symbolic>(node.area.flags, pagesOf(node.area)));
    for (auto it = run; it != nodes_.begin();)
      if (!(--it)->run) {
        assume(it->area.end <= node.area.start);
        break;
      }
    for (auto it = std::next(run); it != nodes_.end(); ++it)
      if (!it->run) {
        assume(node.area.end <= it->area.start);
        break;
      }
    for (const Fact& known : run->facts)
      assume(known.of(node.area));
    if (where == Where::back) return nodes_.insert(std::next(run), std::move(node));
    if (where == Where::front) return nodes_.insert(run, std::move(node));
    const Node rest = *run;
    return nodes_.insert(nodes_.insert(std::next(run), rest), std::move(node));
  }
  Sym pages(const Sym& bytes) const { return bytes >> shared_->source.pageShift; }
  Sym pagesOf(const V& area) const { return pages(area.end - area.start); }

  static Sym unknown(const std::string& what) {
    Explorer& explorer = Explorer::current();
    return explorer.word("list" + std::to_string(explorer.serial()) + "." + what, 0,
                         std::uint64_t{1} << 52);
  }
  static Sym unknownCount() { return unknown("count"); }
  static Counters unknownCounters() {
    Counters c;
    c.total = unknown("total");
    c.stack = unknown("stack");
    c.shared = unknown("shared");
    c.data = unknown("data");
    c.locked = unknown("locked");
    c.committed = unknown("committed");
    return c;
  }
  /// What a run that is not empty counts for. Nothing says what areas come to that: no machine
  /// words can follow this path.
  const Counters& worthOf(At run) const {
    if (!run->worth) {
      const Explorer::Exact notOwed(Explorer::current(), false); // no arithmetic of the rules
      run->worth = unknownCounters();
      const Counters& c = *run->worth;
      assume(c.stack + c.shared <= c.total);
      assume(c.data <= c.total);
      assume(c.locked <= c.total);
      assume(c.committed <= c.total);
      const At following = std::next(run);
      if (run != nodes_.begin() && following != nodes_.end() && !std::prev(run)->run &&
          !following->run) // they lie between these two
        assume(c.total <= pages(following->area.start) - pages(std::prev(run)->area.end));
      shared_->source.cover(c);
    }
    Explorer::current().summarised();
    return *run->worth;
  }
  /// The step of the induction: any area of the run added to any sum. Ends the path.
  template <class S, class Add>
  [[noreturn]] static void induct(S& s, const AreaList& list, At run, const Add& add) {
    Explorer::current().summarised();
    const V area = list.takeOut(run, Where::alone)->area;
    const auto before = s;
    Counters sum = unknownCounters();
    const Counters expected =
        sumOf<Symbolic>(sum, contributionOf<Symbolic>(area.flags, list.pagesOf(area)));
    add(area, sum);
    const auto sameCounters = [](const Counters& a, const Counters& b) {
      return both(both(both(a.total == b.total, a.stack == b.stack),
                       both(a.shared == b.shared, a.data == b.data)),
                  both(a.locked == b.locked, a.committed == b.committed));
    };
    Explorer& explorer = Explorer::current();
    explorer.require("an area of a run adds exactly what it counts for",
                     sameCounters(sum, expected));
    explorer.require("and changes no counter", sameCounters(s.counters, before.counters));
    bool rest = s.entries.size() == before.entries.size() &&
                s.tables.size() == before.tables.size() &&
                s.objects.size() == before.objects.size() && s.areas.lost_ == before.areas.lost_;
    SymBool entries = true;
    for (std::size_t i = 0; rest && i < s.entries.size(); ++i)
      entries = both(entries, both(s.entries[i].address == before.entries[i].address,
                                   s.entries[i].prot == before.entries[i].prot));
    explorer.require("and nothing else", both(SymBool(rest), entries));
    throw PathAbort{};
  }

  // Looking at a list makes it better known, but does not change it.
  mutable Nodes nodes_;
  mutable std::size_t nextId_ = 0;
  std::shared_ptr<Shared> shared_;
  Counters gone_{};
  Sym came_ = 0;
  Sym went_ = 0;
  std::size_t lost_ = 0;
};

} // namespace growsdown::proofs
