// Searches for differences: what the subcommands fuzz, live and check share.
#pragma once

#include "fuzz/campaign.h"
#include "tools/cli.h"
#include "tools/json.h"

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
  std::uint64_t stopAfter = 0; ///< 0: never
  std::string json, junit;     ///< reports; empty: none
  std::string log;             ///< a file that gets JSON lines; empty: none
};

/// Adds the options of every search.
void addSearchOptions(Command command, FuzzOptions& options);
/// Stops if the options ask for no search, name traces or rule sets that do not exist, or files that
/// cannot be written.
void checkSearch(const FuzzOptions& options);
/// Runs a campaign. `campaign` has the settings that FuzzOptions has no option for, such as the
/// systems; by default these are the model and the reference.
fuzz::CampaignResult runFuzz(const FuzzOptions& options, fuzz::CampaignOptions campaign = {});
/// A search on a system that `--on` names, held to a rule set.
struct SystemSearch {
  fuzz::CampaignOptions options; ///< without times and folders
  std::string name;              ///< the system's own name
  std::string rules;
  std::string notCompared; ///< a line, or empty
};
/// Stops as `system` and `rulesOf`, or with `unknown` if no trace can be run there. Without `rules` the
/// system names the rule set.
SystemSearch searchOn(const std::string& on, const std::string& rules);
/// Prints the findings and the summary, and writes the reports that the options name. `right` is the
/// argument of --on that means the right system. Returns the exit code.
int report(std::string_view command, const FuzzOptions& options, const fuzz::CampaignResult& result,
           std::string_view right);
/// A finding as JSON.
Json jsonFinding(const fuzz::Finding& finding);
/// One line: what was run and what was found.
std::string summary(const fuzz::CampaignResult& result);

} // namespace growsdown::tools
