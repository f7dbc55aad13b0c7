// Compares what two systems did: outcomes, and whole states up to the names of frames and
// anon_vmas.
#pragma once

#include "trace/outcome.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace growsdown::harness {

/// The first place where two sides part: a path such as `areas[2].end`, `pages[0x1000400000].prot`
/// or `counters.locked`, and both values as text.
struct Difference {
  std::string field;
  std::string left;
  std::string right;

  friend bool operator==(const Difference&, const Difference&) = default;
};

/// A one-to-one naming of one side's identities in the other's, which grows over the steps of a
/// trace. A left identity keeps its right one for ever; a right one may be used again once the left
/// identity it stood for is gone. So the left side must never use an identity again. 0 means 0.
class Renaming {
 public:
  Renaming();

  /// Forgets everything: a new trace.
  void reset();
  /// The next snapshot begins: from here on `same` speaks of identities alive in it.
  void beginSnapshot();
  /// True where `left` and `right` name the same thing so far; a pair never seen before becomes
  /// one.
  bool same(std::uint64_t left, std::uint64_t right) {
    if (left == 0 || right == 0) return left == right;
    Slot& slot = *find(forward_, left);
    if (slot.trace != trace_) return bind(left, right);
    slot.snapshot = snapshot_;
    return slot.value == right;
  }
  /// The snapshot is complete: true where no two left identities alive in it have one right name.
  /// Otherwise `clash` holds such a right name.
  bool endSnapshot(std::uint64_t& clash);
  /// The right name of a left identity, 0 where it has none.
  std::uint64_t rightOf(std::uint64_t left) const;

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint64_t value = 0;
    std::uint32_t trace = 0; ///< the slot is empty unless this is the current trace
    std::uint32_t snapshot = 0;
  };
  struct Table {
    std::vector<Slot> slots;
    std::size_t mask = 0;
    std::size_t used = 0;
  };
  struct Reused {
    std::uint64_t left;
    std::uint64_t right;
  };

  /// The slot of `key`, or the empty one where it belongs.
  Slot* find(Table& table, std::uint64_t key) const {
    // Identities are mostly small and consecutive: neighbours stay neighbours.
    std::uint64_t h = key;
    h ^= h >> 32;
    h ^= h >> 16;
    h ^= h >> 8;
    std::size_t i = h & table.mask;
    while (table.slots[i].trace == trace_ && table.slots[i].key != key)
      i = (i + 1) & table.mask;
    return &table.slots[i];
  }
  bool bind(std::uint64_t left, std::uint64_t right);
  void put(Table& table, std::uint64_t key, std::uint64_t value);
  void makeRoom(Table& table);

  Table forward_;
  Table backward_;
  std::vector<Reused> reused_;
  std::uint32_t trace_ = 1;
  std::uint32_t snapshot_ = 1;
};

/// Compares the states of two systems after each step of one trace. Linear in the states; allocates
/// only while its tables grow.
class StateComparison {
 public:
  /// A new trace begins: names are forgotten.
  void reset();

  /// True where the states are equal up to the names of frames and anon_vmas, with the names that
  /// earlier calls since `reset` found. The left side must never use a name again.
  bool equal(const trace::State& left, const trace::State& right);

  /// Where the last call of `equal` found a difference. The states are those of that call.
  Difference difference(const trace::State& left, const trace::State& right) const;

 private:
  enum class Where : std::uint8_t {
    nowhere,
    areaCount,
    area,
    pageCount,
    page,
    objectCount,
    object,
    objectPageCount,
    objectPage,
    frameNames,
    anonNames,
    counters,
  };
  bool differs(Where where, std::size_t index = 0) {
    where_ = where;
    index_ = index;
    return false;
  }
  bool namesDiffer(Where where, std::uint64_t clash) {
    clash_ = clash;
    return differs(where);
  }

  Renaming frames_;
  Renaming anons_;
  Where where_ = Where::nowhere;
  std::size_t index_ = 0;
  std::uint64_t clash_ = 0;
};

/// Compares outcomes of one step on two systems. An address that a signal does not carry is the
/// byte touched.
std::optional<Difference> compareOutcomes(const trace::Step& step, const trace::Outcome& left,
                                          const trace::Outcome& right);

/// As compareOutcomes, without saying what differs.
inline bool sameOutcome(const trace::Step& step, const trace::Outcome& left,
                        const trace::Outcome& right) {
  if (left == right) return true;
  if (left.kind != trace::Outcome::Kind::signal || right.kind != left.kind) return false;
  return left.signal == right.signal && (left.hasAddress ? left.address : step.address) ==
                                            (right.hasAddress ? right.address : step.address);
}

/// An outcome as trace text has it (`ok 0x1000`, `SIGSEGV/MAPERR`, `ENOMEM`).
std::string describe(const trace::Outcome& outcome);

/// `rwxp` as /proc/self/maps has it, then the other flags' names.
std::string describeFlags(std::uint32_t flags);

} // namespace growsdown::harness
