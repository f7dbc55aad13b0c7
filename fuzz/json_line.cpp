#include "fuzz/json_line.h"

#include "trace/text.h"

#include <cstdio>
#include <cstdlib>
#include <ctime>

#include <time.h>

namespace growsdown::fuzz {

std::string jsonText(std::string_view text) {
  std::string out = "\"";
  for (const char c : trace::plainText(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

JsonLine& JsonLine::raw(std::string_view name, std::string_view value) {
  text_ += text_.empty() ? "{" : ",";
  text_ += jsonText(name);
  text_ += ':';
  text_ += value;
  return *this;
}

JsonLine& JsonLine::add(std::string_view name, std::string_view value) {
  return raw(name, jsonText(value));
}

JsonLine& JsonLine::add(std::string_view name, std::uint64_t value) {
  return raw(name, std::to_string(value));
}

JsonLine& JsonLine::addSeconds(std::string_view name, double value) {
  char text[48];
  std::snprintf(text, sizeof text, "%.3f", value);
  return raw(name, text);
}

namespace {

/// The place after the string that begins with the quote at `at`; its contents are added to `out`.
std::size_t skipString(std::string_view line, std::size_t at, std::string& out) {
  for (++at; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] == '\\') ++at;
    if (at < line.size()) out += line[at];
  }
  return at + 1;
}

} // namespace

std::string member(std::string_view line, std::string_view name) {
  std::size_t at = 1;
  while (at < line.size() && line[at] == '"') {
    std::string key, value;
    at = skipString(line, at, key);
    if (at >= line.size() || line[at] != ':') break;
    if (++at < line.size() && line[at] == '"')
      at = skipString(line, at, value);
    else
      for (; at < line.size() && line[at] != ',' && line[at] != '}'; ++at)
        value += line[at];
    if (key == name) return value;
    ++at;
  }
  return {};
}

std::uint64_t numberMember(std::string_view line, std::string_view name) {
  return std::strtoull(member(line, name).c_str(), nullptr, 10);
}

double secondsMember(std::string_view line, std::string_view name) {
  return std::strtod(member(line, name).c_str(), nullptr);
}

std::string timeNow() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  char milliseconds[16];
  std::snprintf(milliseconds, sizeof milliseconds, ".%03dZ",
                static_cast<int>(now.tv_nsec / 1000000));
  return std::string(text) + milliseconds;
}

} // namespace growsdown::fuzz
