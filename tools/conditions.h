// The conditions under which neighbouring rule sets may differ: `prove` prints them below a theorem
// of pairs, and `prove --conditions` lists them.
#pragma once

#include "proofs/prove.h"
#include "tools/json.h"

#include <string>
#include <vector>

namespace growsdown::tools {

/// `always agree`, or the conditions: some lines, each indented by four spaces. Empty for a theorem
/// that is not about pairs.
std::string conditionsText(const proofs::Theorem& theorem, const proofs::Subject& subject);
/// The conditions as an array of objects with `knob` and `where`.
Json conditionsJson(const proofs::Theorem& theorem, const proofs::Subject& subject);

/// The conditions of these theorems for the pairs whose left rule set is among `sets`. Theorems
/// that are not about pairs are left out.
std::string conditionsList(const std::vector<const proofs::Theorem*>& theorems,
                           const std::vector<const trace::RuleSet*>& sets);
/// The page with all of them.
std::string conditionsMarkdown();

} // namespace growsdown::tools
