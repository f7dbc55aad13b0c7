#include "proofs/run.h"

namespace growsdown::proofs {

void Run<Symbolic>::within(bool bound) {
  if (!bound) throw EncodingError("a path exceeds a limit of the theorem's code");
}

std::uint64_t Run<model::Concrete>::word(const std::string& name, std::uint64_t low,
                                         std::uint64_t high, unsigned zeroBits) {
  const std::uint64_t value = take(name);
  if (value < low || value > high || (value & ((std::uint64_t{1} << zeroBits) - 1)) != 0)
    complain("the witness' " + name + " is out of its range");
  return value;
}

std::uint32_t Run<model::Concrete>::flags(const std::string& name, std::uint32_t mask) {
  const std::uint64_t value = take(name);
  if ((value & ~std::uint64_t{mask}) != 0) complain("the witness' " + name + " has other bits");
  return static_cast<std::uint32_t>(value);
}

unsigned Run<model::Concrete>::choose(const std::string& name, unsigned count) {
  const std::uint64_t value = take(name);
  if (value >= count) complain("the witness' " + name + " is out of its range");
  return static_cast<unsigned>(value);
}

void Run<model::Concrete>::assume(bool fact) {
  if (fact) return;
  complain("an assumption fails with machine words");
  throw PathAbort{};
}

// An input that the symbolic run had not made yet when it stopped has no influence.
std::uint64_t Run<model::Concrete>::take(const std::string& name) const {
  const auto found = witness_.find(name);
  return found == witness_.end() ? 0 : found->second;
}

void Run<model::Concrete>::complain(std::string text) {
  if (complaint_.empty()) complaint_ = std::move(text);
}

std::string disagreement(const Run<model::Concrete>& run, const Path& path) {
  const std::string where = "path " + std::to_string(path.number) + ": ";
  if (!run.complaint().empty()) return where + run.complaint();
  if (!run.failed().empty())
    return where + "with machine words \"" + run.failed().front() + "\" does not hold";
  if (run.outputs().size() != path.outputs.size())
    return where + "machine words have " + std::to_string(run.outputs().size()) +
           " outputs, symbolic words " + std::to_string(path.outputs.size());
  for (std::size_t i = 0; i < path.outputs.size(); ++i)
    if (!(run.outputs()[i] == path.outputs[i]))
      return where + path.outputs[i].name + " is " + std::to_string(run.outputs()[i].value) +
             " with machine words (" + run.outputs()[i].name + "), " +
             std::to_string(path.outputs[i].value) + " symbolically";
  return {};
}

namespace {

void runOn(const Code& code, Run<model::Concrete>& run) {
  try {
    code.concrete(run);
  } catch (const PathAbort&) {
  }
}

// Why the counterexample does not break its obligation with known numbers; empty: it does.
std::string unconfirmed(const Exploration& refuted, Explorer& explorer,
                        const std::function<void(Explorer&)>& symbolic, const Code& code) {
  if (isOwed(refuted.obligation))
    return explorer.brokenBy(symbolic, refuted.witness) == refuted.obligation
               ? ""
               : "; but with known numbers it does hold";
  Run<model::Concrete> run(refuted.witness);
  runOn(code, run);
  if (!run.failed().empty()) return {};
  return "; but with machine words it does hold" +
         (run.complaint().empty() ? "" : " (" + run.complaint() + ")");
}

} // namespace

Exploration exploreAndReplay(const Code& code, const Budget& budget, const Accept& accept) {
  Explorer explorer(budget);
  std::set<std::size_t> rules;
  std::uint64_t replayed = 0;
  const auto symbolic = [&code](Explorer& e) {
    Run<Symbolic> run(e);
    code.symbolic(run);
  };
  const auto replay = [&](const Path& path) -> std::string {
    if (path.summarised) return {};
    ++replayed;
    Run<model::Concrete> run(path.witness);
    runOn(code, run);
    rules.insert(run.rules().begin(), run.rules().end());
    return disagreement(run, path);
  };
  Exploration result = explorer.explore(symbolic, replay, accept);
  if (result.verdict == smt::ProofVerdict::refuted && !result.witnessSummarised)
    if (const std::string why = unconfirmed(result, explorer, symbolic, code); !why.empty()) {
      result.verdict = smt::ProofVerdict::error;
      result.reason += why;
    }
  result.rules = std::move(rules);
  result.replayed = replayed;
  result.replays = true;
  return result;
}

} // namespace growsdown::proofs
