// The one walk over two states that finds where they differ. Comparisons choose which fields count,
// how identities are matched, and whether to stop at the first difference.
#pragma once

#include "harness/state_fields.h"
#include "trace/identities.h"
#include "trace/state.h"
#include "trace/state_changes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace growsdown::harness {

/// A field of a state, or the length of one of its lists.
enum class StateField : std::uint8_t {
  areaStart,
  areaEnd,
  areaShownStart,
  areaPgoff,
  areaObject,
  areaFlags,
  areaForked,
  areaAnon,
  areaCount,
  pageAddress,
  pageKind,
  pageProt,
  pageInherited,
  pageDirty,
  pageHosted,
  pageFrame,
  pageCount,
  objectId,
  objectPages,
  objectCount,
  objectPagePlace, ///< object and index
  objectPageFrame,
  objectPageCount,
  counter, ///< its place is that in trace::counterFields
};

/// Identities are equal as numbers.
struct ExactIdentities {
  static bool sameAnon(std::uint64_t left, std::uint64_t right) { return left == right; }
  static bool sameFrame(std::uint64_t left, std::uint64_t right) { return left == right; }
};

/// Identities are equal if they first appear at the same place of the two states.
class IdentitiesByAppearance {
 public:
  void start() {
    for (trace::FirstAppearance* names : {&leftAnons_, &rightAnons_, &leftFrames_, &rightFrames_})
      names->clear();
  }
  bool sameAnon(std::uint64_t left, std::uint64_t right) {
    return leftAnons_(left) == rightAnons_(right);
  }
  bool sameFrame(std::uint64_t left, std::uint64_t right) {
    return leftFrames_(left) == rightFrames_(right);
  }

 private:
  trace::FirstAppearance leftAnons_, rightAnons_, leftFrames_, rightFrames_;
};

/// Calls `found(StateField, place)` for each difference between two states, in the order of the
/// enumeration: areas, pages, objects, object pages, counters. `place` is an index of a list or of
/// trace::counterFields; for a different number of elements it is the smaller number. The elements of two
/// lists are compared in pairs, up to the first pair that does not lie at the same place. `found`
/// returns false to stop the walk.
///
/// Fields::maps and the counters are compared if they are in `fields`; everything else always is.
/// Returns false if `found` stopped the walk. Linear in the states; allocates nothing itself.
///
/// With `changes`, elements that have not changed are known to be equal, and are left out. The cost
/// is then linear in what changed.
template <Fields fields, typename Identities, typename Found>
class StateWalk {
 public:
  StateWalk(const trace::State& left, const trace::State& right, Identities& identities,
            const Found& found, const trace::StateChanges& changes)
      : left_(left), right_(right), identities_(identities), found_(found), changes_(changes) {}

  bool operator()() { return areas() && pages() && objects() && objectPages() && counters(); }

 private:
  static constexpr bool compares(Fields field) { return (fields & field) != 0; }

  /// The end of the pairs to compare. In lists of different lengths elements that are equal do not
  /// lie at the same place.
  template <typename List>
  static std::size_t endOf(const List& left, const List& right, const trace::Changed& changed) {
    return left.size() == right.size() ? left.size() - changed.after
                                       : std::min(left.size(), right.size());
  }

  template <typename List>
  bool lengths(const List& left, const List& right, StateField field) const {
    return left.size() == right.size() || found_(field, std::min(left.size(), right.size()));
  }

  /// How the walk of a list goes on after a pair of elements that differ.
  enum class Next : std::uint8_t { element, list, stop };

  bool areas() {
    const auto& a = left_.areas;
    const auto& b = right_.areas;
    const std::size_t end = endOf(a, b, changes_.areas);
    for (std::size_t i = changes_.areas.before; i < end; ++i) {
      const trace::Area& x = a[i];
      const trace::Area& y = b[i];
      if (x.start == y.start && x.end == y.end &&
          (!compares(shown::maps) || x.shownStart == y.shownStart) && x.pgoff == y.pgoff &&
          x.object == y.object && x.flags == y.flags && x.forked == y.forked &&
          identities_.sameAnon(x.anon, y.anon)) [[likely]]
        continue;
      const Next next = differingAreas(x, y, i);
      if (next == Next::stop) return false;
      if (next == Next::list) break;
    }
    return lengths(a, b, StateField::areaCount);
  }

  [[gnu::noinline, gnu::cold]] Next differingAreas(const trace::Area& x, const trace::Area& y,
                                                   std::size_t i) {
    if (x.start != y.start) return found_(StateField::areaStart, i) ? Next::list : Next::stop;
    if (x.end != y.end) return found_(StateField::areaEnd, i) ? Next::list : Next::stop;
    if ((compares(shown::maps) && x.shownStart != y.shownStart &&
         !found_(StateField::areaShownStart, i)) ||
        (x.pgoff != y.pgoff && !found_(StateField::areaPgoff, i)) ||
        (x.object != y.object && !found_(StateField::areaObject, i)) ||
        (x.flags != y.flags && !found_(StateField::areaFlags, i)) ||
        (x.forked != y.forked && !found_(StateField::areaForked, i)) ||
        (!identities_.sameAnon(x.anon, y.anon) && !found_(StateField::areaAnon, i)))
      return Next::stop;
    return Next::element;
  }

  bool pages() {
    const auto& a = left_.pages;
    const auto& b = right_.pages;
    const std::size_t end = endOf(a, b, changes_.pages);
    for (std::size_t i = changes_.pages.before; i < end; ++i) {
      const trace::Page& x = a[i];
      const trace::Page& y = b[i];
      if (x.address == y.address && x.kind == y.kind && x.prot == y.prot &&
          x.inherited == y.inherited && x.dirty == y.dirty && x.hosted == y.hosted &&
          identities_.sameFrame(x.frame, y.frame)) [[likely]]
        continue;
      const Next next = differingPages(x, y, i);
      if (next == Next::stop) return false;
      if (next == Next::list) break;
    }
    return lengths(a, b, StateField::pageCount);
  }

  [[gnu::noinline, gnu::cold]] Next differingPages(const trace::Page& x, const trace::Page& y,
                                                   std::size_t i) {
    if (x.address != y.address) return found_(StateField::pageAddress, i) ? Next::list : Next::stop;
    if ((x.kind != y.kind && !found_(StateField::pageKind, i)) ||
        (x.prot != y.prot && !found_(StateField::pageProt, i)) ||
        (x.inherited != y.inherited && !found_(StateField::pageInherited, i)) ||
        (x.dirty != y.dirty && !found_(StateField::pageDirty, i)) ||
        (x.hosted != y.hosted && !found_(StateField::pageHosted, i)) ||
        (!identities_.sameFrame(x.frame, y.frame) && !found_(StateField::pageFrame, i)))
      return Next::stop;
    return Next::element;
  }

  bool objects() {
    const auto& a = left_.objects;
    const auto& b = right_.objects;
    const std::size_t end = endOf(a, b, changes_.objects);
    for (std::size_t i = changes_.objects.before; i < end; ++i) {
      if (a[i].id != b[i].id) {
        if (!found_(StateField::objectId, i)) return false;
        break;
      }
      if (a[i].pages != b[i].pages && !found_(StateField::objectPages, i)) return false;
    }
    return lengths(a, b, StateField::objectCount);
  }

  bool objectPages() {
    const auto& a = left_.objectPages;
    const auto& b = right_.objectPages;
    const std::size_t end = endOf(a, b, changes_.objectPages);
    for (std::size_t i = changes_.objectPages.before; i < end; ++i) {
      if (a[i].object != b[i].object || a[i].index != b[i].index) {
        if (!found_(StateField::objectPagePlace, i)) return false;
        break;
      }
      if (!identities_.sameFrame(a[i].frame, b[i].frame) && !found_(StateField::objectPageFrame, i))
        return false;
    }
    return lengths(a, b, StateField::objectPageCount);
  }

  bool counters() {
    if (left_.counters == right_.counters) return true;
    for (std::size_t i = 0; i < std::size(trace::counterFields); ++i) {
      const trace::CounterField& counter = trace::counterFields[i];
      if (compares(shownCounter(i)) &&
          left_.counters.*counter.member != right_.counters.*counter.member &&
          !found_(StateField::counter, i))
        return false;
    }
    return true;
  }

  const trace::State& left_;
  const trace::State& right_;
  Identities& identities_;
  const Found& found_;
  const trace::StateChanges& changes_;
};

template <Fields fields, typename Identities, typename Found>
bool walkDifferences(const trace::State& left, const trace::State& right, Identities& identities,
                     const Found& found, const trace::StateChanges& changes = {}) {
  return StateWalk<fields, Identities, Found>(left, right, identities, found, changes)();
}

/// Whether two states are equal in `fields` (StateWalk), identities included.
template <Fields fields>
bool sameState(const trace::State& left, const trace::State& right) {
  ExactIdentities exact;
  return walkDifferences<fields>(left, right, exact, [](StateField, std::size_t) { return false; });
}

} // namespace growsdown::harness
