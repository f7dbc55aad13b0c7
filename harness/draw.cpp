#include "harness/draw.h"

#include "harness/compare.h"
#include "trace/check.h"
#include "trace/text.h"

#include <algorithm>
#include <utility>

namespace growsdown::harness {

using trace::Area;
using trace::Page;
using trace::printBytes;

namespace {

char letter(const Page& page) {
  if (page.inherited) return 'i';
  switch (page.kind) {
  case Page::Kind::zero:
    return 'z';
  case Page::Kind::shared:
    return 's';
  case Page::Kind::anonymous:
    break;
  }
  return '#';
}

bool hidesGuard(const Area& area, const trace::Parameters& parameters) {
  return parameters.rules->guard == trace::GuardStyle::pageInside && area.shownStart != area.start;
}

// The strip of the pages of an area, and a second line that points at the touched page.
void drawPages(const trace::State& state, const trace::Parameters& parameters, const Area& area,
               const DrawOptions& options, std::string& strip, std::string& pointer) {
  const std::uint64_t page = parameters.geometry.page;
  const std::uint64_t pages = (area.end - area.start) / page;
  const std::uint64_t perCell = (pages + options.cells - 1) / options.cells;
  const auto cellOf = [&](std::uint64_t address) {
    return static_cast<std::size_t>((address - area.start) / page / perCell);
  };
  strip.assign(static_cast<std::size_t>((pages + perCell - 1) / perCell), '.');
  if (hidesGuard(area, parameters)) strip[0] = 'G';
  auto it = std::lower_bound(state.pages.begin(), state.pages.end(), area.start,
                             [](const Page& p, std::uint64_t a) { return p.address < a; });
  for (; it != state.pages.end() && it->address < area.end; ++it)
    strip[cellOf(it->address)] = letter(*it);
  pointer.clear();
  if (options.touched && *options.touched >= area.start && *options.touched < area.end)
    pointer = std::string(cellOf(*options.touched), ' ') + "^";
  if (perCell > 1) strip += " (a cell: " + std::to_string(perCell) + " pages)";
}

// The areas to draw: [first, second).
std::pair<std::size_t, std::size_t> range(const trace::State& state, const DrawOptions& options) {
  const std::size_t all = state.areas.size();
  if (options.most == 0 || all <= options.most) return {0, all};
  const auto near =
      std::partition_point(state.areas.begin(), state.areas.end(), [&](const Area& area) {
        return area.end <= options.touched.value_or(0);
      });
  const auto at = static_cast<std::size_t>(near - state.areas.begin());
  const std::size_t from = std::min(at - std::min(at, options.most / 2), all - options.most);
  return {from, from + options.most};
}

} // namespace

std::string draw(const trace::State& state, const trace::Parameters& parameters,
                 const DrawOptions& options) {
  GROWSDOWN_CHECK(options.cells > 0);
  const std::uint64_t page = parameters.geometry.page;
  const std::uint64_t gap = parameters.rules->gapPages;
  std::string text;
  std::uint64_t below = 0;
  bool first = true;
  const auto pointAt = [&](std::uint64_t from, std::uint64_t to) {
    if (!options.touched || *options.touched < from || *options.touched >= to) return false;
    text += options.indent + "^ " + printBytes(*options.touched) + ", in no area\n";
    return true;
  };
  const auto [from, to] = range(state, options);
  const auto leftOut = [&](std::size_t count, const char* where) {
    if (count != 0)
      text +=
          options.indent + "… " + std::to_string(count) + " areas " + where + " are not drawn\n";
  };
  leftOut(from, "below");
  if (from != 0) {
    below = state.areas[from - 1].end;
    first = false;
  }
  for (std::size_t i = from; i < to; ++i) {
    const Area& area = state.areas[i];
    pointAt(below, area.start);
    const bool grows = (area.flags & trace::vm::growsdown) != 0;
    if (grows && area.start != below) {
      text += options.indent + "  " + std::to_string((area.start - below) / page) +
              (first ? " pages free down to 0" : " pages free");
      if (!first && parameters.rules->guard == trace::GuardStyle::gap)
        text += " (guard gap: " + std::to_string(gap) + " pages)";
      text += "\n";
    }
    std::string strip, pointer;
    drawPages(state, parameters, area, options, strip, pointer);
    std::string line = options.indent + printBytes(area.start) + "-" + printBytes(area.end) + " " +
                       describeFlags(area.flags);
    if (area.object != 0) line += " object " + std::to_string(area.object);
    if (area.anon != 0) line += " anon " + std::to_string(area.anon);
    if (area.forked) line += " forked";
    line += ", " + std::to_string((area.end - area.start) / page) + " pages";
    if (hidesGuard(area, parameters))
      line += ", /proc shows it from " + printBytes(area.shownStart);
    text += line + "\n" + options.indent + "  [" + strip;
    if (const auto space = strip.find(' '); space != std::string::npos)
      text.insert(text.size() - (strip.size() - space), "]");
    else
      text += "]";
    text += "\n";
    if (!pointer.empty())
      text += options.indent + "   " + pointer + " " + printBytes(*options.touched) + "\n";
    below = area.end;
    first = false;
  }
  leftOut(state.areas.size() - to, "above");
  if (to == state.areas.size() && !pointAt(below, ~std::uint64_t{0}) && state.areas.empty())
    text += options.indent + "(no areas)\n";
  return text;
}

} // namespace growsdown::harness
