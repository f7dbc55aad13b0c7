#include "trace/utf8.h"

#include "trace/text.h"

#include <algorithm>
#include <cstring>

namespace growsdown::trace {

std::size_t utf8Length(const char* p, const char* end) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(p[i]); };
  const auto left = static_cast<std::size_t>(end - p);
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return left >= 2 && tail(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0; // overlong
    if (first == 0xed && byte(1) > 0x9f) return 0; // a surrogate
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    if (first == 0xf0 && byte(1) < 0x90) return 0; // overlong
    if (first == 0xf4 && byte(1) > 0x8f) return 0; // beyond U+10FFFF
    return 4;
  }
  return 0;
}

bool isLongControl(const char* p, std::size_t length) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(p[i]); };
  if (length == 2) return byte(0) == 0xc2 && byte(1) < 0xa0;
  if (length != 3 || byte(0) != 0xe2) return false;
  return (byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
         (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9);
}

std::string plainText(std::string_view text, bool lines) {
  std::string out;
  out.reserve(text.size());
  const char* const end = text.data() + text.size();
  for (const char* p = text.data(); p != end;) {
    const auto c = static_cast<unsigned char>(*p);
    const std::size_t length = utf8Length(p, end);
    // U+FFFE and U+FFFF are no characters, and XML does not take them.
    const bool none = length == 3 && std::memcmp(p, "\xef\xbf", 2) == 0 &&
                      (static_cast<unsigned char>(p[2]) | 1U) == 0xbf;
    if (c == '\n' || c == '\t')
      out += lines ? *p : ' ';
    else if (length == 0 || none || c < 0x20 || c == 0x7f || isLongControl(p, length))
      out += '?';
    else
      out.append(p, length);
    p += std::max<std::size_t>(length, 1);
  }
  return out;
}

} // namespace growsdown::trace
