// `growsdown rules --coverage`, and what `growsdown rules ID` tells of one rule.
#pragma once

#include "model/rule.h"

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

enum class CoverageForm : unsigned char { text, markdown, json };

/// Prints the matrix: each rule, and what reached it.
int printCoverage(CoverageForm form);

/// The ids of rules that somebody who wrote `id` may have meant.
std::vector<std::string_view> rulesNear(std::string_view id);

/// Prints all that is known of a rule.
int printRule(const model::RuleInfo& rule, bool json);

/// Replays the corpus in that directory, runs the campaigns, goes through the theorems, and prints
/// what reached which rule: the rows of docs/rules/reached.tsv that this program can tell.
int printReached(const std::string& corpus);

} // namespace growsdown::tools
