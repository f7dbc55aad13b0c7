// The kernel functions of every rule are machine-readable.
#include "model/rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace growsdown::model {
namespace {

/// The index of a known version, or -1.
std::ptrdiff_t indexOf(std::string_view version) {
  const auto known = sourceVersions();
  const auto found = std::find(known.begin(), known.end(), version);
  return found == known.end() ? -1 : found - known.begin();
}

bool isFunction(std::string_view name) {
  const auto word = [](char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && (name[0] < '0' || name[0] > '9') &&
         std::all_of(name.begin(), name.end(), word);
}

bool isPath(std::string_view path) {
  return path.find('/') != path.npos && path.find(' ') == path.npos &&
         (path.ends_with(".c") || path.ends_with(".h"));
}

/// Why a part does not match the grammar; empty if it does.
std::string wrong(const RuleSource& part) {
  const std::size_t dash = part.versions.find('-');
  const auto first = indexOf(part.versions.substr(0, dash));
  const auto last = dash == part.versions.npos ? first : indexOf(part.versions.substr(dash + 1));
  if (first < 0 || last < 0) return "unknown version";
  if (dash != part.versions.npos && first >= last) return "versions in the wrong order";
  if (!isPath(part.path)) return "no path";
  for (std::string_view names = part.functions;;) {
    const std::size_t comma = names.find(", ");
    if (!isFunction(names.substr(0, comma))) return "no function";
    if (comma == names.npos) return {};
    names.remove_prefix(comma + 2);
  }
}

RuleInfo withSource(std::string_view source) {
  return {Rule::stepDone, "X", "x", "x", source};
}

TEST(RuleSources, EveryRuleNamesItsFunctions) {
  for (const RuleInfo& rule : rules()) {
    if (rule.rule == Rule::machineMemory || rule.rule == Rule::accessPresent) {
      EXPECT_TRUE(sources(rule).empty()) << rule.id << " is decided by no kernel function";
      continue;
    }
    EXPECT_FALSE(sources(rule).empty()) << rule.id;
    std::string again;
    for (const RuleSource& part : sources(rule)) {
      EXPECT_EQ(wrong(part), "") << rule.id << ": " << rule.source;
      again.append(again.empty() ? "" : "; ").append(part.versions).append(" ");
      again.append(part.path).append(": ").append(part.functions);
    }
    EXPECT_EQ(again, rule.source) << rule.id;
  }
}

TEST(RuleSources, NoFunctionIsNamedTwiceForAVersion) {
  for (const RuleInfo& rule : rules()) {
    const auto parts = sources(rule);
    for (std::size_t i = 0; i < parts.size(); ++i)
      for (std::size_t j = i + 1; j < parts.size(); ++j) {
        const bool same = parts[i].path == parts[j].path && parts[i].versions == parts[j].versions;
        EXPECT_FALSE(same) << rule.id << ": " << parts[i].versions << ' ' << parts[i].path;
      }
  }
}

TEST(RuleSources, PartsAreTakenApart) {
  const auto parts = sources(withSource("4.3-5.10 mm/a.c: f, g; 7.2 arch/arm64/mm/b.h: h"));
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(parts[0].versions, "4.3-5.10");
  EXPECT_EQ(parts[0].path, "mm/a.c");
  EXPECT_EQ(parts[0].functions, "f, g");
  EXPECT_EQ(parts[1].versions, "7.2");
  EXPECT_EQ(parts[1].path, "arch/arm64/mm/b.h");
  EXPECT_EQ(parts[1].functions, "h");
}

TEST(RuleSources, OtherTextIsNotOfTheGrammar) {
  for (const std::string_view text :
       {"setrlimit", "4.4 mm/a.c: f", "5.10-4.3 mm/a.c: f", "4.3 mm: f", "4.3 mm/a.c f",
        "4.3 mm/a.c: f g", "4.3 mm/a.c: f,g", "4.3, 5.10 mm/a.c: f", "4.3 mm/a.c: "}) {
    const auto parts = sources(withSource(text));
    ASSERT_EQ(parts.size(), 1U) << text;
    EXPECT_NE(wrong(parts[0]), "") << text;
  }
}

} // namespace
} // namespace growsdown::model
