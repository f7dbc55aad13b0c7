#include "trace/complain.h"

#include "trace/text.h"

#include <algorithm>

namespace growsdown::trace {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Optimal string alignment distance: insertions, deletions, replacements, swapped neighbours.
/// Case does not count.
std::size_t distance(std::string_view one, std::string_view other) {
  std::string a(one), b(other);
  std::transform(a.begin(), a.end(), a.begin(), lower);
  std::transform(b.begin(), b.end(), b.begin(), lower);
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); j++)
    last[j] = j;
  for (std::size_t i = 1; i <= a.size(); i++) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); j++) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

} // namespace

std::string quoted(std::string_view word) {
  constexpr std::size_t most = 40;
  std::string out = "`";
  if (word.size() <= most) {
    out += word;
  } else {
    std::size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(word[end]) & 0xc0U) == 0x80U)
      end--;
    out += word.substr(0, end);
    out += "...";
  }
  return out += '`';
}

std::string alternatives(const Words& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); i++) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += quoted(words[i]);
  }
  return out;
}

std::string fromC(std::string_view word, std::string_view prefix) {
  if (!word.starts_with(prefix)) return std::string(word);
  std::string plain(word.substr(prefix.size()));
  std::transform(plain.begin(), plain.end(), plain.begin(), lower);
  return plain;
}

std::string suggestion(std::string_view word, const Words& words) {
  // Of a name of C such as MAP_FIXED the prefix says nothing.
  const std::size_t under = word.find('_');
  if (under != std::string_view::npos &&
      std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(under),
                  [](char c) { return c >= 'A' && c <= 'Z'; }))
    word.remove_prefix(under + 1);
  // A known word at a wrong place needs no suggestion.
  if (word.size() > 40 || std::find(words.begin(), words.end(), word) != words.end()) return {};
  std::string_view best;
  std::size_t bestDistance =
      std::max<std::size_t>(1, std::min<std::size_t>(word.size() / 3, 3)) + 1;
  for (const std::string_view candidate : words)
    if (const std::size_t d = distance(word, candidate); d < bestDistance && d < candidate.size()) {
      best = candidate;
      bestDistance = d;
    }
  return best.empty() ? std::string() : "; did you mean " + quoted(best) + "?";
}

std::string ParseError::text() const {
  return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

} // namespace growsdown::trace
