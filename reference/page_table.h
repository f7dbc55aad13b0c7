// The page tables of a process: a radix tree of arm64 descriptors in simulated physical memory.
//
// The tree is a template over the memory. The reference runs it on PhysicalMemory, the proofs on
// memory of unknown contents. A memory names the types `Word` (addresses and counts), `Table`,
// `Index` and `Entry`.
#pragma once

#include "reference/change_log.h"
#include "reference/physical_memory.h"
#include "reference/touched.h"
#include "trace/check.h"
#include "trace/ruleset.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

namespace growsdown::proofs {
template <template <class> class RadixTree>
class StepwiseTree;
}

namespace growsdown::reference {

/// Addresses are in bytes, below `1 << geometry.vaBits`. Level 0 is the root; tables of the last
/// level hold the page descriptors. The tree does not decide which page may be mapped where.
template <class Memory>
class RadixTree {
 public:
  using Word = typename Memory::Word;
  using Table = typename Memory::Table;
  using Index = typename Memory::Index;
  using Entry = typename Memory::Entry;

  /// The place of a page's descriptor. Valid until its table is freed.
  struct Slot {
    Table table = 0;
    Index index = 0;
    bool exists = false; ///< false: the address has no last-level table
  };

  explicit RadixTree(Memory& memory) : memory_(memory) {}
  RadixTree(const RadixTree&) = default;
  /// Takes over the tree of another one, whose memory has been copied, but not its log.
  RadixTree& operator=(const RadixTree& other);

  /// Begins with an empty tree, and resets the physical memory.
  void start(const trace::Geometry& geometry);
  /// The same, except that the tables on the way to `pinnedAddress` exist, are not counted and are
  /// never freed.
  void start(const trace::Geometry& geometry, Word pinnedAddress);

  /// Notes the changes of entries in `log` until the next call; null: nowhere.
  void noteChanges(ChangeLog* log) {
    log_ = log;
    observed_ = log_ != nullptr || follows_;
  }

  /// Where entries changed since `follow`, if it was called since the start.
  const Touched& touched() const { return touched_; }
  /// From now on, `touched` is where entries change.
  void follow() {
    touched_ = {};
    observed_ = follows_ = true;
  }

  /// The slot of an address; it exists if its table does.
  Slot find(Word address) const;
  /// The slot of an address, after making the tables that are missing.
  Slot make(Word address);
  /// Makes the tables for an address, except for the last level's.
  void makeUpper(Word address);

  /// The entry in a slot that exists.
  Entry get(const Slot& slot) const {
    GROWSDOWN_CHECK(slot.exists);
    return memory_.get(slot.table, slot.index);
  }
  void set(const Slot& slot, Entry value) {
    if constexpr (machineWords)
      if (observed_) [[unlikely]]
        note(slot, value);
    replace(slot, value);
  }
  /// Moves an entry, which may change on the way to `value`.
  void move(const Slot& from, const Slot& to, Entry value) {
    if constexpr (machineWords)
      if (observed_) [[unlikely]]
        noteMove(from, to, value);
    replace(from, 0);
    replace(to, value);
  }

  /// The number of entries that are not empty.
  Word present() const { return present_; }
  /// The number of tables besides the root and the pinned ones.
  Word tables() const { return tables_; }

  /// Calls `visit(address, slot)` for each entry in [start, end) that is not empty, in ascending
  /// order. `visit` may set that slot.
  template <typename Visit>
  void forEach(Word start, Word end, Visit&& visit) const {
    checkRange(start, end);
    if (start < end) walk(0, 0, 0, start, end - 1, visit);
  }
  /// The addresses that a table spans, both inclusive.
  struct Block {
    Word first = 0;
    Word last = 0;
    bool exists = false;
  };
  /// The lowest last-level table that touches [start, end), if there is one.
  Block firstLeaf(Word start, Word end) const {
    checkRange(start, end);
    return start < end ? tableWithin(last_, 0, 0, 0, start, end - 1) : Block{};
  }
  /// The lowest table of the level above that touches [start, end), if there is one and it is not
  /// the root.
  Block firstUpper(Word start, Word end) const {
    checkRange(start, end);
    return start < end && last_ > 1 ? tableWithin(last_ - 1, 0, 0, 0, start, end - 1) : Block{};
  }

  /// Frees each table that touches [start, end) and lies within [floor, ceiling), the lower levels
  /// first (Linux mm/memory.c:free_pgd_range). Ceiling 0 means the end of all addresses. [floor,
  /// ceiling) must contain [start, end), and the entries in [start, end) must be empty.
  void freeTables(Word start, Word end, Word floor, Word ceiling) {
    checkRange(start, end);
    if constexpr (machineWords) GROWSDOWN_CHECK(floor <= start && (ceiling == 0 || end <= ceiling));
    if (start < end) freeWithin(0, 0, 0, {start, end - 1, floor, ceiling});
  }
  /// Frees each last-level table that lies wholly in [start, end). These tables must be empty.
  void freeLeaves(Word start, Word end);
  /// Frees each table for whose span `keep(start, last)` is false; `last` is inclusive.
  template <typename Keep>
  void freeUnless(Keep&& keep) {
    prune(0, 0, 0, keep);
  }

  /// The number of bytes that a last-level table spans.
  std::uint64_t leafSpan() const { return std::uint64_t{1} << shifts_[last_ - 1]; }

  /// Whether the structure is sound: every table has one parent, counts are right, pinned tables
  /// exist. Slow; for tests. Only trees in PhysicalMemory have it.
  bool verify() const;

 private:
  // The proofs run one round of each loop at a time.
  template <template <class> class>
  friend class proofs::StepwiseTree;

  /// The operands of freeTables; `last` is inclusive.
  struct Freed {
    Word start;
    Word last;
    Word floor;
    Word ceiling;
  };
  /// The part of a table's index range that an address range touches and that is in use.
  struct Range {
    Index from;
    Index to;
  };

  // Checks of addresses are for machine words: on symbolic ones each would be a case distinction.
  static constexpr bool machineWords = std::is_integral_v<Word>;
  void checkAddress(const Word& address) const {
    if constexpr (machineWords) GROWSDOWN_CHECK(address >> shifts_[0] <= masks_[0]);
  }
  void checkRange(const Word& start, const Word& end) const {
    if constexpr (machineWords)
      GROWSDOWN_CHECK(start >= end || (end - 1) >> shifts_[0] <= masks_[0]);
  }

  void shape(const trace::Geometry& geometry);
  /// The address of the page whose descriptor the slot has.
  Word addressOf(const Slot& slot) const {
    return memory_.base(slot.table) + (static_cast<Word>(slot.index) << pageShift_);
  }
  // Not inline: the caller, which usually has no log, stays small.
  [[gnu::noinline, gnu::cold]] void note(const Slot& slot, Entry value) {
    touch(slot);
    if (log_ != nullptr) log_->note(addressOf(slot), get(slot), value);
  }
  [[gnu::noinline, gnu::cold]] void noteMove(const Slot& from, const Slot& to, Entry value) {
    touch(from);
    touch(to);
    if (log_ != nullptr) log_->noteMove(addressOf(from), addressOf(to), value);
  }
  void touch(const Slot& slot) {
    touched_.add(addressOf(slot), addressOf(slot) + (std::uint64_t{1} << pageShift_));
  }
  void replace(const Slot& slot, Entry value) {
    Word present = present_;
    if (value != 0) ++present;
    if (get(slot) != 0) --present;
    present_ = present;
    memory_.set(slot.table, slot.index, value);
  }
  Index indexAt(unsigned level, Word address) const {
    return static_cast<Index>((address >> shifts_[level]) & masks_[level]);
  }
  /// The first address that an entry spans, of a table whose span begins at `base`.
  Word spanned(unsigned level, Word base, Index index) const {
    return base + (static_cast<Word>(index) << shifts_[level]);
  }
  Table child(Entry entry) const { return memory_.tableAt(entry, pageShift_); }
  Table descend(Table table, unsigned level, Word address);
  Range clip(Table table, unsigned level, Word base, Word start, Word last) const {
    const unsigned shift = shifts_[level];
    Index from = start > base ? static_cast<Index>((start - base) >> shift) : Index{0};
    const Word lastIndex = (last - base) >> shift;
    Index to =
        lastIndex >= masks_[level] ? Index{masks_[level] + 1} : static_cast<Index>(lastIndex) + 1;
    if (from < memory_.low(table)) from = memory_.low(table);
    if (to > memory_.high(table)) to = memory_.high(table);
    return {from, to};
  }

  // Functions named ...At are one round of a loop over the entries of a table. They call
  // `below(table, base)` to go on in the table that the entry leads to.
  template <typename Visit>
  void walk(Table table, unsigned level, Word base, Word start, Word last, Visit& visit) const;
  template <typename Visit, typename Below>
  void walkAt(Table table, unsigned level, Word base, Index index, Visit& visit,
              const Below& below) const;
  Block tableWithin(unsigned depth, Table table, unsigned level, Word base, Word start,
                    Word last) const;
  template <typename Below>
  Block tableWithinAt(unsigned depth, Table table, unsigned level, Word base, Index index,
                      const Below& below) const;
  template <typename Keep>
  void prune(Table table, unsigned level, Word base, Keep& keep);
  void freeWithin(Table table, unsigned level, Word base, const Freed& freed);
  /// Whether freeTables keeps a table that spans `from` to `last`, inclusive.
  bool stays(const Freed& freed, const Word& from, const Word& last) const;
  /// One round of prune and of freeWithin. `remove()` releases the table that the entry leads to.
  template <typename Keep, typename Below, typename Remove>
  void freeAt(Table table, unsigned level, Word base, Index index, Keep& keep, const Below& below,
              const Remove& remove);
  /// One round of freeLeaves. `remove(table, index)` releases the table that the entry leads to.
  template <typename Remove>
  void freeLeafAt(const Block& block, Word start, Word end, const Remove& remove);
  void release(Table parent, Index index, unsigned level);
  /// One round of release. `below(table, index)` releases the table that the entry leads to.
  template <typename Below>
  void emptyAt(Table table, Index index, const Below& below);
  /// The end of release, when the table has no entries: the table itself goes.
  void drop(Table parent, Index index, Table table);

  Memory& memory_;
  std::array<unsigned, 5> shifts_{};
  std::array<unsigned, 5> masks_{};
  unsigned last_ = 2; ///< the level whose tables hold pages
  unsigned pageShift_ = 12;
  unsigned pinned_ = 1; ///< the number of pinned tables
  Word present_ = 0;
  Word tables_ = 0;
  ChangeLog* log_ = nullptr;
  Touched touched_;
  bool follows_ = false;
  bool observed_ = false; ///< changes are of interest to the log or to `touched`

  // The last-level table that `find` or `make` found most recently.
  static constexpr std::uint64_t noBlock = ~std::uint64_t{0};
  mutable Word cachedBlock_ = noBlock;
  mutable Table cachedTable_ = 0;
};

using PageTable = RadixTree<PhysicalMemory>;

template <class Memory>
void RadixTree<Memory>::shape(const trace::Geometry& geometry) {
  for (unsigned level = 0; level < geometry.levels; ++level) {
    shifts_[level] = geometry.shift(level);
    masks_[level] = (1U << geometry.indexBits[level]) - 1;
  }
  last_ = geometry.levels - 1;
  pageShift_ = geometry.pageShift;
}

template <class Memory>
RadixTree<Memory>& RadixTree<Memory>::operator=(const RadixTree& other) {
  if (this == &other) return *this;
  shifts_ = other.shifts_;
  masks_ = other.masks_;
  last_ = other.last_;
  pageShift_ = other.pageShift_;
  pinned_ = other.pinned_;
  present_ = other.present_;
  tables_ = other.tables_;
  cachedBlock_ = other.cachedBlock_;
  cachedTable_ = other.cachedTable_;
  touched_ = other.touched_;
  follows_ = other.follows_;
  noteChanges(log_);
  return *this;
}

template <class Memory>
void RadixTree<Memory>::start(const trace::Geometry& geometry) {
  GROWSDOWN_CHECK(geometry.levels >= 2 && geometry.levels <= shifts_.size());
  shape(geometry);
  memory_.reset(*std::max_element(geometry.indexBits.begin(), geometry.indexBits.end()));
  present_ = 0;
  tables_ = 0;
  follows_ = false;
  noteChanges(log_);
  cachedBlock_ = noBlock;
  memory_.pin(memory_.allocateTable()); // the root is table 0
  pinned_ = 1;
}

template <class Memory>
void RadixTree<Memory>::start(const trace::Geometry& geometry, Word pinnedAddress) {
  start(geometry);
  checkAddress(pinnedAddress);
  makeUpper(pinnedAddress);
  make(pinnedAddress);
  Table table = 0;
  for (unsigned level = 0; level < last_; ++level) {
    table = child(memory_.get(table, indexAt(level, pinnedAddress)));
    memory_.pin(table);
  }
  pinned_ += last_;
  tables_ = 0;
}

template <class Memory>
auto RadixTree<Memory>::find(Word address) const -> Slot {
  const Word block = address >> shifts_[last_ - 1];
  if (block == cachedBlock_) return {cachedTable_, indexAt(last_, address), true};
  checkAddress(address);
  Table table = 0;
  for (unsigned level = 0; level < last_; ++level) {
    const Entry entry = memory_.get(table, indexAt(level, address));
    if (entry == 0) return {};
    table = child(entry);
  }
  cachedBlock_ = block;
  cachedTable_ = table;
  return {table, indexAt(last_, address), true};
}

template <class Memory>
auto RadixTree<Memory>::descend(Table table, unsigned level, Word address) -> Table {
  const Index index = indexAt(level, address);
  const Entry entry = memory_.get(table, index);
  if (entry != 0) return child(entry);
  Table made = memory_.allocateTable();
  if constexpr (machineWords) memory_.setBase(made, address >> shifts_[level] << shifts_[level]);
  memory_.set(table, index, memory_.entryOf(made, pageShift_));
  ++tables_;
  return made;
}

template <class Memory>
auto RadixTree<Memory>::make(Word address) -> Slot {
  Slot found = find(address);
  if (found.exists) return found;
  Table table = 0;
  for (unsigned level = 0; level < last_; ++level)
    table = descend(table, level, address);
  cachedBlock_ = address >> shifts_[last_ - 1];
  cachedTable_ = table;
  return {table, indexAt(last_, address), true};
}

template <class Memory>
void RadixTree<Memory>::makeUpper(Word address) {
  checkAddress(address);
  Table table = 0;
  for (unsigned level = 0; level + 1 < last_; ++level)
    table = descend(table, level, address);
}

template <class Memory>
template <typename Visit>
void RadixTree<Memory>::walk(Table table, unsigned level, Word base, Word start, Word last,
                             Visit& visit) const {
  const Range range = clip(table, level, base, start, last);
  for (Index index = range.from; index < range.to; ++index)
    walkAt(table, level, base, index, visit,
           [&](Table below, Word from) { walk(below, level + 1, from, start, last, visit); });
}

template <class Memory>
template <typename Visit, typename Below>
void RadixTree<Memory>::walkAt(Table table, unsigned level, Word base, Index index, Visit& visit,
                               const Below& below) const {
  const Entry entry = memory_.get(table, index);
  if (entry == 0) return;
  const Word address = spanned(level, base, index);
  if (level == last_)
    visit(address, Slot{table, index, true});
  else
    below(child(entry), address);
}

template <class Memory>
template <typename Keep>
void RadixTree<Memory>::prune(Table table, unsigned level, Word base, Keep& keep) {
  if (level == last_) return;
  for (Index index = memory_.low(table); index < memory_.high(table); ++index)
    freeAt(
        table, level, base, index, keep,
        [&](Table below, Word from) { prune(below, level + 1, from, keep); },
        [&] { release(table, index, level); });
}

template <class Memory>
template <typename Below>
void RadixTree<Memory>::emptyAt(Table table, Index index, const Below& below) {
  if (memory_.get(table, index) != 0) below(table, index);
}

template <class Memory>
void RadixTree<Memory>::drop(Table parent, Index index, Table table) {
  memory_.releaseTable(table);
  memory_.set(parent, index, 0);
  --tables_;
  cachedBlock_ = noBlock;
}

template <class Memory>
void RadixTree<Memory>::release(Table parent, Index index, unsigned level) {
  const Table table = child(memory_.get(parent, index));
  // Callers have cleared the entries and freed the tables below. The counts stay right even if not.
  if (level + 1 == last_) {
    if constexpr (machineWords)
      if (observed_ && memory_.used(table) != 0)
        touched_.add(memory_.base(table), memory_.base(table) + leafSpan());
    present_ -= memory_.used(table);
  } else {
    for (Index i = memory_.low(table); i < memory_.high(table); ++i)
      emptyAt(table, i, [&](Table t, Index at) { release(t, at, level + 1); });
  }
  drop(parent, index, table);
}

template <class Memory>
template <typename Keep, typename Below, typename Remove>
void RadixTree<Memory>::freeAt(Table table, unsigned level, Word base, Index index, Keep& keep,
                               const Below& below, const Remove& remove) {
  const Entry entry = memory_.get(table, index);
  if (entry == 0) return;
  const Word from = spanned(level, base, index);
  below(child(entry), from);
  if (!memory_.pinned(child(entry)) && !keep(from, from + (std::uint64_t{1} << shifts_[level]) - 1))
    remove();
}

template <class Memory>
bool RadixTree<Memory>::stays(const Freed& freed, const Word& from, const Word& last) const {
  if (from < freed.floor) return true;
  return freed.ceiling != 0 && last >= freed.ceiling;
}

template <class Memory>
void RadixTree<Memory>::freeWithin(Table table, unsigned level, Word base, const Freed& freed) {
  if (level == last_) return;
  const Range range = clip(table, level, base, freed.start, freed.last);
  const auto keep = [&](Word from, Word last) { return stays(freed, from, last); };
  for (Index index = range.from; index < range.to; ++index)
    freeAt(
        table, level, base, index, keep,
        [&](Table below, Word from) { freeWithin(below, level + 1, from, freed); },
        [&] { release(table, index, level); });
}

template <class Memory>
auto RadixTree<Memory>::tableWithin(unsigned depth, Table table, unsigned level, Word base,
                                    Word start, Word last) const -> Block {
  const Range range = clip(table, level, base, start, last);
  for (Index index = range.from; index < range.to; ++index) {
    const Block found =
        tableWithinAt(depth, table, level, base, index, [&](Table below, Word from) {
          return tableWithin(depth, below, level + 1, from, start, last);
        });
    if (found.exists) return found;
  }
  return {};
}

template <class Memory>
template <typename Below>
auto RadixTree<Memory>::tableWithinAt(unsigned depth, Table table, unsigned level, Word base,
                                      Index index, const Below& below) const -> Block {
  const Entry entry = memory_.get(table, index);
  if (entry == 0) return {};
  const Word first = spanned(level, base, index);
  if (level + 1 == depth) return {first, first + (std::uint64_t{1} << shifts_[level]) - 1, true};
  return below(child(entry), first);
}

template <class Memory>
void RadixTree<Memory>::freeLeaves(Word start, Word end) {
  for (Block block = firstLeaf(start, end); block.exists; block = firstLeaf(block.last + 1, end))
    freeLeafAt(block, start, end,
               [&](Table table, Index index) { release(table, index, last_ - 1); });
}

template <class Memory>
template <typename Remove>
void RadixTree<Memory>::freeLeafAt(const Block& block, Word start, Word end, const Remove& remove) {
  if (block.first < start || block.last >= end) return;
  Table table = 0;
  for (unsigned level = 0; level + 1 < last_; ++level)
    table = child(memory_.get(table, indexAt(level, block.first)));
  const Index index = indexAt(last_ - 1, block.first);
  const Table leaf = child(memory_.get(table, index));
  if (memory_.pinned(leaf)) return;
  if constexpr (machineWords) GROWSDOWN_CHECK(memory_.used(leaf) == 0);
  remove(table, index);
}

template <>
bool RadixTree<PhysicalMemory>::verify() const;
extern template class RadixTree<PhysicalMemory>;

} // namespace growsdown::reference
