// The names of the rules. A rule marks itself where it decides (Space::mark); from the marks come
// explanations and the rule coverage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

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
  std::string_view source; ///< kernel versions, files and functions (grammar: rule.def)
};

/// Functions of one file that decide a rule in some kernels: a part of RuleInfo::source.
struct RuleSource {
  std::string_view versions;  ///< "6.1", or "4.3-6.12" with all known versions in between
  std::string_view path;      ///< in the kernel's source tree
  std::string_view functions; ///< separated by ", "
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

/// What the rule's group is called, such as `Growth`.
std::string_view group(Rule rule);

/// The rule of that id, or null.
const RuleInfo* findRule(std::string_view id);

/// The kernel versions that sources speak of, oldest first.
std::span<const std::string_view> sourceVersions();

/// The parts of a rule's source, as written; none where no kernel function decides the rule. A part
/// that is not of the grammar comes with empty fields.
std::vector<RuleSource> sources(const RuleInfo& rule);

} // namespace growsdown::model
