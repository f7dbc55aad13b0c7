// Traces on disk as seeds of a search.
#pragma once

#include "fuzz/program.h"
#include "trace/trace.h"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace growsdown::fuzz {

/// A seed is cut after this many steps.
inline constexpr std::size_t mostSteps = 131072;

/// Reads all traces of a file, or of the `.trace` files in a directory (recursively, sorted).
/// If a file cannot be read or parsed, the result is false and `error` has the reason.
bool readTraces(const std::filesystem::path& path, std::vector<trace::Trace>& traces,
                std::string& error);

/// Each trace as a seed, once per rule set of `rules` (empty: all) that has its parameters.
void addSeeds(const std::vector<trace::Trace>& traces,
              const std::vector<const trace::RuleSet*>& rules, std::vector<Program>& seeds);

/// readTraces and addSeeds.
bool readSeeds(const std::filesystem::path& path, const std::vector<const trace::RuleSet*>& rules,
               std::vector<Program>& seeds, std::string& error);

} // namespace growsdown::fuzz
