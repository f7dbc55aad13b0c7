#include "harness/aspects.h"

#include "harness/compare.h"
#include "trace/check.h"

namespace growsdown::harness {

using trace::State;
using trace::Step;

namespace {

constexpr std::string_view aspectNames[aspectCount] = {
    "areas",  "flags",     "pgoff",   "anon_vma", "pages", "rights", "size",  "stack",
    "locked", "committed", "outcome", "shown",    "data",  "tables", "faults"};

std::uint64_t hidden(const State& state) {
  std::uint64_t bytes = 0;
  for (const trace::Area& area : state.areas)
    bytes += area.shownStart - area.start;
  return bytes;
}

// The aspect that a field belongs to.
Aspect aspectOf(StateField field, std::size_t place) {
  switch (field) {
  case StateField::areaStart:
  case StateField::areaEnd:
  case StateField::areaShownStart:
  case StateField::areaCount:
    return Aspect::areas;
  case StateField::areaFlags:
    return Aspect::flags;
  case StateField::areaPgoff:
  case StateField::areaObject:
  case StateField::objectId:
  case StateField::objectPages:
  case StateField::objectCount:
    return Aspect::pgoff;
  case StateField::areaForked:
  case StateField::areaAnon:
    return Aspect::anon;
  case StateField::pageProt:
  case StateField::pageInherited:
  case StateField::pageDirty:
  case StateField::pageHosted:
    return Aspect::rights;
  case StateField::pageAddress:
  case StateField::pageKind:
  case StateField::pageFrame:
  case StateField::pageCount:
  case StateField::objectPagePlace:
  case StateField::objectPageFrame:
  case StateField::objectPageCount:
    return Aspect::pages;
  case StateField::counter:
    break;
  }
  switch (shownCounter(place)) {
  case shown::total:
    return Aspect::size;
  case shown::stack:
    return Aspect::stack;
  case shown::locked:
    return Aspect::locked;
  default:
    return Aspect::committed;
  }
}

// What rules read: of the counters these, and not what /proc/self/maps shows.
constexpr Fields readByRules = (shown::all & ~shown::maps & ~shown::counters) | shown::total |
                               shown::stack | shown::locked | shown::committed;

} // namespace

std::string_view name(Aspect aspect) {
  GROWSDOWN_CHECK(static_cast<std::size_t>(aspect) < aspectCount);
  return aspectNames[static_cast<std::size_t>(aspect)];
}

std::string names(Aspects aspects) {
  // Readers look for the outcome first.
  GROWSDOWN_CHECK(aspects >> aspectCount == 0);
  std::string text;
  const auto add = [&](unsigned i) {
    if (aspects >> i & 1) text += (text.empty() ? "" : ", ") + std::string(aspectNames[i]);
  };
  add(static_cast<unsigned>(Aspect::outcome));
  for (unsigned i = 0; i < aspectCount; ++i)
    if (i != static_cast<unsigned>(Aspect::outcome)) add(i);
  return text;
}

Aspects EffectComparison::states(const State& a, const State& b) {
  Aspects out = 0;
  identities_.start();
  walkDifferences<readByRules>(a, b, identities_, [&](StateField field, std::size_t place) {
    out = static_cast<Aspects>(out | bit(aspectOf(field, place)));
    return true;
  });
  return out;
}

Aspects EffectComparison::operator()(const Step& step, const Effect& a, const Effect& b) {
  Aspects out = states(a.after, b.after);
  const auto differs = [&](Aspect aspect) { out = static_cast<Aspects>(out | bit(aspect)); };
  if (!sameOutcome(step, a.outcome, b.outcome)) differs(Aspect::outcome);
  if (hidden(a.after) - hidden(a.before) != hidden(b.after) - hidden(b.before))
    differs(Aspect::shown);
  const auto changed = [&](std::uint64_t trace::Counters::*counter) {
    return a.after.counters.*counter - a.before.counters.*counter !=
           b.after.counters.*counter - b.before.counters.*counter;
  };
  if (changed(&trace::Counters::data)) differs(Aspect::data);
  if (changed(&trace::Counters::tables)) differs(Aspect::tables);
  if (a.after.counters.faults != b.after.counters.faults) differs(Aspect::faults);
  return out;
}

} // namespace growsdown::harness
