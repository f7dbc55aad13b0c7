#include "model/invariants.h"

#include "model/account.h"

#include <algorithm>
#include <vector>

namespace growsdown::model {
namespace {

using trace::Area;
using trace::Page;
using trace::Parameters;
using trace::State;
namespace vm = trace::vm;

bool areasNotEmpty(const State& s, const Parameters&) {
  return std::all_of(s.areas.begin(), s.areas.end(), [](const Area& a) { return areaNotEmpty(a); });
}

bool areasOrdered(const State& s, const Parameters&) {
  for (std::size_t i = 1; i < s.areas.size(); ++i)
    if (!areasInOrder(s.areas[i - 1], s.areas[i])) return false;
  return true;
}

bool areasAligned(const State& s, const Parameters& p) {
  return std::all_of(s.areas.begin(), s.areas.end(), [&](const Area& a) {
    return onPage(a.start, p.geometry.page) && onPage(a.end, p.geometry.page);
  });
}

bool areasWithinTask(const State& s, const Parameters& p) {
  return std::all_of(s.areas.begin(), s.areas.end(),
                     [&](const Area& a) { return areaWithin(a, p.taskSize); });
}

bool sharedAreasHaveObjects(const State& s, const Parameters&) {
  return std::all_of(s.areas.begin(), s.areas.end(),
                     [&](const Area& a) { return unfit(s, a).empty(); });
}

/// Calls `check(area, page)` for each page with the area that holds it; false where none does.
template <class Check>
bool allPages(const State& s, Check&& check) {
  auto area = s.areas.begin();
  for (const Page& page : s.pages) {
    while (area != s.areas.end() && area->end <= page.address)
      ++area;
    if (area == s.areas.end() || area->start > page.address || !check(*area, page)) return false;
  }
  return true;
}

bool pagesOrdered(const State& s, const Parameters& p) {
  for (std::size_t i = 0; i < s.pages.size(); ++i) {
    if (!onPage(s.pages[i].address, p.geometry.page)) return false;
    if (i > 0 && s.pages[i - 1].address >= s.pages[i].address) return false;
  }
  return true;
}

bool pagesInsideAreas(const State& s, const Parameters&) {
  return allPages(s, [](const Area&, const Page&) { return true; });
}

bool pageRightsWithinAreas(const State& s, const Parameters&) {
  return allPages(s, [](const Area& area, const Page& page) {
    return (page.prot & ~rightsClosure(area.flags)) == 0;
  });
}

bool pageKindsFitAreas(const State& s, const Parameters& p) {
  return allPages(
      s, [&](const Area& area, const Page& page) { return unfit(s, p, area, page).empty(); });
}

bool privateFramesMappedOnce(const State& s, const Parameters&) {
  // Frames mostly ascend with the entries. If they do not, they are sorted: comparing all pairs
  // would be too slow for large states.
  std::uint64_t last = 0;
  bool ascending = true;
  for (const Page& page : s.pages)
    if (page.kind == Page::Kind::anonymous) {
      if (page.frame == last || page.frame == 0) return false; // 0 is the zero page
      ascending = ascending && page.frame > last;
      last = page.frame;
    }
  if (ascending) return true;
  static thread_local std::vector<std::uint64_t> frames;
  frames.clear();
  for (const Page& page : s.pages)
    if (page.kind == Page::Kind::anonymous) frames.push_back(page.frame);
  std::sort(frames.begin(), frames.end());
  return std::adjacent_find(frames.begin(), frames.end()) == frames.end();
}

bool countersRecount(const State& s, const Parameters& p) {
  Counters<Concrete> counted;
  for (const Area& a : s.areas) {
    const std::uint64_t pages = (a.end - a.start) >> p.geometry.pageShift;
    accountTo<Concrete>(counted, a.flags, pages);
    if (a.flags & vm::locked) counted.locked += pages;
  }
  return counted.total == s.counters.total && counted.stack == s.counters.stack &&
         counted.locked == s.counters.locked &&
         shownData<Concrete>(*p.rules, counted) == s.counters.data &&
         s.counters.mapCount == s.areas.size();
}

/// The number of page-table pages at `level` that the ranges of `items` touch, without those of the
/// program itself.
template <class Items, class From, class To>
std::uint64_t blocksTouched(const Items& items, std::uint64_t programAddress, unsigned shift,
                            From from, To to) {
  std::uint64_t count = 0;
  std::uint64_t next = 0; // blocks below it are counted
  const std::uint64_t program = programAddress >> shift;
  for (const auto& item : items) {
    const std::uint64_t first = std::max(next, from(item) >> shift);
    const std::uint64_t last = (to(item) - 1) >> shift;
    if (last < first) continue;
    count += last - first + 1;
    if (program >= first && program <= last) --count;
    next = last + 1;
  }
  return count;
}

bool tablesAreNeeded(const State& s, const Parameters& p) {
  std::uint64_t most = 0;
  std::uint64_t least = 0;
  for (unsigned level = 1; level < p.geometry.levels; ++level) {
    const unsigned shift = p.geometry.tableShift(level);
    most += blocksTouched(
        s.areas, p.program, shift, [](const Area& a) { return a.start; },
        [](const Area& a) { return a.end; });
    least += blocksTouched(
        s.pages, p.program, shift, [](const Page& g) { return g.address; },
        [](const Page& g) { return g.address + 1; });
  }
  return least <= s.counters.tables && s.counters.tables <= most;
}

constexpr Invariant table[] = {
    {"areas-not-empty", "An area holds at least one page.", areasNotEmpty},
    {"areas-ordered", "Areas ascend and do not overlap.", areasOrdered},
    {"areas-aligned", "Areas start and end on pages.", areasAligned},
    {"areas-within-task", "Areas end at or below TASK_SIZE.", areasWithinTask},
    {"shared-areas-have-objects",
     "Exactly the shared areas have an object; they neither grow nor are accounted.",
     sharedAreasHaveObjects},
    {"pages-ordered", "Page-table entries ascend, one per page.", pagesOrdered},
    {"pages-inside-areas", "No page-table entry lies outside an area.", pagesInsideAreas},
    {"page-rights-within-areas",
     "An entry grants nothing beyond the hardware closure of its area's rights.",
     pageRightsWithinAreas},
    {"page-kinds-fit-areas",
     "Zero pages are never writable, private pages have an anon_vma and are not writable while the "
     "parent maps them, shared pages are their object's.",
     pageKindsFitAreas},
    {"private-frames-mapped-once", "No private frame is mapped by two entries.",
     privateFramesMappedOnce},
    {"counters-recount",
     "Total, stack, locked and data pages and the number of areas are what the "
     "areas add up to.",
     countersRecount},
    {"tables-needed",
     "Every entry has its page tables, and no page table is left that no area "
     "needs.",
     tablesAreNeeded},
};

} // namespace

std::string_view unfit(const State& s, const Area& area) {
  if ((area.flags & vm::shared) == 0) {
    if (area.object != 0) return "private, but of an object";
    return area.forked && area.anon == 0 ? "forked, but without an anon_vma" : "";
  }
  if (area.flags & (vm::growsdown | vm::account))
    return "a shared area neither grows nor is accounted";
  if (area.anon != 0 || area.forked) return "a shared area has no anon_vma";
  if (area.object == 0) return "shared, but of no object";
  const bool listed = std::any_of(s.objects.begin(), s.objects.end(),
                                  [&](const trace::Object& o) { return o.id == area.object; });
  return listed ? "" : "its object does not exist";
}

std::string_view unfit(const State& s, const Parameters& p, const Area& area, const Page& page) {
  const bool writable = (page.prot & trace::prot::write) != 0;
  if (page.inherited && (page.kind != Page::Kind::anonymous || writable))
    return "only an anonymous page that is not writable can be inherited";
  if (page.kind != Page::Kind::shared) {
    if (area.object != 0) return "not shared, but in a shared area";
    if (page.kind == Page::Kind::anonymous)
      return area.anon == 0 ? "anonymous, but the area has no anon_vma" : "";
    if (page.frame != 0) return "the zero page has no frame";
    return writable ? "the zero page is never writable" : "";
  }
  if (area.object == 0) return "shared, but in a private area";
  const std::uint64_t index = area.pgoff + ((page.address - area.start) >> p.geometry.pageShift);
  const auto held =
      std::lower_bound(s.objectPages.begin(), s.objectPages.end(), index,
                       [&](const trace::ObjectPage& o, std::uint64_t i) {
                         return o.object < area.object || (o.object == area.object && o.index < i);
                       });
  const bool found = held != s.objectPages.end() && held->object == area.object &&
                     held->index == index && held->frame == page.frame;
  return found ? "" : notOfObject;
}

std::span<const Invariant> invariants() {
  return table;
}

const Invariant* firstBroken(const trace::State& state, const trace::Parameters& parameters) {
  for (const Invariant& invariant : table)
    if (!invariant.holds(state, parameters)) return &invariant;
  return nullptr;
}

} // namespace growsdown::model
