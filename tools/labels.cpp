#include "tools/labels.h"

#include <algorithm>

namespace growsdown::tools {
namespace {

using Versions = std::vector<trace::Version>;

// Names grouped by their text, in order of appearance.
class Parts {
 public:
  void add(const std::string& text, std::string_view name) {
    const auto same = std::find_if(parts_.begin(), parts_.end(),
                                   [&](const auto& part) { return part.first == text; });
    if (same == parts_.end())
      parts_.emplace_back(text, name);
    else
      same->second += ", " + std::string(name);
  }
  std::string text() const {
    std::string out;
    for (const auto& [text, names] : parts_)
      out += (out.empty() ? "" : "; ") + (text.empty() ? names : text + " (" + names + ")");
    return out;
  }

 private:
  std::vector<std::pair<std::string, std::string>> parts_;
};

std::string ranges(const Versions& some, const Versions& all) {
  if (some == all) return "";
  std::vector<std::string> words;
  for (std::size_t i = 0; i < some.size();) {
    const auto at = std::find(all.begin(), all.end(), some[i]);
    std::size_t n = 1;
    while (i + n < some.size() && some[i + n] == at[static_cast<std::ptrdiff_t>(n)])
      ++n;
    const std::string first = print(some[i]);
    const std::string last = print(some[i + n - 1]);
    words.push_back(n == 1                          ? first
                    : some[i + n - 1] == all.back() ? first + " and later"
                    : at == all.begin()             ? "up to " + last
                                                    : first + " to " + last);
    i += n;
  }
  return listed(words);
}

std::map<trace::Arch, Versions> sorted(const Sets& sets) {
  std::map<trace::Arch, Versions> byArch;
  for (const trace::RuleSet* rules : sets)
    byArch[rules->arch].push_back(rules->version);
  for (auto& [arch, versions] : byArch)
    std::sort(versions.begin(), versions.end());
  return byArch;
}

} // namespace

Labels::Labels(const Sets& all) : byArch_(sorted(all)) {}

std::string Labels::group(const Sets& some) const {
  const auto versions = sorted(some);
  if (versions == byArch_) return "all";
  Parts parts;
  for (const auto& [arch, of] : versions)
    parts.add(ranges(of, byArch_.at(arch)), name(arch));
  return parts.text();
}

std::string
pairLabel(const std::vector<std::pair<const trace::RuleSet*, const trace::RuleSet*>>& pairs) {
  Parts parts;
  for (const auto& [a, b] : pairs)
    if (a->arch == b->arch)
      parts.add(print(a->version) + " | " + print(b->version), name(a->arch));
    else
      parts.add(std::string(name(a->arch)) + " | " + std::string(name(b->arch)), print(a->version));
  return parts.text();
}

} // namespace growsdown::tools
