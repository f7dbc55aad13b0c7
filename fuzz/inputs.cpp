#include "fuzz/inputs.h"

#include <algorithm>

namespace growsdown::fuzz {
namespace {

struct Range {
  std::size_t from = 0, size = 0;
};

/// A line with its newline, or any short range.
Range someRange(Random& random, std::string_view text) {
  if (text.empty()) return {};
  std::size_t at = static_cast<std::size_t>(random.below(text.size()));
  if (random.chance(30))
    return {at, static_cast<std::size_t>(
                    random.between(1, std::min<std::size_t>(text.size() - at, 16)))};
  const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  at = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t end = text.find('\n', at);
  return {at, (end == std::string_view::npos ? text.size() : end + 1) - at};
}

std::string someNumber(Random& random) {
  static constexpr std::uint64_t edges[] = {0,          1,
                                            0x7f,       0x80,
                                            0xff,       0xfff,
                                            0x1000,     0x1000400000,
                                            0x7fffffff, 0x80000000,
                                            0xffffffff, 0x7fffffffffffffff,
                                            ~0ULL,      ~0ULL - 0xfff};
  const std::uint64_t value = random.chance(80) ? random.pick(edges) : random.next();
  if (random.chance(50)) return std::to_string(value);
  std::string hex;
  for (std::uint64_t rest = value; hex.empty() || rest != 0; rest >>= 4)
    hex.insert(hex.begin(), "0123456789abcdef"[rest & 15]);
  return "0x" + hex;
}

bool isNumberCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == 'x';
}

/// Replaces the number at or after a random place.
void changeNumber(Random& random, std::string& text) {
  const auto at =
      std::find_if(text.begin() + static_cast<std::ptrdiff_t>(random.below(text.size())),
                   text.end(), [](char c) { return c >= '0' && c <= '9'; });
  const auto end = std::find_if_not(at, text.end(), isNumberCharacter);
  const std::string number = someNumber(random);
  text.replace(at, end, number);
}

void changeOnce(Random& random, std::string& text, std::string_view other,
                std::span<const std::string> words) {
  const auto place = [&] { return static_cast<std::size_t>(random.below(text.size() + 1)); };
  const Range here = someRange(random, text);
  switch (random.below(8)) {
  case 0:
    text.erase(here.from, here.size);
    return;
  case 1: {
    const std::string copy = text.substr(here.from, here.size);
    text.insert(random.chance(50) ? here.from : place(), copy);
    return;
  }
  case 2: {
    const Range there = someRange(random, other);
    text.insert(random.chance(70) ? here.from : place(), other.substr(there.from, there.size));
    return;
  }
  case 3:
  case 4:
    if (!text.empty()) changeNumber(random, text);
    return;
  case 5:
    if (!words.empty()) text.insert(place(), random.pick(words));
    return;
  case 6:
    if (!text.empty())
      text[static_cast<std::size_t>(random.below(text.size()))] = static_cast<char>(random.next());
    return;
  default:
    if (random.chance(30))
      text.resize(place());
    else
      text.insert(text.begin() + static_cast<std::ptrdiff_t>(place()),
                  " \n\t,:-+="[random.below(8)]);
  }
}

} // namespace

std::string mutateInput(Random& random, std::string_view base, std::string_view other,
                        std::span<const std::string> words, std::size_t most) {
  std::string text(base);
  do
    changeOnce(random, text, other, words);
  while (random.chance(60));
  if (text.size() > most) text.resize(most);
  return text;
}

std::string shrinkInput(std::string input, const std::function<bool(std::string_view)>& shows,
                        std::size_t attempts) {
  const auto try_ = [&](std::string candidate) {
    if (attempts == 0) return false;
    --attempts;
    if (!shows(candidate)) return false;
    input = std::move(candidate);
    return true;
  };
  for (std::size_t size = input.size(); size > 0 && attempts > 0; size /= 2)
    for (std::size_t at = 0; at < input.size() && attempts > 0;) {
      std::string candidate = input;
      candidate.erase(at, size);
      if (!try_(std::move(candidate))) at += size;
    }
  for (std::size_t at = 0; at < input.size() && attempts > 0; ++at)
    if (input[at] != '0' && input[at] != '\n') {
      std::string candidate = input;
      candidate[at] = '0';
      try_(std::move(candidate));
    }
  return input;
}

} // namespace growsdown::fuzz
