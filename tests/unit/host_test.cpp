// The running kernel as a system. Tests that this machine cannot run are skipped, with the reason.
#include "systems/host.h"

#include "harness/run.h"
#include "systems/kernel.h"
#include "systems/open.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <exception>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::systems {

extern const std::string_view executorText; // executor_text.cpp, which the build makes

namespace {

std::string rulesOf(const char* release, const char* machine, bool userMode = false) {
  std::string error;
  const std::string name = rulesFor({release, machine, userMode}, error);
  EXPECT_NE(name.empty(), error.empty());
  return name;
}

TEST(HostRules, AKernelIsHeldToItsReleaseOrTheRecordedOneThatDoesTheSame) {
  EXPECT_EQ(rulesOf("6.18.44-cloud", "x86_64"), "linux-6.18-amd64");
  EXPECT_EQ(rulesOf("4.3.0", "aarch64"), "linux-4.3-arm64");
  EXPECT_EQ(rulesOf("6.1.0-21-amd64", "x86_64"), "linux-6.1-amd64");
  EXPECT_EQ(rulesOf("6.1.176", "x86_64", true), "linux-6.1-um");
  EXPECT_NE(rulesOf("5.4.0-190-generic", "aarch64"), "");
}

TEST(HostRules, NoRuleSetStandsForOthers) {
  for (const char* release : {"4.2.8", "2.6.32-754.el6", "9.0.1", "6", "6.", "x", ""})
    EXPECT_EQ(rulesOf(release, "x86_64"), "") << release;
  EXPECT_EQ(rulesOf("6.12.1", "riscv64"), "");
}

trace::Trace parsed(const std::string& steps) {
  const trace::ParseResult result = trace::parse("growsdown-trace 1\n" + steps, "test");
  EXPECT_FALSE(result.error) << result.error->text();
  return result.traces.front();
}

// The executor is C and has constants of its own.
TEST(Host, TheExecutorHasTheWindowsOfTheFormat) {
  const auto& [low, high] = trace::windows;
  std::ostringstream windows;
  windows << std::hex << "windows[] = {{" << low.start << ", 0x" << low.end << "}, {0x"
          << high.start << ", 0x" << high.end << "}};";
  EXPECT_NE(executorText.find(windows.str()), std::string_view::npos) << windows.str();
  std::ostringstream program;
  program << std::hex << "#define programAddress ((u64)0x" << trace::programAddress << ")";
  EXPECT_NE(executorText.find(program.str()), std::string_view::npos) << program.str();
  std::ostringstream filled;
  filled << "#define mostFilled (" << (mostFilled >> 20) << "ULL << 20)";
  EXPECT_NE(executorText.find(filled.str()), std::string_view::npos) << filled.str();
}

TEST(Host, WhatLeavesTheWindowsOrFillsTooMuchIsNotCarriedOut) {
  for (const char* step :
       {"limit stack unlimited", "capable no", "fork", "sp 0x7fffffff0000", "touch 0 w",
        "touch 0x1fffff x", "mmap 0x800000000 0x1800000000 rw fixed", "munmap 0x1fffffffff 1",
        "mmap 0x1000000000 0x4000000 rw fixed,populate", "mlock 0x1000000000 0x4000000",
        "mincore 0x1000000000 0x4000000", "mremap 0x1000000000 0x1000 0x2000 to 0x1ff000"})
    EXPECT_EQ(isCarriedOut(parsed(std::string(step) + "\n").records[0].step),
              std::string(step).find("to 0x1ff000") == std::string::npos)
        << step;
  for (const char* step :
       {"touch 0x200000 r", "touch 0x7ffffffff w", "gup 0x2000000000 r", "kernel 0x400000 w",
        "munmap 0 0xffffffffffffffff", "munmap 0x400000 0x1000", "munmap 0x1fffffffff 2",
        "mprotect 0x1000 0x200000 r", "mincore 0x1000000000 0x4000001", "mmap 0x300000 0x1000 rw -",
        "mmap 0x1000000000 0x4000001 rw fixed,locked", "mlock 0x1000000000 0x4000001",
        "mremap 0x1000000000 0x1000 0x1000000000000 maymove", "dontneed 0xff00001000400000 1"})
    EXPECT_FALSE(isCarriedOut(parsed(std::string(step) + "\n").records[0].step)) << step;
}

TEST(Host, AHardLimitIsNotPassed) {
  harness::Placement place;
  place.hard[static_cast<std::size_t>(trace::LimitKind::memlock)] = 0x4000;
  EXPECT_TRUE(isCarriedOut(parsed("limit memlock 0x4000\n").records[0].step, place));
  EXPECT_FALSE(isCarriedOut(parsed("limit memlock 0x4001\n").records[0].step, place));
  EXPECT_FALSE(isCarriedOut(parsed("limit memlock unlimited\n").records[0].step, place));
  EXPECT_TRUE(isCarriedOut(parsed("limit stack unlimited\n").records[0].step, place));
}

TEST(BootedKernel, ItsFirstFilesAreAConsoleAndTheExecutor) {
  const std::string archive = initramfs("program");
  EXPECT_EQ(archive.size() % 4, 0U);
  std::vector<std::string> names;
  for (std::size_t at = 0; at < archive.size();) {
    ASSERT_EQ(archive.substr(at, 6), "070701");
    const auto field = [&](std::size_t n) {
      return std::stoul(archive.substr(at + 6 + 8 * n, 8), nullptr, 16);
    };
    const std::size_t content = (at + 110 + field(11) + 3) / 4 * 4;
    names.push_back(archive.substr(at + 110, field(11) - 1));
    if (names.back() == "init") {
      EXPECT_EQ(archive.substr(content, field(6)), "program");
      EXPECT_EQ(field(1), 0100755U);
    }
    at = (content + field(6) + 3) / 4 * 4;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"dev", "dev/console", "init", "TRAILER!!!"}));
}

TEST(BootedKernel, TheImageSaysForWhichMachineItIs) {
  std::string image(4096, '\0');
  EXPECT_THROW(machineOf(image), std::runtime_error);
  EXPECT_THROW(machineOf(""), std::runtime_error);
  EXPECT_EQ(machineOf("\x1f\x8b..."), "arm64");
  EXPECT_EQ(machineOf("MZ...zimg"), "arm64");
  image.replace(0x38, 4, "ARMd");
  EXPECT_EQ(machineOf(image), "arm64");
  image.replace(0, 2, "MZ").replace(0x202, 4, "HdrS");
  EXPECT_EQ(machineOf(image), "amd64");
  EXPECT_EQ(machineOf("\177ELF...User Mode Linux v%s"), "um");
  EXPECT_THROW(machineOf("\177ELF..."), std::runtime_error);
}

TEST(BootedKernel, WithoutAnImageThereIsNone) {
  std::string error;
  EXPECT_FALSE(open("kernel:/nowhere/vmlinuz", error));
  EXPECT_NE(error.find("/nowhere/vmlinuz"), std::string::npos) << error;
}

TEST(BootedKernel, ItsInitramfsIsAFileForAsLongAsItLives) {
  std::string path;
  {
    const MemoryFile file("content");
    path = file.path();
    std::string text;
    EXPECT_TRUE(std::getline(std::ifstream(path), text));
    EXPECT_EQ(text, "content");
  }
  EXPECT_FALSE(std::ifstream(path).good());
}

// The running kernel, its rule set and suitable parameters; skips if there is none.
class RunningKernel : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      host_.emplace();
      rules_ = trace::findRuleSet(host_->rules());
      std::string error;
      if (!host_->placement().with) GTEST_SKIP() << "the executor can run no trace here";
      with_ = *host_->placement().with;
      parameters_ = trace::makeParameters(*rules_, with_, error);
      if (!parameters_) GTEST_SKIP() << error;
    } catch (const std::exception& e) {
      GTEST_SKIP() << e.what();
    }
  }

  harness::RunResult replay(const std::string& steps) {
    trace::Trace trace = parsed(steps);
    trace.with = with_;
    return harness::Replayer(*host_).run(*parameters_, trace);
  }

  std::optional<Host> host_;
  const trace::RuleSet* rules_ = nullptr;
  trace::With with_;
  std::optional<trace::Parameters> parameters_;
};

TEST_F(RunningKernel, TheExecutorNamesEveryOperation) {
  EXPECT_EQ(host_->does(), (1U << trace::opCount) - 1);
}

TEST_F(RunningKernel, ListsTheResidentPages) {
  const auto result = replay("mmap 0x1000400000 0x4000 rw fixed,growsdown -> ok 0x1000400000\n"
                             "touch 0x1000401000 r -> ok\n"
                             "touch 0x1000403000 w -> ok\n"
                             "mincore 0x1000400000 0x4000 -> ok 0101\n"
                             "mincore 0x10003ff000 0x2000 -> ENOMEM\n"
                             "mincore 0x1000400001 0x1000 -> EINVAL\n"
                             "mmap 0x1000500000 0x50000 rw fixed,shared -> ok 0x1000500000\n"
                             "touch 0x1000541000 w -> ok\n"
                             "fork -> ok\n"
                             "mincore 0x1000500000 0x50000 -> ok " +
                             std::string(64, '0') + "+1\n");
  if (with_.page != 4096) GTEST_SKIP() << "pages of " << *with_.page << " bytes";
  if (result.verdict == harness::Verdict::unknown) GTEST_SKIP() << result.reason;
  EXPECT_EQ(result.verdict, harness::Verdict::agreed)
      << "step " << result.step + 1 << ": " << result.difference.left << " | "
      << result.difference.right;
}

TEST_F(RunningKernel, DoesWhatEveryKernelDoes) {
  const auto result = replay("mmap 0x1000400000 0x2000 rw fixed -> ok 0x1000400000\n"
                             "= map 0x1000400000-0x1000402000 rw-p\n"
                             "= pages size +2 stack +0 locked +0 data +2 resident 0 tables +0\n"
                             "touch 0x1000401fff w -> ok\n"
                             "= map 0x1000400000-0x1000402000 rw-p\n"
                             "= pages size +2 stack +0 locked +0 data +2 resident 1 tables +2\n"
                             "= faults 1\n"
                             "touch 0x1000402000 r -> SIGSEGV/MAPERR\n"
                             "= same\n"
                             "kernel 0x1000402000 w -> EFAULT\n"
                             "touch 0x1000401000 x -> SIGSEGV/ACCERR\n"
                             "mprotect 0x1000401000 0x1000 rx -> ok\n"
                             "touch 0x1000401ffc x -> ok\n"
                             "touch 0x1000401ffc w -> SIGSEGV/ACCERR\n"
                             "fork -> ok\n"
                             "touch 0x1000401ffc r -> ok\n"
                             "munmap 0x1000400000 0x2000 -> ok\n"
                             "= pages size +0 stack +0 locked +0 data +0 resident 0\n");
  if (with_.page != 4096) GTEST_SKIP() << "pages of " << *with_.page << " bytes";
  EXPECT_NE(result.verdict, harness::Verdict::diverged)
      << "step " << result.step + 1 << ": " << result.difference.field << ": "
      << result.difference.left << " | " << result.difference.right;
  if (result.verdict == harness::Verdict::unknown) GTEST_SKIP() << result.reason;
}

TEST_F(RunningKernel, ATraceThatExpectsOtherwiseDiffersAndTheNextOneAgrees) {
  const auto wrong = replay("mmap 0x1000400000 0x1000 rw fixed -> ENOMEM\n");
  if (wrong.verdict == harness::Verdict::unknown) GTEST_SKIP() << wrong.reason;
  EXPECT_EQ(wrong.verdict, harness::Verdict::diverged);
  const auto right = replay("mmap 0x1000400000 0x1000 rw fixed -> ok 0x1000400000\n");
  EXPECT_EQ(right.verdict, harness::Verdict::agreed) << right.reason;
}

TEST_F(RunningKernel, WhatOvercommitRefusesIsUnknown) {
  const auto result = replay("mmap 0x800000000 0x800000000 r growsdown\n"
                             "mprotect 0xfffff0000 0x1000 rw growsdown -> ok\n");
  EXPECT_NE(result.verdict, harness::Verdict::diverged) << result.difference.right;
}

TEST_F(RunningKernel, WhatMustNotBeDoneIsUnknownAndSoIsWhatThePlaceIsNot) {
  for (const char* step : {"munmap 0x400000 0x100000", "touch 0x200000 w",
                           "mmap 0x1000000000 0x10000000 rw fixed,populate"}) {
    const auto result = replay("fork\n" + std::string(step) + "\n");
    EXPECT_EQ(result.verdict, harness::Verdict::unknown) << step;
    EXPECT_NE(result.reason, "") << step;
  }
  // Only the added part of a locked area is populated: 40 MiB, and then 40 MiB more.
  const auto grown = replay("limit memlock unlimited\n"
                            "mmap 0x1000000000 0x2800000 r fixed,locked -> ok 0x1000000000\n"
                            "mremap 0x1000000000 0x2800000 0x5000000 -> ok 0x1000000000\n");
  EXPECT_NE(grown.verdict, harness::Verdict::diverged) << grown.difference.right;
  EXPECT_EQ(grown.reason.find("fills too much"), std::string::npos) << grown.reason;
  with_.minAddr = with_.minAddr.value_or(0) + 4096;
  std::string error;
  parameters_ = trace::makeParameters(*rules_, with_, error);
  ASSERT_TRUE(parameters_) << error;
  EXPECT_EQ(replay("mmap 0x100000 0x1000 rw fixed\n").verdict, harness::Verdict::unknown);
  EXPECT_NE(replay("mmap 0x1000400000 0x1000 rw fixed -> ok\n").verdict,
            harness::Verdict::diverged);
  with_.minAddr = 0x1000400000; // above the lower window
  parameters_ = trace::makeParameters(*rules_, with_, error);
  ASSERT_TRUE(parameters_) << error;
  EXPECT_NE(replay("mmap 0x1000400000 0x1000 rw fixed,growsdown\n"
                   "touch 0x10003ff000 w -> SIGSEGV/MAPERR\n")
                .verdict,
            harness::Verdict::diverged);
}

} // namespace
} // namespace growsdown::systems
