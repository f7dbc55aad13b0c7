#include "fuzz/pack.h"

#include "fuzz/hash.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <optional>
#include <set>

namespace growsdown::fuzz {
namespace {

// The lines of a pack. The last HASH of a line is that of the line before it.
//
//   growsdown-pack 1 ENTRIES INDEX-BYTES HASH
//   SIZE HASH NAME                              (the index: one line per entry)
//   index HASH                                  (of the index)
//   entry SIZE HASH NAME HASH                   (one per entry, followed by its bytes)
//   BYTES
constexpr std::string_view magic = "growsdown-pack ";
constexpr std::string_view entryWord = "entry ";
constexpr std::size_t hashDigits = 16;

std::string sealed(std::string line) {
  line += ' ';
  line += hashText(std::string_view(line).substr(0, line.size() - 1));
  return line + "\n";
}

/// Words of a line, separated by single blanks.
std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    out.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

/// The words of a line that `sealed` made, without its hash; none if the line is damaged.
std::vector<std::string_view> unsealed(std::string_view line) {
  if (line.size() < hashDigits + 2 || line[line.size() - hashDigits - 1] != ' ') return {};
  const std::string_view text = line.substr(0, line.size() - hashDigits - 1);
  if (hashText(text) != line.substr(line.size() - hashDigits)) return {};
  return words(text);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The line that begins at `at`, without its newline; nothing if it does not end.
std::optional<std::string_view> lineAt(std::string_view bytes, std::size_t at) {
  const std::size_t end = bytes.find('\n', at);
  if (end == std::string_view::npos) return std::nullopt;
  return bytes.substr(at, end - at);
}

struct Header {
  std::uint64_t size = 0;
  std::string_view hash, name;
  std::size_t contents = 0; ///< where the bytes begin
};

std::optional<Header> headerAt(std::string_view bytes, std::size_t at) {
  if (!bytes.substr(at).starts_with(entryWord)) return std::nullopt;
  const auto line = lineAt(bytes, at);
  if (!line) return std::nullopt;
  const auto parts = unsealed(*line);
  if (parts.size() != 4 || !isPackName(parts[3])) return std::nullopt;
  const auto size = number(parts[1]);
  if (!size) return std::nullopt;
  return Header{*size, parts[2], parts[3], at + line->size() + 1};
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  PackRead run() {
    if (readFirst()) {
      readIndex();
      readEntries();
      nameTheRest();
    }
    return std::move(out_);
  }

 private:
  bool readFirst() {
    const auto line = lineAt(bytes_, 0);
    const auto parts = line ? unsealed(*line) : std::vector<std::string_view>();
    if (parts.size() >= 2 && parts[0] == "growsdown-pack") {
      const auto version = number(parts[1]);
      if (!version || *version > packVersion) {
        out_.error = "a pack of version " + std::string(parts[1]) + "; this program reads up to " +
                     std::to_string(packVersion);
        return false;
      }
      at_ = line->size() + 1;
      if (parts.size() == 4) indexEnd_ = at_ + number(parts[3]).value_or(0);
      return true;
    }
    // A pack whose first line is damaged still has entries.
    at_ = nextEntry(0);
    if (at_ == bytes_.size() && !bytes_.starts_with(magic)) {
      out_.error = "not a pack: it does not begin with `growsdown-pack`";
      return false;
    }
    out_.damaged.emplace_back(
        "the first line, and the index: what else is lost may have no name here");
    return true;
  }

  void readIndex() {
    if (indexEnd_ == 0) return;
    const std::size_t from = at_;
    const auto seal = indexEnd_ <= bytes_.size() ? lineAt(bytes_, indexEnd_) : std::nullopt;
    if (!seal || *seal != "index " + hashText(bytes_.substr(from, indexEnd_ - from))) {
      out_.damaged.emplace_back("the index: what else is lost may have no name here");
      at_ = nextEntry(from);
      return;
    }
    for (std::size_t at = from; at < indexEnd_;) {
      const std::string_view line = *lineAt(bytes_, at);
      const auto parts = words(line);
      if (parts.size() == 3) index_.emplace(parts[2], at);
      at += line.size() + 1;
    }
    at_ = indexEnd_ + seal->size() + 1;
  }

  /// The place of the next header after a damaged part, or the end.
  std::size_t nextEntry(std::size_t from) const {
    for (;;) {
      from = bytes_.find(entryWord, from);
      if (from == std::string_view::npos) return bytes_.size();
      if ((from == 0 || bytes_[from - 1] == '\n') && headerAt(bytes_, from)) return from;
      ++from;
    }
  }

  void readEntries() {
    while (at_ < bytes_.size()) {
      const auto header = headerAt(bytes_, at_);
      if (!header) {
        const std::size_t next = nextEntry(at_ + 1);
        if (index_.empty())
          out_.damaged.push_back("bytes " + std::to_string(at_) + " to " + std::to_string(next));
        at_ = next;
        continue;
      }
      const std::string_view rest = bytes_.substr(header->contents);
      const std::string_view contents = rest.substr(0, header->size);
      const bool whole = rest.size() > header->size && rest[header->size] == '\n';
      if (contents.size() == header->size && hashText(contents) == header->hash) {
        if (!whole) out_.damaged.push_back("the byte after " + std::string(header->name));
        if (seen_.emplace(header->name).second)
          out_.entries.push_back({std::string(header->name), std::string(contents)});
      } else if (seen_.emplace(header->name).second) {
        out_.damaged.push_back(std::string(header->name) + (contents.size() < header->size
                                                                ? " (cut short)"
                                                                : " (its contents)"));
      }
      at_ = whole ? header->contents + header->size + 1 : nextEntry(header->contents);
    }
  }

  void nameTheRest() {
    for (const auto& [name, at] : index_)
      if (seen_.count(name) == 0) out_.damaged.push_back(std::string(name) + " (missing)");
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t indexEnd_ = 0;
  std::map<std::string_view, std::size_t> index_;
  std::set<std::string_view> seen_;
  PackRead out_;
};

} // namespace

std::string hashText(std::string_view bytes) {
  char text[hashDigits + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hashOf(bytes)));
  return text;
}

std::string printPack(std::span<const PackEntry> entries) {
  std::string index;
  for (const PackEntry& entry : entries)
    index +=
        std::to_string(entry.bytes.size()) + " " + hashText(entry.bytes) + " " + entry.name + "\n";
  std::string text = sealed(std::string(magic) + std::to_string(packVersion) + " " +
                            std::to_string(entries.size()) + " " + std::to_string(index.size()));
  text += index + "index " + hashText(index) + "\n";
  for (const PackEntry& entry : entries) {
    text += sealed(std::string(entryWord) + std::to_string(entry.bytes.size()) + " " +
                   hashText(entry.bytes) + " " + entry.name);
    text += entry.bytes + "\n";
  }
  return text;
}

PackRead readPack(std::string_view bytes) {
  return Reader(bytes).run();
}

bool isPack(std::string_view bytes) {
  return bytes.starts_with(magic);
}

bool isPackName(std::string_view name) {
  if (name.empty() || name.size() > 255 || name.front() == '/' || name.back() == '/') return false;
  if (packName(name) != name) return false;
  const std::string path = "/" + std::string(name) + "/";
  return path.find("/../") == std::string::npos && path.find("/./") == std::string::npos &&
         path.find("//") == std::string::npos;
}

std::string packName(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && std::string_view(".-_+,=@/").find(c) == std::string_view::npos) c = '-';
  }
  return out;
}

} // namespace growsdown::fuzz
