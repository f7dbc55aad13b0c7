// The canary of a campaign: a bug planted in a copy of the reference, which each run must find.
#pragma once

#include <filesystem>
#include <string>

namespace growsdown::tools {

/// Hunts the planted bug `id` in the way in which the campaign searches: a search finds a difference,
/// shrinks it and writes it in `out`; a second search knows it. Returns what of this did not happen;
/// empty: all did. Stops with `usage` if there is no such bug, or if it ends the process.
std::string huntCanary(const std::string& id, const std::filesystem::path& out);

/// Stops as `huntCanary` if the bug cannot be a canary.
void checkCanary(const std::string& id);

} // namespace growsdown::tools
