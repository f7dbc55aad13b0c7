// The settings of a campaign folder: a plain file, one setting per line.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// One kind of search of a campaign.
struct WorkerSettings {
  std::string name; ///< unique in the campaign; letters, digits, `-`
  /// `rules` (model against reference), `parser`, `protocol`, `plugin`, or `system` (model against
  /// the system `on`).
  std::string kind;
  std::string on;                 ///< of kind `system`: as for --on
  std::vector<std::string> rules; ///< rule sets, one per slice in turn; empty: all, or the system's
  unsigned share = 1;             ///< of the time, relative to the other workers
  double seconds = 0;             ///< budget of all processes together; 0: none
  std::uint64_t runs = 0;         ///< the same in executions
  bool optional = false;          ///< if it cannot run here, the campaign goes on without it
};

struct CampaignSettings {
  unsigned jobs = 1;               ///< processes of a search
  double slice = 10;               ///< seconds that one search runs before the next one
  std::uint64_t seed = 1;          ///< of the first slice; others are derived from it
  std::string canary = "as-limit"; ///< the planted bug that each run must find
  double mostUnknown = 0.2;        ///< the share of a slice that may end in `unknown`
  std::size_t corpusLimit = 20000; ///< entries of a group that a merge leaves
  unsigned stableRounds = 3;       ///< rounds without news after which the campaign is stable
  double stableGrowth = 0.001;     ///< growth of reach that is no news, as a share
  std::vector<WorkerSettings> workers;
};

/// The file that `growsdown campaign --init` writes: all settings, with comments.
std::string defaultSettings();

/// Reads settings. Returns `LINE: message` if the text is malformed, otherwise an empty string. Names
/// of rule sets and systems are not checked.
std::string parseSettings(std::string_view text, CampaignSettings& out);

/// A duration such as `20s`, `10m`, `1h`, `2d` or `90` in seconds; negative if the text has another form.
double duration(std::string_view text);

} // namespace growsdown::fuzz
