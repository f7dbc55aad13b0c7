// The small scopes in which rule sets are compared.
#pragma once

#include "harness/scope.h"

#include <vector>

namespace growsdown::harness {

/// The scopes for a pair of rule sets. Scopes about addresses use the ends of both address spaces.
std::vector<Scope> scopes(const trace::RuleSet& left, const trace::RuleSet& right);

} // namespace growsdown::harness
