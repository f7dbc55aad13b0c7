// Short names for groups of rule sets.
#pragma once

#include "trace/ruleset.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace growsdown::tools {

/// Some of the rule sets.
using Sets = std::vector<const trace::RuleSet*>;

class Labels {
 public:
  /// `all`: the rule sets that groups are taken from.
  explicit Labels(const Sets& all);

  /// The name of some of them: `4.3 and 6.1 (arm64); 5.10 and later (amd64); um`, or `all`.
  std::string group(const Sets& some) const;

 private:
  std::map<trace::Arch, std::vector<trace::Version>> byArch_;
};

/// Pairs of neighbours: `4.3 | 5.10 (arm64, amd64); arm64 | amd64 (4.3)`.
std::string
pairLabel(const std::vector<std::pair<const trace::RuleSet*, const trace::RuleSet*>>& pairs);

/// `a, b and c`
template <class Word>
std::string listed(const std::vector<Word>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    (text += i == 0 ? "" : i + 1 == words.size() ? " and " : ", ") += words[i];
  return text;
}

} // namespace growsdown::tools
