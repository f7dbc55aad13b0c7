#include "proofs/smt/core.h"

#include <algorithm>
#include <bit>

namespace growsdown::proofs::smt {
namespace {

// Each integer becomes two's complement, with as many bits as its values need.
class Exact {
 public:
  Exact(Core& core, const std::map<std::string, Term>& unknowns)
      : core_(core), z3_(core.z3), unknowns_(unknowns) {}

  Term of(const Term& term) {
    if (const auto done = done_.find(term.id()); done != done_.end()) return done->second;
    Term result = make(term);
    kept_.push_back(term);
    return done_.emplace(term.id(), std::move(result)).first->second;
  }

 private:
  Term make(const Term& term) {
    const Z3_ast ast = Core::raw(term);
    if (Z3_get_ast_kind(z3_, ast) == Z3_NUMERAL_AST) return numeral(ast);
    if (Z3_get_ast_kind(z3_, ast) != Z3_APP_AST) unsupported(term);
    const Z3_app app = Z3_to_app(z3_, ast);
    const Z3_func_decl declaration = Z3_get_app_decl(z3_, app);
    std::vector<Term> parts;
    for (unsigned i = 0; i < Z3_get_app_num_args(z3_, app); ++i)
      parts.push_back(core_.wrap(Z3_get_app_arg(z3_, app, i)));
    switch (Z3_get_decl_kind(z3_, declaration)) {
    case Z3_OP_TRUE:
    case Z3_OP_FALSE:
      return term;
    case Z3_OP_UNINTERPRETED:
      return unknown(term, declaration);
    case Z3_OP_NOT:
      return negation(of(parts[0]));
    case Z3_OP_AND:
      return fold(parts, [](const Term& a, const Term& b) { return conjunction(a, b); });
    case Z3_OP_OR:
      return fold(parts, [](const Term& a, const Term& b) { return disjunction(a, b); });
    case Z3_OP_ADD:
      return fold(parts, sum);
    case Z3_OP_SUB:
      return fold(parts, difference);
    case Z3_OP_MUL:
      return fold(parts, product);
    case Z3_OP_IDIV:
      return quotient(parts[0], parts[1]);
    case Z3_OP_MOD:
      return remainder(parts[0], parts[1]);
    case Z3_OP_ITE:
      return choice(parts[0], parts[1], parts[2]);
    case Z3_OP_EQ:
      return equality(parts[0], parts[1]);
    case Z3_OP_LE:
      return lessOrEqualSigned(parts[0], parts[1]);
    case Z3_OP_GE:
      return lessOrEqualSigned(parts[1], parts[0]);
    case Z3_OP_LT:
      return negation(lessOrEqualSigned(parts[1], parts[0]));
    case Z3_OP_GT:
      return negation(lessOrEqualSigned(parts[0], parts[1]));
    default:
      unsupported(term);
    }
  }

  Term unknown(const Term& term, Z3_func_decl declaration) const {
    const std::string name = Z3_get_symbol_string(z3_, Z3_get_decl_name(z3_, declaration));
    const auto found = unknowns_.find(name);
    if (found == unknowns_.end()) unsupported(term);
    if (found->second.sort() == Sort::boolean) return found->second;
    return zeroExtend(found->second, 1);
  }
  static Term sum(const Term& a, const Term& b) {
    const unsigned width = std::max(a.width(), b.width()) + 1;
    return bitAdd(widened(a, width), widened(b, width));
  }
  static Term difference(const Term& a, const Term& b) {
    const unsigned width = std::max(a.width(), b.width()) + 1;
    return bitSubtract(widened(a, width), widened(b, width));
  }
  static Term product(const Term& a, const Term& b) {
    const unsigned width = a.width() + b.width();
    return bitMultiply(widened(a, width), widened(b, width));
  }
  // Rounds down, as SMT-LIB does for positive divisors.
  Term quotient(const Term& dividend, const Term& divisor) {
    const Term a = of(dividend);
    const unsigned by = exponent(divisor);
    return by >= a.width() ? extract(a, a.width() - 1, a.width() - 1)
                           : extract(a, a.width() - 1, by);
  }
  Term remainder(const Term& dividend, const Term& divisor) {
    const unsigned by = exponent(divisor);
    Term a = of(dividend);
    if (by == 0) return zero();
    if (a.width() < by) a = widened(a, by);
    return zeroExtend(extract(a, by - 1, 0), 1);
  }
  Term choice(const Term& condition, const Term& ifTrue, const Term& ifFalse) {
    const Term yes = of(ifTrue);
    const Term no = of(ifFalse);
    if (yes.sort() != Sort::bits) return ite(of(condition), yes, no);
    const unsigned width = std::max(yes.width(), no.width());
    return ite(of(condition), widened(yes, width), widened(no, width));
  }
  Term equality(const Term& x, const Term& y) {
    const Term a = of(x);
    const Term b = of(y);
    if (a.sort() != Sort::bits) return equal(a, b);
    const unsigned width = std::max(a.width(), b.width());
    return equal(widened(a, width), widened(b, width));
  }

  template <class F>
  Term fold(const std::vector<Term>& parts, F combine) {
    Term result = of(parts[0]);
    for (std::size_t i = 1; i < parts.size(); ++i)
      result = combine(result, of(parts[i]));
    return result;
  }
  static Term widened(const Term& a, unsigned width) {
    return a.width() == width ? a : signExtend(a, width - a.width());
  }
  Term lessOrEqualSigned(const Term& x, const Term& y) {
    const Term a = of(x);
    const Term b = of(y);
    const unsigned width = std::max(a.width(), b.width());
    return binary(widened(a, width), widened(b, width), Z3_mk_bvsle);
  }
  Term zero() { return core_.wrap(Z3_mk_unsigned_int64(z3_, 0, Z3_mk_bv_sort(z3_, 1))); }
  Term numeral(Z3_ast ast) {
    const std::string digits = Z3_get_numeral_string(z3_, ast);
    constexpr unsigned width = 66; // literals lie within -2^64 .. 2^64
    if (digits.size() > 20 + (digits[0] == '-' ? 1 : 0)) throw Error("a literal beyond 2^64");
    return core_.wrap(Z3_mk_numeral(z3_, digits.c_str(), Z3_mk_bv_sort(z3_, width)));
  }
  unsigned exponent(const Term& divisor) {
    const std::string digits = Z3_get_numeral_string(z3_, Core::raw(divisor));
    core_.verify();
    if (digits == "18446744073709551616") return 64;
    std::uint64_t value = 0;
    if (!Z3_get_numeral_uint64(z3_, Core::raw(divisor), &value) || !std::has_single_bit(value))
      unsupported(divisor);
    return static_cast<unsigned>(std::countr_zero(value));
  }
  [[noreturn]] static void unsupported(const Term& term) {
    throw Error("no exact bit-vector form of " + term.text());
  }

  Core& core_;
  Z3_context z3_;
  const std::map<std::string, Term>& unknowns_;
  std::map<std::uint64_t, Term> done_;
  std::vector<Term> kept_; // keeps their ids valid
};

} // namespace

Term exactBits(const Term& term, const std::map<std::string, Term>& unknowns) {
  return Exact(*Core::of(term), unknowns).of(term);
}

} // namespace growsdown::proofs::smt
