// The invariants of successive states, checked where the states changed.
#pragma once

#include "model/account.h"
#include "model/domain.h"
#include "trace/identities.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/state_changes.h"

#include <cstddef>
#include <cstdint>

namespace growsdown::model {

/// Decides what `firstBroken` (invariants.h) decides, for a state that differs from one that satisfies
/// all invariants. The cost is that of the change: an area whose kind changes costs its pages.
class InvariantWatch {
 public:
  /// Begins with the empty state. `parameters` must live until the next start.
  void start(const trace::Parameters& parameters);

  /// Whether `now` satisfies all invariants. `before` is the state of the last call, with any
  /// identities. Elements outside of `changes` are the same in both.
  bool holds(const trace::State& before, const trace::State& now,
             const trace::StateChanges& changes);

 private:
  /// A state with the places in two of its lists that may have changed, [first, last).
  struct Side {
    const trace::State& state;
    std::size_t firstArea, lastArea;
    std::size_t firstPage, lastPage;

    bool empty() const { return firstArea == lastArea && firstPage == lastPage; }
  };

  bool areasHold(const Side& now, bool objectsGone) const;
  bool pagesHold(const Side& before, const Side& now, bool objectPagesChanged);
  bool areaPagesHold(const Side& before, const Side& now) const;
  bool fitBetween(const trace::State& state, std::uint64_t start, std::uint64_t end) const;
  bool fit(const trace::State& state, std::size_t first, std::size_t last) const;
  bool framesMappedOnce(const Side& now);
  bool countersHold(const Side& before, const Side& now);
  bool tablesHold(const Side& before, const Side& now);
  void count(const Side& side, Counters<Concrete>& counted) const;

  const trace::Parameters* parameters_ = nullptr;
  Counters<Concrete> counted_;     ///< what the areas add up to
  std::uint64_t mostTables_ = 0;   ///< that the areas span
  std::uint64_t leastTables_ = 0;  ///< that the pages need
  trace::IdentityTable lastPlace_; ///< of the frame of an anonymous page: its address
};

} // namespace growsdown::model
