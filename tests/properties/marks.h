// What the properties reach: counted from the models that they judge, written for scripts/coverage.
#pragma once

#include "harness/system.h"

#include <memory>

namespace growsdown::properties {

/// The model. When it goes, the rules that it reached count for the property that runs; at the end
/// of the program they are written to the file that GROWSDOWN_MARKS names.
std::unique_ptr<harness::System, void (*)(harness::System*)> judgedModel();

} // namespace growsdown::properties
