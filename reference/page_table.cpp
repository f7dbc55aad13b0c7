#include "reference/page_table.h"

#include <algorithm>

namespace growsdown::reference {
inline namespace GROWSDOWN_REFERENCE_BUILD {

void PageTable::start(const trace::Geometry& geometry, std::uint64_t pinnedAddress) {
  unsigned widest = 0;
  for (unsigned level = 0; level < geometry.levels; ++level) {
    shifts_[level] = geometry.shift(level);
    masks_[level] = (1U << geometry.indexBits[level]) - 1;
    widest = std::max(widest, geometry.indexBits[level]);
  }
  last_ = geometry.levels - 1;
  pageShift_ = geometry.pageShift;
  memory_.reset(widest);
  present_ = 0;
  cachedBlock_ = ~std::uint64_t{0};
  memory_.pin(memory_.allocateTable()); // the root is table 0
  makeUpper(pinnedAddress);
  make(pinnedAddress);
  Table table = 0;
  for (unsigned level = 0; level < last_; ++level) {
    table = child(memory_.entries(table)[indexAt(level, pinnedAddress)]);
    memory_.pin(table);
  }
  tables_ = 0;
}

PageTable::Slot PageTable::find(std::uint64_t address) const {
  const std::uint64_t block = address >> shifts_[last_ - 1];
  if (block == cachedBlock_) return {cachedTable_, indexAt(last_, address), true};
  Table table = 0;
  for (unsigned level = 0; level < last_; ++level) {
    const std::uint64_t entry = memory_.entries(table)[indexAt(level, address)];
    if (entry == 0) return {};
    table = child(entry);
  }
  cachedBlock_ = block;
  cachedTable_ = table;
  return {table, indexAt(last_, address), true};
}

PageTable::Table PageTable::descend(Table table, unsigned level, std::uint64_t address) {
  const unsigned index = indexAt(level, address);
  const std::uint64_t entry = memory_.entries(table)[index];
  if (entry != 0) return child(entry);
  const Table made = memory_.allocateTable();
  memory_.set(table, index, descriptor::tableAt(PhysicalMemory::frameOf(made), pageShift_));
  ++tables_;
  return made;
}

PageTable::Slot PageTable::make(std::uint64_t address) {
  const Slot found = find(address);
  if (found.exists) return found;
  Table table = 0;
  for (unsigned level = 0; level < last_; ++level)
    table = descend(table, level, address);
  cachedBlock_ = address >> shifts_[last_ - 1];
  cachedTable_ = table;
  return {table, indexAt(last_, address), true};
}

void PageTable::makeUpper(std::uint64_t address) {
  Table table = 0;
  for (unsigned level = 0; level + 1 < last_; ++level)
    table = descend(table, level, address);
}

void PageTable::release(Table parent, unsigned index, unsigned level) {
  const Table table = child(memory_.entries(parent)[index]);
  // Whoever calls has cleared the entries and freed the tables below; be exact even if not.
  if (level + 1 == last_) {
    present_ -= memory_.used(table);
  } else {
    for (unsigned i = memory_.low(table); i < memory_.high(table); ++i)
      if (memory_.entries(table)[i] != 0) release(table, i, level + 1);
  }
  memory_.releaseTable(table);
  memory_.set(parent, index, 0);
  --tables_;
  cachedBlock_ = ~std::uint64_t{0};
}

void PageTable::freeWithin(Table table, unsigned level, std::uint64_t base, std::uint64_t start,
                           std::uint64_t last, std::uint64_t floor, std::uint64_t ceiling) {
  if (level == last_) return;
  const Range range = clip(table, level, base, start, last);
  for (unsigned index = range.from; index < range.to; ++index) {
    const std::uint64_t entry = memory_.entries(table)[index];
    if (entry == 0) continue;
    const std::uint64_t from = base + (static_cast<std::uint64_t>(index) << shifts_[level]);
    const std::uint64_t to = from + (std::uint64_t{1} << shifts_[level]);
    freeWithin(child(entry), level + 1, from, start, last, floor, ceiling);
    if (memory_.pinned(child(entry))) continue;
    const bool reachesUp = ceiling != 0 && to > ceiling && !planted(Bug::tableFreedEarly);
    if (from >= floor && !reachesUp) release(table, index, level);
  }
}

PageTable::Block PageTable::tableWithin(unsigned depth, Table table, unsigned level,
                                        std::uint64_t base, std::uint64_t start,
                                        std::uint64_t last) const {
  const Range range = clip(table, level, base, start, last);
  for (unsigned index = range.from; index < range.to; ++index) {
    const std::uint64_t entry = memory_.entries(table)[index];
    if (entry == 0) continue;
    const std::uint64_t first = base + (static_cast<std::uint64_t>(index) << shifts_[level]);
    if (level + 1 == depth) return {first, first + (std::uint64_t{1} << shifts_[level]) - 1, true};
    const Block found = tableWithin(depth, child(entry), level + 1, first, start, last);
    if (found.exists) return found;
  }
  return {};
}

void PageTable::freeLeaves(std::uint64_t start, std::uint64_t end) {
  for (Block block = firstLeaf(start, end); block.exists; block = firstLeaf(block.last + 1, end)) {
    if (block.first < start || block.last >= end) continue;
    Table table = 0;
    for (unsigned level = 0; level + 1 < last_; ++level)
      table = child(memory_.entries(table)[indexAt(level, block.first)]);
    const unsigned index = indexAt(last_ - 1, block.first);
    if (!memory_.pinned(child(memory_.entries(table)[index]))) release(table, index, last_ - 1);
  }
}

bool PageTable::verify() const {
  std::uint64_t entries = 0;
  std::uint64_t counted = 0;
  std::uint64_t pinned = 1;
  bool sound = memory_.pinned(0);
  // Depth first, without recursion: (table, level) still to look at.
  std::vector<std::pair<Table, unsigned>> pending{{0, 0}};
  std::vector<bool> seen;
  while (!pending.empty()) {
    const auto [table, level] = pending.back();
    pending.pop_back();
    if (seen.size() <= table) seen.resize(table + 1);
    if (seen[table]) return false; // two parents
    seen[table] = true;
    unsigned used = 0;
    for (unsigned index = 0; index <= masks_[level]; ++index) {
      const std::uint64_t entry = memory_.entries(table)[index];
      if (entry == 0) continue;
      ++used;
      if (index < memory_.low(table) || index >= memory_.high(table)) sound = false;
      if (level == last_) {
        ++entries;
        if (!descriptor::present(entry)) sound = false;
      } else {
        if ((entry & 3) != 3) sound = false;
        const Table next = child(entry);
        memory_.pinned(next) ? ++pinned : ++counted;
        pending.emplace_back(next, level + 1);
      }
    }
    if (used != memory_.used(table)) sound = false;
  }
  return sound && entries == present_ && counted == tables_ && pinned == last_ + 1 &&
         memory_.tablesInUse() == counted + pinned;
}

} // namespace GROWSDOWN_REFERENCE_BUILD
} // namespace growsdown::reference
