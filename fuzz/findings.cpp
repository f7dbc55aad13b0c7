#include "fuzz/findings.h"

#include "fuzz/hash.h"
#include "fuzz/json_line.h"
#include "fuzz/whole_file.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace growsdown::fuzz {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t hashDigits = 8;

bool isThere(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored);
}

} // namespace

std::string_view signatureOf(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos ? "" : name.substr(dot + 1);
  if ((extension != "trace" && extension != "input") || dot < hashDigits + 2) return {};
  name = name.substr(0, dot);
  const std::string_view digits = name.substr(name.size() - hashDigits);
  const bool hash = std::all_of(digits.begin(), digits.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  name.remove_suffix(hashDigits);
  if (!hash || !name.ends_with('.')) return {};
  name.remove_suffix(1);
  return name;
}

std::string fileNameOf(const Finding& finding) {
  const std::uint64_t hash = hashOf(finding.text);
  char digits[hashDigits + 1];
  std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(hash ^ (hash >> 32)));
  return finding.signature + "." + digits + "." + finding.extension;
}

std::string FindingsStore::prepare() {
  std::error_code code;
  made_ = fs::create_directories(directory_, code);
  if (code) return "cannot make " + directory_.string() + ": " + code.message();
  removeAbandoned(directory_);
  const int error = tryFolder(directory_);
  if (error != 0) removeIfEmpty();
  if (error != 0) return "cannot write in " + directory_.string() + ": " + std::strerror(error);
  return {};
}

fs::path FindingsStore::find(std::string_view signature) const {
  std::string first;
  std::error_code code;
  for (fs::directory_iterator at(directory_, code), end; !code && at != end; at.increment(code)) {
    std::string name = at->path().filename().string();
    if (signatureOf(name) == signature && (first.empty() || name < first)) first = std::move(name);
  }
  return first.empty() ? fs::path() : directory_ / first;
}

std::vector<JournalLine> FindingsStore::journal() const {
  std::vector<JournalLine> lines;
  std::ifstream in(journalFile(), std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('{') || !line.ends_with('}')) continue; // cut short by a full disk
    lines.push_back({member(line, "event"), member(line, "signature"), member(line, "file")});
  }
  return lines;
}

fs::path FindingsStore::earlier(std::string_view signature, const std::string& own) const {
  for (const JournalLine& line : journal()) {
    if (line.signature != signature || line.file.empty()) continue;
    if (line.file == own) return {};
    if (isThere(directory_ / line.file)) return directory_ / line.file;
  }
  return {};
}

std::string FindingsStore::log(std::string_view event, const Finding& finding,
                               const std::string& file) const {
  const std::string line = JsonLine(event)
                               .add("time", timeNow())
                               .add("signature", finding.signature)
                               .add("file", file)
                               .add("verdict", harness::name(finding.verdict))
                               .add("rules", finding.rules)
                               .add("steps", finding.steps)
                               .add("stepsBefore", finding.stepsBefore)
                               .add("executions", finding.executions)
                               .addSeconds("seconds", finding.seconds)
                               .add("process", static_cast<std::uint64_t>(getpid()))
                               .add("description", finding.description)
                               .text();
  const int error = appendLine(journalFile(), line);
  return error == 0 ? std::string()
                    : "cannot write " + journalFile().string() + ": " + std::strerror(error);
}

Stored FindingsStore::add(const Finding& finding) {
  Stored stored;
  if (fs::path known = find(finding.signature); !known.empty()) {
    // Of two that were found at the same moment, the second one goes.
    if (fs::path first = earlier(finding.signature, {}); !first.empty()) known = std::move(first);
    stored.known = true;
    stored.error = log("again", finding, known.filename().string());
    stored.file = std::move(known);
    return stored;
  }
  std::error_code ignored;
  fs::create_directories(directory_, ignored);
  const std::string name = fileNameOf(finding);
  const fs::path file = directory_ / name;
  if (const int error = writeWhole(file, finding.text, Existing::keep);
      error != 0 && error != EEXIST) {
    stored.error = "cannot write " + file.string() + ": " + std::strerror(error);
    return stored;
  }
  stored.file = file;
  stored.error = log("found", finding, name);
  if (!stored.error.empty()) return stored;
  if (fs::path first = earlier(finding.signature, name); !first.empty()) {
    fs::remove(file, ignored);
    stored.known = true;
    stored.file = std::move(first);
  }
  return stored;
}

Stored FindingsStore::replace(const Stored& before, const Finding& finding) {
  if (before.file.empty()) return add(finding);
  Stored stored;
  const std::string name = fileNameOf(finding);
  stored.file = directory_ / name;
  if (stored.file == before.file) return before;
  if (const int error = writeWhole(stored.file, finding.text, Existing::keep);
      error != 0 && error != EEXIST) {
    stored.error = "cannot write " + stored.file.string() + ": " + std::strerror(error);
    stored.file = before.file;
    return stored;
  }
  stored.error = log("shrunk", finding, name);
  std::error_code ignored;
  fs::remove(before.file, ignored);
  return stored;
}

void FindingsStore::removeIfEmpty() const {
  std::error_code ignored;
  if (made_) fs::remove(directory_, ignored);
}

} // namespace growsdown::fuzz
