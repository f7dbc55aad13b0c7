// Brings a written state up to date.
#include "reference/address_space.h"

#include <algorithm>

namespace growsdown::reference {
namespace {

using trace::Area;
using trace::Changed;
using trace::Page;

// Puts `fresh` in place of the elements [first, last) of `list`.
template <class T>
Changed replace(std::vector<T>& list, std::size_t first, std::size_t last,
                const std::vector<T>& fresh) {
  const Changed changed{first, list.size() - last};
  const std::size_t common = std::min(last - first, fresh.size());
  const auto at = list.begin() + static_cast<std::ptrdiff_t>(first);
  const auto rest = fresh.begin() + static_cast<std::ptrdiff_t>(common);
  std::copy(fresh.begin(), rest, at);
  if (common < fresh.size())
    list.insert(at + static_cast<std::ptrdiff_t>(common), rest, fresh.end());
  else
    list.erase(at + static_cast<std::ptrdiff_t>(common),
               list.begin() + static_cast<std::ptrdiff_t>(last));
  return changed;
}

// The first index whose element is not `past`.
template <class T, class Past>
std::size_t firstNot(const std::vector<T>& list, const Past& past) {
  return static_cast<std::size_t>(std::partition_point(list.begin(), list.end(), past) -
                                  list.begin());
}

// Where areas of one of the lists lie, and none of the other list with the same object.
Touched coverageDifference(const Area* a, const Area* aEnd, const std::vector<Area>& fresh) {
  Touched different;
  auto b = fresh.begin();
  std::uint64_t from = 0; // below it, both lists are compared
  while (a != aEnd || b != fresh.end()) {
    const bool onlyA = b == fresh.end() || (a != aEnd && a->end <= std::max(b->start, from));
    const bool onlyB = !onlyA && (a == aEnd || b->end <= std::max(a->start, from));
    if (onlyA || onlyB) {
      const Area& area = onlyA ? *a++ : *b++;
      different.add(std::max(area.start, from), area.end);
      from = area.end;
      continue;
    }
    const std::uint64_t low = std::max(std::min(a->start, b->start), from);
    const std::uint64_t both = std::max({a->start, b->start, from});
    const std::uint64_t end = std::min(a->end, b->end);
    if (low < both) different.add(low, both);
    if (a->object != b->object) different.add(both, end);
    from = end;
    if (a->end == end) {
      if (b->end == end) ++b;
      ++a;
    } else {
      ++b;
    }
  }
  return different;
}

} // namespace

trace::StateChanges AddressSpace::update(trace::State& state) {
  GROWSDOWN_CHECK(rules_ != nullptr);
  trace::StateChanges changes;
  const bool objects = objects_.takeChanged();
  if (followed_) {
    Touched covered;
    changes.areas = updateAreas(state, covered);
    covered.add(pageTable_.touched());
    changes.pages = updatePages(state, covered);
    if (objects) {
      state.objects.clear();
      state.objectPages.clear();
      writeObjects(state);
    } else {
      changes.objects.before = state.objects.size();
      changes.objectPages.before = state.objectPages.size();
    }
    state.counters = counters();
  } else {
    snapshot(state);
    followed_ = true;
  }
  areas_.forgetTouched();
  pageTable_.follow();
  return changes;
}

// `covered` becomes the range in which other addresses than before lie in an area.
trace::Changed AddressSpace::updateAreas(trace::State& state, Touched& covered) {
  std::vector<Area>& list = state.areas;
  Touched touched = areas_.touched();
  if (touched.none()) return {list.size(), 0};
  Cursor at = areas_.find(touched.start);
  if (at) touched.start = std::min(touched.start, areas_.at(at).start);
  // 4.3 hides the lowest page of a stack depending on the area below.
  if (rules_->guard == trace::GuardStyle::pageInside)
    if (const Cursor above = areas_.find(touched.end); above)
      touched.end = std::max(touched.end, areas_.at(above).start + 1);
  newAreas_.clear();
  for (; at && areas_.at(at).start < touched.end; at = areas_.next(at))
    newAreas_.push_back(areaOf(at));
  const std::size_t first = firstNot(list, [&](const Area& a) { return a.end <= touched.start; });
  const std::size_t last = firstNot(list, [&](const Area& a) { return a.start < touched.end; });
  covered = coverageDifference(list.data() + first, list.data() + last, newAreas_);
  return replace(list, first, last, newAreas_);
}

trace::Changed AddressSpace::updatePages(trace::State& state, Touched where) {
  std::vector<Page>& list = state.pages;
  if (where.none()) return {list.size(), 0};
  newPages_.clear();
  if (where.end - where.start == page_) { // often: no walk from the root
    const PageTable::Slot slot = pageTable_.find(where.start);
    const Cursor at = areas_.find(where.start);
    if (at && areas_.at(at).start <= where.start && slot.exists && pageTable_.get(slot) != 0)
      newPages_.push_back(pageOf(areas_.at(at), where.start, slot));
  } else {
    forEachPage(where.start, where.end, [&](const Page& page) { newPages_.push_back(page); });
  }
  return replace(list, firstNot(list, [&](const Page& p) { return p.address < where.start; }),
                 firstNot(list, [&](const Page& p) { return p.address < where.end; }), newPages_);
}

} // namespace growsdown::reference
