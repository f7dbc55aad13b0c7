// Where neighbouring rule sets may part: `prove`, below a theorem of pairs, and `prove
// --conditions`.
#pragma once

#include "proofs/prove.h"

#include <string>
#include <vector>

namespace growsdown::tools {

/// `agree always`, or the conditions: some lines, each with four spaces before it. Of a theorem
/// that is not of pairs: nothing.
std::string conditionsText(const proofs::Theorem& theorem, const proofs::Subject& subject);
/// The same as a JSON array of objects with `knob` and `where`.
std::string conditionsJson(const proofs::Theorem& theorem, const proofs::Subject& subject);

/// Some theorems' conditions for the pairs whose left one is among `sets`; theorems that are not of
/// pairs are left out.
std::string conditionsList(const std::vector<const proofs::Theorem*>& theorems,
                           const std::vector<const trace::RuleSet*>& sets);
/// All of them: docs/generated/conditions.md.
std::string conditionsMarkdown();

} // namespace growsdown::tools
