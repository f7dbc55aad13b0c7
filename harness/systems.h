// The systems that live in this process.
#pragma once

#include "harness/system.h"

#include <memory>
#include <string_view>
#include <vector>

namespace growsdown::harness {

/// The executable specification.
std::unique_ptr<System> makeModel();
/// The optimised implementation.
std::unique_ptr<System> makeReference();

/// `model` or `reference`; null for any other name.
std::unique_ptr<System> makeSystem(std::string_view name);
/// The names that makeSystem knows.
std::vector<std::string_view> systemNames();

} // namespace growsdown::harness
