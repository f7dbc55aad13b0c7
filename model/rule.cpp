#include "model/rule.h"

namespace growsdown::model {
namespace {

constexpr RuleInfo table[] = {
#define GROWSDOWN_RULE(enumerator, id, title, text, source)                                        \
  {Rule::enumerator, id, title, text, source},
#include "model/rule.def"
};

/// The titles of groups, each before its rules; an empty string per rule.
constexpr std::string_view grouped[] = {
#define GROWSDOWN_RULE_GROUP(title) title,
#define GROWSDOWN_RULE(enumerator, id, title, text, source) "",
#include "model/rule.def"
};

constexpr std::string_view versions[] = {"4.3", "5.10", "6.1", "6.12", "6.18", "7.2"};

/// Removes the text before the first `separator` (all of it if there is none) and the separator,
/// and returns that text.
std::string_view take(std::string_view& text, std::string_view separator) {
  const std::size_t at = text.find(separator);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + separator.size());
  return taken;
}

} // namespace

std::span<const RuleInfo> rules() {
  return table;
}

const RuleInfo* findRule(std::string_view id) {
  for (const RuleInfo& rule : table)
    if (rule.id == id) return &rule;
  return nullptr;
}

std::string_view group(Rule rule) {
  std::string_view last;
  auto before = static_cast<std::size_t>(rule) + 1; // rules up to this one
  for (const std::string_view title : grouped) {
    if (!title.empty())
      last = title;
    else if (--before == 0)
      break;
  }
  return last;
}

std::span<const std::string_view> sourceVersions() {
  return versions;
}

std::vector<RuleSource> sources(const RuleInfo& rule) {
  std::vector<RuleSource> parts;
  for (std::string_view left = rule.source; !left.empty();) {
    std::string_view part = take(left, "; ");
    RuleSource source;
    source.versions = take(part, " ");
    source.path = take(part, ": ");
    source.functions = part;
    parts.push_back(source.functions.empty() ? RuleSource{} : source);
  }
  return parts;
}

} // namespace growsdown::model
