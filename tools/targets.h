// The decoders that campaigns give inputs to, by name.
#pragma once

#include "fuzz/inputs.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// `parser`, `protocol` or `plugin`; null for another name.
std::shared_ptr<const fuzz::InputTarget> inputTarget(std::string_view name);

/// The names of all targets.
std::vector<std::string> inputTargetNames();

/// The target whose finding has that file name; empty if it is not that of an input.
std::string targetOfFile(const std::string& path);

} // namespace growsdown::tools
