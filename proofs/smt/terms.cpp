#include "proofs/smt/core.h"

#include <utility>

namespace growsdown::proofs::smt {

Term::Term(std::shared_ptr<Core> core, void* node) : core_(std::move(core)), node_(node) {
  Z3_inc_ref(core_->z3, static_cast<Z3_ast>(node_));
}
Term::Term(const Term& other) : core_(other.core_), node_(other.node_) {
  if (node_ != nullptr) Z3_inc_ref(core_->z3, static_cast<Z3_ast>(node_));
}
Term::Term(Term&& other) noexcept
    : core_(std::move(other.core_)), node_(std::exchange(other.node_, nullptr)) {}
Term& Term::operator=(Term other) noexcept {
  std::swap(core_, other.core_);
  std::swap(node_, other.node_);
  return *this;
}
Term::~Term() {
  if (node_ != nullptr) Z3_dec_ref(core_->z3, static_cast<Z3_ast>(node_));
}

Sort Term::sort() const {
  const Z3_context z3 = Core::of(*this)->z3;
  switch (Z3_get_sort_kind(z3, Z3_get_sort(z3, Core::raw(*this)))) {
  case Z3_BOOL_SORT:
    return Sort::boolean;
  case Z3_INT_SORT:
    return Sort::integer;
  case Z3_BV_SORT:
    return Sort::bits;
  default:
    return Sort::other;
  }
}

unsigned Term::width() const {
  Core& core = *Core::of(*this);
  const unsigned bits = Z3_get_bv_sort_size(core.z3, Z3_get_sort(core.z3, Core::raw(*this)));
  core.verify();
  return bits;
}

std::optional<bool> Term::literal() const {
  switch (Z3_get_bool_value(Core::of(*this)->z3, Core::raw(*this))) {
  case Z3_L_TRUE:
    return true;
  case Z3_L_FALSE:
    return false;
  default:
    return std::nullopt;
  }
}

Term Term::negated() const {
  Core& core = *Core::of(*this);
  const Z3_ast ast = Core::raw(*this);
  if (Z3_get_ast_kind(core.z3, ast) != Z3_APP_AST) return {};
  const Z3_app app = Z3_to_app(core.z3, ast);
  if (Z3_get_decl_kind(core.z3, Z3_get_app_decl(core.z3, app)) != Z3_OP_NOT) return {};
  return core.wrap(Z3_get_app_arg(core.z3, app, 0));
}

std::vector<Term> Term::disjuncts() const {
  Core& core = *Core::of(*this);
  const Z3_ast ast = Core::raw(*this);
  if (Z3_get_ast_kind(core.z3, ast) != Z3_APP_AST) return {*this};
  const Z3_app app = Z3_to_app(core.z3, ast);
  if (Z3_get_decl_kind(core.z3, Z3_get_app_decl(core.z3, app)) != Z3_OP_OR) return {*this};
  std::vector<Term> all;
  for (unsigned i = 0; i < Z3_get_app_num_args(core.z3, app); ++i)
    all.push_back(core.wrap(Z3_get_app_arg(core.z3, app, i)));
  return all;
}

std::uint64_t Term::id() const {
  return Z3_get_ast_id(Core::of(*this)->z3, Core::raw(*this));
}

std::string Term::text() const {
  return empty() ? "" : Z3_ast_to_string(core_->z3, Core::raw(*this));
}

Context::Context(const Asking& asking) : core_(std::make_shared<Core>(asking)) {}

Term Context::truth(bool value) const {
  return core_->wrap(value ? Z3_mk_true(core_->z3) : Z3_mk_false(core_->z3));
}
Term Context::integer(std::uint64_t value) const {
  return core_->wrap(Z3_mk_unsigned_int64(core_->z3, value, Z3_mk_int_sort(core_->z3)));
}
Term Context::power(unsigned exponent) const {
  if (exponent < 64) return integer(std::uint64_t{1} << exponent);
  if (exponent != 64)
    throw Error("a power of two beyond a machine word: " + std::to_string(exponent));
  return core_->wrap(Z3_mk_numeral(core_->z3, "18446744073709551616", Z3_mk_int_sort(core_->z3)));
}
Term Context::bits(std::uint64_t value, unsigned width) const {
  return core_->wrap(Z3_mk_unsigned_int64(core_->z3, value, Z3_mk_bv_sort(core_->z3, width)));
}
Term Context::constant(const std::string& name, Sort sort, unsigned width) const {
  return core_->wrap(Z3_mk_const(core_->z3, core_->symbol(name), core_->sortOf(sort, width)));
}
Term Context::apply(const std::string& function, std::span<const Term> arguments, Sort result,
                    unsigned width) const {
  std::vector<Z3_sort> sorts;
  std::vector<Z3_ast> values;
  for (const Term& argument : arguments) {
    values.push_back(Core::raw(argument));
    sorts.push_back(Z3_get_sort(core_->z3, values.back()));
  }
  const auto count = static_cast<unsigned>(values.size());
  const Z3_func_decl declared = Z3_mk_func_decl(core_->z3, core_->symbol(function), count,
                                                sorts.data(), core_->sortOf(result, width));
  core_->verify();
  return core_->wrap(Z3_mk_app(core_->z3, declared, count, values.data()));
}

Term add(const Term& a, const Term& b) {
  return nary(a, b, Z3_mk_add);
}
Term subtract(const Term& a, const Term& b) {
  return nary(a, b, Z3_mk_sub);
}
Term multiply(const Term& a, const Term& b) {
  return nary(a, b, Z3_mk_mul);
}
Term divide(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_div);
}
Term modulo(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_mod);
}
Term less(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_lt);
}
Term lessOrEqual(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_le);
}
Term equal(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_eq);
}

Term ite(const Term& condition, const Term& yes, const Term& no) {
  Core& core = Core::both(yes, no);
  Core::both(condition, yes);
  return core.wrap(Z3_mk_ite(core.z3, Core::raw(condition), Core::raw(yes), Core::raw(no)));
}
Term conjunction(const Term& a, const Term& b) {
  return nary(a, b, Z3_mk_and);
}
Term conjunction(const Context& context, std::span<const Term> terms) {
  std::vector<Z3_ast> raw;
  raw.reserve(terms.size());
  for (const Term& t : terms)
    raw.push_back(Core::raw(t));
  Core& core = *Core::of(context);
  return core.wrap(Z3_mk_and(core.z3, static_cast<unsigned>(raw.size()), raw.data()));
}
Term disjunction(const Term& a, const Term& b) {
  return nary(a, b, Z3_mk_or);
}
Term negation(const Term& a) {
  return unary(a, Z3_mk_not);
}

Term bitAnd(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvand);
}
Term bitOr(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvor);
}
Term bitXor(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvxor);
}
Term bitNot(const Term& a) {
  return unary(a, Z3_mk_bvnot);
}
Term bitAdd(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvadd);
}
Term bitSubtract(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvsub);
}
Term bitMultiply(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvmul);
}
Term bitDivide(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvudiv);
}
Term bitRemainder(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvurem);
}
Term bitShiftLeft(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvshl);
}
Term bitShiftRight(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvlshr);
}
Term bitLess(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvult);
}
Term bitLessOrEqual(const Term& a, const Term& b) {
  return binary(a, b, Z3_mk_bvule);
}
Term zeroExtend(const Term& a, unsigned by) {
  return unary(a, [by](Z3_context z3, Z3_ast ast) { return Z3_mk_zero_ext(z3, by, ast); });
}
Term extract(const Term& a, unsigned high, unsigned low) {
  return unary(a, [=](Z3_context z3, Z3_ast ast) { return Z3_mk_extract(z3, high, low, ast); });
}

Term signExtend(const Term& a, unsigned by) {
  return unary(a, [by](Z3_context z3, Z3_ast ast) { return Z3_mk_sign_ext(z3, by, ast); });
}

Term simplify(const Term& a) {
  return unary(a, Z3_simplify);
}

} // namespace growsdown::proofs::smt
