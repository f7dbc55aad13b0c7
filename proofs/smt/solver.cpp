#include "proofs/smt/core.h"

#include <set>
#include <utility>

namespace growsdown::proofs::smt {

std::string_view name(ProofVerdict verdict) {
  switch (verdict) {
  case ProofVerdict::proved:
    return "proved";
  case ProofVerdict::refuted:
    return "refuted";
  case ProofVerdict::unknown:
    return "unknown";
  case ProofVerdict::error:
    return "error";
  }
  return "error";
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

/// The value of a term in a model, which is null if the model is empty.
Term valueIn(Core* core, void* node, const Term& term) {
  if (node == nullptr) throw Error("an empty model was asked");
  Z3_ast value = nullptr;
  if (!Z3_model_eval(core->z3, static_cast<Z3_model>(node), Core::raw(term), true, &value))
    throw Error("the model has no value for " + term.text());
  return core->wrap(value);
}

} // namespace

bool Model::truth(const Term& term) const {
  const Term result = valueIn(core_.get(), node_.get(), term);
  const std::optional<bool> literal = result.literal();
  if (!literal) throw Error("the model leaves open " + term.text());
  return *literal;
}

std::uint64_t Model::number(const Term& term) const {
  const Term result = valueIn(core_.get(), node_.get(), term);
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
  std::vector<Frame> frames;                // the assertions, if there is a transcript

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
