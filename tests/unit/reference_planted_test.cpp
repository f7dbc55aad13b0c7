// Each planted bug shows in the outcomes or the state of some short random trace. Without a bug the
// planted copy behaves as the reference does.
#include "planted/address_space.h"
#include "reference/address_space.h"

#include "reference_random.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <csignal>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace growsdown::planted {
namespace {

/// Runs random traces on the reference and on the copy with `bug`. Returns whether they differ.
bool differs(Bug bug, std::uint64_t traces) {
  const ScopedBug scope(bug);
  reference::AddressSpace right;
  AddressSpace copy;
  trace::State expected;
  trace::State got;
  for (std::uint64_t seed = 1; seed <= traces; ++seed)
    for (const std::string_view rules : {"linux-4.3-arm64", "linux-6.12-arm64"}) {
      trace::With with;
      with.memory = 4096 * 4096;
      std::string error;
      const auto parameters = trace::makeParameters(*trace::findRuleSet(rules), with, error);
      EXPECT_TRUE(parameters) << error;
      right.start(*parameters, nullptr);
      copy.start(*parameters, nullptr);
      reference_test::Steps steps(seed);
      for (int i = 0; i < 60; ++i) {
        const trace::Step step = steps.next();
        const trace::Outcome outcome = right.apply(step);
        if (copy.apply(step) != outcome) return true;
        if (outcome.kind == trace::Outcome::Kind::unknown) break;
        right.snapshot(expected);
        copy.snapshot(got);
        if (got != expected) return true;
      }
    }
  return false;
}

std::vector<BugInfo> bugsThat(bool endTheProcess) {
  std::vector<BugInfo> bugs;
  for (const BugInfo& bug : allBugs())
    if (bug.endsProcess() == endTheProcess) bugs.push_back(bug);
  return bugs;
}

// How a child process ends that runs with the bug: its signal, or 0. A child that hangs gets SIGXCPU.
int signalOf(Bug bug) {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit second{1, 1}, none{0, 0};
    setrlimit(RLIMIT_CPU, &second);
    setrlimit(RLIMIT_CORE, &none);
    for (const int each : {SIGABRT, SIGXCPU})
      signal(each, SIG_DFL); // a sanitizer may handle them
    differs(bug, 3000);
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

class Planted : public testing::TestWithParam<BugInfo> {};

TEST_P(Planted, Shows) {
  EXPECT_TRUE(differs(GetParam().bug, 3000));
}

INSTANTIATE_TEST_SUITE_P(Bugs, Planted, testing::ValuesIn(bugsThat(false)), [](const auto& test) {
  std::string name(test.param.id);
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

TEST(PlantedBugs, SomeEndTheProcess) {
  for (const BugInfo& bug : bugsThat(true)) {
    const int signal = signalOf(bug.bug);
    if (bug.group == "crash")
      EXPECT_EQ(signal, SIGABRT) << bug.id;
    else
      EXPECT_TRUE(signal == SIGXCPU || signal == SIGKILL) << bug.id << ": " << signal;
  }
  EXPECT_EQ(bugsThat(true).size(), 2U);
}

TEST(PlantedBugs, NoneIsTheReference) {
  EXPECT_FALSE(differs(Bug::none, 200));
}

TEST(PlantedBugs, AreFoundById) {
  std::set<Bug> bugs;
  for (const BugInfo& bug : allBugs()) {
    EXPECT_TRUE(bugs.insert(bug.bug).second) << bug.id;
    EXPECT_NE(bug.bug, Bug::none);
    ASSERT_NE(findBug(bug.id), nullptr);
    EXPECT_EQ(findBug(bug.id)->bug, bug.bug);
    EXPECT_EQ(idOf(bug.bug), bug.id);
  }
  EXPECT_GE(bugs.size(), 28U);
  EXPECT_EQ(findBug("none"), nullptr);
  EXPECT_EQ(idOf(Bug::none), "");
}

} // namespace
} // namespace growsdown::planted
