// Compares what two systems did: outcomes, and whole states except for the identities of frames and
// anon_vmas.
#pragma once

#include "harness/state_diff.h"
#include "trace/identities.h"
#include "trace/outcome.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace growsdown::harness {

/// The first difference between two sides: a path such as `areas[2].end`,
/// `pages[0x1000400000].prot` or `counters.locked`, and both values as text.
struct Difference {
  std::string field;
  std::string left;
  std::string right;

  friend bool operator==(const Difference&, const Difference&) = default;
};

/// A one-to-one matching of the identities of two sides, which grows over the steps of a trace. A
/// left identity keeps its partner. A right identity may get a new partner once its left identity
/// is gone, so the left side must never reuse an identity. 0 matches only 0.
class Renaming {
 public:
  /// Starts a new trace: forgets all pairs.
  void reset();
  /// Starts a new snapshot. An identity is alive in the snapshot if `same` is called with it.
  void beginSnapshot();
  /// Whether `left` and `right` are partners. Two identities without a partner become partners.
  bool same(std::uint64_t left, std::uint64_t right) {
    if (left == 0 || right == 0) return left == right;
    trace::IdentityTable::Slot& slot = forward_.find(left);
    if (!forward_.holds(slot)) return bind(left, right);
    slot.mark = snapshot_;
    return slot.value == right;
  }
  /// Makes room for `count` new left identities. `visitAlive(visit)` calls `visit(identity)` for each
  /// left identity of this snapshot. A snapshot for which not all identities are passed to `same`
  /// needs this call.
  template <typename VisitAlive>
  void makeRoom(std::size_t count, const VisitAlive& visitAlive) {
    if (forward_.hasRoom(count) && backward_.hasRoom(count)) return;
    keepAlive(visitAlive);
    forward_.makeRoom(count, [this](const auto& slot) { return alive(slot); });
    backward_.makeRoom(count,
                       [this](const auto& slot) { return alive(forward_.find(slot.value)); });
  }
  /// Ends a snapshot for which not all identities were passed to `same`.
  template <typename VisitAlive>
  bool endSnapshot(std::uint64_t& clash, const VisitAlive& visitAlive) {
    if (reused_.empty()) return true;
    keepAlive(visitAlive);
    return endSnapshot(clash);
  }
  /// Ends the snapshot. Returns false if two left identities alive in it have the same partner;
  /// `clash` is that partner.
  bool endSnapshot(std::uint64_t& clash);
  /// The partner of a left identity; 0: it has none.
  std::uint64_t rightOf(std::uint64_t left) const;

 private:
  struct Reused {
    std::uint64_t left;
    std::uint64_t right;
  };

  bool bind(std::uint64_t left, std::uint64_t right);
  template <typename VisitAlive>
  void keepAlive(const VisitAlive& visitAlive) {
    visitAlive([this](std::uint64_t left) {
      if (left > greatest_) return; // a search for it could be long
      trace::IdentityTable::Slot& slot = forward_.find(left);
      if (forward_.holds(slot)) slot.mark = snapshot_;
    });
  }
  /// Whether a left identity was alive in this snapshot or the last one. Others never come back.
  bool alive(const trace::IdentityTable::Slot& left) const {
    return forward_.holds(left) && left.mark + 1 >= snapshot_;
  }

  trace::IdentityTable forward_; ///< the mark of a left identity: the snapshot that last had it
  trace::IdentityTable backward_;
  std::vector<Reused> reused_;
  std::uint64_t greatest_ = 0; ///< left identity that has had a partner
  std::uint32_t snapshot_ = 1;
};

/// Compares the states of two systems after each step of one trace. Linear in the states; allocates
/// only while its tables grow.
class StateComparison {
 public:
  /// Starts a new trace: forgets all pairs of identities.
  void reset();

  /// Whether the states are equal when frames and anon_vmas are matched by a Renaming, which all
  /// calls since `reset` share. The left side must never reuse an identity.
  bool equal(const trace::State& left, const trace::State& right);
  /// The same, in time linear in the changes, for states that were equal before. `leftChanges` and
  /// `rightChanges` say where they may have changed since then.
  bool equal(const trace::State& left, const trace::State& right,
             const trace::StateChanges& leftChanges, const trace::StateChanges& rightChanges);

  /// The first difference that the last call of `equal` found in these states.
  Difference difference(const trace::State& left, const trace::State& right) const;

  bool sameAnon(std::uint64_t left, std::uint64_t right) { return anons_.same(left, right); }
  bool sameFrame(std::uint64_t left, std::uint64_t right) { return frames_.same(left, right); }

 private:
  enum class Where : std::uint8_t { nowhere, field, frames, anons };

  bool walk(const trace::State& left, const trace::State& right,
            const trace::StateChanges& changes);

  Renaming frames_;
  Renaming anons_;
  Where where_ = Where::nowhere;
  StateField field_{};      ///< if `where_` is `field`
  std::size_t place_ = 0;   ///< of the field (walkDifferences)
  std::uint64_t clash_ = 0; ///< if `where_` is `frames` or `anons`
};

/// Compares the outcomes of one step on two systems. A signal without an address means the touched
/// byte.
std::optional<Difference> compareOutcomes(const trace::Step& step, const trace::Outcome& left,
                                          const trace::Outcome& right);

/// Whether compareOutcomes finds no difference.
inline bool sameOutcome(const trace::Step& step, const trace::Outcome& left,
                        const trace::Outcome& right) {
  if (left == right) return true;
  if (left.kind != trace::Outcome::Kind::signal || right.kind != left.kind) return false;
  return left.signal == right.signal && (left.hasAddress ? left.address : step.address) ==
                                            (right.hasAddress ? right.address : step.address);
}

/// An outcome as in a trace: `ok 0x1000`, `SIGSEGV/MAPERR`, `ENOMEM`.
std::string describe(const trace::Outcome& outcome);

/// Rights as in /proc/self/maps (`rwxp`), then the names of the other flags.
std::string describeFlags(std::uint32_t flags);

} // namespace growsdown::harness
