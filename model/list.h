// A list of elements in order, and what changed in it.
#pragma once

#include "trace/check.h"
#include "trace/state_changes.h"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

namespace growsdown::model {

/// Notes which elements of a list may have changed.
class ChangeNote {
 public:
  /// Elements [first, last) of a list of `size` elements change, go, or have others put before them.
  void range(std::size_t first, std::size_t last, std::size_t size) {
    before_ = std::min(before_, first);
    after_ = std::min(after_, size - last);
  }
  void everything() { before_ = after_ = 0; }
  /// What changed since the last call. The list now has `size` elements.
  trace::Changed take(std::size_t size) {
    const std::size_t before = std::min(before_, size);
    const trace::Changed changed{before, std::min(after_, size - before)};
    before_ = after_ = none;
    return changed;
  }

 private:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  std::size_t before_ = 0; ///< at first, everything is new
  std::size_t after_ = 0;
};

/// A vector whose spare room is where an element was last inserted or erased. So insertions in
/// ascending order cost constant time each, wherever in the list they begin. Iterators are positions:
/// they stay valid, but name another element after an insertion or erasure below them.
template <class T>
class List {
  template <class Owner, class Value>
  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = Value*;
    using reference = Value&;

    Iterator() = default;
    Iterator(Owner& list, std::size_t at) : list_(&list), at_(at) {}
    operator Iterator<const Owner, const Value>() const { return {*list_, at_}; }

    Value& operator*() const { return list_->place(at_); }
    Value* operator->() const { return &**this; }
    Value& operator[](difference_type n) const { return *(*this + n); }
    Iterator& operator++() { return *this += 1; }
    Iterator& operator--() { return *this -= 1; }
    Iterator operator++(int) { return std::exchange(*this, *this + 1); }
    Iterator operator--(int) { return std::exchange(*this, *this - 1); }
    Iterator& operator+=(difference_type n) {
      at_ = static_cast<std::size_t>(static_cast<difference_type>(at_) + n);
      return *this;
    }
    Iterator& operator-=(difference_type n) { return *this += -n; }
    friend Iterator operator+(Iterator i, difference_type n) { return i += n; }
    friend Iterator operator+(difference_type n, Iterator i) { return i += n; }
    friend Iterator operator-(Iterator i, difference_type n) { return i -= n; }
    friend difference_type operator-(const Iterator& a, const Iterator& b) {
      return static_cast<difference_type>(a.at_) - static_cast<difference_type>(b.at_);
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }
    friend auto operator<=>(const Iterator& a, const Iterator& b) { return a.at_ <=> b.at_; }

   private:
    Owner* list_ = nullptr;
    std::size_t at_ = 0;
  };

 public:
  using value_type = T;
  using iterator = Iterator<List, T>;
  using const_iterator = Iterator<const List, const T>;

  List() = default;
  List(std::initializer_list<T> elements) { insert(cend(), elements.begin(), elements.end()); }

  std::size_t size() const { return store_.size() - gapSize_; }
  bool empty() const { return size() == 0; }
  const T& operator[](std::size_t at) const {
    GROWSDOWN_CHECK(at < size());
    return place(at);
  }
  const T& front() const { return (*this)[0]; }
  const T& back() const { return (*this)[size() - 1]; }
  /// Notes that the element may change.
  T& operator[](std::size_t at) {
    GROWSDOWN_CHECK(at < size());
    note_.range(at, at + 1, size());
    return place(at);
  }
  const_iterator cbegin() const { return {*this, 0}; }
  const_iterator cend() const { return {*this, size()}; }
  const_iterator begin() const { return cbegin(); }
  const_iterator end() const { return cend(); }
  /// Notes that all elements may change.
  iterator begin() {
    note_.everything();
    return {*this, 0};
  }
  iterator end() { return {*this, size()}; }

  iterator insert(const_iterator where, const T& element) {
    return insert(where, &element, &element + 1);
  }
  template <class Input>
  iterator insert(const_iterator where, Input first, Input last) {
    const std::size_t at = index(where);
    note_.range(at, at, size());
    const auto count = static_cast<std::size_t>(std::distance(first, last));
    if (gapSize_ < count) grow(count);
    moveGap(at);
    std::copy(first, last, store_.begin() + static_cast<std::ptrdiff_t>(gap_));
    gap_ += count;
    gapSize_ -= count;
    return {*this, at};
  }
  void push_back(const T& element) { insert(cend(), element); }
  iterator erase(const_iterator first, const_iterator last) {
    const std::size_t from = index(first);
    const std::size_t to = index(last);
    GROWSDOWN_CHECK(from <= to && to <= size());
    note_.range(from, to, size());
    if (gap_ < from) moveGap(from);
    if (gap_ > to) moveGap(to);
    gap_ = from;
    gapSize_ += to - from;
    return {*this, from};
  }
  void clear() {
    note_.everything();
    gap_ = 0;
    gapSize_ = store_.size();
  }

  /// What may have changed since the last call.
  trace::Changed takeChanges() { return note_.take(size()); }

  friend bool operator==(const List& a, const List& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::size_t index(const_iterator at) const { return static_cast<std::size_t>(at - cbegin()); }
  const T& place(std::size_t at) const { return store_[at < gap_ ? at : at + gapSize_]; }
  T& place(std::size_t at) { return store_[at < gap_ ? at : at + gapSize_]; }

  void moveGap(std::size_t to) {
    const auto at = [this](std::size_t i) {
      return store_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    if (to < gap_)
      std::move_backward(at(to), at(gap_), at(gap_ + gapSize_));
    else
      std::move(at(gap_ + gapSize_), at(to + gapSize_), at(gap_));
    gap_ = to;
  }
  /// Makes room for `count` more elements.
  void grow(std::size_t count) {
    const std::size_t used = size();
    moveGap(used);
    store_.resize(std::max(used + count, 2 * used));
    gapSize_ = store_.size() - used;
  }

  std::vector<T> store_; ///< elements, the gap, and the other elements
  std::size_t gap_ = 0;  ///< where it begins
  std::size_t gapSize_ = 0;
  ChangeNote note_;
};

} // namespace growsdown::model
