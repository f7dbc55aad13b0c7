#include "fuzz/groups.h"

#include "fuzz/child.h"
#include "fuzz/reach.h"
#include "fuzz/seeds.h"
#include "trace/text.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>

#include <sys/mman.h>

namespace growsdown::fuzz {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t mostSeeds = 20000; ///< of one slice
constexpr std::size_t mostOfOthers = 500;
constexpr auto updateLimit = std::chrono::minutes(10);
constexpr std::size_t mostPacks = 64;
constexpr std::string_view mergedPrefix = "merged-";

/// What the child process that runs the entries hands back.
struct SharedUpdate {
  std::size_t packs, before, after;
  int error;
  char problems[4096]; ///< lines
  std::uint64_t seen[Features::wordCount()];
};

struct UnmapUpdate {
  void operator()(SharedUpdate* shared) const { munmap(shared, sizeof *shared); }
};

void give(const CorpusGroup::Update& from, const Features& seen, SharedUpdate& to) {
  to.packs = from.packs;
  to.before = from.before;
  to.after = from.after;
  to.error = from.error;
  std::string lines;
  for (const std::string& problem : from.problems)
    lines += problem + "\n";
  std::memcpy(to.problems, lines.data(), std::min(lines.size(), sizeof to.problems - 1));
  std::copy(seen.words().begin(), seen.words().end(), to.seen);
}

void take(const SharedUpdate& from, CorpusGroup::Update& to) {
  to.packs = from.packs;
  to.before = from.before;
  to.after = from.after;
  to.error = from.error;
  for (std::string_view rest = from.problems; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    to.problems.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// Counts the features of entries, one after the other.
class Counter {
 public:
  Counter(const InputTarget* target, Features& seen) : target_(target), reach_(seen), seen_(seen) {}
  /// The number of those that are new.
  unsigned operator()(const PackEntry& entry) {
    if (target_ == nullptr) return reach_.addText(entry.bytes);
    reached_.clear();
    target_->run(entry.bytes, reached_);
    unsigned fresh = 0;
    for (const std::uint64_t feature : reached_)
      fresh += seen_.add(feature * 0x9e3779b97f4a7c15ULL) ? 1U : 0U;
    return fresh;
  }

 private:
  const InputTarget* target_;
  Reach reach_;
  Features& seen_;
  std::vector<std::uint64_t> reached_;
};

template <class T>
void shuffle(std::vector<T>& entries, Random& random) {
  for (std::size_t i = entries.size(); i > 1; --i)
    std::swap(entries[i - 1], entries[static_cast<std::size_t>(random.below(i))]);
}

void addPrograms(const std::vector<PackEntry>& entries, const trace::RuleSet& set, std::size_t most,
                 std::vector<Program>& out) {
  const std::vector<const trace::RuleSet*> sets{&set};
  for (const PackEntry& entry : entries) {
    if (most-- == 0) return;
    addSeeds(trace::parse(entry.bytes, entry.name).traces, sets, out);
  }
}

bool isMerged(const fs::path& file) {
  return file.filename().native().starts_with(mergedPrefix);
}

} // namespace

std::vector<Program> groupSeeds(const fs::path& corpus, const std::string& rules, Random& random) {
  std::vector<Program> seeds;
  const trace::RuleSet* const set = trace::findRuleSet(rules);
  if (set == nullptr) return seeds;
  std::vector<PackEntry> own = readCorpus(corpus / rules).entries;
  if (own.size() > mostSeeds) shuffle(own, random);
  addPrograms(own, *set, mostSeeds, seeds);
  std::vector<fs::path> others;
  std::error_code code;
  for (fs::directory_iterator at(corpus, code), end; !code && at != end; at.increment(code))
    if (const std::string name = at->path().filename().string();
        name != rules && trace::findRuleSet(name) != nullptr)
      others.push_back(at->path());
  std::sort(others.begin(), others.end());
  if (others.empty()) return seeds;
  std::vector<PackEntry> foreign =
      readCorpus(others[static_cast<std::size_t>(random.below(others.size()))]).entries;
  shuffle(foreign, random);
  addPrograms(foreign, *set, mostOfOthers, seeds);
  return seeds;
}

std::vector<std::string> groupInputs(const fs::path& corpus, const std::string& group) {
  std::vector<std::string> inputs;
  for (PackEntry& entry : readCorpus(corpus / group).entries)
    inputs.push_back(std::move(entry.bytes));
  if (inputs.size() > mostSeeds) inputs.resize(mostSeeds);
  return inputs;
}

void chooseByReach(std::vector<PackEntry>& entries, const InputTarget* target, std::size_t limit,
                   Features& seen) {
  const auto chosen = [&](unsigned least, Features& features) {
    Counter count(target, features);
    std::vector<PackEntry> out;
    for (const PackEntry& entry : entries)
      if (count(entry) >= least) out.push_back(entry);
    return out;
  };
  std::vector<PackEntry> out = chosen(1, seen);
  for (unsigned least = 2; out.size() > limit && least <= 64; least *= 2) {
    Features again;
    out = chosen(least, again);
  }
  if (out.size() > limit) out.resize(limit);
  entries = std::move(out);
}

bool CorpusGroup::isDue(const std::vector<fs::path>& files) const {
  std::uintmax_t merged = 0, others = 0;
  std::size_t mergedFiles = 0;
  for (const fs::path& file : files) {
    std::error_code code;
    const std::uintmax_t size = fs::file_size(file, code);
    if (code) continue;
    mergedFiles += isMerged(file);
    (isMerged(file) ? merged : others) += size;
  }
  return files.size() > mostPacks || mergedFiles > 1 || (others > 0 && others >= merged / 2);
}

CorpusGroup::Update CorpusGroup::run(const std::vector<fs::path>& added, bool merge) {
  Update out;
  void* const memory = mmap(nullptr, sizeof(SharedUpdate), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    out.error = ENOMEM;
    return out;
  }
  const std::unique_ptr<SharedUpdate, UnmapUpdate> shared(static_cast<SharedUpdate*>(memory));
  const std::string how = inChild(updateLimit, [&] {
    Update made;
    Features seen;
    if (merge) {
      Merged merged = mergeCorpus(folder_, [&](std::vector<PackEntry>& entries) {
        chooseByReach(entries, target_, limit_, seen);
      });
      made = {.merged = true,
              .packs = merged.files,
              .before = merged.before,
              .after = merged.after,
              .problems = std::move(merged.problems),
              .error = merged.error};
    } else {
      if (seen_) seen.add(seen_->words());
      Counter count(target_, seen);
      CorpusRead read = readPacks(added);
      for (const PackEntry& entry : read.entries)
        count(entry);
      made.packs = read.files.size();
      made.before = made.after = read.entries.size();
      made.problems = std::move(read.problems);
    }
    give(made, seen, *shared);
  });
  if (!how.empty()) {
    out.problems.push_back("an entry of " + folder_.string() + " ended the process that merges (" +
                           how + "); the packs stay as they are");
    return out;
  }
  take(*shared, out);
  out.merged = merge;
  const auto seen = std::make_shared<Features>();
  seen->add(shared->seen);
  seen_ = seen;
  entries_ = merge ? out.after : entries_ + out.after;
  return out;
}

CorpusGroup::Update CorpusGroup::update() {
  const std::vector<fs::path> files = packsOf(folder_);
  std::vector<fs::path> added;
  for (const fs::path& file : files)
    if (counted_.count(file) == 0) added.push_back(file);
  if (added.empty()) return {};
  const bool merge = isDue(files);
  Update out = run(added, merge);
  for (const fs::path& file : merge ? packsOf(folder_) : added)
    counted_.insert(file);
  return out;
}

} // namespace growsdown::fuzz
