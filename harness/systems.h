// The systems that live in this process.
#pragma once

#include "harness/system.h"

#include <memory>

namespace growsdown::harness {

/// The executable specification.
std::unique_ptr<System> makeModel();
/// The optimised implementation.
std::unique_ptr<System> makeReference();

} // namespace growsdown::harness
