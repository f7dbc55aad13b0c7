#include "tools/json.h"

#include <fmt/format.h>

#include <cmath>

namespace growsdown::tools {
namespace {

std::string formatOf(std::string_view kind) {
  return fmt::format("growsdown-{}-1", kind);
}

std::string dump(const Json& value, int indent) {
  // Only ASCII: what a name or a reason contains must not act on a terminal.
  return value.dump(indent, ' ', true, Json::error_handler_t::replace);
}

} // namespace

Json jsonDocument(std::string_view kind) {
  Json document = Json::object();
  document["format"] = formatOf(kind);
  return document;
}

std::string printJson(const Json& document) {
  return dump(document, 2) + "\n";
}

std::string printJsonLine(const Json& value) {
  return dump(value, -1);
}

Json jsonSeconds(double seconds) {
  return std::round(seconds * 1000) / 1000;
}

Json jsonChange(const trace::Change& change) {
  Json archs = Json::array();
  for (const trace::Arch arch : {trace::Arch::arm64, trace::Arch::amd64, trace::Arch::um})
    if ((change.archs >> static_cast<unsigned>(arch) & 1) != 0) archs.push_back(name(arch));
  Json object = Json::object();
  object["knob"] = change.knob;
  object["since"] = print(change.since);
  object["backport"] = change.backport == trace::Version{} ? Json() : Json(print(change.backport));
  object["archs"] = std::move(archs);
  object["value"] = change.value;
  object["commit"] = change.commit;
  object["cve"] = change.cve;
  object["why"] = change.why;
  return object;
}

JsonStream::JsonStream(std::string_view kind, std::string_view array) {
  fmt::print("{{\n  \"format\": {},\n  {}: [", dump(formatOf(kind), -1), dump(array, -1));
}

void JsonStream::add(const Json& element) {
  fmt::print("{}\n    {}", first_ ? "" : ",", dump(element, -1));
  first_ = false;
}

void JsonStream::end() {
  fmt::print("\n  ]\n}}\n");
}

} // namespace growsdown::tools
