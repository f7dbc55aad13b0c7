// The names of the rules. A rule marks itself where it decides (Space::mark); from the marks come
// explanations and the rule coverage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace growsdown::model {

enum class Rule : std::uint8_t {
#define GROWSDOWN_RULE(enumerator, id, title, text, source) enumerator,
#include "model/rule.def"
};

struct RuleInfo {
  Rule rule;
  std::string_view id;     ///< as in GROW-RLIMIT-STACK
  std::string_view title;  ///< a few words
  std::string_view text;   ///< what happens
  std::string_view source; ///< kernel versions, files and functions
};

inline constexpr std::size_t ruleCount = 0
#define GROWSDOWN_RULE(enumerator, id, title, text, source) +1
#include "model/rule.def"
    ;

/// All rules, in the order of their enumerators.
std::span<const RuleInfo> rules();

inline const RuleInfo& info(Rule rule) {
  return rules()[static_cast<std::size_t>(rule)];
}

/// The rule of that id, or null.
const RuleInfo* findRule(std::string_view id);

} // namespace growsdown::model
