// The list of areas, and the few ways in which rules look at it and change it.
//
// A rule names an area by its position, which it gets from a search or as a neighbour of another
// position and never computes. So the same text runs on this vector and, in proofs, on a list of
// which only the areas that it looked at are known, and any number of others are not.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

/// Areas by address. A position stays valid until `replace`, which keeps those of the areas that it
/// puts in the place of others, one for one.
template <class V>
class AreaVector {
 public:
  using Position = std::size_t;

  auto begin() const { return areas_.begin(); }
  auto end() const { return areas_.end(); }
  std::size_t size() const { return areas_.size(); }
  bool empty() const { return areas_.empty(); }
  const V& operator[](std::size_t ordinal) const { return areas_[ordinal]; }
  V& operator[](std::size_t ordinal) { return areas_[ordinal]; }
  const V& back() const { return areas_.back(); }
  void push_back(const V& area) { areas_.push_back(area); }
  void clear() { areas_.clear(); }

  friend bool operator==(const AreaVector&, const AreaVector&) = default;

  // --- for rules

  Position firstPosition() const { return 0; } ///< of the lowest area; the end if there is none
  Position endPosition() const { return areas_.size(); }
  const V& at(Position p) const { return areas_[p]; }
  bool has(Position p) const { return p < areas_.size(); }
  Position next(Position p) const { return p + 1; }
  Position previous(Position p) const { return p - 1; }
  /// The neighbours in the list, wherever they lie, or null. Of the end: the last area.
  const V* below(Position p) const { return p > 0 ? &areas_[p - 1] : nullptr; }
  const V* above(Position p) const { return p + 1 < areas_.size() ? &areas_[p + 1] : nullptr; }
  std::uint64_t count() const { return areas_.size(); }

  /// The first position, from `from` on, whose area is not `past`. Once not past, all that follow
  /// must not be either. `past` may be kept: it holds what it needs by value.
  template <class Past>
  Position firstNot(Position from, const Past& past) const {
    return firstNotIn(areas_, from, past);
  }

  /// Adds up `add(area, sum)` over [first, last); `sum` starts as it is given. What an area adds
  /// must not depend on what the others have.
  template <class S, class Sum, class Add>
  static Sum sumOver(S& s, Position first, Position last, Sum sum, const Add& add) {
    for (Position p = first; p < last; ++p)
      add(s.areas[p], sum);
    return sum;
  }

  /// Calls `change(area)` for each, by address. It leaves an area's extent alone.
  template <class Change>
  void changeEach(const Change& change) {
    for (V& area : areas_)
      change(area);
  }

  /// Areas [first, last) give way to `count` areas of `with`. The position of the first of them (of
  /// what follows, where there is none).
  Position replace(Position first, Position last, const V* with, std::size_t count) {
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
};

} // namespace growsdown::model
