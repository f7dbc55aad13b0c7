// The one writer of JSON: every `--json` goes through it.
#pragma once

#include "trace/ruleset.h"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace growsdown::tools {

/// Members keep the order in which they were added.
using Json = nlohmann::ordered_json;

/// An object whose first member is `"format": "growsdown-KIND-1"`. The number changes when a member
/// goes, or gets another meaning (docs/stability.md).
Json jsonDocument(std::string_view kind);

/// The document, indented, with a final newline. Bytes that are not UTF-8 become U+FFFD.
std::string printJson(const Json& document);

/// The value in one line, without a newline.
std::string printJsonLine(const Json& value);

/// Seconds, rounded to milliseconds.
Json jsonSeconds(double seconds);

/// A change of a knob, as an object.
Json jsonChange(const trace::Change& change);

/// What `element` makes of each item, as an array.
template <class List, class Element>
Json jsonList(const List& list, Element element) {
  Json array = Json::array();
  for (const auto& item : list)
    array.push_back(element(item));
  return array;
}
/// The items, as an array.
template <class List>
Json jsonList(const List& list) {
  return jsonList(list, [](const auto& item) { return Json(item); });
}

/// A document on standard output whose last member is a long array: printed element by element,
/// never held in memory. Elements are one per line.
class JsonStream {
 public:
  /// Prints the beginning; `array` is the name of the member.
  JsonStream(std::string_view kind, std::string_view array);
  void add(const Json& element);
  /// Prints the end.
  void end();

 private:
  bool first_ = true;
};

} // namespace growsdown::tools
