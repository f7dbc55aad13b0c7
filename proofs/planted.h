// Planted bugs of the reference's list (reference/bugs/bugs.txt), applied to the result of a step
// of the model. The rules themselves do not contain them.
#pragma once

#include "model/step.h"
#include "planted/bugs.h"
#include "trace/outcome.h"
#include "trace/step.h"
#include "trace/trace.h"

#include <vector>

namespace growsdown::proofs {

/// The results of replaying a trace.
struct Replayed {
  std::vector<trace::Outcome> outcomes;
  trace::State state; ///< at the end
};
/// The trace on the planted copy of the reference. The outcomes that the records expect do not
/// matter.
Replayed replayPlanted(planted::Bug bug, const trace::Parameters& parameters,
                       const trace::Trace& trace, const trace::State& initial);

/// A step, before and after, as the functions below see it.
template <class D>
struct Stepped {
  const model::Space<D>& before;
  const model::Call<D>& call;
  model::StepResult<D>& result;
  model::LoggedSpace<D>& s; ///< after

  bool unmaps() const { return call.op == trace::Op::munmap || call.op == trace::Op::mmap; }
  bool accesses() const { return call.op == trace::Op::touch || call.op == trace::Op::kernel; }
  typename D::Word end() const { return call.address + s.pageUp(call.length); }
};

template <class D>
void applyStaleEntry(const Stepped<D>& step) {
  const auto& [before, call, result, s] = step;
  if (!step.unmaps() || !result.done()) return;
  const auto end = step.end();
  for (auto i = before.areas.firstPosition(); before.isArea(i); i = before.next(i)) {
    const model::Vma<D>& area = before.area(i);
    const auto from = area.start < call.address ? call.address : area.start;
    const auto last = (end < area.end ? end : area.end) - s.pageSize();
    // A table that no area needs any longer goes with what it holds.
    const unsigned shift = s.parameters.geometry.tableShift(s.parameters.geometry.levels - 1);
    const auto table = last >> shift << shift;
    for (const model::Entry<D>& e : before.entries)
      if (e.address == last && from < last &&
          s.intersects(table, table + (std::uint64_t{1} << shift)))
        s.setEntry(e);
  }
}

template <class D>
void applySplitNotRecorded(const Stepped<D>& step) {
  const auto& [before, call, result, s] = step;
  if (call.op != trace::Op::mprotect || !result.done()) return;
  const auto i = s.findVma(call.address);
  const model::Vma<D>* above = s.above(i);
  if (above == nullptr || above->start != step.end()) return;
  model::Vma<D> area = s.area(i);
  area.end = above->end;
  s.replaceWindow(i, s.next(s.next(i)), &area, 1);
}

template <class D>
void applyMoveForgetsWrite(const Stepped<D>& step) {
  const auto& [before, call, result, s] = step;
  if (call.op != trace::Op::mremap || !result.done()) return;
  for (model::Entry<D>& e : s.entries)
    if (e.address >= result.address && e.address < result.address + s.pageUp(call.newLength)) {
      e.prot = e.prot & ~std::uint32_t{trace::prot::write};
      e.writable = false;
    }
}

template <class D>
void applyForkKeepsLocked(const Stepped<D>& step) {
  const auto& [before, call, result, s] = step;
  if (call.op != trace::Op::fork) return;
  for (auto i = s.areas.firstPosition(); s.isArea(i); i = s.next(i)) {
    const auto locked = before.area(before.findVma(s.area(i).start)).flags & model::vm::locked;
    model::Vma<D> area = s.area(i);
    area.flags = area.flags | locked;
    s.replaceWindow(i, area);
  }
}

/// copy-missing and zero-page-reused.
template <class D>
void applyPageReused(planted::Bug bug, const Stepped<D>& step) {
  const auto& [before, call, result, s] = step;
  if (!step.accesses() || call.access != trace::Access::write || !result.done()) return;
  for (const model::Entry<D>& e : before.entries) {
    if (bug == planted::Bug::copyMissing ? !e.inherited : e.kind != model::PageKind::zero) continue;
    if (e.address != s.pageDown(call.address)) continue;
    model::Entry<D> reused = e;
    reused.writable = reused.dirty = true;
    model::settle(s, reused, s.area(s.findVma(e.address)).flags);
    s.setEntry(reused);
  }
}

/// guard-rolls-back and growth-undone-on-accerr.
template <class D>
void applyGrowthUndone(model::AccessResult refused, const Stepped<D>& step) {
  if (!step.accesses() || step.result.verdict != refused) return;
  step.s.areas = step.before.areas;
  step.s.counters = step.before.counters;
}

template <class D>
void applyAdoptionMissed(const Stepped<D>& step) {
  const auto& [before, call, result, s] = step;
  if (!step.accesses() || !result.done()) return;
  const auto i = s.findVma(call.address);
  if (!s.isArea(i) || s.area(i).anon == 0 || before.area(before.findVma(call.address)).anon != 0)
    return;
  model::Vma<D> area = s.area(i);
  area.anon = s.lastAnon = before.lastAnon + 1;
  s.replaceWindow(i, area);
}

/// The result of a step and the state after it, `result` and `s`, as they are with the bug. The other
/// bugs, and Bug::none, change nothing here.
template <class D>
void applyPlantedBug(planted::Bug bug, const model::Space<D>& before, const model::Call<D>& call,
                     model::StepResult<D>& result, model::LoggedSpace<D>& s) {
  using planted::Bug;
  using trace::Op;
  const Stepped<D> step{before, call, result, s};
  switch (bug) {
  case Bug::staleEntry:
    return applyStaleEntry(step);
  case Bug::dontneedOfLocked:
    if (call.op != Op::dontneed || s.log.decided != model::Rule::dontneedLocked) return;
    s.dropEntries(call.address, step.end());
    result.error = trace::Errno::none;
    return;
  case Bug::entriesKeepRights:
    if (call.op == Op::mprotect) s.entries = before.entries;
    return;
  case Bug::splitNotRecorded:
    return applySplitNotRecorded(step);
  case Bug::moveForgetsWrite:
    return applyMoveForgetsWrite(step);
  case Bug::forkKeepsLocked:
    return applyForkKeepsLocked(step);
  case Bug::copyMissing:
  case Bug::zeroPageReused:
    return applyPageReused(bug, step);
  case Bug::guardRollsBack:
    return applyGrowthUndone(model::AccessResult::maperr, step);
  case Bug::growthUndoneOnAccerr:
    return applyGrowthUndone(model::AccessResult::accerr, step);
  case Bug::tableNotFreed:
    if (step.unmaps()) s.tables = before.tables;
    return;
  case Bug::adoptionMissed:
    return applyAdoptionMissed(step);
  case Bug::commitNotReturned:
    if (call.op == Op::munmap) s.counters.committed = before.counters.committed;
    return;
  default:
    return;
  }
}

} // namespace growsdown::proofs
