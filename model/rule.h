// The names of the rules. A rule marks itself where it decides (LoggedSpace::mark). Explanations
// and the rule coverage use the marks.
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

/// The title of the rule's group, such as `Growth`.
std::string_view group(Rule rule);

/// The rule of that id, or null.
const RuleInfo* findRule(std::string_view id);

/// The kernel versions that sources name, oldest first.
std::span<const std::string_view> sourceVersions();

/// The parts of a rule's source, as written; none if no kernel function decides the rule. A part
/// that does not match the grammar has empty fields.
std::vector<RuleSource> sources(const RuleInfo& rule);

} // namespace growsdown::model
