#include "reference/physical_memory.h"

#include <algorithm>

namespace growsdown::reference {
inline namespace GROWSDOWN_REFERENCE_BUILD {

void PhysicalMemory::clear(Table table) {
  TableState& state = tables_[table];
  if (state.entries.used != 0) {
    std::uint64_t* entry = words(table);
    std::fill(entry + state.entries.low, entry + state.entries.high, std::uint64_t{0});
  }
  state = {};
}

void PhysicalMemory::reset(unsigned entryBits) {
  for (Table table = 0; table < nextTable_; ++table)
    clear(table);
  nextTable_ = 0;
  nextFrame_ = 1;
  freeFrames_.clear();
  freeTables_.clear();
  if (entryBits != entryBits_) {
    entryBits_ = entryBits;
    tables_.assign(tableCapacity(), {});
    freeTables_.reserve(tableCapacity());
  }
}

// The lists of free frames and tables get room for all of them here, so that releasing one never
// allocates.
void PhysicalMemory::growFrames(std::uint32_t frames) {
  const std::size_t size = std::max<std::size_t>(frames_.size() * 2, nextFrame_ + frames + 256U);
  frames_.resize(size);
  freeFrames_.reserve(size);
}

void PhysicalMemory::growTables(std::uint32_t tables) {
  while (tableCapacity() - nextTable_ < tables)
    chunks_.push_back(std::make_unique<std::uint64_t[]>(chunkWords));
  tables_.resize(tableCapacity());
  freeTables_.reserve(tableCapacity());
}

} // namespace GROWSDOWN_REFERENCE_BUILD
} // namespace growsdown::reference
