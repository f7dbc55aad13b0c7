// Present page-table entries: processes that have some, the invariants of entries, and one step.
#pragma once

#include "model/step.h"
#include "proofs/planted.h"
#include "proofs/theorems/states.h"

#include <string>
#include <vector>

namespace growsdown::proofs {

/// Performs the step, with the planted bug if there is one.
template <class D>
model::StepResult<D> perform(const Question& q, model::LoggedSpace<D>& s,
                             const model::Call<D>& call) {
  const model::Space<D> before = s;
  model::StepResult<D> result = exactly<D>([&] { return model::perform<D>(s, call); });
  applyPlantedBug<D>(q.bug, before, call, result, s);
  return result;
}

template <class D>
auto within(const typename D::Word& start, const typename D::Word& address,
            const typename D::Word& end) {
  return both(start <= address, address < end);
}

enum AreaKind : unsigned { noAnon, hasAnon, isShared, anyKind };
/// A private area without an anon_vma or with one; or a shared area of an object of its own.
template <class D>
void chooseKind(Run<D>& run, const Question& q, model::Space<D>& s, std::size_t i, AreaKind kind) {
  model::Vma<D>& area = s.areas[i];
  const std::string name = "area" + std::to_string(i);
  if (kind == anyKind)
    kind = static_cast<AreaKind>(run.choose(name + ".kind", q.expressible ? isShared : anyKind));
  if (kind != isShared) {
    run.assume(negated(any(area.flags & vm::shared)));
    area.anon = kind == noAnon ? 0 : i + 1;
    return;
  }
  run.assume(any(area.flags & vm::shared));
  run.assume(negated(any(area.flags & (vm::growsdown | vm::account))));
  area.object = i + 1;
  s.objects.push_back({area.object, run.word(name + ".objectPages", 1, std::uint64_t{1} << 52)});
}

/// Whether an entry grants what the hardware must grant. Any right of the area makes it readable.
/// Executing follows the area. Writing requires the write bit of the entry, which only entries of a
/// writable area have. If the hardware does not manage dirty state, the page must also be dirty.
template <class D>
auto grantedAs(const Question& q, const typename D::Flags& rights, const model::Entry<D>& e) {
  const auto writes = both(e.writable, either(e.dirty, q.demanded->hardwareDirty));
  return both(
      both(any(e.prot & vm::read) == any(rights & vm::access),
           any(e.prot & vm::exec) == any(rights & vm::exec)),
      both(any(e.prot & vm::write) == writes, implies(e.writable, any(rights & vm::write))));
}

/// The page of its object that a shared entry of `area` maps.
template <class D>
typename D::Word indexOf(const Question& q, const model::Vma<D>& area, const model::Entry<D>& e) {
  return area.pgoff + (e.address - area.start) / q.page();
}

/// Whether an entry is one that `area` may have: its rights, and its kind. The zero page is never
/// writable; a private page needs an anon_vma and is not writable while the parent maps it; a
/// shared page is the object's.
template <class D>
auto fits(const Question& q, const model::Space<D>& s, const model::Vma<D>& area,
          const model::Entry<D>& e) {
  using Truth = typename D::Truth;
  const bool isPrivate = area.object == 0;
  Truth kind = false;
  switch (e.kind) {
  case model::PageKind::zero:
    kind = both(Truth(isPrivate && e.frame == 0), negated(either(e.writable, e.inherited)));
    break;
  case model::PageKind::anonymous:
    kind = both(Truth(isPrivate && e.frame != 0 && area.anon != 0),
                negated(both(e.inherited, e.writable)));
    break;
  case model::PageKind::shared:
    for (const model::ObjectPage<D>& held : s.objectPages)
      if (held.object == area.object && held.frame == e.frame)
        kind = either(kind, both(held.index == indexOf(q, area, e), negated(e.inherited)));
    break;
  }
  return both(kind, grantedAs<D>(q, area.flags, e));
}

/// An entry of area `i` with any bits that the invariants allow; nothing else is known about it.
template <class D>
void addEntry(Run<D>& run, const Question& q, model::Space<D>& s, std::size_t i,
              const std::string& name) {
  const model::Vma<D> area = s.areas[i];
  model::Entry<D> e;
  e.address =
      run.word(name + ".address", 0, q.parameters.taskSize - 1, q.demandedGeometry.pageShift);
  run.assume(within<D>(area.start, e.address, area.end));
  if (!s.entries.empty()) run.assume(s.entries.back().address < e.address);
  e.prot = run.flags(name + ".prot", vm::access);
  e.writable = run.truth(name + ".writable");
  e.dirty = run.truth(name + ".dirty");
  e.inherited = run.truth(name + ".inherited");
  if (q.parameters.rules->hostMappedPages) e.hosted = run.truth(name + ".hosted");
  if (area.object != 0) {
    e.kind = model::PageKind::shared;
    e.frame = ++s.lastFrame;
    const auto index = indexOf(q, area, e);
    run.assume(index < model::objectSize(s, area.object));
    s.objectPages.push_back({area.object, index, e.frame, run.truth(name + ".objectDirty")});
  } else if (area.anon != 0 && run.flip(name + ".own")) {
    e.kind = model::PageKind::anonymous;
    e.frame = ++s.lastFrame;
  }
  if (q.expressible) run.assume(e.dirty); // as a trace's initial state has private pages
  run.assume(fits(q, s, area, e));
  s.entries.push_back(e);
}

/// The start of a theorem: a process with `areas` areas and one or two entries.
///
/// - One entry lies in an area of any kind. Of the flags of this area, those in `open` are unknown
///   and the others are not set. The other areas are private, readable and writable, and may be
///   locked.
/// - Two entries lie in areas like the others, to show that entries do not affect each other. Only
///   if `mayBeTwo`.
template <class D>
model::Space<D> anyEntries(Run<D>& run, const Question& q, unsigned areas, std::uint32_t open,
                           bool mayBeTwo = true) {
  model::Space<D> s = anyAreas(run, q, areas, FixedFlags(areas, 0));
  const bool two = mayBeTwo && run.flip("two");
  const unsigned home = run.choose("home", areas);
  for (unsigned i = 0; i < areas; ++i) {
    const bool any = !two && i == home;
    s.areas[i].flags = run.flags("area" + std::to_string(i) + ".flags",
                                 any && open != 0 ? open | vm::shared : open & vm::locked);
    if (!any || open == 0) s.areas[i].flags = s.areas[i].flags | (vm::read | vm::write);
    chooseKind(run, q, s, i, any ? anyKind : hasAnon);
  }
  coverAreas(run, q, s);
  addEntry(run, q, s, home, "entry0");
  if (two) addEntry(run, q, s, home + run.choose("home1", areas - home), "entry1");
  return s;
}

/// The invariants of entries (model/invariants.cpp): page-aligned, ascending, each in an area that
/// allows it, no private frame twice.
template <class D>
void requireEntries(Run<D>& run, const Question& q, const model::Space<D>& s) {
  for (std::size_t k = 0; k < s.entries.size(); ++k) {
    const model::Entry<D>& e = s.entries[k];
    run.require("entries are page-aligned", model::onPage(e.address, q.page()));
    if (k > 0) run.require("entries ascend", s.entries[k - 1].address < e.address);
    auto home = truthLike(e.address, false);
    for (const model::Vma<D>& area : s.areas) {
      const auto inside = both(area.start <= e.address, e.address < area.end);
      home = either(home, inside);
      run.require("an entry grants what its area allows, and is of its kind",
                  implies(inside, fits(q, s, area, e)));
    }
    run.require("no entry lies outside an area", home);
    if (e.kind != model::PageKind::anonymous) continue;
    for (std::size_t j = 0; j < k; ++j)
      run.require("no private frame is mapped twice",
                  truthLike(e.address, s.entries[j].kind != model::PageKind::anonymous ||
                                           s.entries[j].frame != e.frame));
  }
}

/// The same entry.
template <class D>
auto sameEntry(const model::Entry<D>& a, const model::Entry<D>& b) {
  return both(both(truthLike(a.address, a.frame == b.frame && a.kind == b.kind),
                   both(a.address == b.address, a.prot == b.prot)),
              both(both(a.inherited == b.inherited, a.writable == b.writable),
                   both(a.dirty == b.dirty, a.hosted == b.hosted)));
}
/// Whether `e` is one of these.
template <class Entries, class D>
auto isAmong(const Entries& entries, const model::Entry<D>& e) {
  auto found = truthLike(e.address, false);
  for (const model::Entry<D>& other : entries)
    found = either(found, sameEntry(other, e));
  return found;
}
/// Whether an entry's address is that of one of these.
template <class Entries, class Word>
auto isPresent(const Entries& entries, const Word& address) {
  auto found = truthLike(address, false);
  for (const auto& other : entries)
    found = either(found, other.address == address);
  return found;
}

/// Entries do not affect each other: the step leaves of two entries what it leaves of each one
/// alone. Only for steps that make no page present.
template <class D>
void requireIndependence(Run<D>& run, const Question& q, const model::Space<D>& before,
                         const model::Call<D>& call, const model::Space<D>& after) {
  if (before.entries.size() < 2) return;
  std::vector<model::Entry<D>> alone;
  for (std::size_t k = 0; k < before.entries.size(); ++k) {
    model::LoggedSpace<D> s = before;
    s.entries = {before.entries[k]};
    perform(q, s, call);
    alone.insert(alone.end(), s.entries.begin(), s.entries.end());
  }
  auto same = truthLike(before.entries[0].address, alone.size() == after.entries.size());
  for (const model::Entry<D>& e : after.entries)
    same = both(same, isAmong(alone, e));
  run.require("entries do not matter to each other", same);
}

template <class D>
void outputEntries(Run<D>& run, const model::Space<D>& s) {
  run.output("entries", std::uint64_t{s.entries.size()});
  for (const model::Entry<D>& e : s.entries) {
    run.output("entry", e.address);
    run.output("prot", e.prot);
    run.output("frame", e.frame);
    run.output("kind", static_cast<std::uint64_t>(e.kind));
    run.output("inherited", e.inherited);
    run.output("writable", e.writable);
    run.output("dirty", e.dirty);
  }
}
/// The error of a step, the areas and entries that it left, and the rules that it passed.
template <class D>
void outputEntriesStep(Run<D>& run, trace::Errno error, const model::LoggedSpace<D>& s) {
  run.output("error", std::uint64_t{static_cast<std::uint8_t>(error)});
  outputAreas(run, s);
  outputEntries(run, s);
  noteRules(run, s);
}

} // namespace growsdown::proofs
