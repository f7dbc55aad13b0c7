// A system that does not report all of its changes is found.
#include "harness/builtin_systems.h"
#include "harness/forwarding.h"
#include "harness/run.h"
#include "tests/unit/harness_fake.h"

#include <gtest/gtest.h>

namespace growsdown::harness {
namespace {

/// The model with a lie in its reports from the third step on.
class Lying final : public Forwarding {
 public:
  enum class Lie { none, keepsOldPage, keepsOldArea, leavesOutPages, leavesOutAreas };

  Lying(System& model, Lie lie) : Forwarding(model), lie_(lie) {}

  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    updates_ = 0;
    Forwarding::start(parameters, initial);
  }
  std::optional<trace::StateChanges> update(trace::State& state) override {
    const trace::State before = state;
    auto changes = to().update(state);
    if (++updates_ < 3) return changes;
    switch (lie_) {
    case Lie::none:
      break;
    case Lie::keepsOldPage:
      state.pages = before.pages;
      changes->pages = {before.pages.size(), 0};
      break;
    case Lie::keepsOldArea:
      state.areas = before.areas;
      changes->areas = {before.areas.size(), 0};
      break;
    case Lie::leavesOutPages:
      changes->pages = {std::min(before.pages.size(), state.pages.size()), 0};
      break;
    case Lie::leavesOutAreas:
      changes->areas = {state.areas.size(), 0};
      break;
    }
    return changes;
  }

 private:
  Lie lie_;
  int updates_ = 0;
};

RunResult run(Lying::Lie lie, bool trust) {
  const trace::Trace trace = tests::traceOf("mmap 0x1000400000 0x4000 rw fixed,growsdown\n"
                                            "touch 0x1000401000 w\n"
                                            "touch 0x10003f0000 w\n"
                                            "munmap 0x1000401000 0x1000\n"
                                            "fork\n");
  const auto model = makeModel(), reference = makeReference();
  Lying liar(*model, lie);
  Differential differential(liar, *reference);
  differential.trustReports = trust;
  return differential.run(tests::defaultParameters(), trace);
}

TEST(Reports, TheTruthIsAccepted) {
  for (const bool trust : {false, true}) {
    const RunResult result = run(Lying::Lie::none, trust);
    EXPECT_EQ(result.verdict, Verdict::agreed) << result.reason;
    EXPECT_EQ(result.steps, 5U);
  }
}

TEST(Reports, ALieIsFound) {
  const struct {
    Lying::Lie lie;
    const char* found;
  } lies[] = {
      {Lying::Lie::keepsOldPage, "model did not report a change: pages[0x10003f0000]"},
      {Lying::Lie::keepsOldArea, "model did not report a change: areas[0].start"},
      {Lying::Lie::leavesOutPages, "model did not report a change: pages"},
      {Lying::Lie::leavesOutAreas, "model did not report a change: areas"},
  };
  for (const auto& [lie, found] : lies) {
    const RunResult result = run(lie, false);
    EXPECT_EQ(result.verdict, Verdict::error);
    EXPECT_EQ(result.step, 2U);
    EXPECT_EQ(result.reason, found);
  }
}

TEST(Reports, ALieOfOneSideIsADifferenceWhenReportsAreTrusted) {
  const RunResult result = run(Lying::Lie::keepsOldPage, true);
  EXPECT_EQ(result.verdict, Verdict::diverged);
  EXPECT_EQ(result.step, 2U);
  EXPECT_EQ(result.difference.field, "pages[0x10003f0000]");
}

} // namespace
} // namespace growsdown::harness
