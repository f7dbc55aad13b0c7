// `growsdown rules --coverage`, and what `growsdown rules ID` tells of one rule.
#pragma once

#include "harness/coverage.h"
#include "model/rule.h"

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

enum class CoverageForm : unsigned char { text, markdown, json };

/// What reached which rule: as built in, or of the file that readReached named.
const harness::Coverage& reached();

/// Takes what reached which rule from this file instead of what was built in (reached.tsv).
void readReached(const std::string& file);

/// Prints the matrix: each rule, and what reached it.
int printCoverage(CoverageForm form);

/// The ids of rules that somebody who wrote `id` may have meant.
std::vector<std::string_view> rulesNear(std::string_view id);

/// Prints all that is known of a rule.
int printRule(const model::RuleInfo& rule, bool json);

/// Replays the corpus in that directory, runs the campaigns, goes through the theorems, and prints
/// what reached which rule, with the rows of `files` that other programs wrote.
int collect(const std::string& corpus, const std::vector<std::string>& files);

} // namespace growsdown::tools
