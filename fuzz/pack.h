// A pack: many traces or inputs in one file, of which damage takes only the entries that it hits.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// One trace or input.
struct PackEntry {
  std::string name; ///< unique in its pack: letters, digits, `.`, `-`, `_`, `+`, `,`, `=`, `@`, `/`
  std::string bytes;
  friend bool operator==(const PackEntry&, const PackEntry&) = default;
};

/// The version that `printPack` writes, and the newest that `readPack` reads.
inline constexpr unsigned packVersion = 1;

/// The contents of a pack file. It begins with `growsdown-pack 1` and an index. Each part has a
/// checksum. Names must be safe (`isPackName`).
std::string printPack(std::span<const PackEntry> entries);

/// What a pack consists of.
struct PackRead {
  std::vector<PackEntry> entries;   ///< those that are whole
  std::vector<std::string> damaged; ///< what is lost: one string per entry or part
  std::string error;                ///< it is no pack, or one of a newer version: nothing was read
};

/// Reads a pack. Entries whose bytes, or whose place in the file, are damaged are left out and named.
PackRead readPack(std::string_view bytes);

/// Whether the text begins as a pack does.
bool isPack(std::string_view bytes);

/// Whether a name is a relative path without `..` that consists of the characters above.
bool isPackName(std::string_view name);

/// `text` with every other character as `-`: a name, unless the text is empty.
std::string packName(std::string_view text);

/// The hash of a content in 16 hexadecimal digits.
std::string hashText(std::string_view bytes);

} // namespace growsdown::fuzz
