// What `growsdown fuzz` and `growsdown check` share.
#pragma once

#include "fuzz/campaign.h"

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace growsdown::tools {

struct FuzzOptions {
  std::string time = "60s";
  unsigned jobs = 1;
  std::uint64_t seed = 1;
  std::uint64_t runs = 0;
  std::vector<std::string> rules;  ///< empty: all
  std::vector<std::string> corpus; ///< seeds
  std::string out;                 ///< where findings go; empty: nowhere
  bool keepGoing = false;
};

/// The options of every search, into `options`.
void addSearchOptions(CLI::App& command, FuzzOptions& options);
/// Stops with `usage` where the options ask for no search, or for traces that are not there.
void checkSearch(const FuzzOptions& options);
/// Runs a campaign: by default of the model against the reference, otherwise what `campaign` says
/// beside the options.
fuzz::CampaignResult runFuzz(const FuzzOptions& options, fuzz::CampaignOptions campaign = {});
/// What was found, to standard output; `right` is what --on takes for the right system. Returns the
/// exit code.
int report(const fuzz::CampaignResult& result, std::string_view right);
/// One line: what was searched and what was found.
std::string summary(const fuzz::CampaignResult& result);

} // namespace growsdown::tools
