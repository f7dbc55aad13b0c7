#include "proofs/run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <type_traits>
#include <vector>

namespace growsdown::proofs {
namespace {

using smt::ProofVerdict;

TEST(Smt, ProvesRefutesAndGivesUpWithinABudget) {
  const smt::Context context;
  const smt::Term x = context.constant("x", smt::Sort::integer);
  const smt::Term y = context.constant("y", smt::Sort::integer);
  smt::Solver solver(context);
  solver.add(smt::less(x, y));
  EXPECT_EQ(solver.check(100000), smt::Answer::satisfiable);
  const smt::Model model = solver.model();
  EXPECT_TRUE(model.truth(smt::less(x, y)));
  solver.push();
  solver.add(smt::less(y, x));
  EXPECT_EQ(solver.check(100000), smt::Answer::unsatisfiable);
  solver.pop(1);

  // A product of 64-bit words: too hard for a small budget, and the same on every run.
  const smt::Term a = context.constant("a", smt::Sort::bits, 64);
  const smt::Term b = context.constant("b", smt::Sort::bits, 64);
  const std::vector<smt::Term> factors = {
      smt::equal(smt::bitMultiply(smt::zeroExtend(a, 64), smt::zeroExtend(b, 64)),
                 smt::zeroExtend(context.bits(0xfffffffffffffb7bULL, 64), 64)),
      smt::bitLess(context.bits(1, 64), a), smt::bitLess(a, b)};
  const smt::FreshResult first = smt::checkFresh(factors, 200000, true);
  const smt::FreshResult second = smt::checkFresh(factors, 200000, false);
  EXPECT_EQ(first.answer, smt::Answer::unknown);
  EXPECT_FALSE(first.reason.empty());
  EXPECT_EQ(first.spent, second.spent);
  EXPECT_NE(first.text.find("declare-fun"), std::string::npos);
}

TEST(Smt, MisuseIsAnErrorNotACrash) {
  const smt::Context context;
  const smt::Context other;
  EXPECT_THROW(smt::add(context.integer(1), context.bits(1, 64)), smt::Error);
  EXPECT_THROW(smt::add(context.integer(1), other.integer(1)), smt::Error);
  EXPECT_THROW(smt::add(context.integer(1), smt::Term()), smt::Error);
}

TEST(Smt, UnknownFunctionsGiveEqualValuesForEqualArguments) {
  const smt::Context context;
  const smt::Term x = context.constant("x", smt::Sort::integer);
  const smt::Term y = context.constant("y", smt::Sort::integer);
  const auto f = [&](const smt::Term& a, const smt::Term& b) {
    const smt::Term both[] = {a, b};
    return context.apply("f", both, smt::Sort::integer);
  };
  EXPECT_TRUE(f(x, y).sameAs(f(x, y)));
  smt::Solver solver(context);
  solver.add(smt::negation(smt::equal(f(x, y), f(y, x))));
  EXPECT_EQ(solver.check(100000), smt::Answer::satisfiable);
  const smt::Model model = solver.model();
  EXPECT_NE(model.number(f(x, y)), model.number(f(y, x)));
  solver.add(smt::equal(x, y));
  EXPECT_EQ(solver.check(100000), smt::Answer::unsatisfiable);
  EXPECT_THROW(f(x, {}), smt::Error);
}

TEST(Explorer, ClampHasThreePathsAndStaysInItsBounds) {
  const auto text = [](auto& run) {
    auto x = run.word("x");
    const auto low = run.word("low");
    const auto high = run.word("high");
    run.assume(low <= high);
    if (x < low)
      x = low;
    else if (x > high)
      x = high;
    run.require("within", both(low <= x, x <= high));
    run.output("x", x);
  };
  const Exploration result = exploreAndReplay(text);
  EXPECT_EQ(result.verdict, ProofVerdict::proved) << result.reason;
  EXPECT_EQ(result.paths, 3u);
  EXPECT_EQ(result.decisions, 2u);
}

TEST(Explorer, ConnectivesOfTheTextForkAndThoseOfObligationsDoNot) {
  const auto natural = [](auto& run) {
    const auto a = run.word("a"), b = run.word("b"), c = run.word("c"), d = run.word("d");
    run.output("all", std::uint64_t{a < 1 && b < 1 && c < 1 && d < 1 ? 1u : 0u});
  };
  const auto flat = [](auto& run) {
    const auto a = run.word("a"), b = run.word("b"), c = run.word("c"), d = run.word("d");
    run.output("all", std::uint64_t{both(both(a < 1, b < 1), both(c < 1, d < 1)) ? 1u : 0u});
  };
  EXPECT_EQ(exploreAndReplay(natural).paths, 5u);
  EXPECT_EQ(exploreAndReplay(flat).paths, 2u);
}

TEST(Explorer, WrapsAsMachineWordsDo) {
  const auto text = [](auto& run) {
    const auto x = run.word("x");
    const auto y = run.word("y");
    const auto page = run.word("page", 0, ~std::uint64_t{0}, 12);
    run.output("sum", x + y);
    run.output("difference", x - y);
    run.output("scaled", x * 24);
    run.output("down", x & ~std::uint64_t{4095});
    run.output("in", x & 4095);
    run.output("page", x >> 12);
    run.output("left", x << 5);
    run.output("tenth", x / 10);
    run.output("digit", x % 10);
    run.output("not", ~x);
    run.output("past", page + 4095);
    run.output("pages", (page - (x & ~std::uint64_t{4095})) >> 12);
    run.require("there and back", (x + y) - y == x);
    run.require("rounded",
                implies(x <= ~std::uint64_t{4095}, ((x + 4095) & ~std::uint64_t{4095}) >= x));
    run.require("a difference shifts", implies(x <= page, ((page - (x & ~std::uint64_t{4095})) >>
                                                           12) == (page >> 12) - (x >> 12)));
    if (x + y < x) run.output("wrapped", std::uint64_t{1});
  };
  const Exploration result = exploreAndReplay(text);
  EXPECT_EQ(result.verdict, ProofVerdict::proved) << result.reason << " " << result.obligation;
  EXPECT_EQ(result.paths, 2u);
}

constexpr std::uint64_t half() {
  return std::uint64_t{1} << 63;
}

// Arithmetic that must not wrap, in either domain, for any words.
template <class Text>
Exploration whereNothingWraps(const Text& text) {
  return exploreAndReplay([&text](auto& run) {
    using D = std::conditional_t<std::is_base_of_v<Run<Symbolic>, std::decay_t<decltype(run)>>,
                                 Symbolic, model::Concrete>;
    const auto x = run.word("x");
    const auto y = run.word("y");
    run.output("result", exactly<D>([&] { return text(x, y); }));
  });
}

TEST(Explorer, WhatIsNotToWrapIsAnObligationOfEachOperator) {
  using trace::wrappingDifference;
  using trace::wrappingSum;
  const auto refuted = [](const Exploration& result) {
    EXPECT_EQ(result.verdict, ProofVerdict::refuted) << result.reason;
    EXPECT_EQ(result.obligation, owed::noWrap);
  };
  const auto proved = [](const Exploration& result) {
    EXPECT_EQ(result.verdict, ProofVerdict::proved) << result.reason;
  };
  refuted(whereNothingWraps([](auto x, auto y) { return x + y; }));
  refuted(whereNothingWraps([](auto x, auto y) { return x - y; }));
  refuted(whereNothingWraps([](auto x, auto) { return x + 1; }));
  refuted(whereNothingWraps([](auto x, auto) { return 5 - x; }));
  refuted(whereNothingWraps([](auto x, auto) { return x * 3; }));
  refuted(whereNothingWraps([](auto x, auto) { return x << 1; }));
  refuted(whereNothingWraps([](auto x, auto) { return (x & 7) - 8; })); // on every path
  refuted(whereNothingWraps([](auto x, auto) { return (x >> 1) + half() + half(); }));
  refuted(whereNothingWraps([](auto x, auto y) { return x <= y ? x - y : x; }));
  proved(whereNothingWraps([](auto x, auto y) { return x < y ? y - x : x - y; }));
  proved(whereNothingWraps([](auto x, auto) { return ~x; }));
  proved(whereNothingWraps([](auto x, auto y) { return (x >> 1) + (y >> 1) + 1; }));
  proved(whereNothingWraps([](auto x, auto) { return (x >> 5) + (x >> 60 << 60) / 16; }));
  proved(whereNothingWraps([](auto x, auto y) { return wrappingSum(x, y); }));
  proved(whereNothingWraps([](auto x, auto y) { return wrappingDifference(x, y); }));
}

TEST(Explorer, OutsideOfWhatIsNotToWrapNothingIsOwed) {
  Explorer explorer;
  const Exploration result = explorer.explore([](Explorer& e) {
    const Sym x = e.word("x");
    {
      const Explorer::MustNotWrap rules(e);
      const Explorer::MayWrap proof(e);
      e.require("as machine words do", implies(x == ~std::uint64_t{0}, x + 1 == 0));
    }
    e.require("there too", implies(x == ~std::uint64_t{0}, x + 1 == 0));
  });
  EXPECT_EQ(result.verdict, ProofVerdict::proved) << result.reason;
}

TEST(Explorer, KnownNumbersThatWrapOweItToo) {
  Explorer explorer;
  for (const auto& text : std::vector<std::function<void()>>{
           [] { Sym(~std::uint64_t{0}) + 1; }, [] { Sym(0) - 1; }, [] { Sym(1ULL << 63) * 2; },
           [] { Sym(1ULL << 63) << 1; }}) {
    const Exploration result = explorer.explore([&](Explorer& e) {
      const Explorer::MustNotWrap rules(e);
      text();
    });
    EXPECT_EQ(result.verdict, ProofVerdict::refuted) << result.reason;
    EXPECT_EQ(result.obligation, owed::noWrap);
  }
}

TEST(Explorer, FindsTheSumThatWraps) {
  const auto text = [](auto& run) {
    const auto x = run.word("x");
    const auto gap = run.word("gap");
    // The comparison that a kernel must not make: it wraps near the top.
    run.require("no wrap", (x + gap) - 1 >= x);
  };
  const Exploration result = exploreAndReplay(text);
  EXPECT_EQ(result.verdict, ProofVerdict::refuted) << result.reason;
  EXPECT_EQ(result.obligation, "no wrap");
  EXPECT_EQ(result.witness.count("x"), 1u);
  EXPECT_NE(result.dump.find("assert"), std::string::npos);
}

template <class Words, class Word>
std::size_t linear(const Words& words, const Word& key) {
  std::size_t i = 0;
  while (i < words.size() && words[i] < key)
    ++i;
  return i;
}
template <class Words, class Word>
std::size_t binary(const Words& words, const Word& key, bool wrong) {
  std::size_t low = 0;
  std::size_t high = words.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (words[middle] < key)
      low = middle + 1;
    else
      high = wrong && middle > 0 ? middle - 1 : middle;
  }
  return low;
}

Exploration searches(bool wrong, bool sorted) {
  return exploreAndReplay([=](auto& run) {
    std::vector<decltype(run.word("w"))> words;
    for (int i = 0; i < 6; ++i)
      words.push_back(run.word("w" + std::to_string(i)));
    if (sorted)
      for (std::size_t i = 1; i < words.size(); ++i)
        run.assume(words[i - 1] < words[i]);
    const auto key = run.word("key");
    const std::size_t found = binary(words, key, wrong);
    const auto at = std::lower_bound(words.begin(), words.end(), key,
                                     [](const auto& a, const auto& b) { return bool(a < b); });
    if (sorted || wrong)
      run.require("std::lower_bound agrees", found == static_cast<std::size_t>(at - words.begin()));
    run.require("linear agrees", found == linear(words, key));
    run.output("found", std::uint64_t{found});
  });
}

TEST(Explorer, SearchesAgreeOnSortedListsOnly) {
  const Exploration right = searches(false, true);
  EXPECT_EQ(right.verdict, ProofVerdict::proved) << right.reason;
  EXPECT_EQ(right.paths, 7u); // one per position
  EXPECT_EQ(searches(true, true).verdict, ProofVerdict::refuted);
  const Exploration unsorted = searches(false, false);
  EXPECT_EQ(unsorted.verdict, ProofVerdict::refuted);
  EXPECT_EQ(unsorted.obligation, "linear agrees");
}

TEST(Explorer, FlagsAreBitVectors) {
  const auto text = [](auto& run) {
    const auto f = run.flags("f", 0xff);
    const auto g = f & ~std::uint32_t{4};
    if (f & 3u) {
      run.require("kept", any(g & 3u));
    } else {
      run.require("none", (g & 3u) == 0u);
    }
    run.require("cleared", !any(g & 4u));
    run.require("within", (f | 0x100u) != f);
    run.output("g", g);
  };
  const Exploration result = exploreAndReplay(text);
  EXPECT_EQ(result.verdict, ProofVerdict::proved) << result.reason;
  EXPECT_EQ(result.paths, 2u);
}

TEST(Explorer, ChoicesAreAllExplored) {
  std::array<unsigned, 6> seen{};
  Explorer explorer;
  const Exploration result = explorer.explore([&](Explorer& e) {
    const unsigned a = e.choose("a", 2);
    const unsigned b = e.choose("b", 3);
    ++seen[a * 3 + b];
  });
  EXPECT_EQ(result.paths, 6u);
  for (const unsigned count : seen)
    EXPECT_EQ(count, 1u);
}

TEST(Explorer, AssumptionsCutPaths) {
  Explorer explorer;
  const Exploration result = explorer.explore([](Explorer& e) {
    const Sym x = e.word("x", 0, 100);
    if (x < 50)
      e.assume(x > 60);
    else
      e.require("half", x >= 50);
  });
  EXPECT_EQ(result.verdict, ProofVerdict::proved);
  EXPECT_EQ(result.paths, 1u);
  EXPECT_EQ(result.aborted, 1u);
}

TEST(Explorer, WhatCannotBeEncodedIsAnErrorNotAVerdict) {
  Explorer explorer;
  EXPECT_EQ(explorer.explore([](Explorer& e) { e.word("x") * e.word("y"); }).verdict,
            ProofVerdict::error);
  EXPECT_EQ(explorer.explore([](Explorer& e) { e.word("x") & 5; }).verdict, ProofVerdict::error);
  const Sym outside(3);
  EXPECT_EQ((outside + 4).value(), 7u); // known words need no explorer
}

TEST(Explorer, ShiftsAndDivisionsOutOfRangeAreObligations) {
  Explorer explorer;
  const Exploration shift = explorer.explore([](Explorer& e) { Sym(1) << e.word("by", 0, 64); });
  EXPECT_EQ(shift.verdict, ProofVerdict::refuted);
  EXPECT_EQ(shift.obligation, owed::shift);
  const Exploration inRange = explorer.explore([](Explorer& e) {
    const Sym by = e.word("by", 3, 7);
    e.require("a power of two", (Sym(1) << by) >= 8);
  });
  EXPECT_EQ(inRange.verdict, ProofVerdict::proved);
  EXPECT_EQ(inRange.paths, 5u);
  for (const auto& text : std::vector<std::function<Sym(Sym)>>{
           [](const Sym& x) { return x / 0; }, [](const Sym& x) { return x % 0; },
           [](const Sym&) { return Sym(7) / 0; }}) {
    const Exploration division = explorer.explore([&](Explorer& e) { text(e.word("x")); });
    EXPECT_EQ(division.verdict, ProofVerdict::refuted);
    EXPECT_EQ(division.obligation, owed::divisor);
  }
  for (const auto& text : std::vector<std::function<Sym(Sym)>>{
           [](const Sym& x) { return x << 64; }, [](const Sym& x) { return x >> 64; },
           [](const Sym&) { return Sym(1) >> 200; }}) {
    const Exploration by64 = explorer.explore([&](Explorer& e) { text(e.word("x")); });
    EXPECT_EQ(by64.verdict, ProofVerdict::refuted);
    EXPECT_EQ(by64.obligation, owed::shift);
  }
  // If machine words would have undefined behaviour, known symbolic numbers confirm the violation.
  const Exploration confirmed = exploreAndReplay([](auto& run) {
    const auto by = run.word("by", 0, 200);
    if (by < 65) run.output("one", typename std::decay_t<decltype(by)>(1) << by);
  });
  EXPECT_EQ(confirmed.verdict, ProofVerdict::refuted) << confirmed.reason;
  EXPECT_EQ(confirmed.obligation, owed::shift);
}

TEST(Explorer, TextsThatAreNotDeterministicAreErrors) {
  Explorer explorer;
  int runs = 0;
  const Exploration result = explorer.explore([&](Explorer& e) {
    const Sym x = e.word("x");
    if (x < static_cast<std::uint64_t>(++runs) && x < 100) e.require("never", x < 1000);
  });
  EXPECT_EQ(result.verdict, ProofVerdict::error);
  EXPECT_NE(result.reason.find("not deterministic"), std::string::npos) << result.reason;
}

TEST(Explorer, TooManyPathsAreUnknown) {
  Budget budget;
  budget.paths = 3;
  Explorer explorer(budget);
  const Exploration result = explorer.explore([](Explorer& e) {
    const Sym x = e.word("x");
    for (std::uint64_t i = 0; i < 10; ++i)
      if (x == i) return;
  });
  EXPECT_EQ(result.verdict, ProofVerdict::unknown);
}

TEST(Explorer, RepeatsItself) {
  const auto once = [] { return searches(false, true).spent; };
  EXPECT_EQ(once(), once());
}

// --- transcripts

std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++count;
  return count;
}

/// The scripts that `ask` has written, in order.
template <class Ask>
std::vector<std::string> scriptsOf(const Ask& ask) {
  const std::filesystem::path directory =
      std::filesystem::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  smt::Transcript transcript((directory / "asked").string(), "a title\nof two lines");
  ask(transcript);
  transcript.finish();
  std::vector<std::string> scripts;
  for (std::uint64_t i = 1; i <= transcript.scripts(); ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "asked.%04llu.smt2", static_cast<unsigned long long>(i));
    std::ifstream file(directory / name, std::ios::binary);
    EXPECT_TRUE(file) << name;
    scripts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::filesystem::remove_all(directory);
  return scripts;
}

// Parentheses outside comments and quoted names are balanced, and so are frames.
void expectWellFormed(const std::string& script) {
  long depth = 0, frames = 0;
  bool comment = false, name = false;
  for (std::size_t i = 0; i < script.size(); ++i) {
    const char c = script[i];
    if (comment) {
      comment = c != '\n';
    } else if (name) {
      name = c != '|';
    } else if (c == ';') {
      comment = true;
    } else if (c == '|') {
      name = true;
    } else if (c == '(') {
      ++depth;
      if (script.compare(i, 8, "(push 1)") == 0) ++frames;
      if (script.compare(i, 5, "(pop ") == 0) frames -= std::stol(script.substr(i + 5));
    } else if (c == ')') {
      --depth;
    }
    ASSERT_GE(depth, 0) << "at " << i;
    ASSERT_GE(frames, 0) << "at " << i;
  }
  EXPECT_EQ(depth, 0);
  EXPECT_FALSE(name);
  EXPECT_EQ(occurrences(script, "(set-logic "), 1u);
  EXPECT_EQ(occurrences(script, "\n(check-sat)\n"), occurrences(script, "\n(set-info :status "));
}

Exploration clamped(smt::Transcript* transcript, bool wrong) {
  Budget budget;
  budget.asking.transcript = transcript;
  return exploreAndReplay(
      [=](auto& run) {
        auto x = run.word("x");
        const auto low = run.word("low");
        const auto high = run.word("high");
        run.assume(low <= high);
        if (x < low)
          x = low;
        else if (!wrong && x > high)
          x = high;
        run.require("itself", implies(low <= x, low <= x)); // settled by the simplifier
        if (low <= high) run.output("assumed", x);          // what the path implies
        run.require("within", both(low <= x, x <= high));
      },
      budget);
}

TEST(Transcript, HoldsEveryQuestionAndWhatWasNotAsked) {
  Exploration result;
  const std::vector<std::string> scripts =
      scriptsOf([&](smt::Transcript& t) { result = clamped(&t, false); });
  ASSERT_EQ(scripts.size(), 1u);
  const std::string& script = scripts[0];
  expectWellFormed(script);
  EXPECT_EQ(result.verdict, ProofVerdict::proved) << result.reason;
  EXPECT_GT(result.implied, 0u);
  EXPECT_EQ(occurrences(script, "\n(check-sat)\n"), result.asked + result.implied);
  EXPECT_NE(script.find("(declare-fun high () Int)"), std::string::npos) << script;
  EXPECT_NE(script.find("obligations \"within\"\n(set-info :status unsat)"), std::string::npos)
      << script;
  EXPECT_GT(occurrences(script, "decision 10, implied\n(set-info :status unsat)"), 0u) << script;
  EXPECT_NE(script.find("obligation \"itself\", implied\n(set-info :status unsat)"),
            std::string::npos)
      << script;
}

TEST(Transcript, DeclaresUnknownFunctions) {
  const std::vector<std::string> scripts = scriptsOf([](smt::Transcript& t) {
    smt::Asking asking;
    asking.transcript = &t;
    const smt::Context context(asking);
    const smt::Term one = context.integer(1);
    smt::Solver solver(context);
    solver.add(smt::less(context.apply("f", {&one, 1}, smt::Sort::integer), context.integer(2)));
    EXPECT_EQ(solver.check(0, "a question"), smt::Answer::satisfiable);
  });
  ASSERT_EQ(scripts.size(), 1u);
  EXPECT_NE(scripts[0].find("(declare-fun f (Int) Int)"), std::string::npos) << scripts[0];
}

TEST(Transcript, ARefutedObligationIsSatisfiable) {
  const std::vector<std::string> scripts =
      scriptsOf([&](smt::Transcript& t) { clamped(&t, true); });
  ASSERT_EQ(scripts.size(), 1u);
  expectWellFormed(scripts[0]);
  EXPECT_NE(scripts[0].find("obligation \"within\"\n(set-info :status sat)"), std::string::npos)
      << scripts[0];
}

TEST(Transcript, ChangesNothingAndRepeatsItself) {
  Exploration written;
  const auto once = [&] {
    return scriptsOf([&](smt::Transcript& t) { written = clamped(&t, false); });
  };
  EXPECT_EQ(once(), once());
  const Exploration plain = clamped(nullptr, false);
  EXPECT_EQ(plain.spent, written.spent);
  EXPECT_EQ(plain.asked, written.asked);
  EXPECT_EQ(plain.implied, written.implied);
}

TEST(Transcript, EachScriptStandsAlone) {
  const smt::Statement outer{"(< x 0)", {"(declare-fun x () Int)"}};
  const smt::Statement inner{"(< y x)", {"(declare-fun x () Int)", "(declare-fun y () Int)"}};
  constexpr std::size_t questions = 1200;
  const std::vector<std::string> scripts = scriptsOf([&](smt::Transcript& t) {
    for (std::size_t i = 0; i < questions; ++i)
      t.ask({{outer}, {inner}}, smt::Answer::satisfiable, "two\nlines");
  });
  ASSERT_GT(scripts.size(), 1u);
  std::size_t found = 0;
  for (const std::string& script : scripts) {
    expectWellFormed(script);
    EXPECT_EQ(occurrences(script, "(assert (< x 0))"), 1u);
    EXPECT_EQ(occurrences(script, "(assert (< y x))"), 1u);
    EXPECT_EQ(occurrences(script, "(declare-fun x () Int)"), 1u);
    found += occurrences(script, "\n(check-sat)\n");
  }
  EXPECT_EQ(found, questions);
}

TEST(Transcript, AScriptThatCannotBeWrittenIsAnError) {
  smt::Transcript transcript("/nowhere/at/all", "title");
  transcript.ask({}, smt::Answer::satisfiable, "nothing asserted");
  EXPECT_THROW(transcript.finish(), smt::Error);
}

TEST(Explorer, TheSeedReachesTheSolver) {
  const auto spent = [](unsigned seed) {
    Budget budget;
    budget.asking.seed = seed;
    const smt::Context context(budget.asking);
    smt::Solver solver(context);
    const smt::Term a = context.constant("a", smt::Sort::bits, 16);
    const smt::Term b = context.constant("b", smt::Sort::bits, 16);
    solver.add(smt::equal(smt::bitMultiply(smt::zeroExtend(a, 16), smt::zeroExtend(b, 16)),
                          context.bits(0xfff1, 32)));
    solver.add(smt::bitLess(context.bits(1, 16), a));
    solver.add(smt::bitLess(a, b));
    EXPECT_EQ(solver.check(0), smt::Answer::unsatisfiable); // 65521 is a prime
    return solver.spent();
  };
  EXPECT_EQ(spent(7), spent(7));
  EXPECT_NE(spent(0), spent(7));
}

} // namespace
} // namespace growsdown::proofs
