// Packs: what is written is read; damage costs only what it hits, and is named.
#include "fuzz/pack.h"
#include "fuzz/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace growsdown::fuzz {
namespace {

std::vector<PackEntry> someEntries(Random& random, std::size_t count) {
  std::vector<PackEntry> entries;
  for (std::size_t i = 0; i < count; ++i) {
    std::string bytes(static_cast<std::size_t>(random.below(200)), '\0');
    for (char& c : bytes)
      c = random.chance(20) ? '\n' : static_cast<char>(random.next());
    entries.push_back({"folder/entry-" + std::to_string(i) + ".trace", bytes});
  }
  return entries;
}

bool mentions(const PackRead& read, const std::string& name) {
  return std::any_of(read.damaged.begin(), read.damaged.end(),
                     [&](const std::string& text) { return text.find(name) != std::string::npos; });
}

/// Each entry is read as it was, or named. Returns how many are lost.
std::size_t lost(const std::vector<PackEntry>& entries, const std::string& bytes) {
  const PackRead read = readPack(bytes);
  std::map<std::string, std::string> got;
  for (const PackEntry& entry : read.entries)
    got[entry.name] = entry.bytes;
  EXPECT_LE(got.size(), entries.size());
  std::size_t missing = 0;
  for (const PackEntry& entry : entries) {
    const auto at = got.find(entry.name);
    if (at != got.end()) {
      EXPECT_EQ(at->second, entry.bytes) << entry.name;
      continue;
    }
    ++missing;
    // If the index is damaged as well, a part of the file is named instead.
    EXPECT_TRUE(!read.error.empty() || mentions(read, entry.name) || mentions(read, "bytes ") ||
                mentions(read, "index"))
        << entry.name;
  }
  return missing;
}

TEST(Pack, IsReadAsItWasWritten) {
  Random random(1);
  for (const std::size_t count : {0U, 1U, 2U, 40U}) {
    const auto entries = someEntries(random, count);
    const PackRead read = readPack(printPack(entries));
    EXPECT_EQ(read.error, "");
    EXPECT_TRUE(read.damaged.empty());
    EXPECT_EQ(read.entries, entries);
  }
}

TEST(Pack, LosesOnlyTheEntriesThatAFlippedByteHits) {
  Random random(2);
  const auto entries = someEntries(random, 20);
  const std::string pack = printPack(entries);
  for (int round = 0; round < 1000; ++round) {
    std::string bytes = pack;
    const auto at = static_cast<std::size_t>(random.below(bytes.size()));
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    EXPECT_LE(lost(entries, bytes), 1U) << "byte " << at;
    EXPECT_FALSE(readPack(bytes).damaged.empty()) << "byte " << at << ": nothing was noticed";
  }
}

TEST(Pack, NamesWhatIsCutOff) {
  Random random(3);
  const auto entries = someEntries(random, 20);
  const std::string pack = printPack(entries);
  for (int round = 0; round < 100; ++round) {
    const std::size_t size =
        round == 0 ? pack.size() - 1 : static_cast<std::size_t>(random.below(pack.size()));
    const PackRead read = readPack(pack.substr(0, size));
    EXPECT_TRUE(!read.error.empty() || !read.damaged.empty()) << size << " bytes";
    lost(entries, pack.substr(0, size));
  }
}

TEST(Pack, LosesOnlyWhatAZeroedBlockHits) {
  Random random(4);
  const auto entries = someEntries(random, 50);
  const std::string pack = printPack(entries);
  for (int round = 0; round < 100; ++round) {
    std::string bytes = pack;
    const auto at = static_cast<std::size_t>(random.below(bytes.size() - 512));
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 512, '\0');
    EXPECT_LT(lost(entries, bytes), entries.size()) << "from byte " << at;
    EXPECT_FALSE(readPack(bytes).damaged.empty()) << "from byte " << at;
  }
}

TEST(Pack, RefusesNewerVersionsAndOtherFiles) {
  const std::string line = "growsdown-pack 2 0 0";
  EXPECT_NE(readPack(line + " " + hashText(line) + "\n").error.find("version 2"),
            std::string::npos);
  EXPECT_NE(readPack("growsdown-trace 1\nfork\n").error.find("not a pack"), std::string::npos);
  EXPECT_NE(readPack("").error, "");
}

TEST(Pack, HasSafeNamesOnly) {
  for (const char* const name : {"a.trace", "a/b", "CVE-2017.trace", "..x", "a..b/c"})
    EXPECT_TRUE(isPackName(name)) << name;
  for (const char* const name : {"", "/a", "a/", "../a", "a/../b", "a/./b", "a//b", "a b", "a\n"})
    EXPECT_FALSE(isPackName(name)) << name;
  EXPECT_EQ(packName("id:0,src:1 x"), "id-0,src-1-x");
  // A name that leads out of a folder is no entry.
  std::string pack = printPack(std::vector<PackEntry>{{"aa/bb", "x"}});
  for (std::size_t at = 0; (at = pack.find("aa/bb", at)) != std::string::npos;)
    pack.replace(at, 5, "../bb");
  EXPECT_TRUE(readPack(pack).entries.empty());
}

} // namespace
} // namespace growsdown::fuzz
