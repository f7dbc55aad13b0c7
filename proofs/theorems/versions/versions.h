// Two rule sets run on the same unknown state and step.
#pragma once

#include "model/step.h"
#include "proofs/budgets.h"
#include "proofs/theorems/versions/conditions.h"

namespace growsdown::proofs {

/// One operation of the model under the rules of two rule sets, on one state and with one step. The
/// table of conditions.h has the conditions under which the two may differ; a knob without a row
/// there does not matter to the operation.
///
/// Any two rule sets with pages of one size are compared. Both run with the address layout of the
/// left one (the end of user addresses, the shape of the page tables), because the theorem is about
/// the rules and not about the layout. The part of a state that only /proc shows (the page that 4.3
/// hides, VmData) is not compared.
///
/// Each condition is needed: without it, the theorem must be refuted by a state that meets this
/// condition and no other.
template <class Op>
struct Versions {
  template <class D>
  void operator()(Run<D>& run, const Question& q) const {
    Case<D> c = Op::template any<D>(run, q);
    c.operation = Op::operation;
    c.left = q.demanded;
    c.right = q.parameters.rules;
    setScene(run, c.space, c.call);
    run.except(excused(c, q, Excuses::everything));

    model::LoggedSpace<D> a = c.space;
    a.parameters.rules = c.left;
    model::LoggedSpace<D> b = c.space;
    const model::StepResult<D> left = exactly<D>([&] { return step(a, c); });
    const model::StepResult<D> right = exactly<D>([&] { return step(b, c); });
    c.refused = !left.done();

    run.require("the same answer",
                both(c.is(left.error == right.error && left.verdict == right.verdict &&
                          left.chosen == right.chosen),
                     left.address == right.address));
    requireSame(run, c, a, b);
    run.require("the same minor faults",
                either(c.is(a.log.faults == b.log.faults && a.log.majorFault == b.log.majorFault),
                       excused(c, q, Excuses::minorFaults)));
    run.output("error", std::uint64_t{static_cast<std::uint8_t>(left.error)});
    run.output("verdict", std::uint64_t{static_cast<std::uint8_t>(left.verdict)});
    run.output("address", left.address);
    outputAreas(run, a);
    outputAreas(run, b);
    outputCounters(run, a.counters);
    outputCounters(run, b.counters);
    noteRules(run, a);
    noteRules(run, b);
  }

 private:
  /// The step itself. An operation that is only a part of a step defines that part (`Op::step`).
  template <class D>
  static model::StepResult<D> step(model::LoggedSpace<D>& s, const Case<D>& c) {
    if constexpr (requires { Op::template step<D>(s, c); })
      return Op::template step<D>(s, c);
    else
      return model::perform<D>(s, c.call);
  }

  /// Whether some condition of the pair holds.
  template <class D>
  static Truth<D> excused(const Case<D>& c, const Question& q, Excuses what) {
    Truth<D> some = c.is(false);
    for (const Condition<D>& row : conditionsOf<D>(Op::operation, *c.left, *c.right))
      if (row.excuses == what && row.knob != q.dropped) some = either(some, row.holds(c));
    return some;
  }

  template <class D>
  static void requireSame(Run<D>& run, const Case<D>& c, const model::Space<D>& a,
                          const model::Space<D>& b) {
    const bool sizes = a.areas.size() == b.areas.size() && a.entries.size() == b.entries.size() &&
                       a.tables.size() == b.tables.size() && a.objects.size() == b.objects.size() &&
                       a.objectPages.size() == b.objectPages.size();
    run.require("as many areas, pages, tables and objects", c.is(sizes));
    if (!sizes) return;
    for (std::size_t i = 0; i < a.areas.size(); ++i) {
      const model::Vma<D>& x = a.areas[i];
      const model::Vma<D>& y = b.areas[i];
      run.require("the same areas",
                  both(sameArea<D>(x, y),
                       c.is(x.anon == y.anon && x.object == y.object && x.forked == y.forked)));
    }
    for (std::size_t i = 0; i < a.entries.size(); ++i) {
      const model::Entry<D>& x = a.entries[i];
      const model::Entry<D>& y = b.entries[i];
      run.require("the same pages",
                  both(both(both(x.address == y.address, x.prot == y.prot),
                            c.is(x.frame == y.frame && x.kind == y.kind)),
                       both(both(x.inherited == y.inherited, x.writable == y.writable),
                            both(x.dirty == y.dirty, x.hosted == y.hosted))));
    }
    for (std::size_t i = 0; i < a.tables.size(); ++i)
      run.require("the same tables", both(c.is(a.tables[i].level == b.tables[i].level),
                                          a.tables[i].block == b.tables[i].block));
    for (std::size_t i = 0; i < a.objects.size(); ++i)
      run.require("the same objects", both(c.is(a.objects[i].id == b.objects[i].id),
                                           a.objects[i].pages == b.objects[i].pages));
    for (std::size_t i = 0; i < a.objectPages.size(); ++i) {
      const model::ObjectPage<D>& x = a.objectPages[i];
      const model::ObjectPage<D>& y = b.objectPages[i];
      run.require("the same pages of objects",
                  both(both(x.index == y.index, x.dirty == y.dirty),
                       c.is(x.object == y.object && x.frame == y.frame)));
    }
    run.require("the same counters", sameCounters<D>(a.counters, b.counters));
    run.require("the same last fault", a.lastFault == b.lastFault);
  }
};

template <class Op>
Theorem versionsTheorem(std::string_view name, std::string_view claim, std::string_view sizes,
                        bool onRequest = false) {
  Theorem t;
  t.onRequest = onRequest;
  t.name = name;
  t.claims = {claim,
              "The answers and the states are equal: areas with flags, page offset, anon_vma and "
              "object; present pages with frame and rights; page tables; objects; counters; the "
              "address of the last page fault."};
  t.sizes = sizes;
  t.assumptions = {"the areas are in order, disjoint, page-aligned and not empty",
                   "areas are private",
                   "counters include the areas",
                   "counters and page offsets are at most 2^52",
                   "no page table exists yet",
                   "both rule sets have the address layout of the left one"};
  t.speaksOf = [](const trace::RuleSet&) { return true; };
  t.budget = budgets::versions;
  t.explore = exploreCode<Versions<Op>>;
  t.scene = sceneOf<Versions<Op>>;
  t.unless = [](const trace::RuleSet& left, const trace::RuleSet& right) {
    std::vector<Unless> list;
    for (const auto& row : conditionsOf<model::Concrete>(Op::operation, left, right))
      list.push_back({row.knob, row.words});
    return list;
  };
  return t;
}

/// The theorems of each file.
std::vector<Theorem> versionsOfAccesses();
std::vector<Theorem> versionsOfRanges();
std::vector<Theorem> versionsOfMaps();
std::vector<Theorem> versionsOfRemaps();

} // namespace growsdown::proofs
