#include "proofs/theorems/states.h"

#include <algorithm>
#include <memory>

namespace growsdown::proofs {

Extent extentOf(const Question& q) {
  if (q.expressible) return {trace::windows[1].start, trace::windows[1].end};
  return {0, q.parameters.taskSize};
}

template <class D>
TaggedAddress<D> anyAddress(Run<D>& run) {
  constexpr unsigned tagShift = 56;
  const typename D::Word tag = run.word("tag", 0, 0xff);
  const bool kernelHalf = run.flip("kernelHalf");
  const typename D::Word rest =
      kernelHalf ? run.word("kernelAddress", model::kernelHalf, 2 * model::kernelHalf - 1)
                 : run.word("address", 0, model::kernelHalf - 1);
  return {joined(tag << tagShift, rest, tagShift), rest, kernelHalf};
}

template <class D>
model::Vma<D> anyArea(Run<D>& run, const Question& q, const std::string& name,
                      const std::uint32_t* flags) {
  const unsigned shift = q.demandedGeometry.pageShift;
  const auto [lowest, highest] = extentOf(q);
  model::Vma<D> area;
  area.start = run.word(name + ".start", lowest, highest, shift);
  area.end = run.word(name + ".end", lowest, highest, shift);
  run.assume(area.start < area.end);
  area.pgoff = run.word(name + ".pgoff", 0, morePages);
  if (flags)
    area.flags = typename D::Flags(*flags);
  else
    area.flags = run.flags(name + ".flags", vm::all);
  // mmap's EOVERFLOW
  run.assume(area.pgoff + ((area.end - area.start) >> shift) < std::uint64_t{1} << (64 - shift));
  return area;
}

template <class D>
model::Space<D> anyProcess(Run<D>& run, const Question& q) {
  const std::uint64_t taskSize = q.parameters.taskSize;
  model::Space<D> s;
  s.parameters = q.parameters;
  s.counters.total = run.word("total", 0, morePages);
  s.counters.locked = run.word("locked", 0, morePages);
  s.counters.stack = run.word("stack", 0, morePages);
  s.counters.data = run.word("data", 0, morePages);
  s.counters.shared = run.word("shared", 0, morePages);
  s.counters.committed = run.word("committed", 0, morePages);

  s.minAddr = run.word("minAddr", 0, taskSize / 2);
  const typename D::Word lsmMinAddr = run.word("lsmMinAddr", 0, taskSize / 2);
  s.effectiveMinAddr = select(s.minAddr < lsmMinAddr, lsmMinAddr, s.minAddr);
  s.maxMapCount = run.word("maxMapCount", 0, 0x7fffffff);
  s.limits.stack = run.word("limitStack");
  s.limits.as = run.word("limitAs");
  s.limits.memlock = run.word("limitMemlock");
  s.limits.data = trace::unlimited;
  s.stackPointer = run.word("stackPointer");
  return s;
}

template <class D>
void Cover<D>::operator()(const model::Counters<D>& of) {
  sum_ = sumOf<D>(sum_, of);
  run_.assume(both(both(both(sum_.total <= counters_.total, sum_.stack <= counters_.stack),
                        both(sum_.locked <= counters_.locked, sum_.data <= counters_.data)),
                   both(sum_.shared <= counters_.shared, sum_.committed <= counters_.committed)));
}

template <class D>
void Cover<D>::all() const {
  run_.assume(sum_.total == counters_.total);
  run_.assume(sum_.locked == counters_.locked);
  run_.assume(sum_.data == counters_.data);
  run_.assume(sum_.stack == counters_.stack);
  run_.assume(both(sum_.shared == counters_.shared, sum_.committed == counters_.committed));
}

template <class D>
void coverAreas(Run<D>& run, const Question& q, const model::Space<D>& s) {
  Cover<D> cover(run, s.counters);
  for (const model::Vma<D>& area : s.areas)
    cover(contributionOf<D>(area.flags, (area.end - area.start) >> q.demandedGeometry.pageShift));
  if (q.expressible) cover.all();
}

template <class D>
model::Space<D> anyAreas(Run<D>& run, const Question& q, unsigned count, const FixedFlags& fixed) {
  model::Space<D> s = anyProcess(run, q);
  for (unsigned i = 0; i < count; ++i) {
    const std::string name = "area" + std::to_string(i);
    const std::uint32_t* flags = i < fixed.size() && fixed[i] ? &*fixed[i] : nullptr;
    const model::Vma<D> area = anyArea(run, q, name, flags);
    if (i > 0) run.assume(s.areas[i - 1].end <= area.start);
    s.areas.push_back(area);
  }
  s.lastAnon = count;
  s.lastObject = count;
  return s;
}

template <class D>
model::Space<D> anySpace(Run<D>& run, const Question& q, unsigned count, const FixedFlags& fixed) {
  model::Space<D> s = anyAreas(run, q, count, fixed);
  coverAreas(run, q, s);
  return s;
}

template <class D>
model::Space<D>
anyList(Run<D>& run, const Question& q,
        const std::type_identity_t<std::function<void(model::Vma<D>& area, unsigned number)>>&
            prepare) {
  model::Space<D> s = anyProcess(run, q);
  s.lastAnon = s.lastObject = lastIdentity;
  const auto cover = std::make_shared<Cover<D>>(run, s.counters);
  const unsigned shift = q.demandedGeometry.pageShift;
  const auto make = [&run, &q, prepare](unsigned number) {
    model::Vma<D> area = anyArea(run, q, "area" + std::to_string(number));
    prepare(area, number);
    return area;
  };
  if constexpr (std::is_same_v<D, Symbolic>) {
    if (!q.expressible) {
      typename model::Space<D>::Areas::Source source;
      source.make = make;
      source.cover = [cover](const model::Counters<D>& of) { (*cover)(of); };
      source.count = run.word("areas", 0, 0x7fffffff);
      source.pageShift = shift;
      s.areas.open(std::move(source));
      return s;
    }
  }
  std::vector<model::Vma<D>> areas;
  const unsigned count = q.expressible ? run.choose("areas", 4) : 0;
  const auto known = [&](unsigned k) {
    if constexpr (std::is_same_v<D, Symbolic>)
      return k < count;
    else
      return q.expressible ? k < count : run.has("area" + std::to_string(k) + ".start");
  };
  for (unsigned k = 0; known(k); ++k) {
    areas.push_back(make(k));
    const model::Vma<D>& area = areas.back();
    if (q.expressible && k > 0) run.assume(areas[k - 1].end <= area.start);
    (*cover)(contributionOf<D>(area.flags, (area.end - area.start) >> shift));
  }
  if (q.expressible) cover->all();
  if constexpr (!std::is_same_v<D, Symbolic>) {
    std::sort(areas.begin(), areas.end(),
              [](const auto& a, const auto& b) { return a.start < b.start; });
    if (!q.expressible) s.otherAreas = run.word("areas", 0, 0x7fffffff) - areas.size();
  }
  for (const model::Vma<D>& area : areas)
    s.areas.push_back(area);
  return s;
}

template <class D>
std::vector<model::Vma<D>> areasBefore(const model::Space<D>& before, const model::Space<D>& s) {
  if constexpr (std::is_same_v<D, Symbolic>)
    if (s.areas.isOpen()) return s.areas.taken();
  return {before.areas.begin(), before.areas.end()};
}

template <class D>
model::Counters<D> goneUnknown(const model::Space<D>& s) {
  if constexpr (std::is_same_v<D, Symbolic>)
    return s.areas.gone();
  else
    return {};
}

template <class D>
bool othersAsBefore(const model::Space<D>& before, const model::Space<D>& s, model::Position<D> i) {
  if constexpr (std::is_same_v<D, Symbolic>) {
    return s.areas.changesOnly(i);
  } else {
    const auto same = [](const model::Vma<D>& a, const model::Vma<D>& b) {
      return a.start == b.start && a.end == b.end && a.pgoff == b.pgoff && a.flags == b.flags &&
             a.anon == b.anon && a.object == b.object && a.forked == b.forked;
    };
    bool kept = before.areas.size() == s.areas.size();
    for (std::size_t k = 0; kept && k < s.areas.size(); ++k)
      kept = k == i || same(before.areas[k], s.areas[k]);
    return kept;
  }
}

template <class D>
bool allAsBefore(const model::Space<D>& before, const model::Space<D>& s) {
  return othersAsBefore<D>(before, s, s.areas.endPosition());
}

template <class D>
void chooseAnonVma(Run<D>& run, model::Vma<D>& area, unsigned number) {
  const unsigned kind = run.choose("area" + std::to_string(number) + ".anon", number == 0 ? 2 : 3);
  area.anon = kind == 0 ? 0 : number + 1;
  area.forked = kind == 2;
}

template <class D>
void makePrivate(Run<D>& run, const model::Vma<D>& area) {
  run.assume(negated(any(area.flags & vm::shared)));
}

template <class D>
void makePrivate(Run<D>& run, model::Space<D>& s, std::size_t i) {
  makePrivate(run, s.areas[i]);
}

template <class D>
typename D::Truth sameArea(const model::Vma<D>& a, const model::Vma<D>& b) {
  return both(both(a.start == b.start, a.end == b.end),
              both(a.pgoff == b.pgoff, a.flags == b.flags));
}

template <class D>
typename D::Truth sameCounters(const model::Counters<D>& a, const model::Counters<D>& b) {
  return both(both(both(a.total == b.total, a.stack == b.stack),
                   both(a.locked == b.locked, a.data == b.data)),
              both(a.shared == b.shared, a.committed == b.committed));
}

template <class D>
typename D::Truth sameState(const model::Space<D>& a, const model::Space<D>& b) {
  typename D::Truth same = sameCounters<D>(a.counters, b.counters);
  const auto all = [&same](const auto& left, const auto& right, const auto& equal) {
    if (left.size() != right.size()) same = false;
    auto at = right.begin();
    for (const auto& item : left) {
      if (at == right.end()) return;
      same = both(same, equal(item, *at));
      ++at;
    }
  };
  all(a.areas, b.areas, [](const auto& x, const auto& y) {
    return both(sameArea<D>(x, y), truthLike(x.start, x.anon == y.anon && x.object == y.object &&
                                                          x.forked == y.forked));
  });
  all(a.entries, b.entries, [](const auto& x, const auto& y) {
    return both(both(truthLike(x.address, x.frame == y.frame && x.kind == y.kind),
                     both(x.address == y.address, x.prot == y.prot)),
                both(both(x.inherited == y.inherited, x.writable == y.writable),
                     both(x.dirty == y.dirty, x.hosted == y.hosted)));
  });
  all(a.tables, b.tables, [](const auto& x, const auto& y) {
    return both(truthLike(x.block, x.level == y.level), x.block == y.block);
  });
  all(a.objects, b.objects, [](const auto& x, const auto& y) {
    return both(truthLike(x.pages, x.id == y.id), x.pages == y.pages);
  });
  all(a.objectPages, b.objectPages, [](const auto& x, const auto& y) {
    return both(truthLike(x.index, x.object == y.object && x.frame == y.frame),
                both(x.index == y.index, x.dirty == y.dirty));
  });
  return same;
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

// --- both domains

#define GROWSDOWN_INSTANTIATE(D)                                                                   \
  template class Cover<D>;                                                                         \
  template model::Vma<D> anyArea(Run<D>&, const Question&, const std::string&,                     \
                                 const std::uint32_t*);                                            \
  template model::Space<D> anyProcess(Run<D>&, const Question&);                                   \
  template void coverAreas(Run<D>&, const Question&, const model::Space<D>&);                      \
  template model::Space<D> anyAreas(Run<D>&, const Question&, unsigned, const FixedFlags&);        \
  template model::Space<D> anySpace(Run<D>&, const Question&, unsigned, const FixedFlags&);        \
  template model::Space<D> anyList(Run<D>&, const Question&,                                       \
                                   const std::function<void(model::Vma<D>&, unsigned)>&);          \
  template std::vector<model::Vma<D>> areasBefore(const model::Space<D>&, const model::Space<D>&); \
  template model::Counters<D> goneUnknown(const model::Space<D>&);                                 \
  template bool othersAsBefore<D>(const model::Space<D>&, const model::Space<D>&,                  \
                                  model::Position<D>);                                             \
  template bool allAsBefore(const model::Space<D>&, const model::Space<D>&);                       \
  template void chooseAnonVma(Run<D>&, model::Vma<D>&, unsigned);                                  \
  template void makePrivate(Run<D>&, const model::Vma<D>&);                                        \
  template void makePrivate(Run<D>&, model::Space<D>&, std::size_t);                               \
  template D::Truth sameArea(const model::Vma<D>&, const model::Vma<D>&);                          \
  template D::Truth sameCounters(const model::Counters<D>&, const model::Counters<D>&);            \
  template D::Truth sameState(const model::Space<D>&, const model::Space<D>&);                     \
  template TaggedAddress<D> anyAddress(Run<D>&);                                                   \
  template void outputCounters(Run<D>&, const model::Counters<D>&);                                \
  template void outputAreas(Run<D>&, const model::Space<D>&);                                      \
  template void requireOrdered(Run<D>&, const Question&, const model::Space<D>&);                  \
  template Covered<D> coveredAt(const Question&, const model::Space<D>&, const D::Word&);

GROWSDOWN_INSTANTIATE(Symbolic)
GROWSDOWN_INSTANTIATE(model::Concrete)

#undef GROWSDOWN_INSTANTIATE

} // namespace growsdown::proofs
