// Simulated physical memory: page frames by number, in two zones.
#pragma once

#include "reference/descriptor.h"
#include "reference/stock.h"

#include <cassert>
#include <cstdint>
#include <memory>
#include <vector>

namespace growsdown::reference {

/// What is known of where a table's entries are that are not 0, without looking.
template <class Count>
struct Occupancy {
  Count used{}; ///< how many there are
  // Where there are any: they lie in [low, high), which is narrow, not tight.
  Count low{};
  Count high{};

  /// The entry at `index` becomes `value` in place of `old`.
  template <class Index, class Entry>
  void change(const Index& index, const Entry& old, const Entry& value) {
    if (old == 0 && value != 0) {
      if (used == 0) {
        low = static_cast<Count>(index);
        high = static_cast<Count>(index + 1);
      } else if (index < low) {
        low = static_cast<Count>(index);
      } else if (index >= high) {
        high = static_cast<Count>(index + 1);
      }
      ++used;
    } else if (old != 0 && value == 0) {
      --used;
    }
  }
  /// All become 0: `zero(low, high)` makes those in [low, high) so.
  template <class Zero>
  void empty(const Zero& zero) {
    if (used != 0) zero(low, high);
    *this = {};
  }
};

/// Frames of the data zone (numbers from 1) have a reference count and no contents: nothing here
/// depends on what a page holds. Frame 0 is the zero page and has no count. Frames of the table
/// zone (numbers from `tableZone`) hold page tables, whose entries are real memory.
///
/// Nothing is allocated between `reserve` and the number of frames reserved.
class PhysicalMemory {
 public:
  using Frame = std::uint32_t;
  /// A table frame's number less `tableZone`.
  using Table = std::uint32_t;
  using Word = std::uint64_t;
  using Index = unsigned;
  using Entry = std::uint64_t;
  static constexpr Frame zeroFrame = 0;
  static constexpr Frame tableZone = 1U << 30;

  /// Forgets everything. Tables hold `1 << entryBits` entries from now on.
  void reset(unsigned entryBits);

  /// Room for that many further frames without an allocation.
  void reserve(std::uint32_t frames, std::uint32_t tables) {
    if (frames_.size() - frameNumbers_.next() < frames) growFrames(frames);
    if (tableCapacity() - tableNumbers_.next() < tables) growTables(tables);
  }

  /// A frame with one reference.
  Frame allocate() {
    const Frame frame = frameNumbers_.take([&] {
      if (frameNumbers_.next() == frames_.size()) growFrames(1);
    });
    frames_[frame] = {1, false, false};
    return frame;
  }
  void acquire(Frame frame) { ++frames_[frame].references; }
  void release(Frame frame) {
    assert(frames_[frame].references > 0);
    if (--frames_[frame].references == 0) frameNumbers_.give(frame);
  }
  std::uint32_t references(Frame frame) const { return frames_[frame].references; }

  /// Whether a process that is not simulated any more (the parent of a fork) maps the frame too. It
  /// holds a reference for ever.
  bool inherited(Frame frame) const { return frames_[frame].inherited; }
  void inherit(Frame frame) {
    if (frames_[frame].inherited) return;
    frames_[frame].inherited = true;
    ++frames_[frame].references;
  }

  /// Whether a shared object's page was written (PG_dirty).
  bool dirty(Frame frame) const { return frames_[frame].dirty; }
  void setDirty(Frame frame) { frames_[frame].dirty = true; }

  /// A table, all entries 0.
  Table allocateTable() {
    const Table table = tableNumbers_.take([&] {
      if (tableNumbers_.next() == tableCapacity()) growTables(1);
    });
    tables_[table] = {};
    return table;
  }
  void releaseTable(Table table) {
    clear(table);
    tableNumbers_.give(table);
  }

  Entry get(Table table, Index index) const { return words(table)[index]; }
  void set(Table table, Index index, Entry value) {
    Entry& entry = words(table)[index];
    tables_[table].entries.change(index, entry, value);
    entry = value;
  }
  /// The entry that leads to a table, and the table that an entry leads to.
  template <class Bits>
  static constexpr Bits entryFor(const Bits& table, unsigned pageShift) {
    return descriptor::tableAt(Bits(table + tableZone), pageShift);
  }
  template <class Bits>
  static constexpr Bits tableFor(const Bits& entry, unsigned pageShift) {
    return descriptor::frameOf(entry, pageShift) - tableZone;
  }
  static constexpr Entry entryOf(Table table, unsigned pageShift) {
    return entryFor<std::uint64_t>(table, pageShift);
  }
  static constexpr Table tableAt(Entry entry, unsigned pageShift) {
    return static_cast<Table>(tableFor(entry, pageShift));
  }
  /// Entries that are not 0, and bounds [low, high) of where they are (narrow, not tight).
  unsigned used(Table table) const { return tables_[table].entries.used; }
  unsigned low(Table table) const { return tables_[table].entries.low; }
  unsigned high(Table table) const {
    return tables_[table].entries.used == 0 ? 0U : tables_[table].entries.high;
  }

  /// A mark of the table's owner.
  bool pinned(Table table) const { return tables_[table].pinned; }
  void pin(Table table) { tables_[table].pinned = true; }

  std::uint32_t tablesInUse() const { return tableNumbers_.next() - tableNumbers_.back(); }
  std::uint32_t framesInUse() const {
    return frameNumbers_.next() - firstFrame - frameNumbers_.back();
  }

 private:
  struct FrameState {
    std::uint32_t references = 0;
    bool inherited = false;
    bool dirty = false;
  };
  struct TableState {
    Occupancy<std::uint16_t> entries;
    bool pinned = false;
  };
  // A chunk holds 64 tables of 512 entries or fewer, larger ones. Unused table memory is all zero,
  // whatever the size of its tables was: `reset` needs to clear only what is in use.
  static constexpr unsigned chunkBits = 15;
  static constexpr std::size_t chunkWords = std::size_t{1} << chunkBits;

  std::uint64_t* words(Table table) const {
    const Spot<std::size_t> spot = spotOf<std::size_t>(table, chunkBits, entryBits_);
    return chunks_[spot.chunk].get() + spot.word;
  }
  std::uint32_t tableCapacity() const {
    return static_cast<std::uint32_t>(chunks_.size() << (chunkBits - entryBits_));
  }
  void clear(Table table);
  void growFrames(std::uint32_t frames);
  void growTables(std::uint32_t tables);

  static constexpr Frame firstFrame = 1;

  unsigned entryBits_ = 9;
  std::vector<FrameState> frames_{1};
  Stock<std::vector<Frame>> frameNumbers_{firstFrame};
  std::vector<TableState> tables_;
  Stock<std::vector<Table>> tableNumbers_{0};
  std::vector<std::unique_ptr<std::uint64_t[]>> chunks_;
};

} // namespace growsdown::reference
