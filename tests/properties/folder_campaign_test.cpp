// A campaign in a folder: killed, without room, on damaged files. Nothing is lost without a word.
#include "fuzz/corpus.h"
#include "fuzz/findings.h"
#include "fuzz/folder_campaign.h"
#include "fuzz/history.h"
#include "fuzz/random.h"
#include "harness/builtin_systems.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <csignal>
#include <poll.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

using namespace growsdown;
namespace fs = std::filesystem;

namespace {

/// The model, except that three operations have another error.
class Wrong final : public harness::System {
 public:
  std::string_view name() const override { return "wrong"; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    model_->start(parameters, initial);
  }
  trace::Outcome apply(const trace::Step& step) override {
    const trace::Outcome outcome = model_->apply(step);
    const bool wrong = step.op == trace::Op::mprotect || step.op == trace::Op::mremap ||
                       step.op == trace::Op::munmap;
    return wrong && outcome.kind == trace::Outcome::Kind::error
               ? trace::Outcome::failed(static_cast<trace::Errno>(99))
               : outcome;
  }
  void snapshot(trace::State& out) const override { model_->snapshot(out); }

 private:
  std::unique_ptr<harness::System> model_ = harness::makeModel();
};

class FolderCampaign : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "growsdown-campaign-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  fuzz::FolderOptions options(bool wrong = true) const {
    fuzz::FolderOptions out;
    out.folder = folder;
    out.settings.slice = 0.3;
    fuzz::CampaignWorker worker;
    worker.settings.name = "w";
    worker.settings.kind = "rules";
    worker.rules = {"linux-6.12-arm64"};
    if (wrong) worker.options.right = [] { return std::make_unique<Wrong>(); };
    out.workers.push_back(worker);
    return out;
  }
  fs::path findings() const { return folder / "findings" / "w"; }

  /// Every finding file is a whole trace. Returns their number.
  std::size_t checkFindings() const {
    std::size_t count = 0;
    std::error_code code;
    for (fs::directory_iterator at(findings(), code), end; !code && at != end; at.increment(code)) {
      if (at->path().extension() != ".trace") continue;
      std::ifstream in(at->path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      const trace::ParseResult parsed = trace::parse(text, at->path().string());
      EXPECT_FALSE(parsed.error.has_value()) << parsed.error->text();
      ++count;
    }
    return count;
  }
  /// Every signature that the journal has found has a file.
  void checkJournal() const {
    const fuzz::FindingsStore store(findings());
    for (const fuzz::JournalLine& line : store.journal())
      EXPECT_FALSE(store.find(line.signature).empty()) << line.signature;
  }
  void checkCorpus() const {
    const auto read = fuzz::readCorpus(folder / "corpus" / "linux-6.12-arm64");
    EXPECT_TRUE(read.problems.empty()) << read.problems.front();
  }

  fs::path folder;
};

void sleepMilliseconds(std::uint64_t ms) {
  const timespec time{static_cast<time_t>(ms / 1000), static_cast<long>(ms % 1000 * 1'000'000)};
  nanosleep(&time, nullptr);
}

TEST_F(FolderCampaign, FindingsHaveALife) {
  fuzz::FolderOptions run = options();
  run.workers[0].settings.runs = 2000; // the later runs only judge again what the first one finds
  const fuzz::FolderResult first = fuzz::runFolder(run);
  ASSERT_EQ(first.error, "");
  ASSERT_FALSE(first.findings.empty());
  for (const auto& finding : first.findings) {
    EXPECT_EQ(finding.standing.state, "new");
    EXPECT_TRUE(fs::exists(finding.file));
  }
  EXPECT_EQ(first.fresh(), first.findings.size());
  const fuzz::FolderResult second = fuzz::runFolder(run);
  EXPECT_EQ(second.findings.at(0).standing.state, "known");
  EXPECT_EQ(second.findings.at(0).standing.since, first.findings.at(0).standing.since);
  fuzz::FolderOptions right = options(false);
  right.workers[0].settings.runs = 2000;
  const fuzz::FolderResult third = fuzz::runFolder(right);
  EXPECT_EQ(third.open(), 0U);
  EXPECT_EQ(third.findings.at(0).standing.state, "fixed");
  const fuzz::FolderResult fourth = fuzz::runFolder(run);
  EXPECT_EQ(fourth.findings.at(0).standing.state, "back");
  EXPECT_GT(fourth.fresh(), 0U);
  const fuzz::FolderResult shown = fuzz::inspectFolder(run);
  EXPECT_EQ(shown.findings.size(), fourth.findings.size());
  EXPECT_EQ(shown.findings.at(0).standing.state, "back");
}

TEST_F(FolderCampaign, BudgetsCountOverRunsAndEndTheCampaign) {
  fuzz::FolderOptions run = options(false);
  run.workers[0].settings.runs = 500;
  const fuzz::FolderResult first = fuzz::runFolder(run);
  EXPECT_EQ(first.ended, "all budgets are spent");
  EXPECT_EQ(first.workers.at(0).total.executions, 500U);
  const fuzz::FolderResult second = fuzz::runFolder(run);
  EXPECT_EQ(second.workers.at(0).spent.executions, 0U);
  run.workers[0].settings.runs = 700;
  EXPECT_EQ(fuzz::runFolder(run).workers.at(0).total.executions, 700U);
}

TEST_F(FolderCampaign, EndsWhenItIsStable) {
  fuzz::FolderOptions run = options(false);
  run.untilStable = true;
  run.settings.stableRounds = 2;
  run.settings.stableGrowth = 1; // nothing grows as much
  const fuzz::FolderResult result = fuzz::runFolder(run);
  EXPECT_TRUE(result.stable);
  EXPECT_EQ(result.ended, "it is stable");
}

TEST_F(FolderCampaign, ReportsACanaryThatIsNotFound) {
  fuzz::FolderOptions run = options(false);
  run.time = 0.3;
  run.canary = [](const fs::path&) { return std::string("it sings no more"); };
  const fuzz::FolderResult result = fuzz::runFolder(run);
  EXPECT_EQ(result.canary, "it sings no more");
  EXPECT_EQ(result.problems.size(), 1U);
}

// 100 times: whatever was announced before SIGKILL is on disk, whole.
TEST_F(FolderCampaign, SurvivesKill) {
  fuzz::Random random(1);
  std::set<std::string> announced;
  for (int round = 0; round < 100; ++round) {
    int pipes[2];
    ASSERT_EQ(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) {
      fuzz::FolderOptions run = options();
      run.time = 20;
      run.onFinding = [&](const fuzz::CampaignFinding& found) {
        const std::string line = found.signature + "\n";
        if (write(pipes[1], line.data(), line.size()) < 0) _exit(1);
      };
      fuzz::runFolder(run);
      _exit(0);
    }
    close(pipes[1]);
    pollfd told{pipes[0], POLLIN, 0};
    if (announced.empty())
      poll(&told, 1, 10000); // something is found, also on a busy machine
    else
      sleepMilliseconds(random.between(1, 250));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::string text(65536, '\0');
    for (ssize_t n = 0; (n = read(pipes[0], text.data(), text.size())) > 0;) {
      std::string_view rest(text.data(), static_cast<std::size_t>(n));
      for (std::size_t end = 0; (end = rest.find('\n')) != std::string_view::npos;) {
        announced.emplace(rest.substr(0, end));
        rest.remove_prefix(end + 1);
      }
    }
    close(pipes[0]);
    sleepMilliseconds(5); // its workers end now
  }
  sleepMilliseconds(300);
  checkFindings();
  checkJournal();
  checkCorpus();
  EXPECT_FALSE(announced.empty());
  const fuzz::FindingsStore store(findings());
  for (const std::string& signature : announced)
    EXPECT_FALSE(store.find(signature).empty()) << signature;
  // The next run goes on: it knows what they found.
  fuzz::FolderOptions run = options();
  run.workers[0].settings.runs = fuzz::inspectFolder(run).workers.at(0).total.executions + 100;
  const fuzz::FolderResult last = fuzz::runFolder(run);
  EXPECT_EQ(last.error, "");
  EXPECT_GE(last.findings.size(), announced.size());
  EXPECT_EQ(last.workers.at(0).spent.executions, 100U);
}

/// No file of this process may be longer. As on a full disk, a write fails.
class Full {
 public:
  explicit Full(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~Full() { setrlimit(RLIMIT_FSIZE, &before_); }
  Full(const Full&) = delete;
  Full& operator=(const Full&) = delete;

 private:
  rlimit before_{};
};

// 100 times: what does not fit is reported, and written when there is room.
TEST_F(FolderCampaign, LosesNothingWithoutRoom) {
  fuzz::Random random(2);
  fuzz::CorpusWriter corpus(folder / "corpus", "writer");
  fuzz::History history(folder / "history", "process");
  fuzz::FindingsStore store(findings());
  std::set<std::string> entries;
  std::set<std::string> signatures;
  std::size_t failures = 0;
  for (int round = 0; round < 100; ++round) {
    fuzz::Finding finding;
    finding.signature = "diverged-" + std::to_string(round);
    finding.text = "growsdown-trace 1\n";
    for (std::uint64_t n = random.between(1, 100); n > 0; --n)
      finding.text += "fork\n";
    fuzz::Stored stored;
    bool written = false;
    {
      const Full full(random.below(1500));
      stored = store.add(finding);
      const std::string entry =
          "entry " + std::to_string(round) + std::string(random.below(300), 'x');
      corpus.add("g", entry, ".trace");
      entries.insert(entry);
      written = corpus.flush() == 0;
      failures += !written;
      const bool told =
          history.add(fuzz::JsonLine("problem").add("text", std::string(random.below(300), 'y'))) ==
          0;
      EXPECT_EQ(told, history.waiting() == 0);
      EXPECT_EQ(stored.file.empty(), !fs::exists(findings() / fuzz::fileNameOf(finding)));
      EXPECT_EQ(stored.error.empty(), !stored.file.empty() && !store.journal().empty() &&
                                          store.journal().back().signature == finding.signature);
    }
    if (stored.file.empty()) stored = store.add(finding);
    EXPECT_FALSE(stored.file.empty()) << stored.error;
    signatures.insert(finding.signature);
    EXPECT_EQ(history.flush(), 0);
  }
  EXPECT_EQ(corpus.flush(), 0);
  EXPECT_GT(failures, 10U);
  EXPECT_EQ(corpus.dropped(), 0U);
  EXPECT_EQ(checkFindings(), signatures.size());
  const fuzz::CorpusRead read = fuzz::readCorpus(folder / "corpus" / "g");
  EXPECT_TRUE(read.problems.empty());
  std::set<std::string> got;
  for (const fuzz::PackEntry& entry : read.entries)
    got.insert(entry.bytes);
  EXPECT_EQ(got, entries);
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
}

TEST_F(FolderCampaign, WaitsForRoomAndGoesOn) {
  fuzz::FolderOptions run = options();
  run.time = 30;
  run.workers[0].settings.runs = 300;
  run.statusEvery = std::chrono::milliseconds(100);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  unsigned waited = 0;
  // The folder is full after the first moment, until it has waited twice.
  run.canary = [&](const fs::path&) {
    const rlimit full{1000, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
    return std::string();
  };
  run.status = [&](const fuzz::CampaignStatus& status) {
    if (!status.waits.empty() && ++waited == 2) setrlimit(RLIMIT_FSIZE, &before);
  };
  const fuzz::FolderResult result = fuzz::runFolder(run);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(waited, 2U);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.ended, "all budgets are spent");
  EXPECT_FALSE(result.findings.empty());
  EXPECT_EQ(result.problems.size(), 2U); // waiting, and room again
  EXPECT_GT(checkFindings(), 0U);
}

// A disk that fills up while a search runs. Needs root, for a small file system.
TEST_F(FolderCampaign, FindsNoRoomInTheMiddle) {
  if (mount("none", folder.c_str(), "tmpfs", 0, "size=512k") != 0)
    GTEST_SKIP() << "no file system can be mounted here";
  fuzz::FolderOptions run = options();
  run.settings.slice = 2;
  run.time = 20;
  run.workers[0].settings.runs = 3000;
  run.statusEvery = std::chrono::milliseconds(50);
  const fs::path filler = folder / "filler";
  bool filled = false;
  run.onFinding = [&](const fuzz::CampaignFinding&) {
    if (!std::exchange(filled, true))
      std::ofstream(filler, std::ios::binary) << std::string(600 << 10, 'x');
  };
  run.status = [&](const fuzz::CampaignStatus& status) {
    if (!status.waits.empty()) fs::remove(filler);
  };
  const fuzz::FolderResult result = fuzz::runFolder(run);
  EXPECT_TRUE(filled);
  EXPECT_EQ(result.error, "");
  EXPECT_FALSE(result.problems.empty());
  for (const auto& finding : result.findings)
    EXPECT_TRUE(fs::exists(finding.file)) << finding.signature;
  checkFindings();
  checkCorpus();
  umount(folder.c_str());
}

// 100 times: a flipped byte or a lost end of any file is survived, and named if it costs something.
TEST_F(FolderCampaign, SurvivesDamagedFiles) {
  fuzz::FolderOptions run = options();
  run.workers[0].settings.runs = 400;
  fuzz::runFolder(run);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  ASSERT_GE(files.size(), 4U);
  const fs::path copy = folder.string() + "-copy";
  fuzz::Random random(3);
  for (int round = 0; round < 100; ++round) {
    fs::remove_all(copy);
    fs::copy(folder, copy, fs::copy_options::recursive);
    const fs::path file =
        copy / fs::relative(files[static_cast<std::size_t>(random.below(files.size()))], folder);
    const auto size = fs::file_size(file);
    if (size == 0) continue;
    const bool cut = round % 2 == 0;
    if (cut) {
      fs::resize_file(file, random.below(size));
    } else {
      std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
      const auto at = static_cast<std::streamoff>(random.below(size));
      out.seekg(at);
      const int byte = out.get();
      out.seekp(at);
      out.put(static_cast<char>(byte ^ (1 << random.below(8))));
    }
    fuzz::FolderOptions again = run;
    again.folder = copy;
    again.workers[0].settings.runs = 410 + static_cast<std::uint64_t>(round);
    std::size_t told = 0;
    again.onProblem = [&](const std::string&) { ++told; };
    const fuzz::FolderResult result = fuzz::runFolder(again);
    EXPECT_EQ(result.error, "") << file;
    if (file.extension() == ".pack") {
      EXPECT_GT(told, 0U) << file << (cut ? " cut" : " flipped");
    }
  }
  fs::remove_all(copy);
}

} // namespace
