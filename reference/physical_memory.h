// Simulated physical memory: numbered page frames in two zones.
#pragma once

#include "reference/descriptor.h"
#include "reference/stock.h"
#include "trace/check.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

namespace growsdown::reference {

/// Where the entries of a table are that are not 0, known without a search.
template <class Count>
struct Occupancy {
  Count used{}; ///< how many there are
  // If there are any, they are in [low, high). The bounds may be too wide.
  Count low{};
  Count high{};

  /// The entry at `index` changes from `old` to `value`.
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
  /// All entries become 0: `zero(low, high)` clears those in [low, high).
  template <class Zero>
  void empty(const Zero& zero) {
    if (used != 0) zero(low, high);
    *this = {};
  }
};

/// Frames of the data zone (numbers from 1) have a reference count and no contents, because no rule
/// depends on what a page contains. Frame 0 is the zero page and has no count. Frames of the table
/// zone (numbers from `tableZone`) hold page tables, whose entries are real memory.
///
/// After `reserve`, that many frames and tables can be taken without an allocation.
class PhysicalMemory {
 public:
  using Frame = std::uint32_t;
  /// The number of a table frame, minus `tableZone`.
  using Table = std::uint32_t;
  using Word = std::uint64_t;
  using Index = unsigned;
  using Entry = std::uint64_t;
  static constexpr Frame zeroFrame = 0;
  static constexpr Frame tableZone = 1U << 30;

  /// Frees everything. Tables have `1 << entryBits` entries from now on; `entryBits` is at most 15.
  void reset(unsigned entryBits);

  /// Makes room for this many more frames and tables.
  void reserve(std::uint32_t frames, std::uint32_t tables) {
    if (frames_.size() - frameNumbers_.next() < frames) growFrames(frames);
    if (tableCapacity() - tableNumbers_.next() < tables) growTables(tables);
  }

  /// A new frame with one reference.
  Frame allocate() {
    const Frame frame = frameNumbers_.take([&] {
      if (frameNumbers_.next() == frames_.size()) growFrames(1);
    });
    frames_[frame] = {1, false, false};
    return frame;
  }
  // The frames of the functions below are in use, except that `inherited` and `dirty` also take the
  // zero page.
  void acquire(Frame frame) {
    checkInUse(frame);
    ++frames_[frame].references;
  }
  void release(Frame frame) {
    checkInUse(frame);
    if (--frames_[frame].references == 0) frameNumbers_.give(frame);
  }
  std::uint32_t references(Frame frame) const {
    checkInUse(frame);
    return frames_[frame].references;
  }

  /// Whether the parent of a fork, which is not simulated any more, maps the frame too. The
  /// parent's reference stays forever.
  bool inherited(Frame frame) const {
    GROWSDOWN_CHECK(frame < frameNumbers_.next());
    return frames_[frame].inherited;
  }
  void inherit(Frame frame) {
    checkInUse(frame);
    if (frames_[frame].inherited) return;
    frames_[frame].inherited = true;
    ++frames_[frame].references;
  }

  /// Whether a shared object's page was written (PG_dirty).
  bool dirty(Frame frame) const {
    GROWSDOWN_CHECK(frame < frameNumbers_.next());
    return frames_[frame].dirty;
  }
  void setDirty(Frame frame) {
    checkInUse(frame);
    frames_[frame].dirty = true;
  }

  /// A new table; all its entries are 0.
  Table allocateTable() {
    const Table table = tableNumbers_.take([&] {
      if (tableNumbers_.next() == tableCapacity()) growTables(1);
    });
    tables_[table] = {};
    return table;
  }
  // The tables of the functions below are in use, and indices are below `1 << entryBits`.
  void releaseTable(Table table) {
    GROWSDOWN_CHECK(table < tableNumbers_.next());
    clear(table);
    tableNumbers_.give(table);
  }

  // Without a check, because every fault and every walk reads entries: a check here costs 3 %.
  Entry get(Table table, Index index) const { return words(table)[index]; }
  void set(Table table, Index index, Entry value) {
    GROWSDOWN_CHECK(table < tableNumbers_.next() && index >> entryBits_ == 0);
    Entry& entry = words(table)[index];
    tables_[table].entries.change(index, entry, value);
    entry = value;
  }
  /// The entry that leads to a table, and the table that such an entry leads to.
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
  /// The number of entries that are not 0, and bounds [low, high) of their indices. The bounds may
  /// be too wide.
  unsigned used(Table table) const { return state(table).entries.used; }
  unsigned low(Table table) const { return state(table).entries.low; }
  unsigned high(Table table) const {
    const auto& entries = state(table).entries;
    return entries.used == 0 ? 0U : entries.high;
  }

  /// The first address that a table spans, for its owner.
  Word base(Table table) const {
    GROWSDOWN_CHECK(table < tableNumbers_.next());
    return bases_[table];
  }
  void setBase(Table table, Word address) {
    GROWSDOWN_CHECK(table < tableNumbers_.next());
    bases_[table] = address;
  }

  /// A mark that the owner of a table sets.
  bool pinned(Table table) const { return state(table).pinned; }
  void pin(Table table) {
    GROWSDOWN_CHECK(table < tableNumbers_.next());
    tables_[table].pinned = true;
  }

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
  // A chunk holds 64 tables of 512 entries, or fewer larger ones. Unused table memory is all zero,
  // whatever the size of its tables was, so `reset` clears only what is in use.
  static constexpr unsigned chunkBits = 15;
  static constexpr std::size_t chunkWords = std::size_t{1} << chunkBits;
  class Chunk {
   public:
    Chunk() : words_(std::make_unique<std::uint64_t[]>(chunkWords)) {}
    Chunk(const Chunk& other) : Chunk() {
      std::copy(other.get(), other.get() + chunkWords, words_.get());
    }
    Chunk(Chunk&&) = default;
    Chunk& operator=(const Chunk& other) { return *this = Chunk(other); }
    Chunk& operator=(Chunk&&) = default;
    std::uint64_t* get() const { return words_.get(); }

   private:
    std::unique_ptr<std::uint64_t[]> words_;
  };

  void checkInUse(Frame frame) const {
    GROWSDOWN_CHECK(frame < frameNumbers_.next() && frames_[frame].references > 0);
  }
  const TableState& state(Table table) const {
    GROWSDOWN_CHECK(table < tableNumbers_.next());
    return tables_[table];
  }
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
  std::vector<Word> bases_; ///< by table; not in TableState, which every change of an entry reads
  Stock<std::vector<Table>> tableNumbers_{0};
  std::vector<Chunk> chunks_;
};

} // namespace growsdown::reference
