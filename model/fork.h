// fork: the child's state at its start. The trace continues in the child. The parent only waits, so
// its mappings do not change.
#pragma once

#include "model/fault.h"
#include "model/state.h"
#include "model/tables.h"

#include <utility>

namespace growsdown::model {

/// dup_mmap: 4.3, 6.12 kernel/fork.c; anon_vma_fork: mm/rmap.c; copy_page_range: mm/memory.c.
template <class D>
void fork(LoggedSpace<D>& s) {
  const std::vector<Table<D>> parentTables = std::exchange(s.tables, {});
  s.areas.changeEach([&](Vma<D>& area) {
    area.flags = area.flags & ~vm::locked;
    if (area.anon != 0) {
      s.mark(Rule::forkAnonVma);
      area.anon = ++s.lastAnon;
      area.forked = true;
      for (const Table<D>& table : parentTables) {
        const unsigned shift = s.parameters.geometry.tableShift(table.level);
        const auto from = table.block << shift;
        if (from < area.end && from + (std::uint64_t{1} << shift) > area.start)
          makeTable(s, table.level, from);
      }
    } else {
      s.mark(Rule::forkSkipsEntries);
      s.dropEntries(area.start, area.end);
    }
  });
  for (Entry<D>& entry : s.entries) {
    entry.prot = entry.prot & ~std::uint32_t{trace::prot::write};
    entry.writable = false;
    if (entry.kind == PageKind::anonymous) entry.inherited = true;
    flush(s, entry); // force_flush_all: 6.1 arch/um/kernel/tlb.c
  }
  s.counters.locked = typename D::Word{0};
  s.mark(Rule::forkDone);
}

} // namespace growsdown::model
