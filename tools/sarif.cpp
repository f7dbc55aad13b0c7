#include "tools/sarif.h"

#include "model/rule.h"
#include "tools/json.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <cctype>
#include <map>

namespace growsdown::tools {
namespace {

// SARIF requires an id for every result.
constexpr const char* noRule = "no-rule";

Json describe(const std::string& id) {
  Json rule = Json::object({{"id", id}});
  if (const model::RuleInfo* const info = model::findRule(id); info != nullptr) {
    rule["shortDescription"] = Json::object({{"text", info->title}});
    rule["fullDescription"] = Json::object({{"text", info->text}});
  } else {
    rule["shortDescription"] = Json::object({{"text", "no rule decided the step"}});
  }
  return rule;
}

// A path as a URI reference: relative to the directory of the run, unless it is absolute.
std::string uri(const std::string& file) {
  std::string text = file.starts_with('/') ? "file://" : "";
  constexpr std::string_view plain = "-._~/:@+,=";
  for (const char c : file)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || plain.find(c) != std::string_view::npos)
      text += c;
    else
      text += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return text;
}

Json location(const SarifResult& result) {
  Json place = Json::object({{"artifactLocation", Json::object({{"uri", uri(result.file)}})}});
  if (result.line != 0) place["region"] = Json::object({{"startLine", result.line}});
  return Json::object({{"physicalLocation", std::move(place)}});
}

} // namespace

std::string sarif(const std::vector<SarifResult>& results) {
  Json rules = Json::array(), found = Json::array();
  std::map<std::string, std::size_t> places;
  for (const SarifResult& result : results) {
    const std::string id = result.rule.empty() ? noRule : result.rule;
    const auto [at, fresh] = places.try_emplace(id, rules.size());
    if (fresh) rules.push_back(describe(id));
    Json one =
        Json::object({{"ruleId", id},
                      {"ruleIndex", at->second},
                      {"level", result.known.empty() ? "error" : "note"},
                      {"message", Json::object({{"text", trace::plainText(result.message)}})}});
    if (!result.file.empty()) one["locations"] = Json::array({location(result)});
    if (!result.known.empty())
      one["suppressions"] =
          Json::array({Json::object({{"kind", "external"}, {"justification", result.known}})});
    found.push_back(std::move(one));
  }
  const Json driver = Json::object(
      {{"name", "growsdown"}, {"version", GROWSDOWN_VERSION}, {"rules", std::move(rules)}});
  const Json run =
      Json::object({{"tool", Json::object({{"driver", driver}})}, {"results", std::move(found)}});
  return printJson(Json::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                                 {"version", "2.1.0"},
                                 {"runs", Json::array({run})}}));
}

} // namespace growsdown::tools
