// What two messages have in common that differ in numbers and quoted text only.
#pragma once

#include <cstdint>
#include <string_view>

namespace growsdown::harness {

/// A hash of a message up to its first quoted part, without its words that have digits. `origin` keeps
/// messages of different functions apart.
inline std::uint64_t messageKind(std::string_view origin, std::string_view message) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto add = [&](std::string_view text) {
    for (const char c : text)
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  };
  add(origin);
  message = message.substr(0, message.find('`'));
  while (!message.empty()) {
    const std::string_view word = message.substr(0, message.find(' ', 1));
    if (word.find_first_of("0123456789") == std::string_view::npos) add(word);
    message.remove_prefix(word.size());
  }
  return hash;
}

} // namespace growsdown::harness
