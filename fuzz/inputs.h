// Searches that give bytes to a decoder: the trace parser, the line protocol, answers of plug-ins.
#pragma once

#include "fuzz/random.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// A decoder, and what its inputs look like.
struct InputTarget {
  std::string name; ///< a word, such as `parser`
  /// Decodes an input. Adds hashes of what the input reached to `reached`. Returns what is wrong: a
  /// phrase that is equal for equal faults, then a colon and details. Empty: nothing is wrong. May
  /// crash or hang.
  std::function<std::string(std::string_view input, std::vector<std::uint64_t>& reached)> run;
  std::vector<std::string> seeds;
  std::vector<std::string> words; ///< that inputs consist of
};

/// A changed copy of `base`: bytes, words, numbers or whole lines, some of them from `other`. At most
/// `most` bytes.
std::string mutateInput(Random& random, std::string_view base, std::string_view other,
                        std::span<const std::string> words, std::size_t most);

/// Drops parts of an input, then simplifies bytes, while `shows` is true; it is called at most
/// `attempts` times.
std::string shrinkInput(std::string input, const std::function<bool(std::string_view)>& shows,
                        std::size_t attempts);

} // namespace growsdown::fuzz
