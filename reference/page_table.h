// A process's page tables: a radix tree of arm64 descriptors in simulated physical memory.
#pragma once

#include "reference/descriptor.h"
#include "reference/physical_memory.h"
#include "trace/ruleset.h"

#include <array>
#include <cstdint>

namespace growsdown::reference {
inline namespace GROWSDOWN_REFERENCE_BUILD {

/// Addresses are bytes, below `1 << geometry.vaBits`. Level 0 is the root; tables of the last level
/// hold the page descriptors. Who may be mapped where is not decided here.
class PageTable {
 public:
  using Table = PhysicalMemory::Table;

  /// Where the descriptor of a page lives. Valid until its table is freed.
  struct Slot {
    Table table = 0;
    unsigned index = 0;
    bool exists = false; ///< false: there is no last-level table for the address
  };

  explicit PageTable(PhysicalMemory& memory) : memory_(memory) {}

  /// An empty tree. Resets the physical memory with it. The tables on the way to `pinnedAddress`
  /// exist, are not counted and are never freed.
  void start(const trace::Geometry& geometry, std::uint64_t pinnedAddress);

  /// The slot for an address, if its table exists.
  Slot find(std::uint64_t address) const;
  /// The same; makes the tables that are missing.
  Slot make(std::uint64_t address);
  /// Makes the tables for an address but for the last level's.
  void makeUpper(std::uint64_t address);

  std::uint64_t get(Slot slot) const { return memory_.entries(slot.table)[slot.index]; }
  void set(Slot slot, std::uint64_t value) {
    present_ += static_cast<std::uint64_t>(value != 0);
    present_ -= static_cast<std::uint64_t>(get(slot) != 0);
    memory_.set(slot.table, slot.index, value);
  }

  /// Entries that are not empty.
  std::uint64_t present() const { return present_; }
  /// Table pages besides the root and the pinned ones.
  std::uint64_t tables() const { return tables_; }

  /// Calls `visit(address, slot)` for each entry that is not empty in [start, end), ascending. It
  /// may set that slot.
  template <typename Visit>
  void forEach(std::uint64_t start, std::uint64_t end, Visit&& visit) const {
    if (start < end) walk(0, 0, 0, start, end - 1, visit);
  }
  /// The addresses that a last-level table spans, both inclusive.
  struct Block {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool exists = false;
  };
  /// The lowest last-level table that touches [start, end), if there is one.
  Block firstLeaf(std::uint64_t start, std::uint64_t end) const {
    return start < end ? tableWithin(last_, 0, 0, 0, start, end - 1) : Block{};
  }
  /// The lowest table one level up that touches it; none where only the root is there.
  Block firstUpper(std::uint64_t start, std::uint64_t end) const {
    return start < end && last_ > 1 ? tableWithin(last_ - 1, 0, 0, 0, start, end - 1) : Block{};
  }

  /// Frees each table that touches [start, end) and spans nothing below `floor` nor from `ceiling`
  /// on (0: the end of all addresses), the lower levels first (Linux mm/memory.c:free_pgd_range).
  /// What entries they still hold must have been cleared.
  void freeTables(std::uint64_t start, std::uint64_t end, std::uint64_t floor,
                  std::uint64_t ceiling) {
    if (start < end) freeWithin(0, 0, 0, start, end - 1, floor, ceiling);
  }
  /// Frees each last-level table that lies wholly in [start, end); it must be empty.
  void freeLeaves(std::uint64_t start, std::uint64_t end);
  /// Frees each table for which `keep(start, last)` is false, `last` inclusive.
  template <typename Keep>
  void freeUnless(Keep&& keep) {
    prune(0, 0, 0, keep);
  }

  /// The bytes that a last-level table spans.
  std::uint64_t leafSpan() const { return std::uint64_t{1} << shifts_[last_ - 1]; }

  /// Whether the structure is sound: every table has one parent, counts are right, pinned tables
  /// are there. For tests; slow.
  bool verify() const;

 private:
  unsigned indexAt(unsigned level, std::uint64_t address) const {
    return static_cast<unsigned>(address >> shifts_[level]) & masks_[level];
  }
  Table child(std::uint64_t entry) const {
    return PhysicalMemory::tableIn(descriptor::frameOf(entry, pageShift_));
  }
  Table descend(Table table, unsigned level, std::uint64_t address);

  template <typename Visit>
  void walk(Table table, unsigned level, std::uint64_t base, std::uint64_t start,
            std::uint64_t last, Visit& visit) const;
  Block tableWithin(unsigned depth, Table table, unsigned level, std::uint64_t base,
                    std::uint64_t start, std::uint64_t last) const;
  template <typename Keep>
  void prune(Table table, unsigned level, std::uint64_t base, Keep& keep);
  void freeWithin(Table table, unsigned level, std::uint64_t base, std::uint64_t start,
                  std::uint64_t last, std::uint64_t floor, std::uint64_t ceiling);
  void release(Table parent, unsigned index, unsigned level);

  /// The part of a table's index range that [start, last] touches and that is in use.
  struct Range {
    unsigned from;
    unsigned to;
  };
  Range clip(Table table, unsigned level, std::uint64_t base, std::uint64_t start,
             std::uint64_t last) const {
    const unsigned shift = shifts_[level];
    unsigned from = start > base ? static_cast<unsigned>((start - base) >> shift) : 0U;
    const std::uint64_t lastIndex = (last - base) >> shift;
    unsigned to =
        lastIndex >= masks_[level] ? masks_[level] + 1 : static_cast<unsigned>(lastIndex) + 1;
    if (from < memory_.low(table)) from = memory_.low(table);
    if (to > memory_.high(table)) to = memory_.high(table);
    return {from, to};
  }

  PhysicalMemory& memory_;
  std::array<unsigned, 5> shifts_{};
  std::array<unsigned, 5> masks_{};
  unsigned last_ = 2; ///< the level whose tables hold pages
  unsigned pageShift_ = 12;
  std::uint64_t present_ = 0;
  std::uint64_t tables_ = 0;

  // The last-level table found last.
  mutable std::uint64_t cachedBlock_ = ~std::uint64_t{0};
  mutable Table cachedTable_ = 0;
};

template <typename Visit>
void PageTable::walk(Table table, unsigned level, std::uint64_t base, std::uint64_t start,
                     std::uint64_t last, Visit& visit) const {
  const Range range = clip(table, level, base, start, last);
  for (unsigned index = range.from; index < range.to; ++index) {
    const std::uint64_t entry = memory_.entries(table)[index];
    if (entry == 0) continue;
    const std::uint64_t address = base + (static_cast<std::uint64_t>(index) << shifts_[level]);
    if (level == last_)
      visit(address, Slot{table, index, true});
    else
      walk(child(entry), level + 1, address, start, last, visit);
  }
}

template <typename Keep>
void PageTable::prune(Table table, unsigned level, std::uint64_t base, Keep& keep) {
  if (level == last_) return;
  for (unsigned index = memory_.low(table); index < memory_.high(table); ++index) {
    const std::uint64_t entry = memory_.entries(table)[index];
    if (entry == 0) continue;
    const std::uint64_t address = base + (static_cast<std::uint64_t>(index) << shifts_[level]);
    prune(child(entry), level + 1, address, keep);
    if (!memory_.pinned(child(entry)) &&
        !keep(address, address + (std::uint64_t{1} << shifts_[level]) - 1))
      release(table, index, level);
  }
}

} // namespace GROWSDOWN_REFERENCE_BUILD
} // namespace growsdown::reference
