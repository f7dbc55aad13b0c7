// Observations: what /proc shows of a state, and whether a trace expects it.
#pragma once

#include "harness/compare.h"
#include "harness/state_fields.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <optional>

namespace growsdown::harness {

/// Turns the states of one trace into the state lines that a recorder on a real kernel writes:
/// - areas have the range that /proc/self/maps shows, clipped to the windows; it may be empty
/// - `tables` is present until the first fork or `ok elsewhere`
/// - `faults` is present after a touch, until the first fork
class Observer {
 public:
  /// Starts a new trace.
  void start() { *this = Observer{}; }
  /// Must be called after every step, before `observe`.
  void after(const trace::Step& step, const trace::Outcome& outcome);
  /// Writes the lines after the last step to `out`, which keeps its capacity.
  void observe(const trace::State& state, trace::Observation& out) const;

 private:
  bool forked_ = false;
  bool elsewhere_ = false;
  bool touch_ = false;
};

/// Compares the state lines of a trace with observations. Remembers the last lines for `= same`.
class Expectation {
 public:
  /// Starts a new trace. Until the first state line, `= same` means `atStart`.
  void start(const trace::Observation& atStart);
  /// Returns the first difference (left: expected, right: observed), or none. It compares only the
  /// lines that `expected` has, and only what a system that shows `fields` can show. Without a
  /// `= pages` line, areas other than those of the `= map` lines may exist.
  std::optional<Difference> compare(const trace::Observation& expected,
                                    const trace::Observation& observed, Fields fields = shown::all);

 private:
  std::vector<trace::MapLine> map_;
  trace::PagesLine pages_;
  bool complete_ = false; ///< there are no areas except those of map_
  bool hasPages_ = false;
};

/// The content of a `= map` line: `0x1000-0x2000 rw-p`.
std::string describe(const trace::MapLine& line);

} // namespace growsdown::harness
