// What /proc shows of a state, and whether that is what a trace says.
#pragma once

#include "harness/compare.h"
#include "harness/shows.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <optional>

namespace growsdown::harness {

/// Turns the states of one trace into the format's state lines, as a recorder on a real kernel
/// would write them: areas by the range that /proc/self/maps shows, clipped to the windows; an
/// empty shown range where it lies; `tables` until the first fork or `ok elsewhere`; `faults` after
/// a touch until the first fork.
class Observer {
 public:
  /// A new trace.
  void start(const trace::Parameters& parameters);
  /// A step was made. To be called for every step, before `observe`.
  void after(const trace::Step& step, const trace::Outcome& outcome);
  /// The lines after the last step, into `out` (its capacity is reused).
  void observe(const trace::State& state, trace::Observation& out) const;

 private:
  std::uint64_t page_ = 4096;
  bool forked_ = false;
  bool elsewhere_ = false;
  bool touch_ = false;
};

/// Compares what a trace says of states with what was observed. Remembers what the trace showed
/// last, for `= same`.
class Expectation {
 public:
  /// A new trace. `atStart` is what `= same` means before anything was shown.
  void start(const trace::Observation& atStart);
  /// The first difference (left: expected, right: observed), or none. A line that `expected` does
  /// not have is not compared, nor is what a system that shows only `fields` cannot show; `= map`
  /// lines without `= pages` must be there, others may be.
  std::optional<Difference> compare(const trace::Observation& expected,
                                    const trace::Observation& observed, Fields fields = shown::all);

 private:
  std::vector<trace::MapLine> map_;
  trace::PagesLine pages_;
  bool complete_ = false; ///< map_ is all there is
  bool hasPages_ = false;
};

/// A `= map` line's content: `0x1000-0x2000 rw-p`.
std::string describe(const trace::MapLine& line);

} // namespace growsdown::harness
