// The systems that are part of this program.
#pragma once

#include "harness/system.h"

#include <memory>

namespace growsdown::harness {

/// The model: the executable specification.
std::unique_ptr<System> makeModel();
/// The reference: the optimised implementation.
std::unique_ptr<System> makeReference();

} // namespace growsdown::harness
