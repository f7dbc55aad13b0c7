// The words of a parser's complaints: what was expected, what was found, and which word was meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::trace {

using Words = std::vector<std::string_view>;

/// The names in a table of the format: of strings, or of rows with a `name`.
template <class Names>
Words wordsOf(const Names& names) {
  Words words;
  for (const auto& row : names) {
    if constexpr (requires { row.name; })
      words.push_back(row.name);
    else
      words.push_back(row);
  }
  return words;
}

/// `word` in backquotes, cut after 40 bytes.
std::string quoted(std::string_view word);

/// `a`, `b` or `c`
std::string alternatives(const Words& words);

/// The word of this format for a name of C: `MAP_FIXED` with the prefix `MAP_` is `fixed`. Other words
/// as they are.
std::string fromC(std::string_view word, std::string_view prefix);

/// `; did you mean X?` if one of the words is close to `word`, else empty.
std::string suggestion(std::string_view word, const Words& words);

} // namespace growsdown::trace
