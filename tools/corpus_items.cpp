#include "tools/corpus_items.h"

#include "fuzz/corpus.h"
#include "fuzz/hash.h"
#include "fuzz/reach.h"
#include "tools/common.h"
#include "tools/files.h"
#include "trace/bytes.h"
#include "trace/text.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

namespace growsdown::tools {
namespace {

namespace fs = std::filesystem;

bool endsWith(const std::string& name, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

/// The files of a folder and below, sorted; of a file, itself.
std::vector<fs::path> filesOf(const std::string& path) {
  std::error_code code;
  if (!fs::exists(path, code)) throw Stop(usage, path + ": no such file or directory");
  if (!fs::is_directory(path, code)) return {path};
  std::vector<fs::path> files;
  fs::recursive_directory_iterator at(path, code);
  for (const fs::recursive_directory_iterator end; !code && at != end; at.increment(code)) {
    std::error_code dangling;
    if (at->is_regular_file(dangling)) files.push_back(at->path());
  }
  if (code) throw Stop(usage, path + ": cannot read the directory: " + code.message());
  std::sort(files.begin(), files.end());
  return files;
}

class Collector {
 public:
  /// Adds an entry, unless the same contents have that name already.
  void add(std::string name, std::string bytes) {
    const auto [at, isNew] = hashes_.emplace(name, fuzz::hashOf(bytes));
    if (!isNew && at->second == fuzz::hashOf(bytes)) return;
    if (!isNew) {
      name = fuzz::hashText(bytes) + "-" + fs::path(name).filename().string();
      if (!hashes_.emplace(name, fuzz::hashOf(bytes)).second) return;
    }
    items.entries.push_back({std::move(name), std::move(bytes)});
  }
  Items items;

 private:
  std::map<std::string, std::uint64_t> hashes_;
};

void addPack(const std::string& path, const std::string& bytes, Collector& to) {
  fuzz::PackRead read = fuzz::readPack(bytes);
  if (!read.error.empty()) throw Stop(usage, path + ": " + read.error);
  ++to.items.packs;
  for (const std::string& lost : read.damaged)
    to.items.damaged.push_back(path + ": " + lost);
  for (fuzz::PackEntry& entry : read.entries)
    to.add(std::move(entry.name), std::move(entry.bytes));
}

std::string nameIn(const std::string& folder, const fs::path& file) {
  std::error_code code;
  const std::string relative = fs::is_directory(folder, code)
                                   ? fs::relative(file, folder, code).string()
                                   : file.filename().string();
  std::string name = fuzz::packName(relative);
  if (name.ends_with(".xz")) name.resize(name.size() - 3);
  return fuzz::isPackName(name) ? name : fuzz::hashText(name) + ".trace";
}

/// The files that engines write beside their inputs.
bool isOfEngine(const fs::path& file) {
  static constexpr std::string_view names[] = {
      "README.txt", "fuzzer_stats",         "fuzzer_setup", "plot_data",   "fuzz_bitmap",
      "cmdline",    "HONGGFUZZ.REPORT.TXT", "is_main_node", "target_hash", "fastresume.bin"};
  const std::string name = file.filename().string();
  if (name.starts_with('.')) return true;
  for (const fs::path& part : file)
    if (part == ".state" || part == ".synced" || part == ".cur_input") return true;
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string traceOf(const std::string& bytes) {
  const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  trace::Decoded decoded = trace::decode({data, bytes.size()});
  // As differential_fuzzer runs it.
  const std::uint64_t most = decoded.trace.with.page.value_or(decoded.rules->page) * 2048;
  decoded.trace.with.memory = std::min(decoded.trace.with.memory.value_or(most), most);
  return fuzz::textOf(fuzz::toProgram(*decoded.rules, decoded.trace));
}

} // namespace

bool isInput(const fuzz::PackEntry& entry) {
  return entry.name.ends_with(".input");
}

Items readItems(const std::vector<std::string>& paths) {
  Collector to;
  for (const std::string& path : paths)
    for (const fs::path& file : filesOf(path)) {
      const std::string name = file.string();
      const bool named = endsWith(name, {".trace", ".trace.xz", ".pack", ".pack.xz", ".input"});
      if (!named && name != path) continue;
      std::string bytes = readFile(name);
      if (fuzz::isPack(bytes) || endsWith(name, {".pack", ".pack.xz"})) {
        addPack(name, bytes, to);
      } else {
        ++to.items.files;
        to.add(nameIn(path, file), std::move(bytes));
      }
    }
  return std::move(to.items);
}

Items importItems(const std::vector<std::string>& paths, bool bytes) {
  Collector to;
  for (const std::string& path : paths)
    for (const fs::path& file : filesOf(path)) {
      if (isOfEngine(file)) continue;
      std::string contents;
      if (!fuzz::readBytes(file, contents)) throw Stop(usage, file.string() + ": cannot be read");
      ++to.items.files;
      const trace::ParseResult parsed = trace::parse(contents, file.string());
      const bool isText = !parsed.error && !parsed.traces.empty();
      std::string entry = isText || !bytes ? std::move(contents) : traceOf(contents);
      const std::string_view ending = isText || bytes ? ".trace" : ".input";
      std::string name = fuzz::hashText(entry);
      to.add(name + std::string(ending), std::move(entry));
    }
  return std::move(to.items);
}

} // namespace growsdown::tools
