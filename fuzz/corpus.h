// The corpus of a campaign: folders of packs, which any number of processes fill and merge.
#pragma once

#include "fuzz/pack.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// Collects what a worker keeps, and writes it as packs named `WRITER-N.pack`, each whole. What cannot
/// be written waits in memory, up to 16 MiB.
class CorpusWriter {
 public:
  /// `writer` must be unique among all processes that use the folder.
  CorpusWriter(std::filesystem::path root, std::string writer)
      : root_(std::move(root)), writer_(std::move(writer)) {}

  /// Keeps an entry for the folder `group` of the root. Its name is its hash and `extension`.
  void add(const std::string& group, std::string bytes, std::string_view extension);
  /// Writes what was added. Returns 0, or the errno of what failed.
  int flush();
  bool isEmpty() const { return waiting_.empty(); }

  std::uint64_t written() const { return written_; } ///< entries
  std::uint64_t dropped() const { return dropped_; } ///< entries that did not fit into memory

 private:
  std::filesystem::path root_;
  std::string writer_;
  std::map<std::string, std::vector<PackEntry>> waiting_; ///< by group
  std::size_t bytes_ = 0;
  unsigned next_ = 0;
  std::uint64_t written_ = 0, dropped_ = 0;
};

/// The entries of all packs of a folder, each content once.
struct CorpusRead {
  std::vector<PackEntry> entries;
  std::vector<std::filesystem::path> files; ///< the packs that were read
  std::vector<std::string> problems;        ///< what is damaged, with the name of the file
  std::set<std::filesystem::path> damaged;  ///< of `files`
};

/// Reads packs. One that vanishes meanwhile was merged by another process.
CorpusRead readPacks(const std::vector<std::filesystem::path>& files);
/// Reads all packs of a folder, which need not exist.
CorpusRead readCorpus(const std::filesystem::path& folder);

/// Erases the entries that are not to stay. They are sorted: short ones come first.
using ChooseEntries = std::function<void(std::vector<PackEntry>&)>;

struct Merged {
  std::size_t before = 0, after = 0; ///< entries
  std::size_t files = 0;             ///< packs that were merged
  std::vector<std::string> problems;
  int error = 0; ///< errno: nothing was removed
};

/// Replaces all packs of a folder by one that has the entries which `choose` leaves. The old packs are
/// removed when the new one is safe. A damaged pack is renamed `NAME.damaged` and stays.
Merged mergeCorpus(const std::filesystem::path& folder, const ChooseEntries& choose);

/// The packs in a folder, sorted.
std::vector<std::filesystem::path> packsOf(const std::filesystem::path& folder);

/// The whole file; false if it cannot be read.
bool readBytes(const std::filesystem::path& file, std::string& out);

} // namespace growsdown::fuzz
