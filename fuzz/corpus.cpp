#include "fuzz/corpus.h"

#include "fuzz/whole_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace growsdown::fuzz {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t mostWaiting = std::size_t{16} << 20;

} // namespace

void CorpusWriter::add(const std::string& group, std::string bytes, std::string_view extension) {
  if (bytes_ + bytes.size() > mostWaiting) {
    ++dropped_;
    return;
  }
  bytes_ += bytes.size();
  std::string name = hashText(bytes) + std::string(extension);
  waiting_[group].push_back({std::move(name), std::move(bytes)});
}

int CorpusWriter::flush() {
  while (!waiting_.empty()) {
    const auto& [group, entries] = *waiting_.begin();
    const fs::path folder = root_ / group;
    std::error_code code;
    fs::create_directories(folder, code);
    if (code) return code.value();
    char number[16];
    std::snprintf(number, sizeof number, "-%06u", next_);
    const int error =
        writeWhole(folder / (writer_ + number + ".pack"), printPack(entries), Existing::keep);
    if (error == 0 || error == EEXIST) ++next_;
    if (error == EEXIST) continue;
    if (error != 0) return error;
    written_ += entries.size();
    for (const PackEntry& entry : entries)
      bytes_ -= entry.bytes.size();
    waiting_.erase(waiting_.begin());
  }
  return 0;
}

bool readBytes(const fs::path& file, std::string& out) {
  std::error_code code;
  if (fs::is_directory(file, code)) return false;
  std::ifstream in(file, std::ios::binary);
  out.assign(std::istreambuf_iterator<char>(in), {});
  return in.good() || in.eof();
}

std::vector<fs::path> packsOf(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code))
    if (at->path().extension() == ".pack") files.push_back(at->path());
  std::sort(files.begin(), files.end());
  return files;
}

CorpusRead readCorpus(const fs::path& folder) {
  return readPacks(packsOf(folder));
}

CorpusRead readPacks(const std::vector<fs::path>& files) {
  CorpusRead out;
  std::set<std::string> seen;
  for (const fs::path& file : files) {
    std::string bytes;
    if (!readBytes(file, bytes)) {
      std::error_code code;
      if (fs::exists(file, code)) out.problems.push_back(file.string() + ": cannot be read");
      continue;
    }
    PackRead read = readPack(bytes);
    if (!read.error.empty()) {
      out.problems.push_back(file.string() + ": " + read.error);
      continue;
    }
    out.files.push_back(file);
    for (const std::string& lost : read.damaged)
      out.problems.push_back(file.string() + ": damaged: " + lost);
    if (!read.damaged.empty()) out.damaged.insert(file);
    for (PackEntry& entry : read.entries)
      if (seen.insert(entry.name).second) out.entries.push_back(std::move(entry));
  }
  return out;
}

Merged mergeCorpus(const fs::path& folder, const ChooseEntries& choose) {
  CorpusRead read = readCorpus(folder);
  Merged out;
  out.before = read.entries.size();
  out.files = read.files.size();
  out.problems = std::move(read.problems);
  std::stable_sort(read.entries.begin(), read.entries.end(),
                   [](const auto& a, const auto& b) { return a.bytes.size() < b.bytes.size(); });
  choose(read.entries);
  out.after = read.entries.size();
  const std::string text = printPack(read.entries);
  const fs::path merged = folder / ("merged-" + hashText(text) + ".pack");
  std::error_code code;
  if (!read.entries.empty()) {
    const int error = writeWhole(merged, text, Existing::keep);
    if (error != 0 && error != EEXIST) out.error = error;
  }
  if (out.error != 0) return out;
  for (const fs::path& file : read.files) {
    if (read.damaged.count(file) != 0)
      fs::rename(file, file.string() + ".damaged", code);
    else if (file != merged)
      fs::remove(file, code);
  }
  return out;
}

} // namespace growsdown::fuzz
