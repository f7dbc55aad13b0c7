// The list of theorems, as text and as a page of the documentation.
#pragma once

#include <string>

namespace growsdown::tools {

/// What each theorem claims and assumes, for which sizes, and how it must fail.
std::string theoremsList();
/// The page docs/generated/theorems.md.
std::string theoremsMarkdown();

} // namespace growsdown::tools
