// The interface to Z3. No file outside proofs/smt/ includes Z3's headers. Terms, solvers and models
// are handles, which keep the objects alive that they refer to.
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

/// The result of an attempt to prove something (law 5).
enum class ProofVerdict : std::uint8_t {
  proved,
  refuted, ///< there is a counterexample
  unknown, ///< the solver gave up, or its budget is spent
  error,   ///< a defect of this program: code without an encoding, or not deterministic
};
std::string_view name(ProofVerdict);

/// Z3 refused a call, or a term has the wrong sort for one. A defect of this program.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Sort : std::uint8_t { boolean, integer, bits, other };

struct Core; // a Z3 context

/// A formula or expression. Cheap to copy. Equal expressions of one context are the same object.
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
  /// The operand of a negation; an empty term for any other term.
  Term negated() const;
  /// The operands of a disjunction; the term itself for any other term.
  std::vector<Term> disjuncts() const;
  std::uint64_t id() const; ///< unique among the live expressions of the context
  std::string text() const; ///< SMT-LIB

 private:
  friend struct Core;
  Term(std::shared_ptr<Core> core, void* node);
  std::shared_ptr<Core> core_;
  void* node_ = nullptr;
};

/// Options for the queries of a context.
struct Asking {
  unsigned seed = 0; ///< of the solver's random choices
  /// Receives each query and its answer; null: none.
  Transcript* transcript = nullptr;
};

/// Creates terms and owns them.
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

/// Translates an integer term, or a formula over integers, to bit-vectors that are wide enough for
/// every intermediate value, so that nothing wraps. An integer becomes its two's complement, with a
/// width that follows from the term. `unknowns` maps the name of each integer unknown to an unsigned
/// bit-vector, and the name of each truth to a truth. Supports the terms that symbolic words use:
/// - sums, differences, and products with a literal;
/// - quotients and remainders by a power of two;
/// - comparisons and choices.
Term exactBits(const Term&, const std::map<std::string, Term>& unknowns);
Term signExtend(const Term&, unsigned by);

/// Values of the unknowns that satisfy the assertions. Unknowns without influence are 0.
class Model {
 public:
  Model() = default;
  bool empty() const { return node_ == nullptr; }
  bool truth(const Term&) const;
  /// The value of an integer within 0 .. 2^64-1 or of a bit-vector of up to 64 bits. Throws Error for
  /// other terms.
  std::uint64_t number(const Term&) const;

 private:
  friend class Solver;
  std::shared_ptr<Core> core_;
  std::shared_ptr<void> node_;
};

/// A stack of assertions. Every query goes into the transcript of the context.
class Solver {
 public:
  explicit Solver(const Context&);
  ~Solver();
  Solver(const Solver&) = delete;
  Solver& operator=(const Solver&) = delete;

  void push();
  void pop(unsigned frames);
  void add(const Term& fact) { add(fact, fact); }
  /// Asserts `fact`; the transcript has `stated`, the same formula before Z3 simplified it.
  void add(const Term& fact, const Term& stated);
  /// `budget` is in Z3's resource units, which do not depend on the machine (0: unlimited). `what`
  /// describes the query in the transcript.
  Answer check(std::uint64_t budget, std::string_view what = {});
  /// Notes in the transcript that this formula cannot hold here. For formulas that were decided by
  /// Z3's simplifier, or from the path, without a query.
  void claimImpossible(const Term& stated, std::string_view what) const;
  Model model() const;               ///< after `satisfiable`
  const std::string& reason() const; ///< after `unknown`
  std::uint64_t spent() const;       ///< resource units of the last check
  std::string dump() const;          ///< the assertions as SMT-LIB

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The result of one query in a new context, which earlier queries cannot influence. The transcript
/// gets it only through `record`.
struct FreshResult {
  Answer answer = Answer::unknown;
  std::string reason;
  std::uint64_t spent = 0;
  std::string text; ///< the query as SMT-LIB
};
FreshResult checkFresh(std::span<const Term> assertions, std::uint64_t budget, bool wantText);
/// Adds a query and its answer to the transcript of the terms' context.
void record(std::span<const Term> stated, Answer answer, std::string_view what);

std::string version(); ///< of Z3

} // namespace growsdown::proofs::smt
