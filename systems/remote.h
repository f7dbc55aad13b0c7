// A system that lives in another process and speaks the line protocol (docs/protocol.md).
#pragma once

#include "harness/system.h"
#include "systems/process.h"
#include "systems/protocol.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace growsdown::systems {

/// The process is started when this is made, and again where a trace follows one on which it
/// misbehaved or kept silent.
class Remote : public harness::System {
 public:
  /// `shown` is what reports call it, such as `exec:COMMAND`. Nothing is said to the process, and
  /// nothing that it says heeded, before it has said the line `ready`, if that is not empty. Throws
  /// harness::Misbehaved and harness::CannotSay where the process does not greet.
  Remote(std::vector<std::string> command, std::string shown, ProcessLimits limits = usualLimits(),
         std::string_view ready = {});

  std::string_view name() const override { return shown_; }
  void ahead(std::span<const trace::Record> records) override;
  bool worksAhead() const override { return hello_.ahead; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override;
  trace::Outcome apply(const trace::Step& step) override;
  void snapshot(trace::State& out) const override;
  harness::Fields shows() const override { return shows_; }
  std::uint32_t does() const override { return hello_.does; }
  std::string_view rules() const override { return hello_.rules; }
  const harness::Placement& placement() const override { return hello_; }
  std::string_view reason() const override { return reason_; }

 private:
  void greet();
  std::vector<std::string> lines() const;
  void sendAhead();
  void settle();
  /// Runs `talk`; where that fails, the process is done for.
  template <class F>
  auto guarded(std::string_view request, F talk) const;

  const std::vector<std::string> command_;
  const std::string shown_;
  const ProcessLimits limits_;
  const std::string ready_;
  Hello hello_;
  std::uint64_t page_ = 4096;
  std::string reason_;

  // A snapshot is asked for with its step, and read when somebody wants it.
  mutable std::optional<Process> process_;
  mutable bool pending_ = false; ///< an answer to `state` has not been read
  mutable bool read_ = false;    ///< state_ is that of the last step
  mutable trace::State state_;
  mutable harness::Fields shows_ = 0;
  std::string request_;

  // The steps that are known before they are applied, as text; from applied_ to sent_ they are
  // sent.
  std::vector<std::string> ahead_;
  std::size_t applied_ = 0;
  std::size_t sent_ = 0;
  bool announced_ = false; ///< ahead_ is for the next start
};

} // namespace growsdown::systems
