#include "tools/known.h"

#include "tools/common.h"
#include "tools/files.h"
#include "tools/json.h"
#include "trace/fields.h"

#include <fmt/format.h>

#include <algorithm>
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
  const std::size_t line = s.values.find('\n');
  KnownDifference entry{difference.rule, std::string(trace::name(s.op)), s.field, {}, {}, {}};
  if (line != std::string::npos) {
    entry.expected = s.values.substr(0, line);
    entry.got = s.values.substr(line + 1);
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
  if (!document.is_object() || document.value("format", "") != format)
    throw Stop(usage, fmt::format("{}: the first member must be \"format\": \"{}\"", path, format));
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
KnownDifferences::listOf(const std::string& system, const std::string& rules,
                         const std::vector<harness::Nonconformance>& differences) const {
  Json document = jsonDocument("known");
  document["system"] = system;
  document["rules"] = rules;
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

} // namespace growsdown::tools
