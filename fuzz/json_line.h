// JSON objects in one line, without nesting: what journals and histories consist of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace growsdown::fuzz {

/// `text` as a JSON string, with its quotes.
std::string jsonText(std::string_view text);

/// Writes an object. Members keep the order in which they were added.
class JsonLine {
 public:
  explicit JsonLine(std::string_view event) { add("event", event); }
  JsonLine& add(std::string_view name, std::string_view value);
  JsonLine& add(std::string_view name, std::uint64_t value);
  JsonLine& addSeconds(std::string_view name, double value);
  std::string text() const { return text_ + "}"; }

 private:
  JsonLine& raw(std::string_view name, std::string_view value);
  std::string text_;
};

/// The value of a member of a line that JsonLine has written, without quotes; empty if it has no such member.
std::string member(std::string_view line, std::string_view name);
std::uint64_t numberMember(std::string_view line, std::string_view name);
double secondsMember(std::string_view line, std::string_view name);

/// The time in UTC, such as `2026-12-01T15:00:00.250Z`.
std::string timeNow();

} // namespace growsdown::fuzz
