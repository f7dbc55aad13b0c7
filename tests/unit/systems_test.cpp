#include "systems/open.h"

#include "harness/builtin_systems.h"
#include "harness/run.h"
#include "systems/child_process.h"
#include "systems/protocol.h"
#include "systems/remote.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <poll.h>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace growsdown::systems {
namespace {

namespace shown = harness::shown;

TEST(Systems, EveryKindWithoutAnArgumentOpensAsItself) {
  ASSERT_FALSE(kinds().empty());
  for (const Kind& kind : kinds()) {
    if (!kind.argument.empty()) continue;
    std::string error;
    const auto system = open(kind.name, error);
    if (kind.name == "host" && !system) continue; // if no rule set fits this kernel
    ASSERT_TRUE(system) << error;
    EXPECT_EQ(system->name(), kind.name);
  }
}

TEST(Systems, AnUnknownNameIsToldWithTheKnownOnes) {
  for (const char* name : {"vax", "model:", "exec", ""}) {
    std::string error;
    EXPECT_FALSE(open(name, error));
    EXPECT_TRUE(
        error.starts_with("unknown system `" + std::string(name) + "`; known: model reference"))
        << error;
  }
}

TEST(Shows, EveryFieldHasAWord) {
  std::string all = harness::print(shown::all);
  harness::Fields fields = 0;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(' ', at), all.size());
    const auto field = harness::field(all.substr(at, end - at));
    ASSERT_TRUE(field) << all.substr(at, end - at);
    fields |= *field;
    at = end + 1;
  }
  EXPECT_EQ(fields, shown::all);
  EXPECT_FALSE(harness::field("everything"));
}

trace::State someState() {
  trace::State state;
  using trace::vm::growsdown, trace::vm::read, trace::vm::write, trace::vm::locked;
  state.areas = {{.start = 0x1000,
                  .end = 0x3000,
                  .shownStart = 0x2000,
                  .pgoff = 7,
                  .anon = 3,
                  .flags = read | write | growsdown | locked | trace::vm::account,
                  .forked = true},
                 {.start = 0x4000,
                  .end = 0x5000,
                  .shownStart = 0x4000,
                  .object = 1,
                  .flags = read | trace::vm::shared},
                 {.start = 0x300000, .end = 0x301000, .shownStart = 0x300000, .flags = read}};
  state.pages = {
      {.address = 0x2000,
       .frame = 9,
       .kind = trace::Page::Kind::anonymous,
       .prot = 3,
       .inherited = true},
      {.address = 0x4000, .frame = 4, .kind = trace::Page::Kind::shared, .prot = 1, .dirty = true}};
  state.objects = {{.id = 1, .pages = 4}};
  state.objectPages = {{.object = 1, .index = 0, .frame = 4}};
  state.counters = {.total = 4,
                    .stack = 2,
                    .locked = 2,
                    .data = ~std::uint64_t{0},
                    .committed = 2,
                    .mapCount = 3,
                    .tables = 1,
                    .faults = 1};
  return state;
}

std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// A snapshot contains exactly the fields to be shown, for every single field and for all but one.
TEST(Protocol, SnapshotsComeBackAsFarAsTheyAreShown) {
  std::vector<harness::Fields> sets = {0, shown::all};
  for (unsigned bit = 0; bit < 22; ++bit) {
    sets.push_back(1U << bit);
    sets.push_back(shown::all & ~(1U << bit));
    sets.push_back(shown::areas | shown::start | 1U << bit);
    sets.push_back(shown::areas | shown::pages | 1U << bit);
  }
  for (const harness::Fields fields : sets) {
    // An area that maps an object needs the object's pages, and the reverse.
    std::vector<std::string> lines = linesOf(printSnapshot(someState(), fields));
    ASSERT_EQ(lines.back(), endOfAnswer);
    lines.pop_back();
    trace::State want = someState(), got;
    harness::reduce(want, fields);
    harness::Fields shows = 0;
    EXPECT_EQ(parseSnapshot(lines, fields, 0x1000, got, shows), "") << harness::print(fields);
    EXPECT_EQ(shows, fields);
    harness::reduce(got, fields);
    EXPECT_TRUE(got == want) << harness::print(fields) << "\n" << printSnapshot(got, fields);
  }
}

TEST(Protocol, CountersThatASnapshotLeavesOutAreNotShown) {
  trace::State state;
  harness::Fields shows = 0;
  const std::vector<std::string> lines = {"counters total -3 stack 2"};
  EXPECT_EQ(parseSnapshot(lines, shown::all, 4096, state, shows), "");
  EXPECT_EQ(shows, (shown::all & ~shown::counters) | shown::total | shown::stack);
  EXPECT_EQ(static_cast<std::int64_t>(state.counters.total), -3);
}

TEST(Protocol, RunsOfPagesAndSinglePagesMayMix) {
  trace::State state;
  harness::Fields shows = 0;
  const std::vector<std::string> lines = {"area 0x1000-0x9000 rw -", "pages 0x1000-0x3000",
                                          "pages 0x5000-0x6000", "page 0x4000 zero r"};
  EXPECT_EQ(parseSnapshot(lines, shown::areas | shown::pages, 4096, state, shows), "");
  ASSERT_EQ(state.pages.size(), 4U);
  EXPECT_EQ(state.pages[2].address, 0x4000U);
}

TEST(Protocol, StatesThatContradictThemselvesAreRefused) {
  const std::vector<std::vector<std::string>> lies = {
      {"area 0x1000-0x3000 rw -", "area 0x2000-0x4000 rw -"},
      {"area 0x3000-0x4000 rw -", "area 0x1000-0x2000 rw -"},
      {"area 0x1000-0x1800 rw -"},
      {"area 0x1000-0x1000 rw -"},
      {"area 0x2000-0x1000 rw -"},
      {"area 0x1000-0x2000 rw"},
      {"area 0x1000-0x2000 rwz -"},
      {"area 0x1000-0x2000 rw sideways"},
      {"area 0x1000-0x2000 rw - maybe"},
      {"area 0x1000-0x2000 rw -", "page 0x2000 anonymous rw frame 1"},
      {"area 0x1000-0x2000 rw -", "page 0x1800 anonymous rw frame 1"},
      {"area 0x1000-0x2000 rw -", "page 0x1000 zero r", "page 0x1000 zero r"},
      {"area 0x1000-0x2000 rw -", "page 0x1000 zero r", "pages 0x1000-0x2000"},
      {"area 0x1000-0x2000 rw -", "pages 0x1000-0x1000"},
      {"area 0x1000-0x2000 rw -", "pages 0x1000"},
      {"area 0x1000-0x2000 rw -", "pages 0x1000-0x2000 rw"},
      {"area 0-0xfffffffffffff000 rw -", "pages 0-0xfffffffffffff000"},
      {"maps 0x1000 0x2000"},
      {"area 0x1000-0x2000 rw -", "maps 0x1000 0x3000"},
      {"counters total"},
      {"counters total many"},
      {"counters total 1 weight 2"},
      {"counters total 99999999999999999999999"},
      {"area 0x1000-0x2000 rw - \x01"},
      {"area 0x1000-0x2000 rw - # and a comment\xff"},
      {"growsdown-trace 1"},
      {"touch 0x1000 r"},
      {"ok"},
      {""},
      {std::string(1000, 'x')},
  };
  for (const auto& lie : lies) {
    trace::State state;
    harness::Fields shows = 0;
    EXPECT_NE(parseSnapshot(lie, shown::all, 4096, state, shows), "") << lie.back();
  }
}

TEST(Protocol, HellosComeBack) {
  Hello hello;
  hello.name = "naive 1.0";
  hello.rules = "linux-6.12-amd64";
  hello.shows = shown::areas | shown::total;
  hello.does = 1U << static_cast<unsigned>(trace::Op::mmap);
  hello.ahead = true;
  for (const char* step : {"capable no", "limit memlock 0x4000"})
    ASSERT_EQ(parseStep(step, hello.begins.emplace_back()), "");
  hello.hard = {8 << 20, trace::unlimited, 0x4000, 0};
  std::vector<std::string> lines = linesOf(print(hello));
  EXPECT_EQ(lines.back(), endOfAnswer);
  lines.pop_back();
  Hello back;
  EXPECT_EQ(parseHello(lines, back), "");
  EXPECT_EQ(back.name, hello.name);
  EXPECT_EQ(back.rules, hello.rules);
  EXPECT_EQ(back.shows, hello.shows);
  EXPECT_EQ(back.does, hello.does);
  EXPECT_EQ(back.begins, hello.begins);
  EXPECT_EQ(back.hard, hello.hard);
  EXPECT_TRUE(back.ahead);
}

// Steps that were added later are sent only to systems that name them.
TEST(Protocol, WithoutAListASystemDoesTheFirstSteps) {
  Hello hello;
  hello.name = "x";
  EXPECT_EQ(hello.does, trace::firstOps);
  EXPECT_EQ(print(hello).find("does"), std::string::npos);
  hello.does = ~0U;
  const std::string all = print(hello);
  for (const trace::OpField& field : trace::opFields)
    EXPECT_NE(all.find(" " + std::string(field.name)), std::string::npos) << field.name;
  std::vector<std::string> lines = linesOf(all);
  lines.pop_back();
  Hello parsed;
  ASSERT_EQ(parseHello(lines, parsed), "");
  EXPECT_EQ(parsed.does, (1U << trace::opCount) - 1);
}

TEST(Protocol, OtherHellosAreRefused) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"hello"},
      {"growsdown-system 2"},
      {std::string(greeting)},
      {std::string(greeting), "name x"},
      {std::string(greeting), "shows areas"},
      {std::string(greeting), "name x", "shows everything"},
      {std::string(greeting), "name x", "shows", "does magic"},
      {std::string(greeting), "name x", "shows", "rules linux-9.9-vax"},
      {std::string(greeting), "name x", "shows", "moreover"},
      {std::string(greeting), "name x", "shows", "begins slowly"},
      {std::string(greeting), "name x", "shows", "begins"},
      {std::string(greeting), "name x", "shows", "hard stack"},
      {std::string(greeting), "name x", "shows", "hard work 1"},
  };
  for (const auto& lines : wrong) {
    Hello hello;
    EXPECT_NE(parseHello(lines, hello), "") << (lines.empty() ? "" : lines.back());
  }
}

TEST(Protocol, OutcomesAreThoseOfTheStep) {
  trace::Step touch;
  ASSERT_EQ(parseStep("touch 0x1000 w", touch), "");
  trace::Step map;
  ASSERT_EQ(parseStep("mmap 0x1000 0x1000 rw fixed", map), "");
  trace::Outcome outcome;
  std::string reason;
  EXPECT_EQ(parseOutcome("SIGSEGV/ACCERR at 0x2000", touch, outcome, reason), "");
  EXPECT_EQ(outcome.address, 0x2000U);
  EXPECT_EQ(parseOutcome("ok 0x1000", map, outcome, reason), "");
  EXPECT_EQ(outcome, trace::Outcome::at(0x1000));
  EXPECT_EQ(parseOutcome("unknown no keys here", map, outcome, reason), "");
  EXPECT_EQ(outcome.kind, trace::Outcome::Kind::unknown);
  EXPECT_EQ(reason, "no keys here");
  for (const char* wrong :
       {"", "yes", "ENOMEM", "ok 0x1000", "SIGSEGV", "ok\nok", "ok # fine", "ok -> ok", "-> ok"})
    EXPECT_TRUE(!parseOutcome(wrong, touch, outcome, reason).empty() ||
                outcome.kind == trace::Outcome::Kind::ok)
        << wrong;
  EXPECT_NE(parseOutcome("SIGSEGV/MAPERR", map, outcome, reason), "");
}

TEST(Protocol, RequestsComeBack) {
  std::string error;
  trace::With with;
  with.page = 4096;
  with.minAddr = 65536;
  with.maxMapCount = 10;
  with.memory = 4096 * 64;
  const auto parameters =
      trace::makeParameters(*trace::findRuleSet("linux-6.12-amd64"), with, error);
  ASSERT_TRUE(parameters);
  std::string line = printStart(*parameters);
  line.pop_back();
  Start start;
  EXPECT_EQ(parseStart(line, start), "");
  EXPECT_EQ(start.rules, "linux-6.12-amd64");
  const auto again = trace::makeParameters(*trace::findRuleSet(start.rules), start.with, error);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->minAddr, parameters->minAddr);
  EXPECT_EQ(again->maxMapCount, parameters->maxMapCount);
  EXPECT_EQ(again->memoryPages, parameters->memoryPages);
  EXPECT_EQ(again->geometry.vaBits, parameters->geometry.vaBits);
  EXPECT_EQ(start.knobs, "");
  EXPECT_EQ(parseStart(line + " some-day 0x17", start), "");
  EXPECT_EQ(parseStart(line + " knobs a=1,b=c", start), "");
  EXPECT_EQ(start.knobs, "a=1,b=c");
  for (const char* wrong : {"", "begin", "start", "start page 4096", "start rules x page many"})
    EXPECT_NE(parseStart(wrong, start), "") << wrong;
}

TEST(Protocol, ATurnedKnobIsSaid) {
  trace::RuleSet rules = *trace::findRuleSet("linux-6.12-amd64");
  EXPECT_EQ(turnedKnobs(rules), "");
  std::string error;
  ASSERT_TRUE(trace::setKnob(rules, "gap-pages", "1", error)) << error;
  ASSERT_TRUE(trace::setKnob(rules, "gup-grows", "true", error)) << error;
  EXPECT_EQ(turnedKnobs(rules), "gap-pages=1,gup-grows=true");
  const auto parameters = trace::makeParameters(rules, {}, error);
  ASSERT_TRUE(parameters) << error;
  EXPECT_NE(printStart(*parameters).find(" knobs gap-pages=1,gup-grows=true\n"), std::string::npos);
}

// --- processes

ProcessLimits hurried() {
  ProcessLimits limits;
  limits.answer = std::chrono::milliseconds(1000);
  return limits;
}

/// A system in shell: greets, then does `body` for each request (in $line).
std::vector<std::string> shell(const std::string& body) {
  return {"/bin/sh", "-c",
          "while read -r line; do case $line in growsdown-system*) printf "
          "'growsdown-system 1\\nname shell\\nshows areas pages total\\n.\\n';; " +
              body + " esac; done"};
}
const std::string good = "start*) echo ok;; state) printf 'counters total 0\\n.\\n';; ";

trace::Trace traceOf(const std::string& text) {
  trace::ParseResult parsed = trace::parse("growsdown-trace 1\n" + text, "");
  EXPECT_FALSE(parsed.error);
  return parsed.traces.at(0);
}

harness::RunResult run(Remote& remote, const trace::Trace& trace) {
  const auto model = harness::makeModel();
  harness::Differential differential(*model, remote);
  return differential.run(*trace::findRuleSet("linux-6.12-amd64"), trace);
}

TEST(Remote, AProcessThatAnswersIsCompared) {
  Remote remote(shell(good + "limit*) echo ok;; touch*) echo SIGSEGV/MAPERR;;"), "shell");
  const auto result = run(remote, traceOf("limit stack 0x1000\ntouch 0x1000100000 r\n"));
  EXPECT_EQ(result.verdict, harness::Verdict::agreed) << result.difference.right << result.reason;
  EXPECT_EQ(result.steps, 2U);
}

TEST(Remote, WhatItDoesNotDoOrCannotSayIsUnknown) {
  Remote remote(shell(good + "fork) echo unknown no processes;; *) echo ok;;"), "shell");
  const auto result = run(remote, traceOf("fork\n"));
  EXPECT_EQ(result.verdict, harness::Verdict::unknown);
  EXPECT_EQ(result.reason, "shell: no processes");
}

TEST(Remote, ACrashIsADifferenceAndTheNextTraceHasAFreshProcess) {
  Remote remote(shell(good + "touch*) echo help >&2; kill -SEGV $$;; *) echo ok;;"), "shell");
  for (int i = 0; i < 2; ++i) {
    const auto result = run(remote, traceOf("touch 0x1000100000 r\n"));
    EXPECT_EQ(result.verdict, harness::Verdict::diverged);
    EXPECT_EQ(result.difference.field, "system");
    EXPECT_EQ(result.difference.right,
              "in answer to `touch 0x1000100000 r`: it was killed by SIGSEGV: help");
    EXPECT_EQ(run(remote, traceOf("fork\n")).verdict, harness::Verdict::agreed);
  }
}

TEST(Remote, SilenceIsUnknownAndTheNextTraceHasAFreshProcess) {
  Remote remote(shell(good + "touch*) sleep 1000;; *) echo ok;;"), "shell", hurried());
  const auto result = run(remote, traceOf("touch 0x1000100000 r\n"));
  EXPECT_EQ(result.verdict, harness::Verdict::unknown);
  EXPECT_EQ(result.reason, "shell: in answer to `touch 0x1000100000 r`: no answer within 1000 ms");
  EXPECT_EQ(run(remote, traceOf("fork\n")).verdict, harness::Verdict::agreed);
}

TEST(Remote, GarbageLiesAndFloodsAreDifferences) {
  const std::string ok = "start*) echo ok;; ";
  for (const std::string& body : {
           good + "touch*) echo perhaps;;",
           good + "touch*) printf 'SIGSEGV/MAPERR\\001\\n';;",
           good + "touch*) printf 'no newline'; exit 3;;",
           good + "touch*) exec yes;;",
           good + "touch*) exec tr '\\0' x < /dev/zero;;",
           good + "touch*) exec 1>&-; sleep 1000;;",
           ok + "state) printf 'ok\\n.\\n';; touch*) echo SIGSEGV/MAPERR;;",
           ok + "state) exec yes counters;; touch*) echo SIGSEGV/MAPERR;;",
           ok + "state) printf 'area 0x1000-0x1800 rw -\\n.\\n';; touch*) echo SIGSEGV/MAPERR;;",
           std::string("start*) echo no;;"),
           std::string("start*) exit 1;;"),
       }) {
    Remote remote(shell(body), "shell", hurried());
    const auto result = run(remote, traceOf("touch 0x1000100000 r\n"));
    EXPECT_EQ(result.verdict, harness::Verdict::diverged) << body << ": " << result.reason;
    EXPECT_EQ(result.difference.field, "system") << body;
  }
}

TEST(Remote, AnAnswerTooManyIsADifference) {
  for (const std::string& body :
       {std::string("start*) printf 'ok\\nok\\n';; touch*) echo SIGSEGV/MAPERR;;"),
        std::string("start*) echo ok;; state) printf '.\\n.\\n';; touch*) echo SIGSEGV/MAPERR;;"),
        good + "touch*) printf 'SIGSEGV/MAPERR\\nSIGSEGV/MAPERR\\n';;"}) {
    Remote remote(shell(body), "shell", hurried());
    const auto result =
        run(remote, traceOf("touch 0x1000100000 r\ntouch 0x1000100000 r\ntouch 0x1000100000 r\n"));
    EXPECT_EQ(result.verdict, harness::Verdict::diverged) << body;
    EXPECT_EQ(result.difference.field, "system") << body << result.difference.right;
  }
}

TEST(Remote, AnEndedProcessWhoseChildHoldsItsOutputIsTold) {
  Remote remote(shell(good + "touch*) sleep 1000 & exit 3;;"), "shell", hurried());
  const auto result = run(remote, traceOf("touch 0x1000100000 r\n"));
  EXPECT_EQ(result.verdict, harness::Verdict::unknown);
  EXPECT_TRUE(result.reason.ends_with(
      "no answer within 1000 ms; the process has ended, and another one holds its output"))
      << result.reason;
}

TEST(Remote, WhatItSaysStandsInOneReadableLine) {
  Remote remote(
      shell(good +
            "touch*) printf 'unknown \\377<b>\\001\\n';; *) printf 'x\\377\\0y' >&2; exit 1;;"),
      "shell", hurried());
  EXPECT_EQ(run(remote, traceOf("touch 0x1000100000 r\n")).reason, "shell: ?<b>?");
  EXPECT_TRUE(run(remote, traceOf("fork\n")).difference.right.ends_with("exit code 1: x??y"));
  EXPECT_EQ(said(std::string(1000, 'y')).size(), 303U);
}

/// The same for a system that receives whole traces: `body` may read further requests.
std::vector<std::string> eager(const std::string& body) {
  return {"/bin/sh", "-c",
          "while read -r line; do case $line in growsdown-system*) printf "
          "'growsdown-system 1\\nname shell\\nshows total\\nahead\\n.\\n';; " +
              body + " esac; done"};
}

TEST(Remote, WhatIsKnownAheadIsSentBeforeAnAnswerIsAwaited) {
  const std::string state = "counters total 0\\n.\\n";
  Remote remote(eager("start*) for i in 1 2 3 4 5; do read -r line; done; printf 'ok\\n" + state +
                      "ok\\n" + state + "SIGSEGV/MAPERR\\n" + state + "';;"),
                "shell", hurried());
  for (int i = 0; i < 2; ++i) {
    const auto result = run(remote, traceOf("limit stack 0x1000\ntouch 0x1000100000 r\n"));
    EXPECT_EQ(result.verdict, harness::Verdict::agreed) << result.difference.right << result.reason;
    EXPECT_EQ(result.steps, 2U);
  }
}

TEST(Remote, ATraceLongerThanWhatIsSentAtOnceGoesOn) {
  Remote remote(eager(good + "*) echo ok;;"), "shell");
  std::string steps;
  for (int i = 0; i < 200; ++i)
    steps += "limit stack 0x1000\n";
  const auto result = run(remote, traceOf(steps));
  EXPECT_EQ(result.verdict, harness::Verdict::agreed) << result.difference.right << result.reason;
  EXPECT_EQ(result.steps, 200U);
}

TEST(Remote, AnswersToStepsBehindTheEndOfATraceArePassedOver) {
  Remote remote(eager(good + "touch*) echo ok;; fork) echo unknown;; *) echo ok;;"), "shell");
  EXPECT_EQ(run(remote, traceOf("touch 0x1000100000 r\nlimit as 0\nlimit as 1\n")).verdict,
            harness::Verdict::diverged);
  EXPECT_EQ(run(remote, traceOf("fork\nlimit as 0\n")).verdict, harness::Verdict::unknown);
  EXPECT_EQ(run(remote, traceOf("limit as 0\n")).verdict, harness::Verdict::agreed);
  // A process that dies after that end has answered its requests.
  Remote dying(eager(good + "touch*) echo ok;; fork) exit 1;; *) echo ok;;"), "shell");
  EXPECT_EQ(run(dying, traceOf("touch 0x1000100000 r\nfork\n")).difference.field, "outcome");
  EXPECT_EQ(run(dying, traceOf("limit as 0\n")).verdict, harness::Verdict::agreed);
}

TEST(Remote, OnlyWhatWasAnnouncedMayFollow) {
  Remote remote(eager(good + "*) echo ok;;"), "shell");
  std::string error;
  const auto parameters = trace::makeParameters(*trace::findRuleSet("linux-6.12-amd64"), {}, error);
  ASSERT_TRUE(parameters);
  const trace::Trace announced = traceOf("fork\n"), other = traceOf("capable no\n");
  remote.ahead(announced.records);
  remote.start(*parameters, nullptr);
  EXPECT_THROW(remote.apply(other.records[0].step), std::logic_error);
  // Any step may follow them; steps that were announced for one start are not sent with the next.
  remote.ahead(announced.records);
  remote.start(*parameters, nullptr);
  remote.apply(announced.records[0].step);
  remote.apply(other.records[0].step);
  remote.start(*parameters, nullptr);
  remote.apply(other.records[0].step);
}

TEST(Remote, SilenceNamesTheStepsThatItMayBeAbout) {
  Remote remote(eager(good + "fork) sleep 1000;; *) echo ok;;"), "shell", hurried());
  const auto result = run(remote, traceOf("fork\nlimit as 0\nlimit as 1\n"));
  EXPECT_EQ(result.reason, "shell: in answer to `fork`: no answer within 1000 ms, to it or to one "
                           "of the 2 steps after it, which were sent together");
}

TEST(Remote, WhatDoesNotGreetIsNoSystem) {
  EXPECT_THROW(Remote({"/bin/sh", "-c", "echo hello"}, "shell", hurried()), harness::Misbehaved);
  EXPECT_THROW(Remote({"/bin/sh", "-c", "exit 0"}, "shell", hurried()), harness::Misbehaved);
  EXPECT_THROW(Remote({"/no/such/program"}, "shell", hurried()), harness::Misbehaved);
  EXPECT_THROW(Remote({"/bin/sh", "-c", "sleep 1000"}, "shell", hurried()), harness::CannotSay);
  std::string error;
  EXPECT_FALSE(open("exec:/no/such/program", error));
  EXPECT_NE(error.find("/no/such/program"), std::string::npos) << error;
}

// More than a pipe holds, in both directions at once.
TEST(ChildProcess, NeitherSideWaitsForTheOtherForEver) {
  ChildProcess cat({"cat"});
  const std::string line(1000, 'x');
  std::string text;
  for (int i = 0; i < 2000; ++i)
    text += line + "\n";
  cat.send(text);
  for (int i = 0; i < 2000; ++i)
    ASSERT_EQ(cat.line(), line);
}

// All processes that the child started hold `wait` open; its end is seen when all have exited.
TEST(ChildProcess, NothingOutlivesAProgramThatIsKilled) {
  int wait[2], ready[2];
  ASSERT_EQ(pipe(wait), 0);
  ASSERT_EQ(pipe(ready), 0);
  const pid_t program = fork();
  if (program == 0) {
    ChildProcess shell({"/bin/sh", "-c", "sleep 1000 & sleep 1000 </dev/null & echo; wait"});
    shell.line();
    if (write(ready[1], "", 1) == 1) pause();
    _exit(1);
  }
  close(wait[1]);
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(program, SIGKILL);
  ASSERT_EQ(waitpid(program, nullptr, 0), program);
  pollfd gone{wait[0], POLLIN, 0};
  EXPECT_EQ(poll(&gone, 1, 20'000), 1) << "after 20 seconds some process is left";
  EXPECT_EQ(read(wait[0], &byte, 1), 0);
  for (const int end : {wait[0], ready[0], ready[1]})
    close(end);
}

} // namespace
} // namespace growsdown::systems
