// Whether what was found before still shows.
#pragma once

#include "fuzz/campaign.h"
#include "trace/trace.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace growsdown::fuzz {

enum class Shows : std::uint8_t {
  yes,
  no,
  unknown, ///< the file cannot be read, or a system cannot say
};

struct Rechecked {
  Shows shows = Shows::unknown;
  std::string why;   ///< it is unknown
  std::string ended; ///< how the process ended, if it did not end well: `signal-6`, `hang`
};

/// Runs the file of a finding again in a child process: its trace on both systems of `options`, under
/// the rule set that the file names, or its input on the target.
Rechecked recheck(const CampaignOptions& options, const std::filesystem::path& file);

/// The same for one trace under a rule set.
Rechecked recheckTrace(const CampaignOptions& options, const trace::RuleSet& rules,
                       const trace::Trace& trace);

} // namespace growsdown::fuzz
