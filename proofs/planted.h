// Planted bugs: what a step of the right rules came to, spoilt as the reference is by the bug of
// the same name (reference/planted.cpp). The rules' own text stays free of them.
#pragma once

#include "model/step.h"
#include "trace/outcome.h"
#include "trace/step.h"
#include "trace/trace.h"

#include <string_view>
#include <vector>

namespace growsdown::proofs {

/// What became of a trace.
struct Replayed {
  std::vector<trace::Outcome> outcomes;
  trace::State state; ///< at the end
};
/// The trace on the reference with a bug of its catalogue; empty: none. The records' own outcomes
/// are not looked at. Throws std::invalid_argument where there is no such bug.
Replayed replayPlanted(std::string_view bug, const trace::Parameters& parameters,
                       const trace::Trace& trace, const trace::State& initial);

/// Makes `s`, which a step made of `before`, what it is with the bug; nothing where `bug` is empty.
template <class D>
void spoil(std::string_view bug, const model::Space<D>& before, const model::Call<D>& call,
           model::StepResult<D>& came, model::LoggedSpace<D>& s) {
  using model::PageKind;
  using trace::Op;
  if (bug.empty()) return;
  const auto end = call.address + s.pageUp(call.length);
  const bool access = call.op == Op::touch || call.op == Op::kernel;
  if (bug == "stale-entry") {
    if ((call.op != Op::munmap && call.op != Op::mmap) || !came.done()) return;
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
  } else if (bug == "dontneed-of-locked") {
    if (call.op != Op::dontneed || s.log.decided != model::Rule::dontneedLocked) return;
    s.dropEntries(call.address, end);
    came.error = trace::Errno::none;
  } else if (bug == "entries-keep-rights") {
    if (call.op == Op::mprotect) s.entries = before.entries;
  } else if (bug == "split-not-recorded") {
    if (call.op != Op::mprotect || !came.done()) return;
    const auto i = s.findVma(call.address);
    const model::Vma<D>* above = s.above(i);
    if (above == nullptr || above->start != end) return;
    model::Vma<D> area = s.area(i);
    area.end = above->end;
    s.replaceWindow(i, s.next(s.next(i)), &area, 1);
  } else if (bug == "move-forgets-write") {
    if (call.op != Op::mremap || !came.done()) return;
    for (model::Entry<D>& e : s.entries)
      if (e.address >= came.address && e.address < came.address + s.pageUp(call.newLength)) {
        e.prot = e.prot & ~std::uint32_t{trace::prot::write};
        e.writable = false;
      }
  } else if (bug == "fork-keeps-locked") {
    if (call.op != Op::fork) return;
    for (auto i = s.areas.firstPosition(); s.isArea(i); i = s.next(i)) {
      const auto locked = before.area(before.findVma(s.area(i).start)).flags & model::vm::locked;
      model::Vma<D> area = s.area(i);
      area.flags = area.flags | locked;
      s.replaceWindow(i, area);
    }
  } else if (bug == "copy-missing" || bug == "zero-page-reused") {
    if (!access || call.access != trace::Access::write || !came.done()) return;
    for (const model::Entry<D>& e : before.entries) {
      if (bug == "copy-missing" ? !e.inherited : e.kind != PageKind::zero) continue;
      if (e.address != s.pageDown(call.address)) continue;
      model::Entry<D> reused = e;
      reused.writable = reused.dirty = true;
      model::settle(s, reused, s.area(s.findVma(e.address)).flags);
      s.setEntry(reused);
    }
  } else if (bug == "guard-rolls-back" || bug == "growth-undone-on-accerr") {
    const auto refused =
        bug == "guard-rolls-back" ? model::Verdict::maperr : model::Verdict::accerr;
    if (!access || came.verdict != refused) return;
    s.areas = before.areas;
    s.counters = before.counters;
  } else if (bug == "table-not-freed") {
    if (call.op == Op::munmap || call.op == Op::mmap) s.tables = before.tables;
  } else if (bug == "adoption-missed") {
    if (!access || !came.done()) return;
    const auto i = s.findVma(call.address);
    if (!s.isArea(i) || s.area(i).anon == 0 || before.area(before.findVma(call.address)).anon != 0)
      return;
    model::Vma<D> area = s.area(i);
    area.anon = s.lastAnon = before.lastAnon + 1;
    s.replaceWindow(i, area);
  } else if (bug == "commit-not-returned") {
    if (call.op == Op::munmap) s.counters.committed = before.counters.committed;
  }
}

} // namespace growsdown::proofs
