#include "reference/page_table.h"

#include <utility>
#include <vector>

namespace growsdown::reference {

template <>
bool RadixTree<PhysicalMemory>::verify() const {
  std::uint64_t entries = 0;
  std::uint64_t counted = 0;
  std::uint64_t pinned = 1;
  bool sound = memory_.pinned(0);
  // Depth first, without recursion: the (table, level) pairs still to visit.
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
      const std::uint64_t entry = memory_.get(table, index);
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
  return sound && entries == present_ && counted == tables_ && pinned == pinned_ &&
         memory_.tablesInUse() == counted + pinned;
}

template class RadixTree<PhysicalMemory>;

} // namespace growsdown::reference
