// Z3 behind a wall. Nothing outside proofs/smt/*.cpp sees Z3's headers: terms, solvers and models
// are handles that keep alive what they need.
#pragma once

#include "proofs/smt/transcript.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::proofs::smt {

/// What became of something that was to be proved. Never two-valued (law 5).
enum class Verdict : std::uint8_t {
  proved,
  refuted, ///< there is a counterexample
  unknown, ///< the solver gave up or its budget ran out
  error,   ///< a defect of ours: the text cannot be encoded, or is not deterministic
};
std::string_view name(Verdict);

/// Z3 refused a call, or a term was asked for what it is not. A defect of ours.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Sort : std::uint8_t { boolean, integer, bits, other };

struct Core; // a Z3 context

/// A formula or expression. Cheap to copy; equal expressions of one context are the same object.
class Term {
 public:
  Term() = default;
  Term(const Term&);
  Term(Term&&) noexcept;
  Term& operator=(Term) noexcept;
  ~Term();

  bool empty() const { return node_ == nullptr; }
  bool sameAs(const Term& other) const { return node_ == other.node_; }
  Sort sort() const;
  unsigned width() const; ///< bits, of a bit-vector
  /// The value of `true` and `false`; nothing for any other term.
  std::optional<bool> literal() const;
  /// What a negation negates; an empty term for any other term.
  Term negated() const;
  /// What a disjunction has between its `or`s; of any other term itself.
  std::vector<Term> disjuncts() const;
  std::uint64_t id() const; ///< of the expression, among those that are alive in its context
  std::string text() const; ///< SMT-LIB

 private:
  friend struct Core;
  Term(std::shared_ptr<Core> core, void* node);
  std::shared_ptr<Core> core_;
  void* node_ = nullptr;
};

/// How the questions of a context are asked.
struct Asking {
  unsigned seed = 0; ///< of the solver's random choices
  /// Where each question is written down, while it is asked; null: nowhere.
  Transcript* transcript = nullptr;
};

/// Where terms live.
class Context {
 public:
  explicit Context(const Asking& asking = {});

  Term truth(bool value) const;
  Term integer(std::uint64_t value) const;
  Term power(unsigned exponent) const; ///< the integer 2^exponent
  Term bits(std::uint64_t value, unsigned width) const;
  /// An unknown of that name; the same name and sort give the same term.
  Term constant(const std::string& name, Sort sort, unsigned width = 0) const;
  /// The value at `arguments` of an unknown function of that name, argument sorts and result sort.
  Term apply(const std::string& function, std::span<const Term> arguments, Sort result,
             unsigned width = 0) const;

 private:
  friend struct Core;
  friend class Solver;
  std::shared_ptr<Core> core_;
};

// Integers (mathematical, not machine). Division and remainder by positive literals only:
// SMT-LIB's.
Term add(const Term&, const Term&);
Term subtract(const Term&, const Term&);
Term multiply(const Term&, const Term&);
Term divide(const Term&, const Term&);
Term modulo(const Term&, const Term&);
Term less(const Term&, const Term&);
Term lessOrEqual(const Term&, const Term&);

// Any sort.
Term equal(const Term&, const Term&);
Term ite(const Term& condition, const Term& yes, const Term& no);
Term conjunction(const Term&, const Term&);
Term conjunction(const Context&, std::span<const Term>);
Term disjunction(const Term&, const Term&);
Term negation(const Term&);

// Bit-vectors, unsigned.
Term bitAnd(const Term&, const Term&);
Term bitOr(const Term&, const Term&);
Term bitXor(const Term&, const Term&);
Term bitNot(const Term&);
Term bitAdd(const Term&, const Term&);
Term bitSubtract(const Term&, const Term&);
Term bitMultiply(const Term&, const Term&);
Term bitDivide(const Term&, const Term&);
Term bitRemainder(const Term&, const Term&);
Term bitShiftLeft(const Term&, const Term&);
Term bitShiftRight(const Term&, const Term&);
Term bitLess(const Term&, const Term&);
Term bitLessOrEqual(const Term&, const Term&);
Term zeroExtend(const Term&, unsigned by);
Term extract(const Term&, unsigned high, unsigned low);

Term simplify(const Term&);

/// An integer term, or a formula over integers, said in bit-vectors that are wide enough for every
/// intermediate value, so that nothing wraps: an integer becomes its two's complement (the width
/// follows from the term). `unknowns` gives for the name of each integer unknown a bit-vector that
/// stands for its value, without sign (for a truth's name, a truth). Handles what the encoding of
/// words uses: sums, differences, products with a literal, quotients and remainders by a power of
/// two, comparisons, choices.
Term exactBits(const Term&, const std::map<std::string, Term>& unknowns);
Term signExtend(const Term&, unsigned by);

/// Values for the unknowns that satisfy what was asserted. Unknowns that do not matter are 0.
class Model {
 public:
  Model() = default;
  bool empty() const { return node_ == nullptr; }
  bool truth(const Term&) const;
  /// Of an integer within 0 .. 2^64-1 or a bit-vector of up to 64 bits. Throws Error otherwise.
  std::uint64_t number(const Term&) const;

 private:
  friend class Solver;
  std::shared_ptr<Core> core_;
  std::shared_ptr<void> node_;
};

/// Incremental assertions. What is asked goes into the context's transcript.
class Solver {
 public:
  explicit Solver(const Context&);
  ~Solver();
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  void push();
  void pop(unsigned frames);
  void add(const Term& fact) { add(fact, fact); }
  /// `stated` is what the transcript says in its place: the same, before Z3 simplified it.
  void add(const Term& fact, const Term& stated);
  /// `budget` is in Z3's resource units (0: none): the same on every machine and every run. `what`
  /// tells a reader of the transcript what was asked.
  Answer check(std::uint64_t budget, std::string_view what = {});
  /// For the transcript alone: Z3's simplifier, or what is known of the path, says that this cannot
  /// hold here, so nothing is asked.
  void claimImpossible(const Term& stated, std::string_view what) const;
  Model model() const;               ///< after `satisfiable`
  const std::string& reason() const; ///< after `unknown`
  std::uint64_t spent() const;       ///< resource units of the last check
  std::string dump() const;          ///< what is asserted, as SMT-LIB

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One question in a context of its own, so that nothing asked earlier sways the answer. It is
/// written down by `record`.
struct FreshResult {
  Answer answer = Answer::unknown;
  std::string reason;
  std::uint64_t spent = 0;
  std::string text; ///< the question as SMT-LIB
};
FreshResult checkFresh(std::span<const Term> assertions, std::uint64_t budget, bool wantText);
/// A question that stands alone, and its answer, for the transcript of its terms' context.
void record(std::span<const Term> stated, Answer answer, std::string_view what);

std::string version(); ///< of Z3

} // namespace growsdown::proofs::smt
