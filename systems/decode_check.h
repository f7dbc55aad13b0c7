// What must hold for anything that a system under test may send: fuzz targets of its decoders.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::systems {

// Both functions return what is wrong, and details after a colon; empty if nothing is. They add
// hashes of what the input reached to `reached`.

/// Each line, and all lines, as each request and answer of the line protocol. What is accepted is
/// printed, accepted again, and has the same value.
std::string checkProtocol(std::string_view input, std::vector<std::uint64_t>& reached);

/// The bytes as the answers and states of a plug-in, which is compared with the model in a short
/// trace. Every answer results in a verdict.
std::string checkPluginAnswers(std::string_view input, std::vector<std::uint64_t>& reached);

/// Inputs of checkProtocol to begin with.
std::vector<std::string> protocolSeeds();
/// Inputs of checkPluginAnswers to begin with.
std::vector<std::string> pluginSeeds();

} // namespace growsdown::systems
