#include "harness/state_fields.h"

#include "trace/check.h"
#include "trace/shown.h"

#include <algorithm>
#include <utility>

namespace growsdown::harness {
namespace {

struct Word {
  std::string_view name;
  Fields field;
};
constexpr Word words[] = {
    {"areas", shown::areas}, {"start", shown::start},         {"maps", shown::maps},
    {"flags", shown::flags}, {"account", shown::account},     {"pgoff", shown::pgoff},
    {"anon", shown::anon},   {"objects", shown::objects},     {"pages", shown::pages},
    {"kinds", shown::kinds}, {"rights", shown::rights},       {"frames", shown::frames},
    {"dirty", shown::dirty}, {"elsewhere", shown::elsewhere},
};

void clip(trace::State& state) {
  std::vector<trace::Area> inside;
  std::vector<trace::Page> pages;
  auto page = state.pages.begin();
  trace::forEachPart(state, [&](const trace::Area& area, const trace::Window& window) {
    trace::Area part = area;
    part.start = std::max(area.start, window.start);
    part.shownStart = std::max(area.shownStart, window.start);
    part.end = std::min(area.end, window.end);
    while (page != state.pages.end() && page->address < part.start)
      ++page;
    while (page != state.pages.end() && page->address < part.end)
      pages.push_back(*page++);
    inside.push_back(part);
  });
  state.areas = std::move(inside);
  state.pages = std::move(pages);
}

} // namespace

std::string print(Fields fields) {
  std::string text;
  const auto put = [&](std::string_view name, Fields field) {
    if ((fields & field) == 0) return;
    if (!text.empty()) text += ' ';
    text += name;
  };
  for (const auto& [name, field] : words)
    put(name, field);
  for (const trace::CounterField& counter : trace::counterFields)
    put(counter.name, shownCounter(counter));
  return text;
}

std::optional<Fields> field(std::string_view word) {
  for (const auto& [name, field] : words)
    if (name == word) return field;
  for (const trace::CounterField& counter : trace::counterFields)
    if (counter.name == word) return shownCounter(counter);
  return std::nullopt;
}

void reduce(trace::State& state, Fields fields) {
  GROWSDOWN_CHECK((fields & ~shown::all) == 0);
  if (fields == shown::all) return;
  const auto has = [&](Fields f) { return (fields & f) != 0; };

  std::uint32_t flags = trace::vm::access | trace::vm::shared;
  if (has(shown::flags)) flags |= trace::vm::growsdown | trace::vm::locked | trace::vm::noreserve;
  if (has(shown::account)) flags |= trace::vm::account | trace::vm::nohugepage;
  for (trace::Area& area : state.areas) {
    if (!has(shown::start)) area.start = area.shownStart;
    if (!has(shown::maps)) area.shownStart = area.start;
    area.flags &= flags;
    if (!has(shown::pgoff)) area.pgoff = 0;
    if (!has(shown::anon)) {
      area.anon = 0;
      area.forked = false;
    }
    if (!has(shown::objects)) area.object = 0;
  }
  if (!has(shown::elsewhere)) clip(state);
  if (!has(shown::areas)) state.areas.clear();

  for (trace::Page& page : state.pages) {
    if (!has(shown::kinds)) page.kind = trace::Page::Kind::zero;
    if (!has(shown::rights)) page.prot = 0;
    if (!has(shown::frames)) {
      page.frame = 0;
      page.inherited = false;
    }
    if (!has(shown::dirty)) page.dirty = page.hosted = false;
  }
  if (!has(shown::pages) || !has(shown::areas)) state.pages.clear();

  if (!has(shown::objects)) state.objects.clear();
  if (!has(shown::objects) || !has(shown::frames)) state.objectPages.clear();
  for (const trace::CounterField& counter : trace::counterFields)
    if (!has(shownCounter(counter))) state.counters.*counter.member = 0;
}

void copyReduced(const trace::State& from, Fields fields, trace::State& to) {
  const auto copy = [&](Fields needed, const auto& list, auto& into) {
    if ((fields & needed) == needed)
      into = list;
    else
      into.clear();
  };
  copy(shown::areas, from.areas, to.areas);
  copy(shown::areas | shown::pages, from.pages, to.pages);
  copy(shown::objects, from.objects, to.objects);
  copy(shown::objects | shown::frames, from.objectPages, to.objectPages);
  to.counters = from.counters;
  reduce(to, fields);
}

} // namespace growsdown::harness
