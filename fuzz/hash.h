// The hash by which traces and features are named: FNV-1a of 64 bits.
#pragma once

#include <cstdint>
#include <string_view>

namespace growsdown::fuzz {

constexpr std::uint64_t hashOf(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

} // namespace growsdown::fuzz
