// The one writer of KTAP, the form of the results of the kernel's own tests.
#pragma once

#include "tools/junit.h"

#include <string>
#include <vector>

namespace growsdown::tools {

/// The document, version 1: a test per suite, with a subtest per case. A failed case has its message
/// and text as diagnostic lines before it.
std::string ktap(const std::vector<JunitSuite>& suites);

} // namespace growsdown::tools
