// What `growsdown fuzz` and `growsdown check` share.
#pragma once

#include "fuzz/campaign.h"

#include <string>
#include <vector>

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

/// Runs a campaign of the model against the reference.
fuzz::CampaignResult runFuzz(const FuzzOptions& options);
/// One line: what was searched and what was found.
std::string summary(const fuzz::CampaignResult& result);

} // namespace growsdown::tools
