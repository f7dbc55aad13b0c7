#include "harness/builtin_systems.h"
#include "harness/metadata.h"
#include "harness/run.h"
#include "harness/shrink.h"
#include "tests/unit/harness_fake.h"

#include <gtest/gtest.h>

namespace growsdown::harness {
namespace {

using tests::defaultParameters;
using tests::FakeSystem;
using tests::traceOf;
using trace::Outcome;
using trace::State;
using trace::Step;

constexpr const char* simple = "mmap 0x1000400000 0x4000 rw fixed -> ok 0x1000400000\n"
                               "touch 0x1000400000 w -> ok\n"
                               "touch 0x1000401000 w -> ok\n"
                               "touch 0x1000400000 w -> ok\n"
                               "touch 0x10003ff000 w -> SIGSEGV/MAPERR\n";

RunResult replayed(FakeSystem& system, const std::string& text) {
  Replayer replayer(system);
  replayer.checkInvariants = false; // the fake system violates most of them
  return replayer.run(defaultParameters(), traceOf(text));
}

RunResult compared(FakeSystem& left, FakeSystem& right, const std::string& text) {
  Differential differential(left, right);
  differential.checkInvariants = false;
  return differential.run(defaultParameters(), traceOf(text));
}

TEST(Replay, Agreed) {
  FakeSystem system;
  const RunResult result = replayed(system, simple);
  EXPECT_EQ(result.verdict, Verdict::agreed);
  EXPECT_EQ(result.steps, 5U);
}

TEST(Replay, FirstMismatchEndsTheTrace) {
  FakeSystem system;
  const RunResult result = replayed(system, "mmap 0x1000400000 0x4000 rw fixed -> ok 0x1000400000\n"
                                            "touch 0x1000400000 w -> SIGSEGV/ACCERR\n"
                                            "touch 0x1000401000 w -> SIGBUS/ADRERR\n");
  EXPECT_EQ(result.verdict, Verdict::diverged);
  EXPECT_EQ(result.what, RunResult::What::outcome);
  EXPECT_EQ(result.step, 1U);
  EXPECT_EQ(result.steps, 2U);
  EXPECT_EQ(result.difference, (Difference{"outcome", "SIGSEGV/ACCERR", "ok"}));
  EXPECT_EQ(result.rule, "touch");
}

TEST(Replay, StateMismatch) {
  FakeSystem system;
  const RunResult result =
      replayed(system, "mmap 0x1000400000 0x4000 rw fixed -> ok 0x1000400000\n"
                       "= map 0x1000400000-0x1000404000 rw-p\n"
                       "= pages size +5 stack +0 locked +0 data +0 resident 0 tables +0\n");
  EXPECT_EQ(result.what, RunResult::What::state);
  EXPECT_EQ(result.difference, (Difference{"pages.size", "+5", "+4"}));
}

TEST(Replay, AreasOfASystemThatShowsNoStartsAreThoseOfMaps) {
  FakeSystem system;
  system.shown = shown::areas | shown::pages;
  const std::string map = "mmap 0x1000400000 0x4000 rw fixed -> ok 0x1000400000\n"
                          "= map 0x1000400000-0x1000404000 ";
  EXPECT_EQ(replayed(system, map + "rw-p\n").verdict, Verdict::agreed);
  EXPECT_EQ(replayed(system, map + "r--p\n").difference,
            (Difference{"map[0]", "0x1000400000-0x1000404000 r--p", "not there"}));
  // Linux 4.3 hides a guard page there, and this system does not show that.
  system.shown |= shown::start;
  EXPECT_EQ(replayed(system, map + "r--p\n").verdict, Verdict::agreed);
}

TEST(Replay, PlainOkLeavesTheAddressOpen) {
  FakeSystem system;
  EXPECT_EQ(replayed(system, "mmap 0x1000400000 0x4000 rw fixed -> ok\n").verdict, Verdict::agreed);
  EXPECT_EQ(replayed(system, "mmap 0x1000400000 0x4000 rw fixed -> ok 0x1000\n").verdict,
            Verdict::diverged);
  EXPECT_EQ(replayed(system, "mmap 0x1000400000 0x4000 rw fixed -> ENOMEM\n").verdict,
            Verdict::diverged);
}

TEST(Replay, AbnormalEndsTheExpectations) {
  FakeSystem system;
  const RunResult result = replayed(system, "mmap 0x1000400000 0x4000 rw fixed -> ok 0x1000400000\n"
                                            "touch 0x1000400000 w\n= abnormal\n"
                                            "touch 0x1000401000 w -> SIGBUS/ADRERR\n");
  EXPECT_EQ(result.verdict, Verdict::agreed);
  EXPECT_EQ(result.steps, 1U);
}

TEST(Replay, UnknownIsNoPass) {
  FakeSystem system;
  system.planted = [](std::size_t step, const Step&, Outcome& outcome, State&) {
    if (step == 2) outcome = Outcome::undecided();
  };
  const RunResult result = replayed(system, simple);
  EXPECT_EQ(result.verdict, Verdict::unknown);
  EXPECT_EQ(result.step, 2U);
  EXPECT_FALSE(result.reason.empty());
}

TEST(Replay, ExceptionIsAnErrorOfOurs) {
  FakeSystem system;
  system.planted = [](std::size_t step, const Step&, Outcome&, State&) {
    if (step == 1) throw std::logic_error("broken on purpose");
  };
  const RunResult result = replayed(system, simple);
  EXPECT_EQ(result.verdict, Verdict::error);
  EXPECT_EQ(result.step, 1U);
  EXPECT_EQ(result.reason, "fake threw: broken on purpose");
}

TEST(Replay, ParametersThatTheRuleSetCannotTakeOn) {
  FakeSystem system;
  Replayer replayer(system);
  const RunResult result =
      replayer.run(*trace::findRuleSet("linux-4.3-arm64"), traceOf("with page 16384\nfork\n"));
  EXPECT_EQ(result.verdict, Verdict::unknown);
  EXPECT_NE(result.reason.find("16384"), std::string::npos);
}

TEST(Replay, InvariantsAreChecked) {
  FakeSystem system;
  system.planted = [](std::size_t step, const Step&, Outcome&, State& state) {
    if (step == 0) state.areas.push_back(state.areas[0]); // the same area twice
  };
  Replayer replayer(system);
  const RunResult result = replayer.run(defaultParameters(), traceOf(simple));
  EXPECT_EQ(result.verdict, Verdict::diverged);
  EXPECT_EQ(result.what, RunResult::What::invariant);
  EXPECT_FALSE(result.brokenInvariants.empty());
}

// The model, whose states are counted, and are wrong from some step on.
class Watched final : public System {
 public:
  std::string_view name() const override { return "watched"; }
  void start(const trace::Parameters& parameters, const State* initial) override {
    steps_ = 0;
    system_->start(parameters, initial);
  }
  Outcome apply(const Step& step) override {
    ++steps_;
    return system_->apply(step);
  }
  void snapshot(State& out) const override {
    ++snapshots;
    system_->snapshot(out);
    if (steps_ > breaksAfter) out.areas[7].end = out.areas[7].start;
  }
  mutable std::size_t snapshots = 0;
  std::size_t breaksAfter = ~std::size_t{0};

 private:
  std::unique_ptr<System> system_ = makeModel();
  std::size_t steps_ = 0;
};

// Where a long trace expects nothing, few states are taken, and the step of the first broken one is
// found still: the trace runs again.
TEST(Replay, TakesFewStatesWhereNothingIsCompared) {
  std::string text;
  for (unsigned i = 0; i < 2000; ++i)
    text += "mmap " + trace::printBytes(0x1000000000 + i * 0x2000) + " 0x1000 r fixed\n";
  const trace::Trace trace = traceOf(text);
  Watched counting;
  Replayer replayer(counting);
  EXPECT_EQ(replayer.run(defaultParameters(), trace).verdict, Verdict::agreed);
  EXPECT_LT(counting.snapshots, 400U);
  EXPECT_GT(counting.snapshots, 64U);

  counting.breaksAfter = 1501;
  const RunResult result = replayer.run(defaultParameters(), trace);
  EXPECT_EQ(result.what, RunResult::What::invariant);
  EXPECT_EQ(result.step, 1501U);
}

TEST(Differential, AgreesUpToNames) {
  FakeSystem left("left"), right("right", true);
  right.firstFrame = 1000;
  EXPECT_EQ(compared(left, right, simple).verdict, Verdict::agreed);
  EXPECT_EQ(compared(right, left, simple).verdict, Verdict::agreed);
}

TEST(Differential, OutcomeBeforeState) {
  FakeSystem left("left"), right("right");
  right.planted = [](std::size_t step, const Step&, Outcome& outcome, State& state) {
    if (step == 1) {
      outcome = Outcome::signalled(trace::Signal::segvAccerr);
      state.counters.locked = 7;
    }
  };
  const RunResult result = compared(left, right, simple);
  EXPECT_EQ(result.verdict, Verdict::diverged);
  EXPECT_EQ(result.step, 1U);
  EXPECT_EQ(result.difference, (Difference{"outcome", "ok", "SIGSEGV/ACCERR"}));
  EXPECT_EQ(result.rule, "touch");
}

TEST(Differential, StateAfterEachStepAndSidesStayInOrder) {
  FakeSystem left("left"), right("right", true);
  right.planted = [](std::size_t step, const Step&, Outcome&, State& state) {
    if (step == 2) state.counters.locked = 7;
  };
  RunResult result = compared(left, right, simple);
  EXPECT_EQ(result.step, 2U);
  EXPECT_EQ(result.difference, (Difference{"counters.locked", "0", "7"}));
  result = compared(right, left, simple);
  EXPECT_EQ(result.difference, (Difference{"counters.locked", "7", "0"}));
}

TEST(Differential, InitialStatesAreCompared) {
  FakeSystem left("left"), right("right");
  const State initial = [] {
    State s;
    s.counters.total = 3;
    return s;
  }();
  Differential differential(left, right);
  differential.checkInvariants = false;
  differential.start(defaultParameters(), &initial);
  EXPECT_EQ(differential.result().verdict, Verdict::agreed);
  EXPECT_EQ(differential.rightState().counters.total, 3U);
}

TEST(Differential, UnknownAndError) {
  FakeSystem left("left"), right("right");
  right.planted = [](std::size_t step, const Step&, Outcome& outcome, State&) {
    if (step == 1) outcome = Outcome::undecided();
  };
  EXPECT_EQ(compared(left, right, simple).verdict, Verdict::unknown);
  // Two simulated machines have the same memory.
  left.memory = true;
  EXPECT_EQ(compared(left, right, simple).verdict, Verdict::unknown);
  right.memory = true;
  const RunResult onlyRight = compared(left, right, simple);
  EXPECT_EQ(onlyRight.verdict, Verdict::diverged);
  EXPECT_EQ(onlyRight.step, 1U);
  left.planted = right.planted;
  EXPECT_EQ(compared(left, right, simple).verdict, Verdict::unknown);
  right.planted = [](std::size_t, const Step&, Outcome&, State&) { throw std::bad_alloc(); };
  const RunResult result = compared(left, right, simple);
  EXPECT_EQ(result.verdict, Verdict::error);
  EXPECT_EQ(result.reason.substr(0, 12), "right threw:");
}

TEST(Differential, NothingHappensBehindTheEnd) {
  FakeSystem left("left"), right("right");
  std::size_t made = 0;
  right.planted = [&](std::size_t step, const Step&, Outcome&, State& state) {
    ++made;
    if (step == 0) state.counters.locked = 1;
  };
  Differential differential(left, right);
  differential.checkInvariants = false;
  differential.run(defaultParameters(), traceOf(simple));
  EXPECT_EQ(made, 1U);
  EXPECT_FALSE(differential.step({}));
  EXPECT_EQ(made, 1U);
}

TEST(Verdicts, ExitCodes) {
  EXPECT_EQ(exitCode(Verdict::agreed), 0);
  EXPECT_EQ(exitCode(Verdict::diverged), 1);
  EXPECT_EQ(exitCode(Verdict::unknown), 3);
  EXPECT_EQ(exitCode(Verdict::error), 4);
  EXPECT_EQ(worse(Verdict::unknown, Verdict::agreed), Verdict::unknown);
  EXPECT_EQ(worse(Verdict::unknown, Verdict::diverged), Verdict::diverged);
  EXPECT_EQ(worse(Verdict::error, Verdict::diverged), Verdict::error);
}

// A difference that needs the page at 0x1000402000 to have been touched before 0x1000401000.
void plantOrder(FakeSystem& system) {
  system.planted = [](std::size_t, const Step& step, Outcome&, State& state) {
    if (step.op != trace::Op::touch || step.address / 4096 != 0x1000401) return;
    for (const trace::Page& page : state.pages)
      if (page.address == 0x1000402000) state.counters.stack = 1;
  };
}

TEST(Shrink, KeepsTheDifferenceAndLittleElse) {
  std::string text = "mmap 0x1000400000 0x100000 rw fixed,growsdown,populate\n";
  for (unsigned i = 0; i < 40; ++i) {
    text += "mmap 0x" + std::to_string(1100000000 + i * 100000) + " 0x4000 rw fixed\n";
    text += "touch 0x1000400000 w\n";
    if (i == 20) text += "touch 0x1000402008 w\n";
  }
  text += "touch 0x1000401008 w\nfork\nfork\n";
  const trace::Trace trace = traceOf(text);
  FakeSystem left("left"), right("right");
  plantOrder(right);
  Differential differential(left, right);
  differential.checkInvariants = false;
  const auto run = [&](const trace::Trace& t) { return differential.run(defaultParameters(), t); };
  const Signature before = signature(run(trace), trace);
  std::size_t calls = 0;
  ShrinkOptions options;
  options.progress = [&](const ShrinkProgress&) { ++calls; };
  const ShrinkResult result = shrink(trace, run, options);
  EXPECT_TRUE(result.reproduced);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(calls, result.progress.attempts);
  ASSERT_EQ(result.trace.records.size(), 3U);
  EXPECT_EQ(trace::print(result.trace.records[0].step), "mmap 0x1000400000 0x3000 r -");
  EXPECT_EQ(trace::print(result.trace.records[1].step), "touch 0x1000402000 w");
  EXPECT_EQ(trace::print(result.trace.records[2].step), "touch 0x1000401000 w");
  EXPECT_EQ(signature(run(result.trace), result.trace), before);
}

TEST(Shrink, ATraceWithoutADifferenceStaysAsItIs) {
  FakeSystem left("left"), right("right");
  Differential differential(left, right);
  differential.checkInvariants = false;
  const trace::Trace trace = traceOf(simple);
  const ShrinkResult result = shrink(
      trace, [&](const trace::Trace& t) { return differential.run(defaultParameters(), t); });
  EXPECT_FALSE(result.reproduced);
  EXPECT_EQ(trace::print(result.trace), trace::print(trace));
}

TEST(Shrink, NeverEmptyAndStopsWhenSpent) {
  FakeSystem left("left"), right("right");
  right.planted = [](std::size_t, const Step&, Outcome& outcome, State&) {
    outcome = Outcome::failed(trace::Errno::enomem);
  };
  Differential differential(left, right);
  const auto run = [&](const trace::Trace& t) { return differential.run(defaultParameters(), t); };
  ShrinkOptions options;
  EXPECT_EQ(shrink(traceOf(simple), run, options).trace.records.size(), 1U);
  options.maxAttempts = 0;
  const ShrinkResult result = shrink(traceOf(simple), run, options);
  EXPECT_FALSE(result.complete);
  EXPECT_FALSE(result.trace.records.empty());
}

TEST(Shrink, AReplaysExpectationStaysTheSame) {
  FakeSystem system;
  Replayer replayer(system);
  replayer.checkInvariants = false;
  const trace::Trace trace =
      traceOf("mmap 0x1000400000 0x4000 rw fixed\nfork\nmmap 0x1000500000 0x4000 rw fixed\nfork\n"
              "touch 0x1000400000 w -> ok\n"
              "= map 0x1000400000-0x1000404000 rw-p\n= map 0x1000500000-0x1000504000 rw-p\n"
              "= pages size +9 stack +0 locked +0 data +0 resident 1\n");
  const auto run = [&](const trace::Trace& t) { return replayer.run(defaultParameters(), t); };
  ShrinkOptions options;
  options.arguments = false;
  const ShrinkResult result = shrink(trace, run, options, true);
  EXPECT_EQ(result.trace.records.size(), 3U); // without either area the page count would differ
  EXPECT_EQ(run(result.trace).difference, (Difference{"pages.size", "+9", "+8"}));
}

TEST(Annotate, WhatItWritesCanBeReplayed) {
  FakeSystem system;
  const trace::Trace plain = traceOf("mmap 0x1000400000 0x4000 rw fixed\ntouch 0x1000400000 w\n"
                                     "touch 0x1000400000 w\nfork\ntouch 0x1000401000 w\n");
  const trace::Trace full = annotate(system, defaultParameters(), plain);
  EXPECT_TRUE(full.records[2].state.same);
  EXPECT_EQ(full.records[1].state.faults, 1U);
  const std::string text = trace::print(full);
  const trace::ParseResult parsed = trace::parse(text, "annotated");
  ASSERT_FALSE(parsed.error) << parsed.error->text();
  EXPECT_EQ(trace::print(parsed.traces.at(0)), text);
  Replayer replayer(system);
  replayer.checkInvariants = false;
  EXPECT_EQ(replayer.run(defaultParameters(), parsed.traces.at(0)).verdict, Verdict::agreed);
}

TEST(Metadata, IsRead) {
  const trace::Trace trace = traceOf("# title: A title: with a colon\n"
                                     "# rules: GROW-RLIMIT-STACK, GUARD-GAP\n"
                                     "# sets: linux-4.3-arm64, linux-6.12-arm64\n"
                                     "# cve: CVE-2017-1000364\n# commit: 1be7107fbe18\n"
                                     "# expect: diverge\n# other: a comment\nfork\n");
  const Metadata data = metadata(trace);
  EXPECT_EQ(data.error, "");
  EXPECT_EQ(data.title, "A title: with a colon");
  EXPECT_EQ(data.rules, (std::vector<std::string>{"GROW-RLIMIT-STACK", "GUARD-GAP"}));
  EXPECT_EQ(data.sets, (std::vector<std::string>{"linux-4.3-arm64", "linux-6.12-arm64"}));
  EXPECT_EQ(data.cve, "CVE-2017-1000364");
  EXPECT_EQ(data.commit, "1be7107fbe18");
  EXPECT_EQ(data.expect, Metadata::Expect::diverge);
}

TEST(Metadata, APlainCommentIsTheTitle) {
  EXPECT_EQ(metadata(traceOf("# S05 first touch\nfork\n")).title, "S05 first touch");
}

TEST(Metadata, MistakesAreTold) {
  EXPECT_NE(metadata(traceOf("# sets: linux-9.9-arm64\nfork\n")).error, "");
  EXPECT_NE(metadata(traceOf("# sets:\nfork\n")).error, "");
  EXPECT_NE(metadata(traceOf("# expect: maybe\nfork\n")).error, "");
}

} // namespace
} // namespace growsdown::harness
