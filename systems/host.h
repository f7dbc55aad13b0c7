// The kernel that this runs on, as a system: a process of systems/executor performs the steps.
#pragma once

#include "systems/remote.h"
#include "trace/ruleset.h"

#include <string>
#include <string_view>

namespace growsdown::systems {

/// A kernel's release (`6.18.44-cloud`) and machine (`x86_64`), as uname tells them.
struct Kernel {
  std::string release;
  std::string machine;
  bool userMode = false; ///< user-mode Linux
};

/// The kernel that this runs on.
Kernel runningKernel();

/// The name of the rule set for a kernel: a recorded one with its release's knobs, or that of the
/// release. Empty, with `error` saying so, where none stands for it.
std::string rulesFor(const Kernel& kernel, std::string& error);

/// The path of the executor for a machine (`amd64`, `arm64`; empty: for this one). Throws
/// std::runtime_error where there is none.
std::string executor(std::string_view machine = {});

/// Whether the executor carries the step out, which it refuses where an address or range leaves the
/// windows, or where more than 64 MiB would be filled, or where a hard limit of `place` is below
/// what is set: for searches, which need not ask then.
bool isCarriedOut(const trace::Step& step, const harness::Placement& place = {});

/// The running kernel. Made only where the executor is found and starts.
class Host final : public Remote {
 public:
  Host();

  /// The rule set for this kernel. Throws harness::CannotSay where none stands for it.
  std::string_view rules() const override;

 private:
  std::string rules_, whyNot_;
};

} // namespace growsdown::systems
