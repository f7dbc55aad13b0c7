// The running kernel as a system: a process (systems/executor) performs the steps.
#pragma once

#include "systems/remote.h"
#include "trace/ruleset.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace growsdown::systems {

/// The release (`6.18.44-cloud`) and machine (`x86_64`) of a kernel, as uname reports them.
struct Kernel {
  std::string release;
  std::string machine;
  bool userMode = false; ///< user-mode Linux
};

/// The running kernel.
Kernel runningKernel();

/// The name of the rule set for a kernel: a recorded one with the knobs of its release, or the one of
/// the release. Empty with `error` if there is none.
std::string rulesFor(const Kernel& kernel, std::string& error);

/// The path of the executor for a machine: `amd64`, `arm64`, or empty for this one. Throws
/// std::runtime_error if there is none.
std::string executor(std::string_view machine = {});

/// Bytes that one step may make present.
inline constexpr std::uint64_t mostFilled = 64ULL << 20;

/// Whether the executor carries a step out. It refuses a step that
/// - has an address or a range outside the windows
/// - fills more than `mostFilled`
/// - sets a limit above the hard limit of `place`
bool isCarriedOut(const trace::Step& step, const harness::Placement& place = {});

/// The running kernel. The constructor throws if the executor is not found or does not start.
class Host final : public Remote {
 public:
  Host();

  /// The rule set for this kernel. Throws harness::CannotSay if there is none.
  std::string_view rules() const override;

 private:
  std::string rules_, whyNot_;
};

} // namespace growsdown::systems
