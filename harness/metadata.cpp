#include "harness/metadata.h"

#include "trace/ruleset.h"

#include <string_view>

namespace growsdown::harness {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> list;
  while (!text.empty()) {
    const auto end = text.find_first_of(", \t");
    if (end != 0) list.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return list;
}

void readLine(std::string_view comment, Metadata& data, std::string& otherwise) {
  std::string_view text = comment;
  while (!text.empty() && text.front() == '#')
    text.remove_prefix(1);
  text = trimmed(text);
  const auto colon = text.find(':');
  const std::string_view key = colon == std::string_view::npos ? "" : text.substr(0, colon);
  const std::string_view value =
      colon == std::string_view::npos ? "" : trimmed(text.substr(colon + 1));
  if (key == "title") {
    data.title = value;
  } else if (key == "rules") {
    for (std::string& word : words(value))
      data.rules.push_back(std::move(word));
  } else if (key == "sets") {
    for (std::string& word : words(value)) {
      if (trace::findRuleSet(word) == nullptr)
        data.error = "`sets:` names no known rule set with `" + word + "`";
      data.sets.push_back(std::move(word));
    }
    if (data.sets.empty()) data.error = "`sets:` names no rule set";
  } else if (key == "cve") {
    data.cve = value;
  } else if (key == "commit") {
    data.commit = value;
  } else if (key == "found") {
    data.found = value;
  } else if (key == "expect") {
    if (value == "diverge")
      data.expect = Metadata::Expect::diverge;
    else if (value != "agree")
      data.error = "`expect:` is `agree` or `diverge`, not `" + std::string(value) + "`";
  } else if (otherwise.empty()) {
    otherwise = text;
  }
}

} // namespace

Metadata metadata(const trace::Trace& trace) {
  Metadata data;
  std::string otherwise;
  if (!trace.records.empty())
    for (const std::string& comment : trace.records.front().comments)
      readLine(comment, data, otherwise);
  for (const std::string& comment : trace.before)
    readLine(comment, data, otherwise);
  if (data.title.empty()) data.title = otherwise;
  return data;
}

std::string ruleSetOfName(std::string_view path, std::string& error) {
  std::string_view stem = path.substr(path.find_last_of('/') + 1);
  stem = stem.substr(0, stem.find(".trace"));
  const auto at = stem.find('@');
  std::string name(stem.substr(0, at));
  if (trace::findRuleSet(name) != nullptr) return name;
  const auto version = name.rfind("linux-", 0) == 0 ? name.find_first_not_of("0123456789", 6) : 0;
  if (at != std::string_view::npos ||
      (version > 6 && version != std::string::npos && name[version] == '.'))
    error = "the file's name says rule set `" + name + "`, and there is none of that name";
  return {};
}

} // namespace growsdown::harness
