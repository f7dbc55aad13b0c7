// The settings and the history of a campaign.
#include "fuzz/history.h"
#include "fuzz/settings.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace growsdown::fuzz {
namespace {

namespace fs = std::filesystem;

TEST(Settings, DefaultsAreRead) {
  CampaignSettings settings;
  ASSERT_EQ(parseSettings(defaultSettings(), settings), "");
  EXPECT_EQ(settings.workers.size(), 5U);
  EXPECT_EQ(settings.slice, 10);
  EXPECT_EQ(settings.canary, "as-limit");
  EXPECT_DOUBLE_EQ(settings.mostUnknown, 0.2);
  EXPECT_DOUBLE_EQ(settings.stableGrowth, 0.001);
  EXPECT_EQ(settings.workers.back().on, "host");
  EXPECT_TRUE(settings.workers.back().optional);
  EXPECT_EQ(settings.workers.front().share, 6U);
}

TEST(Settings, AWorkerHasBudgetsRulesAndACommand) {
  CampaignSettings settings;
  ASSERT_EQ(parseSettings("growsdown-campaign 1\n"
                          "worker a kind=system time=2h runs=7 rules=x,y on=exec:a b  c # no\n",
                          settings),
            "");
  const WorkerSettings& worker = settings.workers.at(0);
  EXPECT_EQ(worker.seconds, 7200);
  EXPECT_EQ(worker.runs, 7U);
  EXPECT_EQ(worker.rules, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(worker.on, "exec:a b  c");
}

TEST(Settings, SayWhichLineIsWrong) {
  const std::string head = "growsdown-campaign 1\n# comment\n";
  CampaignSettings settings;
  for (const auto& [text, message] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "1: expected `growsdown-campaign 1`"},
           {"growsdown-campaign 2\n", "1: expected"},
           {head, "no line `worker"},
           {head + "jobs 0\n", "3: `0` is no value of `jobs`"},
           {head + "jobs 2x\n", "3: `2x`"},
           {head + "slice 0.01\n", "3: "},
           {head + "slice nan\n", "3: "},
           {head + "unknown 200%\n", "3: "},
           {head + "color red\n", "3: `color` is no setting"},
           {head + "worker\n", "3: expected `worker NAME"},
           {head + "worker ../a kind=rules\n", "3: expected `worker NAME"},
           {head + "worker a\n", "has no kind="},
           {head + "worker a kind=thing\n", "`kind=thing` is no setting"},
           {head + "worker a kind=system\n", "on=SYSTEM belongs"},
           {head + "worker a kind=rules on=host\n", "on=SYSTEM belongs"},
           {head + "worker a kind=rules time=-1s\n", "`time=-1s`"},
           {head + "worker a kind=rules runs=18446744073709551616\n", "`runs="},
           {head + "worker a kind=rules\nworker a kind=parser\n", "4: a second worker `a`"},
       }) {
    const std::string wrong = parseSettings(text, settings);
    EXPECT_NE(wrong.find(message), std::string::npos) << text << "\n-> " << wrong;
  }
}

TEST(Settings, Durations) {
  EXPECT_EQ(duration("90"), 90);
  EXPECT_EQ(duration("250ms"), 0.25);
  EXPECT_EQ(duration("1.5h"), 5400);
  EXPECT_EQ(duration("2d"), 172800);
  for (const char* const text : {"", "s", "-1", "1y", "0x10", "inf", "nan", "1 s", " 1"})
    EXPECT_LT(duration(text), 0) << text;
}

class HistoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "growsdown-history-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }
  fs::path folder;
};

JsonLine slice(std::string_view event, std::uint64_t number, double seconds) {
  return JsonLine(event)
      .add("slice", number)
      .add("worker", "w")
      .add("rules", "r")
      .addSeconds("seconds", seconds)
      .add("executions", number * 10);
}

TEST_F(HistoryTest, SumsSlicesOfAllProcesses) {
  History a(folder, "a"), b(folder, "b");
  EXPECT_EQ(a.add(slice("status", 1, 1)), 0);
  EXPECT_EQ(a.add(slice("status", 1, 2)), 0); // of the same slice: only the last one counts
  EXPECT_EQ(b.add(slice("slice", 1, 4)), 0);
  a.refresh();
  EXPECT_EQ(a.spent("w").seconds, 6);
  EXPECT_EQ(a.spent("w").executions, 20U);
  EXPECT_EQ(b.add(slice("slice", 2, 8)), 0);
  EXPECT_EQ(a.add(slice("slice", 1, 3)), 0);
  a.refresh();
  EXPECT_EQ(a.spent("w").seconds, 15);
  EXPECT_EQ(a.spentByRules("w").at("r").slices, 3U);
  EXPECT_EQ(a.spent("v").seconds, 0);
}

TEST_F(HistoryTest, IgnoresWhatWasCutShort) {
  History a(folder, "a");
  EXPECT_EQ(a.add(slice("slice", 1, 4)), 0);
  std::ofstream(folder / "b.jsonl") << R"({"event":"slice","slice":1,"worker":"w","seco)";
  a.refresh();
  EXPECT_EQ(a.spent("w").seconds, 4);
  // The process goes on: its next line begins after a newline.
  EXPECT_EQ(History(folder, "b").add(slice("slice", 2, 8)), 0);
  a.refresh();
  EXPECT_EQ(a.spent("w").seconds, 12);
}

TEST_F(HistoryTest, WaitsForAFolderThatCanBeWritten) {
  const fs::path inside = folder / "file" / "history";
  std::ofstream(folder / "file") << "not a folder";
  History a(inside, "a");
  EXPECT_NE(a.add(slice("slice", 1, 1)), 0);
  EXPECT_NE(a.add(slice("slice", 2, 1)), 0);
  EXPECT_EQ(a.waiting(), 2U);
  fs::remove(folder / "file");
  EXPECT_EQ(a.flush(), 0);
  a.refresh();
  EXPECT_EQ(a.spent("w").seconds, 2);
}

TEST(JsonLineTest, IsReadAsItWasWritten) {
  const std::string text = JsonLine("x")
                               .add("path", "a\\b\"c\",\"event\":\"y\"")
                               .add("count", std::uint64_t{12})
                               .addSeconds("seconds", 1.5)
                               .text();
  EXPECT_EQ(member(text, "event"), "x");
  EXPECT_EQ(member(text, "path"), "a\\b\"c\",\"event\":\"y\"");
  EXPECT_EQ(numberMember(text, "count"), 12U);
  EXPECT_EQ(secondsMember(text, "seconds"), 1.5);
  EXPECT_EQ(member(text, "other"), "");
}

} // namespace
} // namespace growsdown::fuzz
