#include "model/invariant_watch.h"

#include "model/invariants.h"

#include <algorithm>

namespace growsdown::model {
namespace {

using trace::Area;
using trace::Page;
using trace::Parameters;
using trace::State;
namespace vm = trace::vm;

/// Whether the same pages fit both areas, where both are.
bool sameKind(const Area& a, const Area& b, unsigned pageShift) {
  if (a.flags != b.flags || a.object != b.object || (a.anon == 0) != (b.anon == 0)) return false;
  return a.object == 0 || a.pgoff - (a.start >> pageShift) == b.pgoff - (b.start >> pageShift);
}

std::size_t firstAtOrAbove(const std::vector<Page>& pages, std::uint64_t address) {
  const auto at = std::lower_bound(pages.begin(), pages.end(), address,
                                   [](const Page& p, std::uint64_t a) { return p.address < a; });
  return static_cast<std::size_t>(at - pages.begin());
}

std::uint64_t firstByte(const Area& area) {
  return area.start;
}
std::uint64_t lastByte(const Area& area) {
  return area.end - 1;
}
std::uint64_t firstByte(const Page& page) {
  return page.address;
}
std::uint64_t lastByte(const Page& page) {
  return page.address;
}

/// The number of page-table pages that elements [first, last) of a list touch and elements before
/// `first` do not, and the part of them that the element after `last` would count otherwise.
template <class List>
std::uint64_t blocksTouched(const List& list, std::size_t first, std::size_t last,
                            const Parameters& p) {
  std::uint64_t count = 0;
  const std::size_t end = std::min(last + 1, list.size());
  for (unsigned level = 1; level < p.geometry.levels; ++level) {
    const unsigned shift = p.geometry.tableShift(level);
    const std::uint64_t program = p.program >> shift;
    std::uint64_t next = first == 0 ? 0 : (lastByte(list[first - 1]) >> shift) + 1;
    for (std::size_t i = first; i < end; ++i) {
      const std::uint64_t from = std::max(next, firstByte(list[i]) >> shift);
      const std::uint64_t to = lastByte(list[i]) >> shift;
      if (to < from) continue;
      count += to - from + 1;
      if (program >= from && program <= to) --count;
      next = to + 1;
    }
  }
  return count;
}

/// Whether each page [first, last) is in a block of 1 << shift bytes with the page before `first` or
/// with the one after `last`.
bool besideNeighbours(const std::vector<Page>& pages, std::size_t first, std::size_t last,
                      unsigned shift) {
  for (std::size_t i = first; i < last; ++i) {
    const std::uint64_t block = pages[i].address >> shift;
    if ((first == 0 || pages[first - 1].address >> shift != block) &&
        (last == pages.size() || pages[last].address >> shift != block))
      return false;
  }
  return true;
}

/// Whether the areas [first, lastBefore) of one list touch the same blocks of 1 << shift bytes, one
/// by one, as the areas [first, lastNow) of the other.
bool sameBlocks(const std::vector<Area>& before, const std::vector<Area>& now, std::size_t first,
                std::size_t lastBefore, std::size_t lastNow, unsigned shift) {
  if (lastBefore != lastNow) return false;
  for (std::size_t i = first; i < lastNow; ++i)
    if ((firstByte(before[i]) ^ firstByte(now[i])) >> shift != 0 ||
        (lastByte(before[i]) ^ lastByte(now[i])) >> shift != 0)
      return false;
  return true;
}

} // namespace

void InvariantWatch::start(const Parameters& parameters) {
  parameters_ = &parameters;
  counted_ = {};
  mostTables_ = leastTables_ = 0;
  lastPlace_.clear();
}

bool InvariantWatch::holds(const State& before, const State& now,
                           const trace::StateChanges& changes) {
  const auto side = [&](const State& state) {
    return Side{state, changes.areas.before, state.areas.size() - changes.areas.after,
                changes.pages.before, state.pages.size() - changes.pages.after};
  };
  const auto anyOf = [](const auto& list, const trace::Changed& changed) {
    return changed.before + changed.after < list.size();
  };
  const Side old = side(before);
  const Side fresh = side(now);
  const bool sameObjects = !anyOf(before.objects, changes.objects) &&
                           !anyOf(now.objects, changes.objects) &&
                           !anyOf(before.objectPages, changes.objectPages);
  if (old.empty() && fresh.empty() && sameObjects && before.counters == now.counters) return true;
  return areasHold(fresh, anyOf(before.objects, changes.objects)) &&
         pagesHold(old, fresh, anyOf(before.objectPages, changes.objectPages)) &&
         countersHold(old, fresh) && tablesHold(old, fresh);
}

bool InvariantWatch::areasHold(const Side& now, bool objectsGone) const {
  const std::vector<Area>& areas = now.state.areas;
  for (std::size_t i = now.firstArea; i < now.lastArea; ++i) {
    const Area& a = areas[i];
    if (!areaNotEmpty(a) || !onPage(a.start, parameters_->geometry.page) ||
        !onPage(a.end, parameters_->geometry.page) || !areaWithin(a, parameters_->taskSize) ||
        !unfit(now.state, a).empty())
      return false;
  }
  const std::size_t end = std::min(now.lastArea + 1, areas.size());
  for (std::size_t i = std::max<std::size_t>(now.firstArea, 1); i < end; ++i)
    if (!areasInOrder(areas[i - 1], areas[i])) return false;
  return !objectsGone || std::all_of(areas.begin(), areas.end(),
                                     [&](const Area& a) { return unfit(now.state, a).empty(); });
}

bool InvariantWatch::pagesHold(const Side& before, const Side& now, bool objectPagesChanged) {
  const std::vector<Page>& pages = now.state.pages;
  for (std::size_t i = now.firstPage; i < now.lastPage; ++i)
    if (!onPage(pages[i].address, parameters_->geometry.page)) return false;
  const std::size_t end = std::min(now.lastPage + 1, pages.size());
  for (std::size_t i = std::max<std::size_t>(now.firstPage, 1); i < end; ++i)
    if (pages[i - 1].address >= pages[i].address) return false;
  if (objectPagesChanged) {
    if (!fit(now.state, 0, pages.size())) return false;
  } else if (!fit(now.state, now.firstPage, now.lastPage) || !areaPagesHold(before, now)) {
    return false;
  }
  return framesMappedOnce(now);
}

// The pages of the areas that changed.
bool InvariantWatch::areaPagesHold(const Side& before, const Side& now) const {
  const std::vector<Area>& a = before.state.areas;
  const std::vector<Area>& b = now.state.areas;
  if (now.state.pages.empty()) return true;
  if (before.lastArea == now.lastArea) {
    for (std::size_t i = now.firstArea; i < now.lastArea; ++i) {
      const auto [low, start] = std::minmax(a[i].start, b[i].start);
      const auto [end, high] = std::minmax(a[i].end, b[i].end);
      const bool same = start < end && sameKind(a[i], b[i], parameters_->geometry.pageShift);
      if (same ? !fitBetween(now.state, low, start) || !fitBetween(now.state, end, high)
               : !fitBetween(now.state, low, high))
        return false;
    }
    return true;
  }
  for (const Side* side : {&before, &now})
    if (side->firstArea < side->lastArea &&
        !fitBetween(now.state, side->state.areas[side->firstArea].start,
                    side->state.areas[side->lastArea - 1].end))
      return false;
  return true;
}

// Whether the pages from `start` to `end` lie in areas that they fit.
bool InvariantWatch::fitBetween(const State& state, std::uint64_t start, std::uint64_t end) const {
  if (start >= end) return true;
  return fit(state, firstAtOrAbove(state.pages, start), firstAtOrAbove(state.pages, end));
}

// Whether pages [first, last) lie in areas that they fit.
bool InvariantWatch::fit(const State& state, std::size_t first, std::size_t last) const {
  if (first >= last) return true;
  auto area =
      std::lower_bound(state.areas.begin(), state.areas.end(), state.pages[first].address,
                       [](const Area& a, std::uint64_t address) { return a.end <= address; });
  for (std::size_t i = first; i < last; ++i) {
    const Page& page = state.pages[i];
    while (area != state.areas.end() && area->end <= page.address)
      ++area;
    if (area == state.areas.end() || area->start > page.address) return false;
    if ((page.prot & ~rightsClosure(area->flags)) != 0) return false;
    if (!unfit(state, *parameters_, *area, page).empty()) return false;
  }
  return true;
}

// A frame that two pages map is mapped by a page that changed. The other page is where the frame was
// last seen.
bool InvariantWatch::framesMappedOnce(const Side& now) {
  const std::vector<Page>& pages = now.state.pages;
  const auto isAt = [&](std::uint64_t frame, std::uint64_t address) {
    const std::size_t at = firstAtOrAbove(pages, address);
    return at < pages.size() && pages[at].address == address && pages[at].frame == frame &&
           pages[at].kind == Page::Kind::anonymous;
  };
  for (std::size_t i = now.firstPage; i < now.lastPage; ++i) {
    const Page& page = pages[i];
    if (page.kind != Page::Kind::anonymous) continue;
    if (page.frame == 0) return false; // the zero page
    trace::IdentityTable::Slot& seen = lastPlace_.find(page.frame);
    if (!lastPlace_.holds(seen)) {
      lastPlace_.put(page.frame, page.address, 0,
                     [&](const auto& slot) { return isAt(slot.key, slot.value); });
    } else if (seen.value != page.address) {
      if (isAt(page.frame, seen.value)) return false;
      seen.value = page.address;
    }
  }
  return true;
}

void InvariantWatch::count(const Side& side, Counters<Concrete>& counted) const {
  for (std::size_t i = side.firstArea; i < side.lastArea; ++i) {
    const Area& a = side.state.areas[i];
    accountArea<Concrete>(counted, a.flags, (a.end - a.start) >> parameters_->geometry.pageShift);
  }
}

bool InvariantWatch::countersHold(const Side& before, const Side& now) {
  Counters<Concrete> gone;
  count(before, gone);
  takeOff<Concrete>(counted_, gone);
  count(now, counted_);
  const trace::Counters& shown = now.state.counters;
  return counted_.total == shown.total && counted_.stack == shown.stack &&
         counted_.locked == shown.locked &&
         shownData<Concrete>(*parameters_->rules, counted_) == shown.data &&
         shown.mapCount == now.state.areas.size();
}

bool InvariantWatch::tablesHold(const Side& before, const Side& now) {
  const unsigned shift = parameters_->geometry.tableShift(parameters_->geometry.levels - 1);
  if (!sameBlocks(before.state.areas, now.state.areas, now.firstArea, before.lastArea, now.lastArea,
                  shift)) {
    mostTables_ += blocksTouched(now.state.areas, now.firstArea, now.lastArea, *parameters_);
    mostTables_ -=
        blocksTouched(before.state.areas, before.firstArea, before.lastArea, *parameters_);
  }
  if (!besideNeighbours(before.state.pages, before.firstPage, before.lastPage, shift) ||
      !besideNeighbours(now.state.pages, now.firstPage, now.lastPage, shift)) {
    leastTables_ += blocksTouched(now.state.pages, now.firstPage, now.lastPage, *parameters_);
    leastTables_ -=
        blocksTouched(before.state.pages, before.firstPage, before.lastPage, *parameters_);
  }
  const std::uint64_t tables = now.state.counters.tables;
  return leastTables_ <= tables && tables <= mostTables_;
}

} // namespace growsdown::model
