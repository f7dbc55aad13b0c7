// All rules, knobs, traces and pages that docs/rules and docs/generated name exist.
#include "model/rule.h"
#include "trace/ruleset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::model {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> pages() {
  std::vector<fs::path> found;
  for (const char* folder : {"rules", "generated"})
    for (const auto& entry : fs::directory_iterator(fs::path(GROWSDOWN_DOCS) / folder))
      if (entry.path().extension() == ".md") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Everything between `open` and the next `close`, if both are on the same line.
std::vector<std::string> between(const std::string& text, std::string_view open,
                                 std::string_view close) {
  std::vector<std::string> found;
  for (std::size_t at = text.find(open); at != text.npos; at = text.find(open, at)) {
    at += open.size();
    const std::size_t end = text.find(close, at);
    if (end == text.npos) break;
    std::string inner = text.substr(at, end - at);
    at = end + close.size();
    if (inner.find('\n') == inner.npos) found.push_back(std::move(inner));
  }
  return found;
}

/// Words of letters of one case and digits, joined by dashes: at least two of them.
template <class IsLetter>
bool dashed(const std::string& text, IsLetter letter) {
  bool dash = false;
  for (const char c : text) {
    if (c == '-')
      dash = true;
    else if (!letter(static_cast<unsigned char>(c)) && !std::isdigit(static_cast<unsigned char>(c)))
      return false;
  }
  return dash && letter(static_cast<unsigned char>(text.front()));
}

std::set<std::string, std::less<>> knobWords() {
  std::set<std::string, std::less<>> words;
  for (const trace::RuleSet& set : trace::ruleSets()) {
    for (const trace::Knob& knob : trace::knobs(set)) {
      words.insert(std::string(knob.name));
      words.insert(knob.value);
    }
    words.insert(std::string(set.name));
  }
  return words;
}

TEST(RulePages, NameRulesAndKnobsThatExist) {
  const auto words = knobWords();
  std::size_t rulesNamed = 0;
  std::size_t knobsNamed = 0;
  for (const fs::path& page : pages()) {
    for (const std::string& code : between(read(page), "`", "`")) {
      if (dashed(code, [](unsigned char c) { return std::isupper(c) != 0; })) {
        ++rulesNamed;
        EXPECT_NE(findRule(code), nullptr) << page << ": no rule " << code;
      } else if (page.filename() != "coverage.md" &&   // which names theorems and planted bugs,
                 page.filename() != "conditions.md" && // theorems
                 page.filename() != "theorems.md" &&   // likewise
                 dashed(code, [](unsigned char c) { return std::islower(c) != 0; })) {
        ++knobsNamed;
        EXPECT_TRUE(words.contains(code)) << page << ": no knob, value or rule set " << code;
      }
    }
  }
  EXPECT_GT(rulesNamed, 50U);
  EXPECT_GT(knobsNamed, 20U);
}

TEST(RulePages, LinksLeadToFiles) {
  std::size_t links = 0;
  for (const fs::path& page : pages())
    for (const std::string& target : between(read(page), "](", ")")) {
      if (target.starts_with("http") || target.starts_with("#")) continue;
      ++links;
      EXPECT_TRUE(fs::exists(page.parent_path() / target.substr(0, target.find('#'))))
          << page << ": " << target;
    }
  EXPECT_GT(links, 50U);
}

} // namespace
} // namespace growsdown::model
