// Identities of frames and anon_vmas. Only equality of two identities has a meaning, so states are
// compared by when each identity first appeared.
#pragma once

#include "trace/check.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace growsdown::trace {

/// A hash table from identities to values. `clear` takes constant time and keeps the memory, so a
/// table that is used again and again stops allocating.
class IdentityTable {
 public:
  struct Slot {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
    std::uint32_t generation = 0; ///< the slot is empty unless this is the table's generation
    std::uint32_t mark = 0;       ///< for the user
  };

  IdentityTable() : slots_(firstSize) {}

  void clear() {
    if (++generation_ == 0) { // wrapped around: old slots could look current
      for (Slot& slot : slots_)
        slot.generation = 0;
      generation_ = 1;
    }
    used_ = 0;
  }

  /// The slot of `key`, or the empty slot where it belongs.
  Slot& find(std::uint64_t key) {
    // Identities are mostly small and consecutive, and then lie next to each other.
    std::uint64_t h = key;
    h ^= h >> 32;
    h ^= h >> 16;
    h ^= h >> 8;
    std::size_t i = h & mask_;
    while (holds(slots_[i]) && slots_[i].key != key)
      i = (i + 1) & mask_;
    return slots_[i];
  }
  const Slot& find(std::uint64_t key) const { return const_cast<IdentityTable*>(this)->find(key); }
  /// Whether a slot that `find` returned is that of its key.
  bool holds(const Slot& slot) const { return slot.generation == generation_; }

  /// Whether `count` new keys fit without dropping slots or growing.
  bool hasRoom(std::size_t count) const { return (used_ + count) * 2 <= slots_.size(); }

  /// Makes room for `count` new keys: drops the slots for which `keep` is false, and doubles the
  /// table while that is not enough.
  template <typename Keep>
  void makeRoom(std::size_t count, const Keep& keep) {
    std::vector<Slot> kept;
    for (const Slot& slot : slots_)
      if (holds(slot) && keep(slot)) kept.push_back(slot);
    std::size_t size = slots_.size();
    while (kept.size() * 4 > size || (kept.size() + count) * 2 > size)
      size *= 2;
    slots_.assign(size, Slot{});
    mask_ = size - 1;
    used_ = kept.size();
    for (const Slot& slot : kept)
      find(slot.key) = slot;
    GROWSDOWN_CHECK(hasRoom(count));
  }

  /// Sets the value of a key. If the table is too full for a new key, the slots for which `keep` is
  /// false are dropped first; then the table doubles while that is not enough.
  template <typename Keep>
  void put(std::uint64_t key, std::uint64_t value, std::uint32_t mark, const Keep& keep) {
    Slot* slot = &find(key);
    if (!holds(*slot)) {
      if (!hasRoom(1)) {
        makeRoom(1, keep);
        slot = &find(key);
      }
      ++used_;
    }
    *slot = {key, value, generation_, mark};
  }

 private:
  static constexpr std::size_t firstSize = 64; // a power of two, as all sizes are

  std::vector<Slot> slots_;
  std::size_t mask_ = firstSize - 1; ///< the size of slots_ less one
  std::size_t used_ = 0;
  std::uint32_t generation_ = 1;
};

/// Numbers identities 1, 2, … in the order of their first appearance. 0 stays 0.
class FirstAppearance {
 public:
  std::uint64_t operator()(std::uint64_t identity) {
    if (identity == 0) return 0;
    const IdentityTable::Slot& slot = table_.find(identity);
    if (table_.holds(slot)) return slot.value;
    table_.put(identity, ++count_, 0, [](const auto&) { return true; });
    return count_;
  }
  void clear() {
    table_.clear();
    count_ = 0;
  }

 private:
  IdentityTable table_;
  std::uint64_t count_ = 0;
};

} // namespace growsdown::trace
