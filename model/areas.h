// The list of areas, and the few ways in which rules read and change it.
//
// A rule names an area by its position. It gets a position from a search, or as the neighbour of
// another position; it never computes one. So the same rules run on this vector and, in proofs, on
// a list of unknown length, of which only the areas are known that a rule looked at.
#pragma once

#include "model/list.h"
#include "trace/check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace growsdown::model {

/// The first index, from `from` on, whose element is not `past`; the end if there is none.
template <class List, class Index, class Past>
Index firstNotIn(const List& list, Index from, const Past& past) {
  Index i = from;
  while (i < list.size() && past(list[i]))
    ++i;
  return i;
}

/// Areas by address. Positions stay valid until `replace`. An area that replaces another, one for
/// one, keeps the position.
template <class V>
class AreaVector {
 public:
  using Position = std::size_t;

  auto begin() const { return areas_.begin(); }
  auto end() const { return areas_.end(); }
  std::size_t size() const { return areas_.size(); }
  bool empty() const { return areas_.empty(); }
  const V& operator[](std::size_t ordinal) const {
    GROWSDOWN_CHECK(ordinal < areas_.size());
    return areas_[ordinal];
  }
  V& operator[](std::size_t ordinal) {
    GROWSDOWN_CHECK(ordinal < areas_.size());
    note_.range(ordinal, ordinal + 1, areas_.size());
    return areas_[ordinal];
  }
  const V& back() const {
    GROWSDOWN_CHECK(!areas_.empty());
    return areas_.back();
  }
  void push_back(const V& area) {
    note_.range(areas_.size(), areas_.size(), areas_.size());
    areas_.push_back(area);
  }
  void clear() {
    note_.everything();
    areas_.clear();
  }
  /// What may have changed since the last call.
  trace::Changed takeChanges() { return note_.take(areas_.size()); }

  friend bool operator==(const AreaVector& a, const AreaVector& b) { return a.areas_ == b.areas_; }

  // --- for rules

  Position firstPosition() const { return 0; } ///< of the lowest area; the end if there is none
  Position endPosition() const { return areas_.size(); }
  const V& at(Position p) const { return (*this)[p]; }
  bool has(Position p) const { return p < areas_.size(); }
  Position next(Position p) const {
    GROWSDOWN_CHECK(has(p));
    return p + 1;
  }
  Position previous(Position p) const {
    GROWSDOWN_CHECK(p > 0 && p <= areas_.size());
    return p - 1;
  }
  /// The neighbours in the list, adjacent or not, or null. The end is above the last area.
  const V* below(Position p) const {
    GROWSDOWN_CHECK(p <= areas_.size());
    return p > 0 ? &areas_[p - 1] : nullptr;
  }
  const V* above(Position p) const { return p + 1 < areas_.size() ? &areas_[p + 1] : nullptr; }
  std::uint64_t count() const { return areas_.size(); }

  /// The first position, from `from` on, whose area is not `past`. If an area is not past, no later
  /// one may be. `past` may be kept: it must hold what it needs by value.
  template <class Past>
  Position firstNot(Position from, const Past& past) const {
    return firstNotIn(areas_, from, past);
  }

  /// Calls `add(area, sum)` for each area of [first, last), beginning with the given `sum`. What an
  /// area adds must not depend on other areas.
  template <class S, class Sum, class Add>
  static Sum sumOver(S& s, Position first, Position last, Sum sum, const Add& add) {
    for (Position p = first; p < last; ++p)
      add(std::as_const(s.areas)[p], sum);
    return sum;
  }

  /// Calls `change(area)` for each area, by address. `change` must keep the area's extent.
  template <class Change>
  void changeEach(const Change& change) {
    note_.everything();
    for (V& area : areas_)
      change(area);
  }

  /// Replaces the areas [first, last) by `count` areas of `with`. Returns the position of the first
  /// of them; if there is none, of the area that follows.
  Position replace(Position first, Position last, const V* with, std::size_t count) {
    GROWSDOWN_CHECK(first <= last && last <= areas_.size());
    note_.range(first, last, areas_.size());
    const std::size_t common = std::min(last - first, count);
    std::copy(with, with + common, areas_.begin() + static_cast<std::ptrdiff_t>(first));
    const auto at = areas_.begin() + static_cast<std::ptrdiff_t>(first + common);
    if (count > common)
      areas_.insert(at, with + common, with + count);
    else
      areas_.erase(at, areas_.begin() + static_cast<std::ptrdiff_t>(last));
    return first;
  }

 private:
  std::vector<V> areas_;
  ChangeNote note_;
};

} // namespace growsdown::model
