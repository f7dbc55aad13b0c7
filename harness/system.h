// What the harness needs of a system under test.
#pragma once

#include "harness/shows.h"
#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
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

/// A system that is not ours crashed, or answered what no system can: a difference, which its
/// text tells.
struct Misbehaved : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A system cannot do what was asked of it: the verdict is unknown, for the reason that the text
/// tells.
struct CannotSay : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A system did not answer in time.
struct NoAnswer : CannotSay {
  using CannotSay::CannotSay;
};

/// The environment that a system runs traces in, as far as it restricts them.
struct Placement {
  std::string name;                ///< what the system calls itself; may be empty
  std::optional<trace::With> with; ///< the only parameters that it can take on; none: any
  std::vector<trace::Step> begins; ///< the steps that a trace must begin with
  /// Hard limits by trace::LimitKind, in bytes: no `limit` step can set more.
  std::array<std::uint64_t, trace::limitKindCount> hard{trace::unlimited, trace::unlimited,
                                                        trace::unlimited, trace::unlimited};
};

/// One address space that lives a trace. Not thread-safe; `start` may be called again and again,
/// also behind an exception. `start`, `apply` and `snapshot` of systems that are not ours throw
/// Misbehaved and CannotSay.
class System {
 public:
  virtual ~System() = default;

  /// `model`, `reference`, …
  virtual std::string_view name() const = 0;

  /// A fresh address space: empty windows, the format's starting limits, all capabilities; or the
  /// given state. `initial` must be well-formed for `parameters`.
  virtual void start(const trace::Parameters& parameters, const trace::State* initial) = 0;

  /// What the next `start` will be followed by, as far as that is known: a system that is far away
  /// can be sent it at once. Other steps than these may follow only where they end.
  virtual void ahead(std::span<const trace::Record>) {}
  /// Whether `ahead` makes it faster.
  virtual bool worksAhead() const { return false; }

  /// Performs one step. After an outcome of kind `unknown` the system may only be started anew.
  virtual trace::Outcome apply(const trace::Step& step) = 0;

  /// The whole state, into `out` (cleared first; its capacity is reused).
  virtual void snapshot(trace::State& out) const = 0;

  /// What the last snapshot shows (before the first: what snapshots show at most); nothing else in
  /// it means anything.
  virtual Fields shows() const { return shown::all; }
  /// Bit trace::Op: the steps that it can do.
  virtual std::uint32_t does() const { return ~0U; }
  /// The name of the rule set that it says it follows, empty where it says nothing.
  virtual std::string_view rules() const { return {}; }
  /// Where it runs. The default restricts nothing.
  virtual const Placement& placement() const {
    static const Placement anywhere;
    return anywhere;
  }
  /// Why the last outcome was of kind `unknown`, empty where it ran out of simulated memory.
  virtual std::string_view reason() const { return {}; }

  /// The id of the rule that decided the last step; empty where the system has none.
  virtual std::string_view decidingRule() const { return {}; }

  /// How often each rule was reached since the system was made; empty where the system has none.
  virtual std::span<const std::uint64_t> ruleHits() const { return {}; }
  /// The id of the rule whose hits stand at `place` of ruleHits.
  virtual std::string_view ruleId(std::size_t) const { return {}; }

  /// True where the identity of a frame or anon_vma that is gone may come back as that of another.
  virtual bool reusesIdentities() const { return true; }
};

} // namespace growsdown::harness
