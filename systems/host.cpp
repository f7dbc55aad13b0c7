#include "systems/host.h"

#include "trace/fields.h"
#include "trace/ruleset.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/utsname.h>
#include <vector>

namespace growsdown::systems {

Kernel runningKernel() {
  utsname system{};
  uname(&system);
  std::ifstream cpus("/proc/cpuinfo");
  std::string line;
  bool userMode = false;
  while (!userMode && std::getline(cpus, line))
    userMode = line.starts_with("vendor_id") && line.find("User Mode Linux") != std::string::npos;
  return {system.release, system.machine, userMode};
}

std::string rulesFor(const Kernel& kernel, std::string& error) {
  const std::string_view release = kernel.release;
  const char* const end = release.data() + release.size();
  trace::Version version{};
  const auto major = std::from_chars(release.data(), end, version.major);
  const bool dot = major.ec == std::errc() && major.ptr != end && *major.ptr == '.';
  const bool known = dot && std::from_chars(major.ptr + 1, end, version.minor).ec == std::errc();
  std::string arch;
  if (kernel.userMode)
    arch = "um";
  else if (kernel.machine == "x86_64")
    arch = "amd64";
  else if (kernel.machine == "aarch64")
    arch = "arm64";
  if (known && !arch.empty()) {
    const trace::RuleSet* rules = trace::findRuleSet("linux-" + trace::print(version) + "-" + arch);
    if (rules != nullptr) {
      const trace::StandIn near = trace::standIn(*rules);
      return std::string((near.knobs.empty() ? *near.recorded : *rules).name);
    }
  }
  error = "there is no rule set for Linux " + kernel.release + " on " + kernel.machine +
          "; choose one with --rules";
  return {};
}

std::string executor(std::string_view machine) {
#if defined(__aarch64__)
  constexpr std::string_view own = "arm64";
#else
  constexpr std::string_view own = "amd64";
#endif
  std::string name = "growsdown-executor";
  if (!machine.empty() && machine != own) (name += '-') += machine;
  std::string path = helper(name);
  if (path.empty())
    throw std::runtime_error(
        "the program " + name + " is neither beside this program nor in ../libexec/growsdown" +
        (machine.empty() || machine == own
             ? ""
             : "; the build creates it if there is a C compiler for " + std::string(machine)));
  return path;
}

bool isCarriedOut(const trace::Step& step, const harness::Placement& place) {
  if (step.op == trace::Op::limit)
    return step.length <= place.hard[static_cast<std::size_t>(step.limit)];
  if (!trace::has(step.op, trace::Operand::address)) return true;
  if (trace::isAccess(step.op)) return trace::insideWindows(step.address);
  if (trace::has(step.op, trace::Operand::newLength) &&
      !trace::insideWindows((step.flags & trace::flag::to) != 0 ? step.target : step.address,
                            step.newLength))
    return false;
  const bool fills = step.op == trace::Op::mlock ||
                     (step.flags & (trace::flag::locked | trace::flag::populate)) != 0;
  constexpr std::uint64_t mostListed = 64ULL << 20; // of mincore, with the smallest pages
  if (step.op == trace::Op::mincore && step.length > mostListed) return false;
  return trace::insideWindows(step.address, step.length) && !(fills && step.length > mostFilled);
}

Host::Host() : Remote({executor()}, "host"), rules_(rulesFor(runningKernel(), whyNot_)) {}

std::string_view Host::rules() const {
  if (rules_.empty()) throw harness::CannotSay(whyNot_);
  return rules_;
}

} // namespace growsdown::systems
