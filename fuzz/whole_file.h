// Files that appear whole or not at all, whatever ends the program that writes them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace growsdown::fuzz {

/// What happens to a file that has the name already.
enum class Existing : unsigned char { keep, replace };

/// Writes a temporary file in the same folder, flushes it to the disk and renames it. Nothing is left
/// behind after an error. Returns 0, or the errno of what failed; EEXIST if the file exists and is to
/// be kept. A file that is replaced keeps its rights and its owner, as far as the process may set them.
int writeWhole(const std::filesystem::path& file, std::string_view text, Existing existing);

/// Appends a line with one write, so that lines of several processes never mix. A line that was cut
/// short before, such as by a full disk, ends first. Returns 0, or the errno of what failed.
int appendLine(const std::filesystem::path& file, std::string_view line);

/// Whether a file of some size can be made in the folder: tries it. Returns 0, or the errno.
int tryFolder(const std::filesystem::path& folder);

/// Removes temporary files in the folder whose writer was killed more than an hour ago.
void removeAbandoned(const std::filesystem::path& folder);

} // namespace growsdown::fuzz
