#include "reference/physical_memory.h"

#include <algorithm>

namespace growsdown::reference {

void PhysicalMemory::clear(Table table) {
  TableState& state = tables_[table];
  state.entries.empty([&](unsigned low, unsigned high) {
    std::uint64_t* const entry = words(table);
    std::fill(entry + low, entry + high, std::uint64_t{0});
  });
  state.pinned = false;
}

void PhysicalMemory::reset(unsigned entryBits) {
  GROWSDOWN_CHECK(entryBits <= chunkBits);
  for (Table table = 0; table < tableNumbers_.next(); ++table)
    clear(table);
  tableNumbers_.restart(0);
  frameNumbers_.restart(firstFrame);
  if (entryBits != entryBits_) {
    entryBits_ = entryBits;
    tables_.assign(tableCapacity(), {});
    bases_.resize(tableCapacity());
    tableNumbers_.reserve(tableCapacity());
  }
}

// The lists of free frames and tables get room for all of them here, so that a release never
// allocates.
void PhysicalMemory::growFrames(std::uint32_t frames) {
  const std::size_t size =
      std::max<std::size_t>(frames_.size() * 2, frameNumbers_.next() + frames + 256U);
  frames_.resize(size);
  frameNumbers_.reserve(size);
}

void PhysicalMemory::growTables(std::uint32_t tables) {
  while (tableCapacity() - tableNumbers_.next() < tables)
    chunks_.emplace_back();
  tables_.resize(tableCapacity());
  bases_.resize(tableCapacity());
  tableNumbers_.reserve(tableCapacity());
}

} // namespace growsdown::reference
