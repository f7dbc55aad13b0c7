#include "harness/compare.h"

#include "trace/check.h"
#include "trace/text.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace growsdown::harness {

using trace::Area;
using trace::ObjectPage;
using trace::Outcome;
using trace::Page;
using trace::printBytes;
using trace::State;

void Renaming::reset() {
  forward_.clear();
  backward_.clear();
  snapshot_ = 1;
  greatest_ = 0;
  reused_.clear();
}

void Renaming::beginSnapshot() {
  GROWSDOWN_CHECK(snapshot_ != ~std::uint32_t{0});
  ++snapshot_;
  reused_.clear();
}

// The tables drop pairs whose left identity is gone, so they follow the size of the states, not the
// length of the trace.
bool Renaming::bind(std::uint64_t left, std::uint64_t right) {
  greatest_ = std::max(greatest_, left);
  const auto& back = backward_.find(right);
  if (backward_.holds(back) && back.value != left) reused_.push_back({back.value, right});
  forward_.put(left, right, snapshot_, [&](const auto& slot) { return alive(slot); });
  backward_.put(right, left, 0, [&](const auto& slot) { return alive(forward_.find(slot.value)); });
  return true;
}

bool Renaming::endSnapshot(std::uint64_t& clash) {
  for (const Reused& r : reused_) {
    const auto& slot = forward_.find(r.left);
    if (forward_.holds(slot) && slot.mark == snapshot_) {
      clash = r.right;
      return false;
    }
  }
  return true;
}

std::uint64_t Renaming::rightOf(std::uint64_t left) const {
  const auto& slot = forward_.find(left);
  return forward_.holds(slot) ? slot.value : 0;
}

void StateComparison::reset() {
  frames_.reset();
  anons_.reset();
  where_ = Where::nowhere;
}

bool StateComparison::walk(const State& left, const State& right,
                           const trace::StateChanges& changes) {
  const auto first = [this](StateField field, std::size_t place) {
    where_ = Where::field;
    field_ = field;
    place_ = place;
    return false;
  };
  return walkDifferences<shown::all>(left, right, *this, first, changes);
}

bool StateComparison::equal(const State& left, const State& right) {
  where_ = Where::nowhere;
  frames_.beginSnapshot();
  anons_.beginSnapshot();
  if (!walk(left, right, {})) return false;
  if (!frames_.endSnapshot(clash_))
    where_ = Where::frames;
  else if (!anons_.endSnapshot(clash_))
    where_ = Where::anons;
  return where_ == Where::nowhere;
}

namespace {

trace::Changed unionOf(const trace::Changed& a, const trace::Changed& b) {
  return {std::min(a.before, b.before), std::min(a.after, b.after)};
}

// How many elements of a list may have changed.
template <typename List>
std::size_t countOf(const List& list, const trace::Changed& changed) {
  return list.size() - changed.before - changed.after;
}

} // namespace

bool StateComparison::equal(const State& left, const State& right,
                            const trace::StateChanges& leftChanges,
                            const trace::StateChanges& rightChanges) {
  const auto frames = [&](const auto& visit) {
    for (const Page& page : left.pages)
      visit(page.frame);
    for (const ObjectPage& page : left.objectPages)
      visit(page.frame);
  };
  const auto anons = [&](const auto& visit) {
    for (const Area& area : left.areas)
      visit(area.anon);
  };
  where_ = Where::nowhere;
  frames_.beginSnapshot();
  anons_.beginSnapshot();
  // Only elements of the left side that have changed can have an identity without a partner.
  frames_.makeRoom(countOf(left.pages, leftChanges.pages) +
                       countOf(left.objectPages, leftChanges.objectPages),
                   frames);
  anons_.makeRoom(countOf(left.areas, leftChanges.areas), anons);
  if (!walk(left, right,
            {unionOf(leftChanges.areas, rightChanges.areas),
             unionOf(leftChanges.pages, rightChanges.pages),
             unionOf(leftChanges.objects, rightChanges.objects),
             unionOf(leftChanges.objectPages, rightChanges.objectPages)}))
    return false;
  if (!frames_.endSnapshot(clash_, frames))
    where_ = Where::frames;
  else if (!anons_.endSnapshot(clash_, anons))
    where_ = Where::anons;
  return where_ == Where::nowhere;
}

namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}
std::string truth(bool value) {
  return value ? "yes" : "no";
}

std::string protName(unsigned prot) {
  std::string text;
  text += (prot & trace::prot::read) ? 'r' : '-';
  text += (prot & trace::prot::write) ? 'w' : '-';
  text += (prot & trace::prot::exec) ? 'x' : '-';
  return text;
}

std::string describeArea(const Area& area) {
  return printBytes(area.start) + "-" + printBytes(area.end) + " " + describeFlags(area.flags);
}

// `left` and `right` of a field that only one side has.
Difference onOneSide(std::string field, bool left, const std::string& there) {
  return left ? Difference{std::move(field), there, "absent"}
              : Difference{std::move(field), "absent", there};
}

// Identities, with the partner of the left one if it has one.
Difference identities(std::string field, const Renaming& renaming, std::uint64_t left,
                      std::uint64_t right) {
  const std::uint64_t partner = renaming.rightOf(left);
  std::string l = number(left);
  if (partner != 0) l += " (the other side's " + number(partner) + ")";
  return {std::move(field), std::move(l), number(right)};
}

Difference areaDifference(StateField field, const Area& a, const Area& b, const std::string& path,
                          const Renaming& anons) {
  switch (field) {
  case StateField::areaStart:
    return {path + ".start", printBytes(a.start), printBytes(b.start)};
  case StateField::areaEnd:
    return {path + ".end", printBytes(a.end), printBytes(b.end)};
  case StateField::areaShownStart:
    return {path + ".shownStart", printBytes(a.shownStart), printBytes(b.shownStart)};
  case StateField::areaPgoff:
    return {path + ".pgoff", printBytes(a.pgoff), printBytes(b.pgoff)};
  case StateField::areaObject:
    return {path + ".object", number(a.object), number(b.object)};
  case StateField::areaFlags:
    return {path + ".flags", describeFlags(a.flags), describeFlags(b.flags)};
  case StateField::areaForked:
    return {path + ".forked", truth(a.forked), truth(b.forked)};
  default:
    return identities(path + ".anon", anons, a.anon, b.anon);
  }
}

Difference pageDifference(StateField field, const Page& a, const Page& b, const Renaming& frames) {
  const std::string path = "pages[" + printBytes(std::min(a.address, b.address)) + "]";
  switch (field) {
  case StateField::pageAddress:
    return onOneSide(path, a.address < b.address, "present");
  case StateField::pageKind:
    return {path + ".kind", std::string(trace::name(a.kind)), std::string(trace::name(b.kind))};
  case StateField::pageProt:
    return {path + ".prot", protName(a.prot), protName(b.prot)};
  case StateField::pageInherited:
    return {path + ".inherited", truth(a.inherited), truth(b.inherited)};
  case StateField::pageDirty:
    return {path + ".dirty", truth(a.dirty), truth(b.dirty)};
  case StateField::pageHosted:
    return {path + ".hosted", truth(a.hosted), truth(b.hosted)};
  default:
    return identities(path + ".frame", frames, a.frame, b.frame);
  }
}

Difference objectPageDifference(const ObjectPage& a, const ObjectPage& b, const Renaming& frames) {
  const bool first = std::pair(a.object, a.index) <= std::pair(b.object, b.index);
  const ObjectPage& low = first ? a : b;
  const std::string path = "objectPages[" + number(low.object) + ":" + number(low.index) + "]";
  if (a.object == b.object && a.index == b.index)
    return identities(path + ".frame", frames, a.frame, b.frame);
  return onOneSide(path, first, "present");
}

Difference counterDifference(const trace::CounterField& counter, const State& left,
                             const State& right) {
  const auto text = [&](const State& state) {
    return std::to_string(static_cast<std::int64_t>(state.counters.*counter.member));
  };
  return {"counters." + std::string(counter.inCode), text(left), text(right)};
}

} // namespace

Difference StateComparison::difference(const State& left, const State& right) const {
  if (where_ == Where::nowhere) return {};
  if (where_ == Where::frames) return {"frames", "two frames", "one frame, " + number(clash_)};
  if (where_ == Where::anons) return {"anons", "two anon_vmas", "one anon_vma, " + number(clash_)};

  const std::size_t i = place_;
  GROWSDOWN_CHECK(where_ == Where::field);
  switch (field_) {
  case StateField::areaStart:
  case StateField::areaEnd:
  case StateField::areaShownStart:
  case StateField::areaPgoff:
  case StateField::areaObject:
  case StateField::areaFlags:
  case StateField::areaForked:
  case StateField::areaAnon:
    GROWSDOWN_CHECK(i < left.areas.size() && i < right.areas.size());
    return areaDifference(field_, left.areas[i], right.areas[i], "areas[" + number(i) + "]",
                          anons_);
  case StateField::areaCount: {
    GROWSDOWN_CHECK(left.areas.size() != right.areas.size());
    const bool more = left.areas.size() > right.areas.size();
    return onOneSide("areas[" + number(i) + "]", more,
                     describeArea(more ? left.areas[i] : right.areas[i]));
  }
  case StateField::pageAddress:
  case StateField::pageKind:
  case StateField::pageProt:
  case StateField::pageInherited:
  case StateField::pageDirty:
  case StateField::pageHosted:
  case StateField::pageFrame:
    GROWSDOWN_CHECK(i < left.pages.size() && i < right.pages.size());
    return pageDifference(field_, left.pages[i], right.pages[i], frames_);
  case StateField::pageCount: {
    GROWSDOWN_CHECK(left.pages.size() != right.pages.size());
    const bool more = left.pages.size() > right.pages.size();
    const std::uint64_t address = (more ? left.pages[i] : right.pages[i]).address;
    return onOneSide("pages[" + printBytes(address) + "]", more, "present");
  }
  case StateField::objectId:
    return {"objects[" + number(i) + "].id", number(left.objects[i].id),
            number(right.objects[i].id)};
  case StateField::objectPages:
    return {"objects[" + number(i) + "].pages", number(left.objects[i].pages),
            number(right.objects[i].pages)};
  case StateField::objectCount:
    return {"objects.size", number(left.objects.size()), number(right.objects.size())};
  case StateField::objectPagePlace:
  case StateField::objectPageFrame:
    return objectPageDifference(left.objectPages[i], right.objectPages[i], frames_);
  case StateField::objectPageCount:
    return {"objectPages.size", number(left.objectPages.size()), number(right.objectPages.size())};
  case StateField::counter:
    return counterDifference(trace::counterFields[i], left, right);
  }
  return {};
}

std::optional<Difference> compareOutcomes(const trace::Step& step, const Outcome& left,
                                          const Outcome& right) {
  if (sameOutcome(step, left, right)) return std::nullopt;
  return Difference{"outcome", describe(left), describe(right)};
}

std::string describe(const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::unspecified) return "nothing";
  return trace::print(outcome);
}

std::string describeFlags(std::uint32_t flags) {
  std::string text = protName(flags & trace::vm::access);
  text += (flags & trace::vm::shared) ? 's' : 'p';
  const std::string more = trace::printVmFlags(flags & ~trace::vm::shared);
  return more.empty() || more == "-" ? text : text + " " + more;
}

} // namespace growsdown::harness
