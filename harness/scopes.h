// The small scopes in which rule sets are compared, and which rule sets are neighbours.
#pragma once

#include "harness/scope.h"

#include <string_view>
#include <vector>

namespace growsdown::harness {

/// Two rule sets that follow each other on one architecture, or stand beside each other in one
/// release.
struct Neighbours {
  std::string_view left;
  std::string_view right;
};
std::vector<Neighbours> neighbours();

/// The scopes for a pair: their addresses lie at the ends of both address spaces where that
/// matters.
std::vector<Scope> scopes(const trace::RuleSet& left, const trace::RuleSet& right);

} // namespace growsdown::harness
