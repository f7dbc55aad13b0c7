// A system in another process that speaks the line protocol (docs/protocol.md).
#pragma once

#include "harness/system.h"
#include "systems/child_process.h"
#include "systems/protocol.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace growsdown::systems {

/// The constructor starts the process. It is started again for the next trace after it misbehaved or
/// did not answer.
class Remote : public harness::System {
 public:
  /// `shown` is its name in reports, such as `exec:COMMAND`. If `ready` is not empty, the output of
  /// the process is ignored up to this line, and nothing is sent before it. Throws
  /// harness::Misbehaved or harness::CannotSay if the process does not answer the greeting.
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
  /// Runs `talk`. If it throws, the process is ended.
  template <class F>
  auto guarded(std::string_view request, F talk) const;

  const std::vector<std::string> command_;
  const std::string shown_;
  const ProcessLimits limits_;
  const std::string ready_;
  Hello hello_;
  std::uint64_t page_ = 4096;
  std::string reason_;

  // The request for a snapshot is sent with each step; its answer is read when it is needed.
  mutable std::optional<ChildProcess> process_;
  mutable bool pending_ = false; ///< an answer to `state` has not been read
  mutable bool read_ = false;    ///< state_ is the state after the last step
  mutable trace::State state_;
  mutable harness::Fields shows_ = 0;
  std::string request_;

  // The announced steps as text. Those before sent_ have been sent, those before applied_ have been
  // answered.
  std::vector<std::string> ahead_;
  std::size_t applied_ = 0;
  std::size_t sent_ = 0;
  bool announced_ = false; ///< ahead_ belongs to the next start
};

} // namespace growsdown::systems
