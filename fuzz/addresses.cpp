#include "fuzz/addresses.h"

#include <algorithm>
#include <iterator>

namespace growsdown::fuzz {
namespace {

using trace::Area;
using trace::LimitKind;
using trace::Step;

const Area* below(const View& view, const Area& area) {
  const Area* first = view.state.areas.data();
  return &area == first ? nullptr : &area - 1;
}

/// What a soft limit leaves above `used` pages, in pages.
Word remaining(Word limit, Word used, Word page) {
  if (limit == trace::unlimited) return 0;
  return limit / page > used ? limit / page - used : 0;
}

/// `at`, or beside it. A call, because a compiler may draw the operands of + in either order.
Word near(Random& random, Word page, Word at) {
  return at + nudge(random, page);
}

/// Where fresh areas are laid: few places, so that they meet.
Word freshAddress(Random& random, Word page) {
  const Word bases[] = {0x1000000000, 0x1000000000, 0x1000200000, 0x1000400000, 0x1000400000,
                        0x1040000000, 0x1000100000, 0x800000000,  0x100000,     0x20000};
  const Word base = random.pick(bases);
  return base + page * random.below(random.chance(70) ? 24 : 600);
}

Word wildAddress(Random& random, const View& view) {
  const auto& p = view.parameters;
  const Word wild[] = {0,
                       p.taskSize,
                       p.mmapBase,
                       ~Word{0},
                       Word{1} << 63,
                       p.unmappedBase,
                       p.mapWindow,
                       Word{1} << p.geometry.vaBits,
                       trace::programAddress,
                       trace::windows[0].end,
                       trace::windows[1].start,
                       trace::windows[1].end,
                       random.next() % p.taskSize,
                       random.next()};
  return near(random, p.geometry.page, random.pick(wild));
}

/// Where growth of `area` is decided (bytes).
Word growthEdge(Random& random, const View& view, const Area& area) {
  const auto& p = view.parameters;
  const Word page = p.geometry.page;
  const auto& counters = view.state.counters;
  const Area* prev = below(view, area);
  switch (random.below(8)) {
  case 0: // the guard distance
    if (prev) return prev->end + p.rules->gapPages * page;
    return area.start - p.rules->gapPages * page;
  case 1: // as close as can be
    return prev ? prev->end : page;
  case 2: { // RLIMIT_STACK
    const Word limit = view.limits[LimitKind::stack];
    return limit >= area.end ? area.start - page : area.end - limit;
  }
  case 3: // RLIMIT_AS
    return area.start - page * remaining(view.limits[LimitKind::as], counters.total, page);
  case 4: // RLIMIT_MEMLOCK
    return area.start - page * remaining(view.limits[LimitKind::memlock], counters.locked, page);
  case 5: // vm_pgoff
    return area.pgoff < area.start / page ? area.start - area.pgoff * page : p.effectiveMinAddr();
  case 6:
    return p.effectiveMinAddr();
  default:
    return area.start - page * random.between(1, 6);
  }
}

/// arm64 ignores the top byte of a user address (TBI); which calls do is a rule.
Word tagged(Random& random, const Swarm& swarm, Word at) {
  if (swarm.inside >= 90 || !random.chance(4)) return at;
  const Word tag = random.below(256) << 56;
  return at | tag | (random.chance(10) ? Word{1} << 55 : 0);
}

} // namespace

const Area* someArea(Random& random, const View& view, unsigned growing) {
  const auto& areas = view.state.areas;
  if (areas.empty()) return nullptr;
  if (random.chance(growing)) {
    const std::size_t from = static_cast<std::size_t>(random.below(areas.size()));
    for (std::size_t i = 0; i < areas.size(); ++i) {
      const Area& area = areas[(from + i) % areas.size()];
      if (grows(area)) return &area;
    }
  }
  return &areas[static_cast<std::size_t>(random.below(areas.size()))];
}

Word nudge(Random& random, Word page) {
  const Word one[] = {0,           0,        0,        page,     0 - page,           1,
                      Word{0} - 1, page - 1, 1 - page, page + 1, Word{0} - 1 - page, 2 * page,
                      0 - 2 * page};
  if (random.chance(88)) return random.pick(one);
  const bool down = random.below(2) != 0;
  const Word far = page * random.between(1, 20);
  return down ? Word{0} - far : far;
}

Word edgeAddress(Random& random, const View& view) {
  const auto& p = view.parameters;
  const Word page = p.geometry.page;
  const Area* area = someArea(random, view);
  if (!area) {
    if (random.chance(15)) return near(random, page, p.effectiveMinAddr());
    return random.chance(5) ? wildAddress(random, view) : freshAddress(random, page);
  }
  switch (random.below(16)) {
  case 0:
  case 1:
  case 2:
    return near(random, page, area->start);
  case 3:
  case 4:
    return near(random, page, area->end);
  case 5:
  case 6:
    if (grows(*area)) return near(random, page, growthEdge(random, view, *area));
    return area->start - page * random.between(1, 6);
  case 7: { // the guard distance, seen from either side
    const Word gap = page * std::max<Word>(p.rules->gapPages, 1);
    return near(random, page, random.below(2) ? area->end + gap : area->start - gap);
  }
  case 8: { // a table's block
    const unsigned level = random.chance(70) ? p.geometry.levels - 1 : p.geometry.levels - 2;
    const Word block = Word{1} << p.geometry.tableShift(level);
    const Word at = random.below(2) ? area->start : area->end;
    return near(random, page, roundDown(at, block) + (random.below(2) ? block : 0));
  }
  case 9: // fault-around's window
    return near(random, page, area->start + 16 * page * random.below(3));
  case 10: {
    const auto& pages = view.state.pages;
    if (pages.empty()) return area->start;
    const Word at = pages[static_cast<std::size_t>(random.below(pages.size()))].address;
    return near(random, page, at);
  }
  case 11: {
    if (view.steps.empty()) return area->end;
    const Step& step = view.steps[static_cast<std::size_t>(random.below(view.steps.size()))];
    return near(random, page, step.address);
  }
  case 12:
    return freshAddress(random, page);
  case 13:
    if (random.chance(40)) return near(random, page, p.effectiveMinAddr());
    if (random.chance(20)) return wildAddress(random, view);
    [[fallthrough]];
  default: // inside
    return area->start + random.below(area->end - area->start);
  }
}

Word edgeLength(Random& random, const View& view, Word at) {
  const auto& p = view.parameters;
  const Word page = p.geometry.page;
  switch (random.below(12)) {
  case 0:
    if (const Area* area = someArea(random, view); area && area->end > at)
      return area->end - at + (random.below(3) ? 0 : nudge(random, page));
    return page;
  case 1:
    if (const Area* area = someArea(random, view); area && area->start > at)
      return area->start - at + (random.below(3) ? 0 : nudge(random, page));
    return 2 * page;
  case 2:
    if (const Area* area = someArea(random, view)) return area->end - area->start;
    return 4 * page;
  case 3: {
    const Word sizes[] = {16 * page,
                          17 * page,
                          p.rules->gapPages * page,
                          (p.rules->gapPages + 1) * page,
                          Word{1} << p.geometry.tableShift(p.geometry.levels - 1),
                          300 * page};
    return random.pick(sizes);
  }
  case 4:
    if (random.chance(25)) {
      const Word absurd[] = {0,
                             1,
                             ~Word{0},
                             Word{0} - page,
                             p.taskSize,
                             p.taskSize - at,
                             0 - at,
                             p.taskSize - at + page,
                             Word{1} << 40};
      return random.pick(absurd);
    }
    return near(random, page, page * random.between(1, 8));
  default:
    return page * random.between(1, random.chance(60) ? 4 : 12);
  }
}

Word edgeLimit(Random& random, const View& view, LimitKind kind) {
  const Word page = view.parameters.geometry.page;
  const auto& counters = view.state.counters;
  if (random.chance(8)) return trace::unlimited;
  if (random.chance(6)) return 0;
  if (random.chance(3)) return random.next();
  Word used = 0; // pages
  switch (kind) {
  case LimitKind::stack: {
    const Area* area = someArea(random, view, 90);
    used = area ? (area->end - area->start) / page : 4;
    break;
  }
  case LimitKind::as:
    used = counters.total;
    break;
  case LimitKind::memlock:
    used = counters.locked;
    break;
  case LimitKind::data:
    used = counters.data;
    break;
  }
  const Word more[] = {0, 0, 1, 1, 2, 3, 4, 5, 8, 16};
  Word limit = (used + random.pick(more)) * page;
  const Word off[] = {0, 0, 0, 0, 1, Word{0} - 1, page - 1, 0 - page};
  limit += random.pick(off);
  return limit;
}

Word someAddress(Random& random, const Swarm& swarm, const View& view) {
  Word at = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    at = random.chance(swarm.edges) ? edgeAddress(random, view)
                                    : freshAddress(random, view.parameters.geometry.page);
    if (trace::insideWindows(at) || !random.chance(swarm.inside)) break;
  }
  return tagged(random, swarm, at);
}

Word mostlyAligned(Random& random, const Swarm& swarm, Word value, Word page) {
  return random.chance(swarm.aligned) ? roundDown(value, page) : value;
}

void someRange(Random& random, const Swarm& swarm, const View& view, Step& step) {
  const Word page = view.parameters.geometry.page;
  step.address = mostlyAligned(random, swarm, someAddress(random, swarm, view), page);
  step.length = mostlyAligned(random, swarm, edgeLength(random, view, step.address), page);
  if (step.length == 0 && random.chance(90)) step.length = page;
  if (random.chance(35) && step.length < step.address) step.address -= step.length;
}

Word touchAddress(Random& random, const Swarm& swarm, const View& view) {
  const Word page = view.parameters.geometry.page;
  // Growth is what this is about: below an area that grows more often than anywhere else.
  if (const Area* area = someArea(random, view, 90);
      area && grows(*area) && random.chance(swarm.edges) && random.chance(55)) {
    switch (random.below(4)) {
    case 0:
      return area->start - 1;
    case 1:
      return area->start + random.below(page);
    default:
      return near(random, page, growthEdge(random, view, *area));
    }
  }
  return someAddress(random, swarm, view);
}

} // namespace growsdown::fuzz
