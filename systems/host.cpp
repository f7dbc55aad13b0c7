#include "systems/host.h"

#include "trace/ruleset.h"

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <sys/utsname.h>
#include <vector>

namespace growsdown::systems {
namespace {

constexpr std::string_view executor = "growsdown-executor";

std::vector<std::string> command() {
  std::string path = helper(executor);
  if (path.empty())
    throw std::runtime_error("the program " + std::string(executor) +
                             " is neither beside this one nor in ../libexec/growsdown");
  return {std::move(path)};
}

} // namespace

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
  error = "no rule set stands for Linux " + kernel.release + " on " + kernel.machine +
          "; --rules says which one to hold it to";
  return {};
}

Host::Host() : Remote(command(), "host"), rules_(rulesFor(runningKernel(), whyNot_)) {}

std::string_view Host::rules() const {
  if (rules_.empty()) throw harness::CannotSay(whyNot_);
  return rules_;
}

} // namespace growsdown::systems
