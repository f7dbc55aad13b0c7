// Searches for differences: what the subcommands fuzz, live and check share.
#pragma once

#include "fuzz/campaign.h"
#include "tools/cli.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

struct FuzzOptions {
  std::string time = "60s";
  unsigned jobs = 1;
  std::uint64_t seed = 1;
  std::uint64_t runs = 0;
  std::vector<std::string> rules;  ///< empty: all
  std::vector<std::string> corpus; ///< traces to start from
  std::string out;                 ///< directory for findings; empty: none
  bool keepGoing = false;
};

/// Adds the options of every search.
void addSearchOptions(Command command, FuzzOptions& options);
/// Stops with `usage` if the options ask for no search, or name traces that do not exist.
void checkSearch(const FuzzOptions& options);
/// Runs a campaign. `campaign` has the settings that FuzzOptions has no option for, such as the
/// systems; by default these are the model and the reference.
fuzz::CampaignResult runFuzz(const FuzzOptions& options, fuzz::CampaignOptions campaign = {});
/// Prints the findings and the summary; `right` is the argument of --on that means the right
/// system. Returns the exit code.
int report(const fuzz::CampaignResult& result, std::string_view right);
/// One line: what was run and what was found.
std::string summary(const fuzz::CampaignResult& result);

} // namespace growsdown::tools
