#include "tools/known.h"

#include "tools/common.h"
#include "tools/files.h"
#include "tools/json.h"
#include "trace/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace growsdown::tools {
namespace {

constexpr const char* format = "growsdown-known-1";
constexpr const char* noReason = "not looked at yet";

std::string word(const Json& entry, const char* name, const std::string& where) {
  const auto at = entry.find(name);
  if (at == entry.end() || !at->is_string())
    throw Stop(usage, fmt::format("{}: `{}` is missing or is not a string", where, name));
  return at->get<std::string>();
}

// The value of a counter: a number of pages, maybe with a sign.
std::uint64_t number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return negative ? 0 - value : value;
}

Json print(const KnownDifference& d) {
  return Json::object({{"rule", d.rule},
                       {"step", d.step},
                       {"field", d.field},
                       {"expected", d.expected},
                       {"got", d.got},
                       {"reason", d.reason}});
}

} // namespace

bool KnownDifference::same(const KnownDifference& other) const {
  return std::tie(rule, step, field, expected, got) ==
         std::tie(other.rule, other.step, other.field, other.expected, other.got);
}

KnownDifference entryOf(const harness::Nonconformance& difference) {
  const harness::Signature& s = difference.signature;
  const harness::Difference& d = difference.result.difference;
  KnownDifference entry{difference.rule, std::string(trace::name(s.op)), s.field, {}, {}, {}};
  const std::size_t line = s.values.find('\n');
  if (line != std::string::npos) {
    entry.expected = s.values.substr(0, line);
    entry.got = s.values.substr(line + 1);
    if (entry.expected == entry.got) entry.got += " at another address";
  } else if (d.field == "system") {
    entry.got = d.right;
  } else if (d.field.starts_with("counters.")) {
    const auto more = static_cast<std::int64_t>(number(d.right) - number(d.left));
    entry.got = fmt::format("{:+}", more);
  }
  return entry;
}

KnownDifferences::KnownDifferences(const std::string& path) {
  const std::string text = readFile(path);
  Json document;
  try {
    document = Json::parse(text);
  } catch (const Json::parse_error& e) {
    throw Stop(usage, path + ": " + e.what());
  }
  path_ = path;
  const auto named = [&](const char* name) {
    const auto at = document.find(name);
    return at != document.end() && at->is_string() ? at->get<std::string>() : std::string();
  };
  if (!document.is_object() || named("format") != format)
    throw Stop(usage, fmt::format("{}: the first member must be \"format\": \"{}\"", path, format));
  about_ = {named("system"), named("rules"), named("knobs")};
  const auto list = document.find("differences");
  if (list == document.end() || !list->is_array())
    throw Stop(usage, path + ": `differences` is missing or is not an array");
  for (const Json& one : *list) {
    const std::string where = fmt::format("{}: difference {}", path, entries_.size() + 1);
    if (!one.is_object()) throw Stop(usage, where + " is not an object");
    KnownDifference entry;
    entry.rule = word(one, "rule", where);
    entry.step = word(one, "step", where);
    entry.field = word(one, "field", where);
    entry.expected = word(one, "expected", where);
    entry.got = word(one, "got", where);
    entry.reason = word(one, "reason", where);
    if (entry.reason.empty()) throw Stop(usage, where + ": `reason` is empty");
    entries_.push_back(std::move(entry));
  }
}

std::string KnownDifferences::find(const harness::Nonconformance& difference) {
  const KnownDifference wanted = entryOf(difference);
  for (KnownDifference& entry : entries_)
    if (entry.same(wanted)) {
      entry.happened = true;
      return entry.reason;
    }
  return {};
}

std::vector<KnownDifference> KnownDifferences::notSeen() const {
  std::vector<KnownDifference> list;
  std::copy_if(entries_.begin(), entries_.end(), std::back_inserter(list),
               [](const KnownDifference& entry) { return !entry.happened; });
  return list;
}

std::string
KnownDifferences::listOf(const KnownFor& about,
                         const std::vector<harness::Nonconformance>& differences) const {
  Json document = jsonDocument("known");
  document["system"] = about.system;
  document["rules"] = about.rules;
  document["knobs"] = about.knobs;
  std::vector<KnownDifference> written;
  for (const harness::Nonconformance& difference : differences) {
    KnownDifference entry = entryOf(difference);
    const auto same = [&](const KnownDifference& other) { return other.same(entry); };
    if (std::any_of(written.begin(), written.end(), same)) continue;
    const auto known = std::find_if(entries_.begin(), entries_.end(), same);
    entry.reason = known != entries_.end() ? known->reason : noReason;
    written.push_back(std::move(entry));
  }
  document["differences"] = jsonList(written, print);
  return printJson(document);
}

void KnownDifferences::checkFor(const KnownFor& about) const {
  if (path_.empty()) return;
  if (about_.rules != about.rules || about_.knobs != about.knobs)
    throw Stop(usage, fmt::format("{}: the list is of {}{}, not of {}{}", path_, about_.rules,
                                  about_.knobs.empty() ? "" : " with " + about_.knobs, about.rules,
                                  about.knobs.empty() ? "" : " with " + about.knobs));
  if (about_.system != about.system)
    fmt::print(stderr, "growsdown conform: {}: the list is of {}\n", path_, about_.system);
}

} // namespace growsdown::tools
