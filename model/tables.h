// Page-table pages: made on demand, freed when no area is left that needs them.
#pragma once

#include "model/state.h"

namespace growsdown::model {

/// Whether the table that holds block `block` of `level` belongs to the program (it exists before
/// the trace and stays).
template <class D>
bool programTable(const Space<D>& s, unsigned level, const typename D::Word& block) {
  if (block == (trace::programAddress >> s.parameters.geometry.tableShift(level))) return true;
  return false;
}

template <class D>
std::size_t tablePosition(const Space<D>& s, unsigned level, const typename D::Word& block) {
  const auto at = std::lower_bound(s.tables.begin(), s.tables.end(), block,
                                   [&](const Table<D>& t, const typename D::Word& b) -> bool {
                                     return t.level < level ||
                                            (t.level == level && static_cast<bool>(t.block < b));
                                   });
  return static_cast<std::size_t>(at - s.tables.begin());
}

template <class D>
bool tableAt(const Space<D>& s, unsigned level, const typename D::Word& block) {
  const std::size_t at = tablePosition(s, level, block);
  if (at >= s.tables.size() || s.tables[at].level != level) return false;
  if (s.tables[at].block == block) return true;
  return false;
}

/// Makes the table at `level` on the way to `address` unless it exists.
template <class D>
void makeTable(LoggedSpace<D>& s, unsigned level, const typename D::Word& address) {
  const auto block = address >> s.parameters.geometry.tableShift(level);
  if (programTable(s, level, block) || tableAt(s, level, block)) return;
  s.mark(Rule::tableMade);
  s.tables.insert(s.tables.begin() + static_cast<std::ptrdiff_t>(tablePosition(s, level, block)),
                  Table<D>{level, block});
}

/// The tables on the way to the entry of `address`; `entryTable` says whether the last one too.
/// __handle_mm_fault: 4.3, 6.12 mm/memory.c.
template <class D>
void makeTables(LoggedSpace<D>& s, const typename D::Word& address, bool entryTable = true) {
  const unsigned levels = s.parameters.geometry.levels;
  for (unsigned level = 1; level + (entryTable ? 0 : 1) < levels; ++level)
    makeTable(s, level, address);
}

/// free_pgd_range: 4.3, 6.12 mm/memory.c. After areas in [start, end) have gone: a table that lies
/// over part of it and over no area that is left is freed, whatever it holds.
template <class D>
void freeTables(LoggedSpace<D>& s, const typename D::Word& start, const typename D::Word& end) {
  const auto& geometry = s.parameters.geometry;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < s.tables.size(); ++i) {
    const Table<D> table = s.tables[i];
    const unsigned shift = geometry.tableShift(table.level);
    const auto from = table.block << shift;
    const auto to = from + (std::uint64_t{1} << shift);
    if (from < end && to > start && !s.intersects(from, to))
      s.mark(Rule::tableFreed);
    else
      s.tables[kept++] = table;
  }
  s.tables.erase(s.tables.begin() + static_cast<std::ptrdiff_t>(kept), s.tables.end());
}

} // namespace growsdown::model
