// What reaches each rule: `growsdown rules --coverage`.
#pragma once

#include "harness/coverage.h"
#include "model/rule.h"
#include "tools/json.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// What reached which rule: the table built into the program, or the one that readReached named.
/// Stops if it is malformed.
const harness::Coverage& reached();
/// Takes the table from this file. To be called before reached().
void readReached(const std::string& file);

/// The columns of the matrix.
inline constexpr std::array columns{harness::Means::unit,    harness::Means::property,
                                    harness::Means::fuzz,    harness::Means::recording,
                                    harness::Means::theorem, harness::Means::bug};
/// The title of a column.
std::string_view title(harness::Means means);
/// Names of what reached a rule by those means.
std::vector<std::string> namesOf(model::Rule rule, harness::Means means);
/// The titles of the columns in which nothing reached a rule.
std::vector<std::string> missingOf(model::Rule rule);
/// What reached a rule by those means, as an array of objects.
Json jsonReaches(model::Rule rule, harness::Means means);

enum class CoverageForm : unsigned char { text, markdown, json };
/// Prints the matrix. Returns the exit code.
int printCoverage(CoverageForm form);

/// The matrix as an HTML table.
std::string htmlCoverage();

/// Replays the corpus in that directory, runs the campaigns, reads the theorems, and prints what
/// reached which rule. `files` are tables that other programs wrote; their rows are added.
int collect(const std::string& corpus, const std::vector<std::string>& files);

} // namespace growsdown::tools
