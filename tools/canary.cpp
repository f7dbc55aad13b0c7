#include "tools/canary.h"

#include "fuzz/campaign.h"
#include "fuzz/recheck.h"
#include "harness/builtin_systems.h"
#include "harness/space_system.h"
#include "planted/address_space.h"
#include "planted/bugs.h"
#include "tools/common.h"

#include <chrono>
#include <memory>

namespace growsdown::tools {
namespace {

const planted::BugInfo& bugOf(const std::string& id) {
  const planted::BugInfo* const bug = planted::findBug(id);
  if (bug == nullptr) throw Stop(usage, "canary: no planted bug is named `" + id + "`");
  if (bug->endsProcess())
    throw Stop(usage, "canary: `" + id + "` ends the process; a canary gives a wrong answer");
  return *bug;
}

fuzz::CampaignOptions hunt(const std::filesystem::path& out, std::uint64_t seed) {
  fuzz::CampaignOptions options;
  options.right = [] { return std::make_unique<harness::SpaceSystem<planted::AddressSpace>>(); };
  options.time = std::chrono::minutes(1);
  options.stopAfter = 1;
  options.keepGoing = true;
  options.seed = seed;
  options.out = out;
  return options;
}

} // namespace

void checkCanary(const std::string& id) {
  bugOf(id);
}

std::string huntCanary(const std::string& id, const std::filesystem::path& out) {
  const planted::BugInfo& bug = bugOf(id);
  fuzz::CampaignResult first, second;
  {
    const planted::ScopedBug scope(bug.bug);
    first = fuzz::runCampaign(hunt(out, 1));
    if (!first.error.empty()) return first.error;
    if (first.findings.empty())
      return first.ended.empty() ? "no difference in a minute" : first.ended;
    const fuzz::Finding& found = first.findings.front();
    if (found.file.empty()) return "its trace was not written: " + found.error;
    if (found.steps > found.stepsBefore || found.steps > 20)
      return "its trace of " + std::to_string(found.steps) + " steps was not shrunk";
    if (fuzz::recheck(hunt(out, 1), found.file).shows != fuzz::Shows::yes)
      return "its trace does not show the bug again";
    // The same search again: the difference is known.
    second = fuzz::runCampaign(hunt(out, 1));
    if (second.findings.empty() || !second.findings.front().known)
      return "a second search did not know it";
  }
  if (fuzz::recheck(hunt(out, 1), first.findings.front().file).shows != fuzz::Shows::no)
    return "its trace differs without the bug, too";
  return {};
}

} // namespace growsdown::tools
