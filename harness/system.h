// The interface of a system under test.
#pragma once

#include "harness/state_fields.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/state_changes.h"
#include "trace/step.h"
#include "trace/trace.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::harness {

/// A foreign system crashed or gave an impossible answer. This counts as a difference, which `what`
/// describes.
struct Misbehaved : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A system cannot do what it was asked to do. The verdict is unknown; `what` is the reason.
struct CannotSay : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A system did not answer in time.
struct NoAnswer : CannotSay {
  using CannotSay::CannotSay;
};

/// The restrictions that the environment of a system puts on traces.
struct Placement {
  std::string name;                ///< the name that the system gives itself; may be empty
  std::optional<trace::With> with; ///< the only parameters that it supports; none: any
  std::vector<trace::Step> begins; ///< the steps that a trace must begin with
  /// Hard limits by trace::LimitKind, in bytes: no `limit` step can set more.
  std::array<std::uint64_t, trace::limitKindCount> hard{trace::unlimited, trace::unlimited,
                                                        trace::unlimited, trace::unlimited};
};

/// A system runs one trace at a time in one address space. It is not thread-safe. `start` may be
/// called any number of times, even after an exception. `start`, `apply` and `snapshot` of foreign
/// systems throw Misbehaved and CannotSay.
class System {
 public:
  virtual ~System() = default;

  /// `model`, `reference`, …
  virtual std::string_view name() const = 0;

  /// Starts a new address space with the limits of the trace format and all capabilities. Its
  /// windows are empty, or it has the state `initial`, which must be well-formed for `parameters`.
  virtual void start(const trace::Parameters& parameters, const trace::State* initial) = 0;

  /// Announces the steps after the next `start`, so that a remote system can be sent them together.
  /// The caller may add other steps only after these.
  virtual void ahead(std::span<const trace::Record>) {}
  /// Whether `ahead` makes the system faster.
  virtual bool worksAhead() const { return false; }

  /// Performs one step. After an outcome of kind `unknown` only `start` may be called.
  virtual trace::Outcome apply(const trace::Step& step) = 0;

  /// Writes the whole state to `out`, which is cleared first and keeps its capacity.
  virtual void snapshot(trace::State& out) const = 0;

  /// Brings `state`, which the last call of `update` wrote, up to date. Returns what may have changed
  /// since then, or nothing if the system does not know. The first call after `start` writes the whole
  /// state. By default every call does.
  virtual std::optional<trace::StateChanges> update(trace::State& state) {
    snapshot(state);
    return std::nullopt;
  }

  /// The parts of the state that the last snapshot shows; before the first snapshot, all parts that
  /// snapshots can show. The other parts of a snapshot are meaningless.
  virtual Fields shows() const { return shown::all; }
  /// The steps that it supports: bit i for trace::Op i.
  virtual std::uint32_t does() const { return ~0U; }
  /// The name of the rule set that the system follows; empty if it names none.
  virtual std::string_view rules() const { return {}; }
  /// The environment of the system. The default restricts nothing.
  virtual const Placement& placement() const {
    static const Placement anywhere;
    return anywhere;
  }
  /// Whether it answers `unknown` exactly to the steps that need more than Parameters::memoryPages.
  virtual bool simulatesMemory() const { return false; }
  /// Why the last outcome was of kind `unknown`; empty if the simulated memory ran out.
  virtual std::string_view reason() const { return {}; }

  /// The id of the rule that decided the last step; empty if the system has no rules.
  virtual std::string_view decidingRule() const { return {}; }

  /// How often each rule was reached since the system was created; empty if it has no rules.
  virtual std::span<const std::uint64_t> ruleHits() const { return {}; }
  /// The id of the rule counted by the element `place` of ruleHits.
  virtual std::string_view ruleId(std::size_t) const { return {}; }

  /// Whether a trace that is run again gets the same answers and states.
  virtual bool repeats() const { return false; }

  /// Whether the traces since the last call reached parts of the system's own code that no trace
  /// reached before. Only systems that count what they reach know.
  virtual bool reachedNewCode() { return false; }

  /// Whether a new frame or anon_vma may get the identity of one that is gone.
  virtual bool reusesIdentities() const { return true; }
};

} // namespace growsdown::harness
