#include "tools/common.h"
#include "tools/import.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <charconv>

namespace growsdown::tools {
namespace {

// The kernel's page for system calls of old x86 programs, beyond every user address.
constexpr std::uint64_t userHalf = std::uint64_t{1} << 57;

/// A line of the file, word by word.
class Line {
 public:
  Line(std::string_view text, std::string where) : rest_(text), where_(std::move(where)) {}

  std::uint64_t hex(char after) {
    std::uint64_t value = 0;
    const char* const end = rest_.data() + rest_.size();
    const auto [stop, error] = std::from_chars(rest_.data(), end, value, 16);
    if (error != std::errc() || stop == end || *stop != after) fail();
    rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()) + 1);
    return value;
  }
  std::string_view word() {
    const std::size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' ', end), rest_.size()));
    return word;
  }
  std::string_view rest() const { return rest_; }
  [[noreturn]] void fail() const {
    throw Stop(usage, where_ + ": expected a line of /proc/PID/maps: "
                               "START-END RIGHTS OFFSET DEVICE INODE [PATH]");
  }

 private:
  std::string_view rest_;
  std::string where_;
};

std::uint32_t rightsOf(std::string_view word, const Line& line) {
  constexpr std::string_view letters = "rwx";
  constexpr std::uint32_t flags[] = {trace::vm::read, trace::vm::write, trace::vm::exec};
  if (word.size() != 4 || (word[3] != 'p' && word[3] != 's')) line.fail();
  std::uint32_t rights = 0;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (word[i] == letters[i])
      rights |= flags[i];
    else if (word[i] != '-')
      line.fail();
  }
  return rights;
}

} // namespace

Imported importMaps(std::string_view text, const std::string& file, std::uint64_t page) {
  if (page != 4096 && page != 16384 && page != 65536)
    throw Stop(usage, fmt::format("--page: a page of {} bytes; it is 4096, 16384 or 65536", page));
  Imported imported;
  if (page != 4096) imported.trace.with.page = page;
  imported.trace.initial.emplace();
  std::size_t files = 0, outside = 0;
  unsigned number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view content = text.substr(at, end - at);
    if (content.ends_with('\r')) content.remove_suffix(1);
    at = end + 1;
    Line line(content, fmt::format("{}:{}", file, ++number));
    if (content.empty()) continue;
    ImportedArea area;
    area.start = line.hex('-');
    area.end = line.hex(' ');
    const std::string_view rights = line.word();
    area.rights = rightsOf(rights, line);
    area.shared = rights[3] == 's';
    area.offset = line.hex(' ');
    const std::string_view device = line.word(), inode = line.word();
    if (device.empty() || inode.empty() || area.start >= area.end ||
        (area.start | area.end) % page != 0)
      line.fail();
    const auto& areas = imported.trace.initial->areas;
    if (!areas.empty() && areas.back().end > area.start) line.fail();
    area.file = inode != "0";
    area.growsdown = line.rest() == "[stack]";
    if (area.end > userHalf) {
      ++outside;
      continue;
    }
    files += area.file;
    addArea(*imported.trace.initial, area, page);
  }
  if (imported.trace.initial->areas.empty()) throw Stop(usage, file + ": no area in this file");
  imported.notes.push_back(
      "maps does not say which areas have anonymous pages, are locked, or grow "
      "down besides [stack]");
  if (files != 0)
    imported.notes.push_back(fmt::format("{} mappings of files are anonymous memory here", files));
  if (outside != 0)
    imported.notes.push_back("the vsyscall page is beyond the user addresses and is left out");
  return imported;
}

} // namespace growsdown::tools
