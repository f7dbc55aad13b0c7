#include "harness/compare.h"

#include "trace/text.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace growsdown::harness {

using trace::Area;
using trace::Object;
using trace::ObjectPage;
using trace::Outcome;
using trace::Page;
using trace::printBytes;
using trace::State;

namespace {
constexpr std::size_t firstTableSize = 64;
}

Renaming::Renaming() {
  for (Table* table : {&forward_, &backward_}) {
    table->slots.resize(firstTableSize);
    table->mask = firstTableSize - 1;
  }
}

void Renaming::reset() {
  if (++trace_ == 0) { // wrapped: stale slots could look current
    for (Table* table : {&forward_, &backward_})
      for (Slot& slot : table->slots)
        slot.trace = 0;
    trace_ = 1;
  }
  forward_.used = backward_.used = 0;
  snapshot_ = 1;
  reused_.clear();
}

void Renaming::beginSnapshot() {
  ++snapshot_;
  reused_.clear();
}

bool Renaming::bind(std::uint64_t left, std::uint64_t right) {
  const Slot* back = find(backward_, right);
  if (back->trace == trace_ && back->value != left) reused_.push_back({back->value, right});
  put(forward_, left, right);
  put(backward_, right, left);
  return true;
}

void Renaming::put(Table& table, std::uint64_t key, std::uint64_t value) {
  Slot* slot = find(table, key);
  if (slot->trace != trace_) {
    if ((table.used + 1) * 2 > table.slots.size()) {
      makeRoom(table);
      slot = find(table, key);
    }
    ++table.used;
  }
  *slot = {key, value, trace_, snapshot_};
}

// Room for more: first by dropping the pairs whose left identity is gone (it never comes back),
// then by doubling. So the tables follow the size of the states, not the length of the trace.
void Renaming::makeRoom(Table& table) {
  const auto alive = [&](const Slot& slot) {
    if (slot.trace != trace_) return false;
    if (&table == &forward_) return slot.snapshot + 1 >= snapshot_;
    const Slot* left = find(forward_, slot.value);
    return left->trace == trace_ && left->snapshot + 1 >= snapshot_;
  };
  std::size_t kept = 0;
  for (const Slot& slot : table.slots)
    kept += alive(slot) ? 1 : 0;
  std::size_t size = table.slots.size();
  while (kept * 4 > size)
    size *= 2;

  std::vector<Slot> old;
  old.reserve(kept);
  for (const Slot& slot : table.slots)
    if (alive(slot)) old.push_back(slot);
  table.slots.assign(size, Slot{});
  table.mask = size - 1;
  table.used = kept;
  for (const Slot& slot : old)
    *find(table, slot.key) = slot;
}

bool Renaming::endSnapshot(std::uint64_t& clash) {
  for (const Reused& r : reused_) {
    const Slot* slot = find(forward_, r.left);
    if (slot->trace == trace_ && slot->snapshot == snapshot_) {
      clash = r.right;
      return false;
    }
  }
  return true;
}

std::uint64_t Renaming::rightOf(std::uint64_t left) const {
  const Slot* slot = find(const_cast<Table&>(forward_), left);
  return slot->trace == trace_ ? slot->value : 0;
}

void StateComparison::reset() {
  frames_.reset();
  anons_.reset();
  where_ = Where::nowhere;
}

bool StateComparison::equal(const State& left, const State& right) {
  where_ = Where::nowhere;
  frames_.beginSnapshot();
  anons_.beginSnapshot();

  // Element by element first, so that the difference named is the first one; then the lengths.
  const std::size_t areas = std::min(left.areas.size(), right.areas.size());
  for (std::size_t i = 0; i < areas; ++i) {
    const Area& a = left.areas[i];
    const Area& b = right.areas[i];
    if (a.start != b.start || a.end != b.end || a.shownStart != b.shownStart ||
        a.pgoff != b.pgoff || a.object != b.object || a.flags != b.flags || a.forked != b.forked ||
        !anons_.same(a.anon, b.anon))
      return differs(Where::area, i);
  }
  if (left.areas.size() != right.areas.size()) return differs(Where::areaCount);

  const std::size_t pages = std::min(left.pages.size(), right.pages.size());
  for (std::size_t i = 0; i < pages; ++i) {
    const Page& a = left.pages[i];
    const Page& b = right.pages[i];
    if (a.address != b.address || a.kind != b.kind || a.prot != b.prot ||
        a.inherited != b.inherited || a.dirty != b.dirty || a.hosted != b.hosted ||
        !frames_.same(a.frame, b.frame))
      return differs(Where::page, i);
  }
  if (left.pages.size() != right.pages.size()) return differs(Where::pageCount);

  const std::size_t objects = std::min(left.objects.size(), right.objects.size());
  for (std::size_t i = 0; i < objects; ++i)
    if (left.objects[i] != right.objects[i]) return differs(Where::object, i);
  if (left.objects.size() != right.objects.size()) return differs(Where::objectCount);

  const std::size_t objectPages = std::min(left.objectPages.size(), right.objectPages.size());
  for (std::size_t i = 0; i < objectPages; ++i) {
    const ObjectPage& a = left.objectPages[i];
    const ObjectPage& b = right.objectPages[i];
    if (a.object != b.object || a.index != b.index || !frames_.same(a.frame, b.frame))
      return differs(Where::objectPage, i);
  }
  if (left.objectPages.size() != right.objectPages.size()) return differs(Where::objectPageCount);

  if (left.counters != right.counters) return differs(Where::counters);

  std::uint64_t clash = 0;
  if (!frames_.endSnapshot(clash)) return namesDiffer(Where::frameNames, clash);
  if (!anons_.endSnapshot(clash)) return namesDiffer(Where::anonNames, clash);
  return true;
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

// A name on the left, said in the right side's names where it has one.
Difference names(std::string field, const Renaming& renaming, std::uint64_t left,
                 std::uint64_t right) {
  const std::uint64_t meant = renaming.rightOf(left);
  std::string l = left == 0 ? "0" : number(left);
  if (meant != 0) l += " (the other side's " + number(meant) + ")";
  return {std::move(field), std::move(l), number(right)};
}

Difference areaDifference(const Area& a, const Area& b, const std::string& path,
                          const Renaming& anons) {
  if (a.start != b.start) return {path + ".start", printBytes(a.start), printBytes(b.start)};
  if (a.end != b.end) return {path + ".end", printBytes(a.end), printBytes(b.end)};
  if (a.shownStart != b.shownStart)
    return {path + ".shownStart", printBytes(a.shownStart), printBytes(b.shownStart)};
  if (a.pgoff != b.pgoff) return {path + ".pgoff", printBytes(a.pgoff), printBytes(b.pgoff)};
  if (a.object != b.object) return {path + ".object", number(a.object), number(b.object)};
  if (a.flags != b.flags) return {path + ".flags", describeFlags(a.flags), describeFlags(b.flags)};
  if (a.forked != b.forked) return {path + ".forked", truth(a.forked), truth(b.forked)};
  return names(path + ".anon", anons, a.anon, b.anon);
}

Difference pageDifference(const Page& a, const Page& b, const Renaming& frames) {
  const std::string path = "pages[" + printBytes(std::min(a.address, b.address)) + "]";
  if (a.address < b.address) return {path, "present", "absent"};
  if (a.address > b.address) return {path, "absent", "present"};
  if (a.kind != b.kind)
    return {path + ".kind", std::string(trace::name(a.kind)), std::string(trace::name(b.kind))};
  if (a.prot != b.prot) return {path + ".prot", protName(a.prot), protName(b.prot)};
  if (a.inherited != b.inherited)
    return {path + ".inherited", truth(a.inherited), truth(b.inherited)};
  if (a.dirty != b.dirty) return {path + ".dirty", truth(a.dirty), truth(b.dirty)};
  if (a.hosted != b.hosted) return {path + ".hosted", truth(a.hosted), truth(b.hosted)};
  return names(path + ".frame", frames, a.frame, b.frame);
}

Difference objectPageDifference(const ObjectPage& a, const ObjectPage& b, const Renaming& frames) {
  const bool first = std::pair(a.object, a.index) <= std::pair(b.object, b.index);
  const ObjectPage& low = first ? a : b;
  const std::string path = "objectPages[" + number(low.object) + ":" + number(low.index) + "]";
  if (a.object == b.object && a.index == b.index)
    return names(path + ".frame", frames, a.frame, b.frame);
  return {path, first ? "present" : "absent", first ? "absent" : "present"};
}

Difference counterDifference(const trace::Counters& a, const trace::Counters& b) {
  const struct {
    const char* name;
    std::uint64_t left, right;
  } fields[] = {
      {"total", a.total, b.total},
      {"stack", a.stack, b.stack},
      {"locked", a.locked, b.locked},
      {"data", a.data, b.data},
      {"committed", a.committed, b.committed},
      {"mapCount", a.mapCount, b.mapCount},
      {"tables", a.tables, b.tables},
      {"faults", a.faults, b.faults},
  };
  for (const auto& f : fields)
    if (f.left != f.right)
      return {std::string("counters.") + f.name, std::to_string(static_cast<std::int64_t>(f.left)),
              std::to_string(static_cast<std::int64_t>(f.right))};
  return {"counters", "?", "?"};
}

} // namespace

Difference StateComparison::difference(const State& left, const State& right) const {
  const auto at = [&](const char* list) { return std::string(list) + "[" + number(index_) + "]"; };
  switch (where_) {
  case Where::nowhere:
    break;
  case Where::area:
    return areaDifference(left.areas[index_], right.areas[index_], at("areas"), anons_);
  case Where::areaCount: {
    const bool more = left.areas.size() > right.areas.size();
    const std::size_t i = std::min(left.areas.size(), right.areas.size());
    const std::string there = describeArea(more ? left.areas[i] : right.areas[i]);
    const std::string field = "areas[" + number(i) + "]";
    return {field, more ? there : "absent", more ? "absent" : there};
  }
  case Where::page:
    return pageDifference(left.pages[index_], right.pages[index_], frames_);
  case Where::pageCount: {
    const bool more = left.pages.size() > right.pages.size();
    const std::size_t i = std::min(left.pages.size(), right.pages.size());
    const std::uint64_t address = (more ? left.pages[i] : right.pages[i]).address;
    return {"pages[" + printBytes(address) + "]", more ? "present" : "absent",
            more ? "absent" : "present"};
  }
  case Where::object: {
    const Object& a = left.objects[index_];
    const Object& b = right.objects[index_];
    if (a.id != b.id) return {at("objects") + ".id", number(a.id), number(b.id)};
    return {at("objects") + ".pages", number(a.pages), number(b.pages)};
  }
  case Where::objectCount:
    return {"objects.size", number(left.objects.size()), number(right.objects.size())};
  case Where::objectPage:
    return objectPageDifference(left.objectPages[index_], right.objectPages[index_], frames_);
  case Where::objectPageCount:
    return {"objectPages.size", number(left.objectPages.size()), number(right.objectPages.size())};
  case Where::frameNames:
    return {"frames", "two frames", "one frame, " + number(clash_)};
  case Where::anonNames:
    return {"anons", "two anon_vmas", "one anon_vma, " + number(clash_)};
  case Where::counters:
    return counterDifference(left.counters, right.counters);
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
