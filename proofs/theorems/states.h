// States of a process about which nothing is known but what every process' state has: the starting
// points of theorems.
#pragma once

#include "model/invariants.h"
#include "proofs/theorems/theorem.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace growsdown::proofs {

namespace vm = trace::vm;

/// Flags of areas that are not left open.
using FixedFlags = std::vector<std::optional<std::uint32_t>>;

/// `count` areas in order, disjoint, not empty, page-aligned, within the task's addresses; any
/// flags (an area is shared exactly if it has an object), any page offsets; any limits and
/// tunables, all capabilities; counters that cover at least these areas, so that the process may
/// have others that no rule here looks at. No page is present, and no area has an anon_vma.
template <class D>
model::Space<D> anySpace(Run<D>& run, const Question& q, unsigned count,
                         const FixedFlags& fixed = {}) {
  using Word = typename D::Word;
  const unsigned shift = q.demandedGeometry.pageShift;
  const std::uint64_t taskSize = q.parameters.taskSize;
  const std::uint64_t morePages = std::uint64_t{1} << 52;
  // Where a trace can set the scene: inside a window, or nothing would grow there.
  const std::uint64_t lowest = q.expressible ? trace::windows[1].start : 0;
  const std::uint64_t highest = q.expressible ? trace::windows[1].end : taskSize;

  model::Space<D> s;
  s.parameters = &q.parameters;
  Word total = 0;
  Word locked = 0;
  for (unsigned i = 0; i < count; ++i) {
    const std::string name = "area" + std::to_string(i);
    model::Vma<D> area;
    area.start = run.word(name + ".start", lowest, highest, shift);
    area.end = run.word(name + ".end", lowest, highest, shift);
    run.assume(area.start < area.end);
    if (i > 0) run.assume(s.areas[i - 1].end <= area.start);
    area.pgoff = run.word(name + ".pgoff", 0, morePages);
    if (i < fixed.size() && fixed[i])
      area.flags = typename D::Flags(*fixed[i]);
    else
      area.flags = run.flags(name + ".flags", vm::all);
    const Word pages = (area.end - area.start) >> shift;
    run.assume(area.pgoff + pages < std::uint64_t{1} << (64 - shift)); // mmap's EOVERFLOW
    total = total + pages;
    locked = locked + select(any(area.flags & vm::locked), pages, Word(0));
    s.areas.push_back(area);
  }
  s.lastAnon = count;
  s.lastObject = count;

  s.counters.total = run.word("total", 0, morePages);
  s.counters.locked = run.word("locked", 0, morePages);
  s.counters.stack = run.word("stack", 0, morePages);
  s.counters.data = run.word("data", 0, morePages);
  s.counters.shared = run.word("shared", 0, morePages);
  s.counters.committed = run.word("committed", 0, q.expressible ? 0 : morePages);
  run.assume(total <= s.counters.total);
  run.assume(locked <= s.counters.locked);
  if (q.expressible) {
    run.assume(total == s.counters.total);
    run.assume(locked == s.counters.locked);
  }

  s.minAddr = run.word("minAddr", 0, taskSize / 2);
  const Word lsmMinAddr = run.word("lsmMinAddr", 0, taskSize / 2);
  s.effectiveMinAddr = select(s.minAddr < lsmMinAddr, lsmMinAddr, s.minAddr);
  s.maxMapCount = run.word("maxMapCount", 0, 0x7fffffff);
  s.limits.stack = run.word("limitStack");
  s.limits.as = run.word("limitAs");
  s.limits.memlock = run.word("limitMemlock");
  s.limits.data = trace::unlimited;
  s.stackPointer = run.word("stackPointer");
  return s;
}

/// Area `i` has an anon_vma of its own; or it has none, and each of its direct neighbours has none,
/// one made in this process, or one inherited through fork. (Nothing here looks at neighbours'
/// anon_vmas where an area has its own.)
template <class D>
void chooseAnonVmas(Run<D>& run, model::Space<D>& s, std::size_t i) {
  if (run.flip("anon")) {
    s.areas[i].anon = i + 1;
    return;
  }
  for (std::size_t k = i == 0 ? 0 : i - 1; k <= i + 1 && k < s.areas.size(); ++k) {
    if (k == i) continue;
    const unsigned kind = run.choose("area" + std::to_string(k) + ".anon", 3);
    s.areas[k].anon = kind == 0 ? 0 : k + 1;
    s.areas[k].forked = kind == 2;
  }
}

/// A private area.
template <class D>
void makePrivate(Run<D>& run, model::Space<D>& s, std::size_t i) {
  run.assume(negated(any(s.areas[i].flags & vm::shared)));
}
/// An area of either kind: shared exactly if it has an object.
template <class D>
void makePrivateOrShared(Run<D>& run, model::Space<D>& s, std::size_t i) {
  if (run.flip("area" + std::to_string(i) + ".shared")) {
    run.assume(any(s.areas[i].flags & vm::shared));
    s.areas[i].object = i + 1;
  } else {
    makePrivate(run, s, i);
  }
}

/// Extent, page offset and flags of an area.
template <class D>
auto sameArea(const model::Vma<D>& a, const model::Vma<D>& b) {
  return both(both(a.start == b.start, a.end == b.end),
              both(a.pgoff == b.pgoff, a.flags == b.flags));
}

template <class D>
auto sameCounters(const model::Counters<D>& a, const model::Counters<D>& b) {
  return both(both(both(a.total == b.total, a.stack == b.stack),
                   both(a.locked == b.locked, a.data == b.data)),
              both(a.shared == b.shared, a.committed == b.committed));
}

template <class D>
void outputCounters(Run<D>& run, const model::Counters<D>& c) {
  run.output("total", c.total);
  run.output("stack", c.stack);
  run.output("locked", c.locked);
  run.output("data", c.data);
  run.output("shared", c.shared);
  run.output("committed", c.committed);
}

template <class D>
void outputAreas(Run<D>& run, const model::Space<D>& s) {
  run.output("areas", std::uint64_t{s.areas.size()});
  for (const model::Vma<D>& area : s.areas) {
    run.output("start", area.start);
    run.output("end", area.end);
    run.output("pgoff", area.pgoff);
    run.output("flags", area.flags);
    run.output("anon", area.anon);
  }
}

/// The areas are in order, disjoint, page-aligned and not empty: the model's invariants.
template <class D>
void requireOrdered(Run<D>& run, const Question& q, const model::Space<D>& s) {
  for (std::size_t i = 0; i < s.areas.size(); ++i) {
    run.require("areas are not empty", model::areaNotEmpty(s.areas[i]));
    run.require("areas are page-aligned", both(model::onPage(s.areas[i].start, q.page()),
                                               model::onPage(s.areas[i].end, q.page())));
    run.require("areas end within the task", model::areaWithin(s.areas[i], q.parameters.taskSize));
    if (i > 0)
      run.require("areas are in order and disjoint",
                  model::areasInOrder(s.areas[i - 1], s.areas[i]));
  }
}

/// What a list of areas says of one address.
template <class D>
struct Covered {
  decltype(std::declval<typename D::Word>() < std::declval<typename D::Word>()) covered;
  typename D::Flags flags{};
  typename D::Word offset{}; ///< the page offset there
};
/// Asks nothing: for any number of areas one value.
template <class D>
Covered<D> coveredAt(const Question& q, const model::Space<D>& s, const typename D::Word& address) {
  Covered<D> result{truthLike(address, false), {}, {}};
  for (const model::Vma<D>& area : s.areas) {
    const auto inside = both(area.start <= address, address < area.end);
    result.covered = either(result.covered, inside);
    result.flags = select(inside, area.flags, result.flags);
    result.offset = select(inside, area.pgoff + (address - area.start) / q.page(), result.offset);
  }
  return result;
}

} // namespace growsdown::proofs
