// The corpus and the recordings, replayed on the public library.
#include "tests/library/library_system.h"

#include "harness/builtin_systems.h"
#include "harness/metadata.h"
#include "harness/run.h"
#include "tools/files.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

namespace growsdown {
namespace {

using harness::Metadata;
using harness::RunResult;
using harness::Verdict;

/// Numbers of steps, by result.
struct Count {
  std::uint64_t traces = 0;
  std::uint64_t expected = 0; ///< the outcome and the state are what the trace expects
  std::uint64_t begun = 0;    ///< of traces that begin in a state, which the library cannot
  std::uint64_t windows = 0;  ///< of traces in which the edges of the windows decide
  std::uint64_t wrong = 0;
};

// Whether the model agrees with the library if it has no windows.
bool windowsDecide(const trace::RuleSet& rules, const trace::Trace& trace) {
  std::string error;
  auto parameters = trace::makeParameters(rules, trace.with, error);
  parameters->wholeAddressSpace();
  const auto model = harness::makeModel();
  tests::LibrarySystem library;
  return harness::Differential(*model, library).run(*parameters, trace).verdict == Verdict::agreed;
}

void replay(const std::string& file, const trace::RuleSet& rules, const trace::Trace& trace,
            Verdict verdict, Count& count) {
  ++count.traces;
  if (trace.initial) {
    count.begun += trace.records.size();
    return;
  }
  tests::LibrarySystem library(true);
  harness::Replayer replayer(library);
  replayer.checkInvariants = false; // the invariants are about parts that the library does not show
  const RunResult& result = replayer.run(rules, trace);
  if (result.verdict == verdict || result.verdict == Verdict::unknown) {
    count.expected += result.steps;
  } else if (verdict == Verdict::agreed && windowsDecide(rules, trace)) {
    count.windows += trace.records.size();
  } else {
    ++count.wrong;
    ADD_FAILURE() << file << ":" << trace.line << " under " << rules.name << ", step "
                  << result.step + 1 << ": " << result.difference.field << ": "
                  << result.difference.left << " / " << result.difference.right << " "
                  << result.reason;
  }
}

Count replayFolder(const std::string& folder) {
  Count count;
  for (const std::string& file :
       tools::traceFiles({std::string(GROWSDOWN_CORPUS) + "/" + folder})) {
    std::string error;
    const std::string recorded = harness::ruleSetOfName(file, error);
    for (const trace::Trace& trace : tools::readTraces(file)) {
      const Metadata data = harness::metadata(trace);
      const auto verdict =
          data.expect == Metadata::Expect::agree ? Verdict::agreed : Verdict::diverged;
      for (const std::string& set : recorded.empty() ? data.sets : std::vector{recorded})
        replay(file, *trace::findRuleSet(set), trace, verdict, count);
    }
  }
  std::printf(
      "%s: %llu traces; steps: %llu as expected, %llu after an initial state, %llu where the "
      "windows decide\n",
      folder.c_str(), static_cast<unsigned long long>(count.traces),
      static_cast<unsigned long long>(count.expected), static_cast<unsigned long long>(count.begun),
      static_cast<unsigned long long>(count.windows));
  EXPECT_GT(count.traces, 100U);
  EXPECT_EQ(count.wrong, 0U);
  return count;
}

TEST(Library, GivesTheOutcomesOfTheCorpus) {
  for (const char* folder : {"rules", "regressions"}) {
    const Count count = replayFolder(folder);
    EXPECT_GT(count.expected, 20 * (count.begun + count.windows));
  }
}

TEST(Library, GivesTheOutcomesOfTheRecordings) {
  const Count count = replayFolder("observed");
  EXPECT_GT(count.expected, 50 * (count.begun + count.windows));
}

TEST(Library, GivesTheOutcomesOfThePaths) {
  replayFolder("paths");
}

} // namespace
} // namespace growsdown
