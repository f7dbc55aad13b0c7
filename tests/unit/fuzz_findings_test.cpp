// The directory of findings: one trace per signature, nothing overwritten, nothing half.
#include "fuzz/findings.h"
#include "fuzz/json_line.h"
#include "fuzz/whole_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace growsdown::fuzz {
namespace {

namespace fs = std::filesystem;

class Findings : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "growsdown-findings-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    base_ = name;
    folder = base_ / "deep" / "findings";
  }
  void TearDown() override { fs::remove_all(base_); }

  static Finding finding(const std::string& signature, const std::string& text) {
    Finding made;
    made.signature = signature;
    made.text = text;
    made.description = "a \"description\" with \\ and \x1b";
    made.verdict = harness::Verdict::diverged;
    return made;
  }
  static std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
      names.insert(entry.path().filename().string());
    return names;
  }

  fs::path folder;

 private:
  fs::path base_;
};

TEST_F(Findings, KeepsTheFirstTraceOfASignature) {
  FindingsStore store(folder);
  ASSERT_EQ(store.prepare(), "");
  const Stored first = store.add(finding("diverged-touch", "one"));
  EXPECT_FALSE(first.known);
  EXPECT_EQ(first.error, "");
  EXPECT_EQ(read(first.file), "one");
  FindingsStore other(folder);
  ASSERT_EQ(other.prepare(), "");
  const Stored second = other.add(finding("diverged-touch", "two"));
  EXPECT_TRUE(second.known);
  EXPECT_EQ(second.file, first.file);
  EXPECT_EQ(read(first.file), "one");
  const Stored third = other.add(finding("diverged-touch-areas", "three"));
  EXPECT_FALSE(third.known);
  EXPECT_EQ(files().size(), 3U); // with the journal
  const auto lines = store.journal();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].event, "found");
  EXPECT_EQ(lines[1].event, "again");
  EXPECT_EQ(lines[1].file, first.file.filename());
  EXPECT_EQ(lines[2].signature, "diverged-touch-areas");
}

TEST_F(Findings, ReplacesItsOwnTraceByASmallerOne) {
  FindingsStore store(folder);
  ASSERT_EQ(store.prepare(), "");
  const Stored raw = store.add(finding("s", "long trace"));
  const Stored small = store.replace(raw, finding("s", "short"));
  EXPECT_EQ(read(small.file), "short");
  EXPECT_NE(small.file, raw.file);
  EXPECT_FALSE(fs::exists(raw.file));
  EXPECT_EQ(store.find("s"), small.file);
  EXPECT_EQ(store.journal().back().event, "shrunk");
  // The same trace again is no other file.
  EXPECT_EQ(store.replace(small, finding("s", "short")).file, small.file);
  EXPECT_EQ(files().size(), 2U);
}

TEST_F(Findings, LosesNoneIfTheDirectoryVanishes) {
  FindingsStore store(folder);
  ASSERT_EQ(store.prepare(), "");
  fs::remove_all(folder);
  const Stored stored = store.add(finding("s", "text"));
  EXPECT_EQ(stored.error, "");
  EXPECT_EQ(read(stored.file), "text");
}

TEST_F(Findings, RemovesOnlyAnEmptyDirectoryOfItsOwn) {
  FindingsStore maker(folder), guest(folder);
  ASSERT_EQ(maker.prepare(), "");
  ASSERT_EQ(guest.prepare(), "");
  guest.removeIfEmpty();
  EXPECT_TRUE(fs::exists(folder));
  guest.add(finding("s", "text"));
  maker.removeIfEmpty();
  EXPECT_EQ(files().size(), 2U);
}

TEST_F(Findings, ReportsWhatCannotBeWritten) {
  fs::create_directories(folder.parent_path());
  std::ofstream(folder) << "a file";
  FindingsStore store(folder);
  EXPECT_NE(store.prepare(), "");
  const Stored stored = store.add(finding("s", "text"));
  EXPECT_NE(stored.error, "");
  EXPECT_TRUE(stored.file.empty());
}

// A line that a full disk has cut short is passed over, and the next one is a line of its own.
TEST_F(Findings, ReadsAJournalWithHalfALine) {
  FindingsStore store(folder);
  ASSERT_EQ(store.prepare(), "");
  store.add(finding("a", "1"));
  std::ofstream(store.journalFile(), std::ios::app) << "{\"event\":\"found\",\"signat";
  store.add(finding("b", "2"));
  const auto lines = store.journal();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].signature, "b");
}

// Processes that find the same at once: no trace is lost or mixed, and one per signature stays.
TEST_F(Findings, AreSharedByProcesses) {
  FindingsStore store(folder);
  ASSERT_EQ(store.prepare(), "");
  constexpr int processes = 8, signatures = 20;
  for (int process = 0; process < processes; ++process)
    if (fork() == 0) {
      FindingsStore own(folder);
      bool good = true;
      for (int i = 0; i < signatures; ++i) {
        const std::string text =
            std::string(5000, static_cast<char>('a' + process)) + std::to_string(i);
        const Stored stored = own.add(finding("sig-" + std::to_string(i), text));
        good = good && stored.error.empty() && !stored.file.empty();
      }
      _exit(good ? 0 : 1);
    }
  for (int process = 0; process < processes; ++process) {
    int status = 0;
    ASSERT_GT(wait(&status), 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(files().size(), signatures + 1U);
  for (int i = 0; i < signatures; ++i) {
    const std::string text = read(store.find("sig-" + std::to_string(i)));
    EXPECT_EQ(text.size(), 5000 + std::to_string(i).size());
    EXPECT_EQ(text.find_first_not_of(text[0]), 5000U);
  }
  EXPECT_EQ(store.journal().size(), static_cast<std::size_t>(processes * signatures));
}

TEST_F(Findings, AreWholeOrAbsent) {
  fs::create_directories(folder);
  const fs::path file = folder / "file";
  EXPECT_EQ(writeWhole(file, "one", Existing::keep), 0);
  EXPECT_EQ(writeWhole(file, "two", Existing::keep), EEXIST);
  EXPECT_EQ(read(file), "one");
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  EXPECT_EQ(writeWhole(file, "three", Existing::replace), 0);
  EXPECT_EQ(read(file), "three");
  EXPECT_EQ(fs::status(file).permissions(),
            fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
  EXPECT_EQ(writeWhole(folder / "no" / "where", "x", Existing::replace), ENOENT);
  EXPECT_EQ(tryFolder(folder), 0);
  EXPECT_NE(tryFolder(folder / "no"), 0);
  EXPECT_EQ(files(), std::set<std::string>{"file"});
}

TEST(JournalText, IsPlain) {
  EXPECT_EQ(jsonText("a\"b\\c\n\x1b"), "\"a\\\"b\\\\c ?\"");
}

} // namespace
} // namespace growsdown::fuzz
