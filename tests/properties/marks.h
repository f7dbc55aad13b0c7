// The rules that the properties reach, counted in the models that they run, for scripts/coverage.
#pragma once

#include "harness/system.h"

#include <memory>

namespace growsdown::properties {

/// The model. On destruction, the rules that it reached count for the current property. At the end
/// of the program they are written to the file that GROWSDOWN_MARKS names.
std::unique_ptr<harness::System, void (*)(harness::System*)> judgedModel();

} // namespace growsdown::properties
