// One rule: `growsdown rules ID`.
#pragma once

#include "model/rule.h"

#include <string_view>
#include <vector>

namespace growsdown::tools {

/// The ids of rules that somebody who wrote `id` may have meant.
std::vector<std::string_view> rulesNear(std::string_view id);

/// Prints all that is known about a rule. Returns the exit code.
int printRule(const model::RuleInfo& rule, bool json);

} // namespace growsdown::tools
