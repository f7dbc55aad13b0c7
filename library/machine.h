// The rules and parameters of an address space of the library.
#pragma once

#include "growsdown/address_space.hpp"
#include "trace/ruleset.h"

#include <memory>
#include <string_view>

namespace growsdown {

/// What an address space is made with. Clones share it. `parameters` refers to `rules`.
struct Machine {
  trace::RuleSet rules;
  trace::Parameters parameters;
};

/// Throws std::invalid_argument with the reason if there is no such rule set, or if an option does
/// not fit it.
std::shared_ptr<const Machine> makeMachine(std::string_view name, const Options& options);

} // namespace growsdown
