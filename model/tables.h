// Page-table pages: made on demand, freed when no area needs them.
#pragma once

#include "model/state.h"

namespace growsdown::model {

/// The first table of the list at or after that of a block.
template <class D>
std::size_t tablePosition(const Space<D>& s, unsigned level, const typename D::Word& block) {
  const auto at =
      std::lower_bound(s.tables.begin(), s.tables.end(), block,
                       [&](const Table<D>& t, const typename D::Word& b) -> bool {
                         return t.level < level || (t.level == level && decide(t.block < b));
                       });
  return static_cast<std::size_t>(at - s.tables.begin());
}

/// Whether the table at that position is that of a block.
template <class D>
bool isTable(const Space<D>& s, std::size_t at, unsigned level, const typename D::Word& block) {
  if (at >= s.tables.size() || s.tables[at].level != level) return false;
  return decide(s.tables[at].block == block);
}
template <class D>
bool tableAt(const Space<D>& s, unsigned level, const typename D::Word& block) {
  return isTable(s, tablePosition(s, level, block), level, block);
}

/// Makes the table at `level` on the way to `address` unless it exists. The tables of the program
/// itself exist before the trace and stay; they are not listed.
template <class D>
void makeTable(LoggedSpace<D>& s, unsigned level, const typename D::Word& address) {
  const unsigned shift = s.parameters.geometry.tableShift(level);
  const typename D::Word block = address >> shift;
  if (block == s.parameters.program >> shift) return;
  const std::size_t at = tablePosition(s, level, block);
  if (isTable(s, at, level, block)) return;
  s.mark(Rule::tableMade);
  s.tables.insert(s.tables.begin() + static_cast<std::ptrdiff_t>(at), Table<D>{level, block});
}

/// Makes the tables on the way to the entry of `address`; without `entryTable` not the last one.
/// __handle_mm_fault: 4.3, 6.12 mm/memory.c.
template <class D>
void makeTables(LoggedSpace<D>& s, const typename D::Word& address, bool entryTable = true) {
  const unsigned levels = s.parameters.geometry.levels;
  for (unsigned level = 1; level + (entryTable ? 0 : 1) < levels; ++level)
    makeTable(s, level, address);
}

/// free_pgd_range: 4.3, 6.12 mm/memory.c. Called after the areas in [start, end) were removed.
/// Frees each table that spans part of the range and no remaining area, whatever entries it holds.
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
