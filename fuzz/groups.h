// The groups of a campaign's corpus: seeds for a slice, and merging by what the entries reach.
#pragma once

#include "fuzz/corpus.h"
#include "fuzz/features.h"
#include "fuzz/inputs.h"
#include "fuzz/program.h"
#include "fuzz/random.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace growsdown::fuzz {

/// The programs of a group that its rule set can take, and some of another group, drawn at random.
std::vector<Program> groupSeeds(const std::filesystem::path& corpus, const std::string& rules,
                                Random& random);

/// The inputs of a group.
std::vector<std::string> groupInputs(const std::filesystem::path& corpus, const std::string& group);

/// Erases the entries that reach nothing which shorter ones do not reach. `target` is the decoder of
/// inputs; null: traces. More than `limit` entries are thinned out: those with the fewest new features
/// go first. `seen` gets what all of them reach.
void chooseByReach(std::vector<PackEntry>& entries, const InputTarget* target, std::size_t limit,
                   Features& seen);

/// A folder of packs that several processes fill.
class CorpusGroup {
 public:
  /// `target` as for chooseByReach; it must outlive the group.
  CorpusGroup(std::filesystem::path folder, const InputTarget* target, std::size_t limit)
      : folder_(std::move(folder)), target_(target), limit_(limit) {}

  struct Update {
    bool merged = false; ///< into one pack
    std::size_t packs = 0;
    std::size_t before = 0, after = 0; ///< entries
    std::vector<std::string> problems;
    int error = 0; ///< errno: the merged pack could not be written
  };
  /// Counts what the packs reach that are new since the last call. If they are many, or half as large
  /// as the merged pack, merges all. Entries run in a child process: one that crashes it costs the
  /// update, which is a problem of the result.
  Update update();

  /// What the packs reach; null before the first update.
  std::shared_ptr<const Features> seen() const { return seen_; }
  std::size_t entries() const { return entries_; }

 private:
  bool isDue(const std::vector<std::filesystem::path>& files) const;
  Update run(const std::vector<std::filesystem::path>& added, bool merge);

  const std::filesystem::path folder_;
  const InputTarget* const target_;
  const std::size_t limit_;
  std::set<std::filesystem::path> counted_;
  std::shared_ptr<const Features> seen_;
  std::size_t entries_ = 0;
};

} // namespace growsdown::fuzz
