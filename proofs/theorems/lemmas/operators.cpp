// The operators of symbolic words against machine words.
#include "proofs/budgets.h"
#include "proofs/theorems/all.h"
#include "proofs/theorems/states.h"

#include <chrono>
#include <functional>

namespace growsdown::proofs {
namespace {

constexpr std::uint64_t allOnes = ~std::uint64_t{0};

// A kind of operand: quotient within low .. high, times 2^shift; or a number.
struct Operand {
  unsigned shift = 0;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};
constexpr Operand operands[] = {
    {0, 0, allOnes},                         // any word
    {0, 0, (std::uint64_t{1} << 39) - 1},    // an address
    {0, 5, 1000},                            // bounds on both sides
    {12, 0, allOnes >> 12},                  // whole pages
    {12, 8, (std::uint64_t{1} << 27) - 1},   // page-aligned addresses
    {16, 0, allOnes >> 16},                  // whole pages of 64 KiB
    {12, (allOnes >> 12) - 3, allOnes >> 12} // near the top
};
constexpr std::uint64_t numbers[] = {0,        1,      4095, 4096, 65536, std::uint64_t{1} << 39,
                                     ~4095ULL, allOnes};

/// A lemma under construction: unknown words, symbolic and as machine words.
struct Bench {
  const smt::Context& context;
  std::map<std::string, smt::Term> unknowns;
  std::vector<smt::Term> facts; // the bounds, in bit-vectors

  struct Word {
    Sym symbolic;
    smt::Term machine; // 64 bits
  };

  Word unknown(const std::string& name, const Operand& kind) {
    const smt::Term quotient = context.constant(name, smt::Sort::integer);
    const smt::Term bits = context.constant(name + ".bits", smt::Sort::bits, 64);
    unknowns.insert_or_assign(name, bits);
    facts.push_back(smt::bitLessOrEqual(context.bits(kind.low, 64), bits));
    facts.push_back(smt::bitLessOrEqual(bits, context.bits(kind.high, 64)));
    return {Sym(quotient, kind.shift, kind.low, kind.high),
            smt::bitShiftLeft(bits, context.bits(kind.shift, 64))};
  }
  Word number(std::uint64_t value) const { return {Sym(value), context.bits(value, 64)}; }

  /// The negation of: `integer`, a value of the symbolic side, equals the machine's value.
  smt::Term differs(const smt::Term& integer, const smt::Term& machine) const {
    const smt::Term exact = smt::exactBits(integer, unknowns);
    const unsigned width = exact.width() > 65 ? exact.width() : 65;
    return smt::negation(
        smt::equal(exact.width() == width ? exact : smt::signExtend(exact, width - exact.width()),
                   smt::zeroExtend(machine, width - 64)));
  }
  /// The negation of: the result equals the machine's, and lies within the bounds that it claims.
  smt::Term broken(const Sym& result, const smt::Term& machine) const {
    smt::Term bad = differs(result.term(context), machine);
    const unsigned shift = result.known() ? 0 : result.zeroBits();
    const smt::Term amount = context.bits(shift, 64);
    const smt::Term quotient = smt::bitShiftRight(machine, amount);
    bad = smt::disjunction(bad, smt::bitLess(quotient, context.bits(result.low(), 64)));
    bad = smt::disjunction(bad, smt::bitLess(context.bits(result.high(), 64), quotient));
    return smt::disjunction(
        bad, smt::negation(smt::equal(smt::bitShiftLeft(quotient, amount), machine)));
  }
  smt::Term broken(const SymBool& result, const smt::Term& machine) const {
    return smt::negation(smt::equal(smt::exactBits(result.term(context), unknowns), machine));
  }
};

// Collects verdicts, one lemma at a time, each in a context of its own.
class Lemmas {
 public:
  Lemmas(const Budget& budget, Exploration& result) : budget_(budget), result_(result) {}

  void prove(const Bench& bench, const std::string& name, const smt::Term& broken) {
    if (result_.verdict == smt::ProofVerdict::refuted) return;
    ++result_.obligations;
    ++result_.paths;
    const smt::Term simple = smt::simplify(broken);
    std::vector<smt::Term> stated = bench.facts;
    stated.push_back(broken);
    if (const std::optional<bool> literal = simple.literal(); literal && !*literal) {
      ++result_.implied;
      smt::record(stated, smt::Answer::unsatisfiable, name + ", implied");
      return;
    }
    ++result_.bySolver;
    if (!waiting_.empty() && of_ != &bench) throw smt::Error("lemmas of another bench wait");
    of_ = &bench;
    waiting_.push_back({name, simple, stated});
    if (waiting_.size() == together) ask(bench);
  }

  /// All questions must have been asked.
  void done() const {
    if (!waiting_.empty() && result_.verdict == smt::ProofVerdict::proved)
      throw smt::Error("lemmas were never asked");
  }

  /// Asks the waiting lemmas of this bench in one question, because most of a question's time is
  /// spent on its context. Asks them one by one if that question does not prove all of them.
  void ask(const Bench& bench) {
    const std::vector<Lemma> lemmas = std::move(waiting_);
    waiting_.clear();
    if (lemmas.empty()) return;
    smt::Term any = lemmas[0].broken;
    for (std::size_t i = 1; i < lemmas.size(); ++i)
      any = smt::disjunction(any, lemmas[i].broken);
    const bool all = check(bench, any, lemmas[0].name + " and what follows").answer ==
                     smt::Answer::unsatisfiable;
    for (const Lemma& lemma : lemmas) {
      if (result_.verdict == smt::ProofVerdict::refuted) return;
      if (all)
        smt::record(lemma.stated, smt::Answer::unsatisfiable, lemma.name);
      else
        settle(bench, lemma);
    }
  }

 private:
  static constexpr std::size_t together = 16;
  struct Lemma {
    std::string name;
    smt::Term broken; // simplified
    std::vector<smt::Term> stated;
  };

  smt::FreshResult check(const Bench& bench, const smt::Term& broken, const std::string& what) {
    std::vector<smt::Term> question = bench.facts;
    question.push_back(broken);
    const auto start = std::chrono::steady_clock::now();
    smt::FreshResult fresh = smt::checkFresh(question, budget_.obligation, true);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    result_.asking(what, fresh.spent, took.count());
    return fresh;
  }
  void settle(const Bench& bench, const Lemma& lemma) {
    const std::string& name = lemma.name;
    const smt::FreshResult fresh = check(bench, lemma.broken, name);
    smt::record(lemma.stated, fresh.answer, name);
    if (fresh.answer == smt::Answer::unsatisfiable) return;
    const bool refuted = fresh.answer == smt::Answer::satisfiable;
    if (!refuted && result_.verdict != smt::ProofVerdict::proved) return;
    result_.verdict = refuted ? smt::ProofVerdict::refuted : smt::ProofVerdict::unknown;
    result_.obligation = name;
    result_.reason = refuted ? "the lemma \"" + name + "\" does not hold"
                             : "the lemma \"" + name + "\": " + fresh.reason;
    result_.dump = fresh.text;
  }

  const Budget& budget_;
  Exploration& result_;
  std::vector<Lemma> waiting_;
  const Bench* of_ = nullptr; // what waits is of this one
};

// Words that were joined: an index into a table times what its entries span, and what is below.
void joinedLemmas(Lemmas& lemmas, const smt::Context& context) {
  constexpr unsigned at = 21;
  Bench bench{context, {}, {}};
  const auto unknown = [&](const std::string& name) {
    const Bench::Word high = bench.unknown(name + ".high", {at, 0, (std::uint64_t{1} << 18) - 1});
    const Bench::Word low = bench.unknown(name + ".low", {12, 0, 511});
    return Bench::Word{joined(high.symbolic, low.symbolic, at),
                       smt::bitOr(high.machine, low.machine)};
  };
  const Bench::Word x = unknown("x");
  const Bench::Word y = unknown("y");
  const auto bits = [&](std::uint64_t value) { return context.bits(value, 64); };
  lemmas.prove(bench, "joined x", bench.broken(x.symbolic, x.machine));
  lemmas.prove(bench, "joined x == joined y",
               bench.broken(x.symbolic == y.symbolic, smt::equal(x.machine, y.machine)));
  for (const unsigned by : {12U, 16U, at, 30U}) {
    const std::uint64_t low = (std::uint64_t{1} << by) - 1;
    const std::string name = std::to_string(by);
    lemmas.prove(bench, "joined x, its low " + name + " bits",
                 bench.broken(x.symbolic & low, smt::bitAnd(x.machine, bits(low))));
    lemmas.prove(bench, "joined x without its low " + name + " bits",
                 bench.broken(x.symbolic & ~low, smt::bitAnd(x.machine, bits(~low))));
    lemmas.prove(bench, "joined x >> " + name,
                 bench.broken(x.symbolic >> by, smt::bitShiftRight(x.machine, bits(by))));
    lemmas.prove(bench, "joined (x >> " + name + ") & 511",
                 bench.broken((x.symbolic >> by) & 511,
                              smt::bitAnd(smt::bitShiftRight(x.machine, bits(by)), bits(511))));
    lemmas.prove(bench, "joined x << " + name,
                 bench.broken(x.symbolic << by, smt::bitShiftLeft(x.machine, bits(by))));
  }
  lemmas.ask(bench);
}

std::string describe(const Operand& o) {
  return "2^" + std::to_string(o.shift) + "*[" + std::to_string(o.low) + ".." +
         std::to_string(o.high) + "]";
}

void binaryLemmas(Lemmas& lemmas, const smt::Context& context, std::string_view wrong,
                  const std::string& kind, const std::function<Bench::Word(Bench&)>& left,
                  const std::function<Bench::Word(Bench&)>& right) {
  Bench bench{context, {}, {}};
  const Bench::Word x = left(bench);
  const Bench::Word y = right(bench);
  if (x.symbolic.known() && y.symbolic.known()) return; // C++'s own arithmetic
  if (wrong == "add")
    lemmas.prove(bench, "x + y, " + kind,
                 bench.differs(smt::add(x.symbolic.term(context), y.symbolic.term(context)),
                               smt::bitAdd(x.machine, y.machine)));
  if (wrong == "subtract")
    lemmas.prove(bench, "x - y, " + kind,
                 bench.differs(smt::subtract(x.symbolic.term(context), y.symbolic.term(context)),
                               smt::bitSubtract(x.machine, y.machine)));
  lemmas.prove(bench, "x + y, " + kind,
               bench.broken(x.symbolic + y.symbolic, smt::bitAdd(x.machine, y.machine)));
  lemmas.prove(bench, "x - y, " + kind,
               bench.broken(x.symbolic - y.symbolic, smt::bitSubtract(x.machine, y.machine)));
  lemmas.prove(bench, "x < y, " + kind,
               bench.broken(x.symbolic < y.symbolic, smt::bitLess(x.machine, y.machine)));
  lemmas.prove(bench, "x == y, " + kind,
               bench.broken(x.symbolic == y.symbolic, smt::equal(x.machine, y.machine)));
  // `ite` with a truth that is unknown on both sides.
  const smt::Term which = context.constant("which", smt::Sort::boolean);
  const Sym chosen = ite(SymBool(which), x.symbolic, y.symbolic);
  bench.unknowns.insert_or_assign("which", which);
  lemmas.prove(bench, "which ? x : y, " + kind,
               bench.broken(chosen, smt::ite(which, x.machine, y.machine)));
  lemmas.ask(bench);
}

void unaryLemmas(Lemmas& lemmas, const smt::Context& context, std::string_view wrong,
                 const Operand& kind) {
  Bench bench{context, {}, {}};
  const Bench::Word x = bench.unknown("x", kind);
  const std::string on = ", x in " + describe(kind);
  const auto bits = [&](std::uint64_t value) { return context.bits(value, 64); };
  if (wrong == "shift-left")
    lemmas.prove(bench, "x << 5" + on,
                 bench.differs(smt::multiply(context.integer(32), x.symbolic.term(context)),
                               smt::bitShiftLeft(x.machine, bits(5))));
  for (const std::uint64_t mask :
       {std::uint64_t{0}, std::uint64_t{3}, ~std::uint64_t{3}, std::uint64_t{4095},
        ~std::uint64_t{4095}, std::uint64_t{65535}, ~std::uint64_t{65535},
        (std::uint64_t{1} << 39) - 1, std::uint64_t{0x1ff000}, std::uint64_t{0x1fffff},
        ~std::uint64_t{0x1fffff}, std::uint64_t{0xff} << 56, allOnes >> 8, allOnes})
    lemmas.prove(bench, "x & " + std::to_string(mask) + on,
                 bench.broken(x.symbolic & mask, smt::bitAnd(x.machine, bits(mask))));
  for (const std::uint64_t by : {0, 1, 5, 12, 14, 16, 21, 30, 39, 63}) {
    lemmas.prove(bench, "x >> " + std::to_string(by) + on,
                 bench.broken(x.symbolic >> by, smt::bitShiftRight(x.machine, bits(by))));
    lemmas.prove(bench, "x << " + std::to_string(by) + on,
                 bench.broken(x.symbolic << by, smt::bitShiftLeft(x.machine, bits(by))));
    const std::uint64_t power = std::uint64_t{1} << by;
    lemmas.prove(bench, "x / 2^" + std::to_string(by) + on,
                 bench.broken(x.symbolic / power, smt::bitDivide(x.machine, bits(power))));
    lemmas.prove(bench, "x % 2^" + std::to_string(by) + on,
                 bench.broken(x.symbolic % power, smt::bitRemainder(x.machine, bits(power))));
  }
  for (const std::uint64_t factor : {0, 1, 2, 3, 24, 4096, 12288})
    lemmas.prove(bench, "x * " + std::to_string(factor) + on,
                 bench.broken(x.symbolic * factor, smt::bitMultiply(x.machine, bits(factor))));
  lemmas.prove(bench, "~x" + on, bench.broken(~x.symbolic, smt::bitNot(x.machine)));
  lemmas.ask(bench);
}

Exploration proveOperators(const Question& question, const Budget& budget, const Accept&) {
  Exploration result;
  Explorer explorer(budget);
  // The operators ask the running explorer for its context.
  const Exploration outer = explorer.explore([&](Explorer& e) {
    Lemmas lemmas(budget, result);
    const smt::Context& context = e.context();
    joinedLemmas(lemmas, context);
    for (const Operand& a : operands) {
      unaryLemmas(lemmas, context, question.wrongEncoding, a);
      for (const Operand& b : operands)
        binaryLemmas(
            lemmas, context, question.wrongEncoding,
            "x in " + describe(a) + ", y in " + describe(b),
            [&](Bench& bench) { return bench.unknown("x", a); },
            [&](Bench& bench) { return bench.unknown("y", b); });
      for (const std::uint64_t number : numbers) {
        binaryLemmas(
            lemmas, context, question.wrongEncoding,
            "x in " + describe(a) + ", y = " + std::to_string(number),
            [&](Bench& bench) { return bench.unknown("x", a); },
            [&](Bench& bench) { return bench.number(number); });
        binaryLemmas(
            lemmas, context, question.wrongEncoding,
            "x = " + std::to_string(number) + ", y in " + describe(a),
            [&](Bench& bench) { return bench.number(number); },
            [&](Bench& bench) { return bench.unknown("y", a); });
      }
    }
    lemmas.done();
  });
  result.asked += outer.asked;
  if (outer.verdict == smt::ProofVerdict::error) {
    result.verdict = smt::ProofVerdict::error;
    result.reason = outer.reason;
  }
  if (result.verdict == smt::ProofVerdict::proved && budget.total != 0 &&
      result.spent > budget.total) {
    result.verdict = smt::ProofVerdict::unknown;
    result.reason = "the budget of " + std::to_string(budget.total) + " resource units is spent";
  }
  return result;
}

} // namespace

Theorem operatorsExact() {
  Theorem t;
  t.name = "operators";
  t.claims = {"Each operator of symbolic words builds an integer that equals the result of the "
              "64-bit bit-vector operation, wrapping included.",
              "The result lies within the bounds, and has the zero bits, that it claims."};
  t.sizes =
      "+ - < == and choice for each pair of seven kinds of operands, and with numbers; == & << >> "
      "of joined words; & with runs of bits; << >> / % by powers of two; * by numbers; ~";
  t.assumptions = {"bit-vectors are machine words",
                   "an integer is its two's complement in enough bits",
                   "division by other numbers and the application of operators to results with "
                   "other bounds are not covered"};
  // It does not depend on a rule set: proved once.
  t.speaksOf = [](const trace::RuleSet& r) { return r.name == trace::defaultRuleSet; };
  t.planted = {{"encoding", "add"}, {"encoding", "subtract"}, {"encoding", "shift-left"}};
  t.budget = budgets::operators;
  t.explore = proveOperators;
  return t;
}

} // namespace growsdown::proofs
