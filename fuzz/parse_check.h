// What must hold for any text that is given to the trace parser.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// Parses a text. It is read, or refused with a place and a reason. A trace that was read is printed
/// as text that is read as the same trace, and that is printed again byte for byte. An initial state
/// that passes the check can be started in, under every rule set that takes the parameters. Returns
/// what is wrong, and details after a colon; empty if nothing is. Adds hashes of what the text reached
/// to `reached`, if that is not null.
std::string checkParse(std::string_view text, std::vector<std::uint64_t>* reached = nullptr);

} // namespace growsdown::fuzz
