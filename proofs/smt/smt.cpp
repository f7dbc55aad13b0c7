#include "proofs/smt/smt.h"

#include <z3.h>

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

namespace growsdown::proofs::smt {

std::string_view name(Verdict verdict) {
  switch (verdict) {
  case Verdict::proved:
    return "proved";
  case Verdict::refuted:
    return "refuted";
  case Verdict::unknown:
    return "unknown";
  case Verdict::error:
    return "error";
  }
  return "error";
}

// The only place that knows that a node is a Z3_ast.
struct Core : std::enable_shared_from_this<Core> {
  Z3_context z3;
  Asking asking;

  explicit Core(const Asking& how = {}) : asking(how) {
    const Z3_config config = Z3_mk_config();
    z3 = Z3_mk_context_rc(config);
    Z3_del_config(config);
    if (z3 == nullptr) throw Error("Z3 gave no context");
    Z3_set_error_handler(z3, nullptr); // no exit(): every call is followed by a look at the code
    Z3_set_ast_print_mode(z3, Z3_PRINT_SMTLIB2_COMPLIANT);
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core() { Z3_del_context(z3); }

  void verify() const {
    const Z3_error_code code = Z3_get_error_code(z3);
    if (code != Z3_OK) throw Error(std::string("Z3: ") + Z3_get_error_msg(z3, code));
  }
  Term wrap(Z3_ast ast) {
    verify();
    if (ast == nullptr) throw Error("Z3 gave no term");
    return Term(shared_from_this(), ast);
  }
  Z3_symbol symbol(const std::string& text) const { return Z3_mk_string_symbol(z3, text.c_str()); }

  Z3_sort sortOf(Sort sort, unsigned width) const {
    switch (sort) {
    case Sort::boolean:
      return Z3_mk_bool_sort(z3);
    case Sort::integer:
      return Z3_mk_int_sort(z3);
    case Sort::bits:
      return Z3_mk_bv_sort(z3, width);
    case Sort::other:
      break;
    }
    throw Error("no unknown of that sort");
  }

  static Z3_ast raw(const Term& t) {
    if (t.empty()) throw Error("an empty term was used");
    return static_cast<Z3_ast>(t.node_);
  }
  static const std::shared_ptr<Core>& of(const Term& t) {
    if (t.empty()) throw Error("an empty term was used");
    return t.core_;
  }
  static const std::shared_ptr<Core>& of(const Context& c) { return c.core_; }
  static Core& both(const Term& a, const Term& b) {
    if (of(a) != of(b)) throw Error("terms of two contexts were mixed");
    return *a.core_;
  }
};

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

namespace {

template <class F>
Term unary(const Term& a, F make) {
  Core& core = *Core::of(a);
  return core.wrap(make(core.z3, Core::raw(a)));
}
template <class F>
Term binary(const Term& a, const Term& b, F make) {
  Core& core = Core::both(a, b);
  return core.wrap(make(core.z3, Core::raw(a), Core::raw(b)));
}
template <class F>
Term nary(const Term& a, const Term& b, F make) {
  Core& core = Core::both(a, b);
  const Z3_ast both[] = {Core::raw(a), Core::raw(b)};
  return core.wrap(make(core.z3, 2, both));
}

} // namespace

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

namespace {

// Each integer as two's complement of exactly as many bits as it can need.
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
    case Z3_OP_UNINTERPRETED: {
      const std::string name = Z3_get_symbol_string(z3_, Z3_get_decl_name(z3_, declaration));
      const auto found = unknowns_.find(name);
      if (found == unknowns_.end()) unsupported(term);
      if (found->second.sort() == Sort::boolean) return found->second;
      return zeroExtend(found->second, 1);
    }
    case Z3_OP_NOT:
      return negation(of(parts[0]));
    case Z3_OP_AND:
      return fold(parts, [](const Term& a, const Term& b) { return conjunction(a, b); });
    case Z3_OP_OR:
      return fold(parts, [](const Term& a, const Term& b) { return disjunction(a, b); });
    case Z3_OP_ADD:
      return fold(parts, [](const Term& a, const Term& b) {
        const unsigned width = std::max(a.width(), b.width()) + 1;
        return bitAdd(widened(a, width), widened(b, width));
      });
    case Z3_OP_SUB:
      return fold(parts, [](const Term& a, const Term& b) {
        const unsigned width = std::max(a.width(), b.width()) + 1;
        return bitSubtract(widened(a, width), widened(b, width));
      });
    case Z3_OP_MUL:
      return fold(parts, [](const Term& a, const Term& b) {
        const unsigned width = a.width() + b.width();
        return bitMultiply(widened(a, width), widened(b, width));
      });
    case Z3_OP_IDIV: {
      const Term a = of(parts[0]);
      const unsigned by = exponent(parts[1]); // rounds down, as SMT-LIB does by positive divisors
      return by >= a.width() ? extract(a, a.width() - 1, a.width() - 1)
                             : extract(a, a.width() - 1, by);
    }
    case Z3_OP_MOD: {
      const unsigned by = exponent(parts[1]);
      Term a = of(parts[0]);
      if (by == 0) return zero();
      if (a.width() < by) a = widened(a, by);
      return zeroExtend(extract(a, by - 1, 0), 1);
    }
    case Z3_OP_ITE: {
      const Term yes = of(parts[1]);
      const Term no = of(parts[2]);
      if (yes.sort() != Sort::bits) return ite(of(parts[0]), yes, no);
      const unsigned width = std::max(yes.width(), no.width());
      return ite(of(parts[0]), widened(yes, width), widened(no, width));
    }
    case Z3_OP_EQ: {
      const Term a = of(parts[0]);
      const Term b = of(parts[1]);
      if (a.sort() != Sort::bits) return equal(a, b);
      const unsigned width = std::max(a.width(), b.width());
      return equal(widened(a, width), widened(b, width));
    }
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
  std::vector<Term> kept_; // so that ids stay theirs
};

} // namespace

Term exactBits(const Term& term, const std::map<std::string, Term>& unknowns) {
  return Exact(*Core::of(term), unknowns).of(term);
}

Term simplify(const Term& a) {
  return unary(a, Z3_simplify);
}

namespace {

std::string reasonOf(Z3_context z3, Z3_solver solver) {
  const char* text = Z3_solver_get_reason_unknown(z3, solver);
  return text == nullptr || *text == 0 ? "no reason given" : text;
}

// The context's running count of resource units; Z3 reports it in 32 bits.
std::uint32_t resourceCount(Z3_context z3, Z3_solver solver) {
  const Z3_stats stats = Z3_solver_get_statistics(z3, solver);
  Z3_stats_inc_ref(z3, stats);
  std::uint32_t count = 0;
  for (unsigned i = 0; i < Z3_stats_size(z3, stats); ++i)
    if (std::string_view(Z3_stats_get_key(z3, stats, i)) == "rlimit count" &&
        Z3_stats_is_uint(z3, stats, i))
      count = Z3_stats_get_uint_value(z3, stats, i);
  Z3_stats_dec_ref(z3, stats);
  return count;
}

void setBudget(const Core& core, Z3_solver solver, std::uint64_t budget) {
  const Z3_params params = Z3_mk_params(core.z3);
  Z3_params_inc_ref(core.z3, params);
  const auto units = static_cast<unsigned>(budget > 0xffffffffU ? 0xffffffffU : budget);
  Z3_params_set_uint(core.z3, params, core.symbol("rlimit"), units);
  if (core.asking.seed != 0)
    Z3_params_set_uint(core.z3, params, core.symbol("random_seed"), core.asking.seed);
  Z3_solver_set_params(core.z3, solver, params);
  Z3_params_dec_ref(core.z3, params);
  core.verify();
}

void declare(Z3_context z3, Z3_ast ast, std::set<unsigned>& seen,
             std::vector<std::string>& declarations) {
  if (Z3_get_ast_kind(z3, ast) != Z3_APP_AST) return;
  if (!seen.insert(Z3_get_ast_id(z3, ast)).second) return;
  const Z3_app app = Z3_to_app(z3, ast);
  const unsigned operands = Z3_get_app_num_args(z3, app);
  const Z3_func_decl function = Z3_get_app_decl(z3, app);
  if (Z3_get_decl_kind(z3, function) == Z3_OP_UNINTERPRETED)
    declarations.emplace_back(Z3_func_decl_to_string(z3, function));
  for (unsigned i = 0; i < operands; ++i)
    declare(z3, Z3_get_app_arg(z3, app, i), seen, declarations);
}

Statement statementOf(const Core& core, const Term& term) {
  Statement statement;
  statement.formula = term.text();
  std::set<unsigned> seen;
  declare(core.z3, Core::raw(term), seen, statement.declarations);
  core.verify();
  return statement;
}

Answer answerOf(Z3_lbool result) {
  if (result == Z3_L_TRUE) return Answer::satisfiable;
  return result == Z3_L_FALSE ? Answer::unsatisfiable : Answer::unknown;
}

} // namespace

bool Model::truth(const Term& term) const {
  if (empty()) throw Error("an empty model was asked");
  const auto model = static_cast<Z3_model>(node_.get());
  Z3_ast value = nullptr;
  if (!Z3_model_eval(core_->z3, model, Core::raw(term), true, &value))
    throw Error("the model has no value for " + term.text());
  const Term result = core_->wrap(value);
  const std::optional<bool> literal = result.literal();
  if (!literal) throw Error("the model leaves open " + term.text());
  return *literal;
}

std::uint64_t Model::number(const Term& term) const {
  if (empty()) throw Error("an empty model was asked");
  const auto model = static_cast<Z3_model>(node_.get());
  Z3_ast value = nullptr;
  if (!Z3_model_eval(core_->z3, model, Core::raw(term), true, &value))
    throw Error("the model has no value for " + term.text());
  const Term result = core_->wrap(value);
  std::uint64_t number = 0;
  if (!Z3_get_numeral_uint64(core_->z3, Core::raw(result), &number))
    throw Error("not a machine word in the model: " + result.text());
  return number;
}

struct Solver::State {
  std::shared_ptr<Core> core;
  Z3_solver solver;
  std::string reason;
  std::uint64_t spent = 0;
  std::uint64_t budget = ~std::uint64_t{0}; // as last set
  std::uint32_t count = 0;                  // as last read
  std::vector<Frame> frames;                // what is asserted, where a transcript wants it

  Transcript* transcript() const { return core->asking.transcript; }
};

Solver::Solver(const Context& context) : state_(std::make_unique<State>()) {
  state_->core = Core::of(context);
  state_->solver = Z3_mk_simple_solver(state_->core->z3);
  state_->core->verify();
  Z3_solver_inc_ref(state_->core->z3, state_->solver);
}
Solver::~Solver() {
  Z3_solver_dec_ref(state_->core->z3, state_->solver);
}

void Solver::push() {
  Z3_solver_push(state_->core->z3, state_->solver);
  state_->core->verify();
  state_->frames.emplace_back();
}
void Solver::pop(unsigned frames) {
  Z3_solver_pop(state_->core->z3, state_->solver, frames);
  state_->core->verify();
  state_->frames.resize(state_->frames.size() - frames);
}
void Solver::add(const Term& fact, const Term& stated) {
  if (Core::of(fact) != state_->core) throw Error("a term of another context was asserted");
  Z3_solver_assert(state_->core->z3, state_->solver, Core::raw(fact));
  state_->core->verify();
  if (state_->transcript() == nullptr) return;
  if (state_->frames.empty()) state_->frames.emplace_back(); // below the first push
  state_->frames.back().push_back(statementOf(*state_->core, stated));
}

Answer Solver::check(std::uint64_t budget, std::string_view what) {
  const Z3_context z3 = state_->core->z3;
  if (budget != state_->budget) setBudget(*state_->core, state_->solver, budget);
  state_->budget = budget;
  const Z3_lbool result = Z3_solver_check(z3, state_->solver);
  state_->core->verify();
  const std::uint32_t count = resourceCount(z3, state_->solver);
  state_->spent = count - state_->count; // what was built since the last check included
  state_->count = count;
  if (result == Z3_L_UNDEF) state_->reason = reasonOf(z3, state_->solver);
  if (Transcript* transcript = state_->transcript())
    transcript->ask(state_->frames, answerOf(result), what);
  return answerOf(result);
}

void Solver::claimImpossible(const Term& stated, std::string_view what) const {
  Transcript* transcript = state_->transcript();
  if (transcript == nullptr) return;
  std::vector<Frame> stack = state_->frames;
  stack.push_back({statementOf(*state_->core, stated)});
  transcript->ask(stack, Answer::unsatisfiable, what);
}

Model Solver::model() const {
  const std::shared_ptr<Core> core = state_->core;
  const Z3_model model = Z3_solver_get_model(core->z3, state_->solver);
  core->verify();
  if (model == nullptr) throw Error("Z3 gave no model");
  Z3_model_inc_ref(core->z3, model);
  Model result;
  result.core_ = core;
  result.node_ = std::shared_ptr<void>(
      model, [core](void* m) { Z3_model_dec_ref(core->z3, static_cast<Z3_model>(m)); });
  return result;
}

const std::string& Solver::reason() const {
  return state_->reason;
}
std::uint64_t Solver::spent() const {
  return state_->spent;
}
std::string Solver::dump() const {
  return Z3_solver_to_string(state_->core->z3, state_->solver);
}

FreshResult checkFresh(std::span<const Term> assertions, std::uint64_t budget, bool wantText) {
  const auto core =
      std::make_shared<Core>(assertions.empty() ? Asking{} : Core::of(assertions[0])->asking);
  const Z3_solver solver = Z3_mk_solver(core->z3);
  core->verify();
  Z3_solver_inc_ref(core->z3, solver);
  const std::shared_ptr<void> keep(
      solver, [core](void* s) { Z3_solver_dec_ref(core->z3, static_cast<Z3_solver>(s)); });
  for (const Term& t : assertions) {
    const Term moved = core->wrap(Z3_translate(Core::of(t)->z3, Core::raw(t), core->z3));
    Z3_solver_assert(core->z3, solver, Core::raw(moved));
  }
  core->verify();
  setBudget(*core, solver, budget);
  FreshResult result;
  if (wantText) result.text = Z3_solver_to_string(core->z3, solver);
  const std::uint32_t before = resourceCount(core->z3, solver);
  const Z3_lbool answer = Z3_solver_check(core->z3, solver);
  core->verify();
  result.spent = resourceCount(core->z3, solver) - before;
  result.answer = answerOf(answer);
  if (answer == Z3_L_UNDEF) result.reason = reasonOf(core->z3, solver);
  return result;
}

void record(std::span<const Term> stated, Answer answer, std::string_view what) {
  if (stated.empty()) throw Error("an empty question was recorded");
  const Core& core = *Core::of(stated[0]);
  if (core.asking.transcript == nullptr) return;
  Frame frame;
  for (const Term& term : stated)
    frame.push_back(statementOf(core, term));
  core.asking.transcript->ask({frame}, answer, what);
}

std::string version() {
  unsigned major = 0;
  unsigned minor = 0;
  unsigned build = 0;
  unsigned revision = 0;
  Z3_get_version(&major, &minor, &build, &revision);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(build);
}

} // namespace growsdown::proofs::smt
