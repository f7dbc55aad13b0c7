// Lists of any length: the search in a list, and the order of a list after a part of it is
// replaced.
#include "model/areas.h"
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

#include <array>

namespace growsdown::proofs {
namespace {

constexpr std::uint64_t longest = std::uint64_t{1} << 31; // indices and lengths
constexpr std::uint64_t highest = (std::uint64_t{1} << 63) - 1;

/// A sequence of unknown areas: two unknown functions of the index. Only what was assumed about an
/// index is known.
struct Sequence {
  Explorer& e;
  std::string name;
  Sym length;

  Sym start(const Sym& i) const { return e.element(name + ".start", i, 0, highest); }
  Sym end(const Sym& i) const { return e.element(name + ".end", i, 0, highest); }
  /// The order of the list, for two indices: area i is not empty, and if i < k it ends below k's
  /// start.
  SymBool ordered(const Sym& i, const Sym& k) const {
    const SymBool fine = (start(i) < end(i)) & (start(k) < end(k));
    return implies((i < length) & (k < length), fine & implies(i < k, end(i) <= start(k)));
  }
  void assumeOrdered(const Sym& i, const Sym& k) const { e.assume(ordered(i, k)); }
};

// --- the search

/// What the loop of the search sees. Its index ends the path after one round, having shown that
/// what held before the round holds after it.
struct SearchedList {
  const Sequence& areas;
  Sym size() const { return areas.length; }
  struct Area {
    Sym end;
  };
  struct Index;
  Area operator[](const Index& i) const;
};
struct SearchedList::Index {
  Sym value;
  std::function<void(const Sym&)> invariant;
  friend SymBool operator<(const Index& i, const Sym& size) { return i.value < size; }
  Index& operator++() {
    invariant(value + 1);
    throw PathAbort{};
  }
};
SearchedList::Area SearchedList::operator[](const Index& i) const {
  return {areas.end(i.value)};
}

void search(Explorer& e, std::string_view wrong) {
  const Sequence areas{e, "list", e.word("length", 0, longest)};
  const Sym address = e.word("address", 0, highest);
  const Sym from = e.word("from", 0, longest);
  e.assume(from <= areas.length);
  const Sym any = e.word("any", 0, longest); // one index stands for all
  e.assume(any < areas.length);
  const auto past = [&](const Sym& index) { return areas.end(index) <= address; };
  // All areas from `from` to below `i` are past.
  const auto invariant = [&](const Sym& i) {
    return implies((from <= any) & (any < i), past(any));
  };
  e.require("the search: before the first round", invariant(from));

  // Any round: only the index changes in the loop, so a search that starts at the index continues
  // like one that has reached it.
  const Sym i = e.word("index", 0, longest);
  e.assume((from <= i) & (i <= areas.length));
  e.assume(invariant(i));
  const SearchedList::Index start{
      i, [&](const Sym& next) {
        e.require("the search: a round keeps what holds", invariant(next));
        e.require("the search: it stays within the list", next <= areas.length);
      }};
  const SearchedList list{areas};
  const SearchedList::Index found =
      model::firstNotIn(list, start, [&](const SearchedList::Area& area) {
        return wrong == "search" ? area.end < address : area.end <= address;
      });
  e.require("the search: what lies before is past", invariant(found.value));
  if (found.value < areas.length) {
    e.require("the search: what it finds is not", !past(found.value));
    areas.assumeOrdered(found.value, any);
    e.require("the search: nor is what follows, in an ordered list",
              implies(found.value <= any, !past(any)));
  } else {
    e.require("the search: or it is the end", found.value == areas.length);
  }
}

// --- the window

void window(Explorer& e, std::string_view wrong) {
  const Sequence old{e, "list", e.word("length", 0, longest)};
  const Sequence put{e, "put", e.word("count", 0, longest)};
  const Sym first = e.word("first", 0, longest);
  const Sym last = e.word("last", 0, longest);
  e.assume((first <= last) & (last <= old.length));
  const Sym gone = last - first;
  const Sym length = old.length - gone + put.length;
  e.assume(length <= longest);

  // The requirements of AreaList::replace: the areas put in are in order, and they stay within the
  // borders of the neighbours or of the areas that they replace.
  const Sym zero = 0;
  if (put.length > 0) {
    if (first > 0 && wrong != "window-below") {
      old.assumeOrdered(first - 1, first);
      e.assume((old.end(first - 1) <= put.start(zero)) |
               ((first < last) & (old.start(first) <= put.start(zero))));
    }
    if (last < old.length && wrong != "window-above") {
      old.assumeOrdered(last - 1, last);
      e.assume((put.end(put.length - 1) <= old.start(last)) |
               ((first < last) & (put.end(put.length - 1) <= old.end(last - 1))));
    }
  }

  // Two areas of the new list, anywhere.
  const Sym j = e.word("j", 0, longest);
  const Sym k = e.word("k", 0, longest);
  e.assume((j < k) & (k < length));
  struct Area {
    Sym start, end;
  };
  enum class Side : std::uint8_t { below, inside, above };
  const auto sideOf = [&](const Sym& i) {
    if (i < first) return Side::below;
    return i < first + put.length ? Side::inside : Side::above;
  };
  const auto oldIndex = [&](const Sym& i, Side side) {
    return side == Side::below ? i : i - put.length + gone;
  };
  const auto at = [&](const Sym& i, Side side) -> Area {
    if (side == Side::inside) return {put.start(i - first), put.end(i - first)};
    const Sym from = oldIndex(i, side);
    return {old.start(from), old.end(from)};
  };
  const Side low = sideOf(j);
  const Side high = sideOf(k);
  const Area a = at(j, low);
  const Area b = at(k, high);
  // The order of the old list and of what is put in, where it is needed.
  if (low != Side::inside && high != Side::inside)
    old.assumeOrdered(oldIndex(j, low), oldIndex(k, high));
  if (low == Side::inside && high == Side::inside) put.assumeOrdered(j - first, k - first);
  if (low == Side::below && high == Side::inside) {
    old.assumeOrdered(j, first - 1);
    put.assumeOrdered(zero, k - first);
  }
  if (low == Side::inside && high == Side::above) {
    put.assumeOrdered(j - first, put.length - 1);
    old.assumeOrdered(last, oldIndex(k, high));
  }
  e.require("a window: the areas of the new list are not empty",
            (a.start < a.end) & (b.start < b.end));
  e.require("a window: and in order", a.end <= b.start);
}

// --- runs and steps

void run(Explorer& e) {
  const Sequence areas{e, "list", e.word("length", 0, longest)};
  const Sym from = e.word("from", 0, longest); // a run: areas [from, to)
  const Sym to = e.word("to", 0, longest);
  e.assume((from < to) & (to <= areas.length));
  const Sym any = e.word("any", 0, longest);
  e.assume((from <= any) & (any < to));
  const Sym before = e.word("before", 0, longest); // known areas on either side
  const Sym behind = e.word("behind", 0, longest);
  e.assume((before < from) & (to <= behind) & (behind < areas.length));
  areas.assumeOrdered(before, any);
  areas.assumeOrdered(any, behind);
  e.require("a run: its areas are not empty", areas.start(any) < areas.end(any));
  e.require("a run: they lie above what is before it", areas.end(before) <= areas.start(any));
  e.require("a run: they lie below what is behind it", areas.end(any) <= areas.start(behind));
  // By induction: the first areas of a run, up to any of them, count for no more than what lies
  // between the area before and that one's end.
  const auto upTo = [&](const Sym& i) { return areas.end(i) - areas.end(before); };
  const auto size = [&](const Sym& i) { return areas.end(i) - areas.start(i); };
  e.require("a run: its first area takes no more than the room up to its end",
            size(any) <= upTo(any));
  e.require("a run: nor does any up to its end take more than there is",
            upTo(any) <= areas.start(behind) - areas.end(before));
  e.assume(any + 1 < to);
  areas.assumeOrdered(before, any + 1);
  areas.assumeOrdered(any, any + 1);
  const Sym sum = e.word("sum", 0, highest);
  e.assume(sum <= upTo(any));
  e.require("a run: the areas up to one and the next take no more than up to the next",
            sum + size(any + 1) <= upTo(any + 1));
}

void neighbours(Explorer& e) {
  // From the order of neighbours to that of any two, by induction over their distance.
  const Sequence areas{e, "list", e.word("length", 0, longest)};
  const Sym i = e.word("i", 0, longest);
  const Sym k = e.word("k", 0, longest);
  e.assume((i < k) & (k + 1 < areas.length));
  areas.assumeOrdered(i, k);
  areas.assumeOrdered(k, k + 1);
  e.require("neighbours: the order of one more", areas.ordered(i, k + 1));
}

Exploration proveList(const Question& question, const Budget& budget, const Accept& accept) {
  Explorer explorer(budget);
  return explorer.explore(
      [&](Explorer& e) {
        const std::string_view wrong = question.wrongEncoding;
        switch (e.choose("part", 4)) {
        case 0:
          return search(e, wrong);
        case 1:
          return window(e, wrong);
        case 2:
          return run(e);
        default:
          return neighbours(e);
        }
      },
      {}, accept);
}

} // namespace

Theorem listInOrder() {
  Theorem t;
  t.name = "list";
  t.claims = {"The search loop that every rule uses ends at the first area that is not past the "
              "address, or at the end of the list. All areas before it are past, and in an ordered "
              "list none after it is.",
              "If a window of an ordered list is replaced by areas that are in order, not empty, "
              "and within the borders of the window, the new list is in order.",
              "The areas of an unknown part of a list are not empty, lie between the known areas "
              "around it, and take no more room than there is.",
              "A list is in order if each area is in order with the next."};
  t.sizes = "lists of any length up to 2^31, any positions; symbolic 63-bit addresses";
  t.assumptions = {"a list is a function from indices to areas",
                   "when a window is replaced, the areas before it stay and those after it move (a "
                   "unit test compares AreaVector for all small sizes)"};
  // It does not depend on a rule set: proved once.
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "search"}, {"encoding", "window-below"}, {"encoding", "window-above"}};
  t.budget = budgets::list;
  t.explore = proveList;
  return t;
}

} // namespace growsdown::proofs
