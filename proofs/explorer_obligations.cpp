// Obligations: how they are proved, and what the explorer remembers of them.
#include "proofs/explorer.h"

#include <chrono>
#include <utility>

namespace growsdown::proofs {

void Explorer::require(std::string_view name, const SymBool& fact, const Site& site) {
  if (given_ != nullptr) {
    if (broken_.empty() && fact.known() && !fact.value()) broken_ = name;
    return;
  }
  const auto& [stored, stated] = *names_.try_emplace(std::string(name), site).first;
  if (!(stated == site))
    throw EncodingError("two obligations are named " + quoted(name) + ": lines " +
                        std::to_string(stated.line) + " of " + std::string(stated.file) + " and " +
                        std::to_string(site.line) + " of " + std::string(site.file));
  met_.push_back(stored);
  if (replaying()) return; // settled when this prefix was first run
  ++result_.obligations;
  if (fact.known() && fact.value()) return;
  const smt::Term broken = fact.known() ? context_.truth(true) : smt::negation(fact.formula());
  const smt::Term negated = withoutKnown(simplified(broken));
  if (const std::optional<bool> literal = negated.literal(); literal && !*literal) {
    imply(broken, "obligation " + quoted(name));
    return;
  }
  if (!fact.known()) ++result_.bySolver;
  pending_.push_back({std::string(name), negated, broken});
}

// The model breaks this obligation. Ends the exploration, or the path. If the caller looks for
// another counterexample, the path continues, because a later obligation may give it.
void Explorer::refute(const Obligation& broken) {
  const Witness found = witness();
  // A path that machine words can follow shows more.
  const bool accepted = !summarised_ && (!accept_ || accept_(found, broken.name));
  if (accepted || result_.verdict != smt::ProofVerdict::refuted ||
      (result_.witnessSummarised && !summarised_)) {
    result_.witnessSummarised = summarised_;
    enter(broken.negated);
    result_.dump = solver_.dump();
    solver_.pop(1);
    result_.verdict = smt::ProofVerdict::refuted;
    result_.obligation = broken.name;
    result_.reason = "obligation \"" + broken.name + "\" does not hold";
    result_.witness = found;
  }
  if (accepted) throw Stop{};
  if (!accept_) throw PathAbort{};
}

// Asks about all obligations since the last decision in one query. Asks about each of them alone if
// that query is too hard, or to find the first one that can be broken.
void Explorer::settle() {
  if (pending_.empty()) return;
  refreshWitness();
  const std::vector<Obligation> obligations = std::exchange(pending_, {});
  smt::Term some = obligations.front().negated;
  smt::Term stated = obligations.front().stated;
  std::string names = quoted(obligations.front().name);
  for (std::size_t i = 1; i < obligations.size(); ++i) {
    some = smt::disjunction(some, obligations[i].negated);
    stated = smt::disjunction(stated, obligations[i].stated);
    names += ", " + quoted(obligations[i].name);
  }
  if (!model_.truth(some)) {
    const smt::Answer answer = askWith(some, stated, "obligations " + names);
    if (answer == smt::Answer::unsatisfiable) {
      for (const Obligation& o : obligations)
        learn(o);
      return;
    }
    if (answer == smt::Answer::unknown) {
      for (const Obligation& o : obligations)
        settleAlone(o);
      return;
    }
  }
  const smt::Model any = model_;
  for (const Obligation& o : obligations)
    if (askAlone(o) == smt::Answer::satisfiable) refute(o);
  model_ = any;
  for (const Obligation& o : obligations)
    if (model_.truth(o.negated)) refute(o);
}

smt::Answer Explorer::askAlone(const Obligation& obligation) {
  return askWith(obligation.negated, obligation.stated, "obligation " + quoted(obligation.name));
}

smt::Answer Explorer::askWith(const smt::Term& fact, const smt::Term& stated,
                              const std::string& what) {
  enter(fact, stated);
  const smt::Answer answer = ask(budget_.obligation, what);
  if (answer == smt::Answer::satisfiable) model_ = solver_.model();
  solver_.pop(1);
  return answer;
}

// Asks in a new context, because earlier queries can influence the solver.
void Explorer::settleAlone(const Obligation& obligation) {
  std::vector<smt::Term> question;
  for (const Decision& d : stack_) {
    if (d.kind == Decision::Kind::assumption) question.push_back(d.term);
    if (d.kind == Decision::Kind::branch && d.frame)
      question.push_back(d.answer ? d.term : smt::negation(d.term));
  }
  question.push_back(obligation.negated);
  const auto start = std::chrono::steady_clock::now();
  const smt::FreshResult fresh = smt::checkFresh(question, budget_.obligation, true);
  result_.asking(onPath("obligation " + quoted(obligation.name) + ", alone"), fresh.spent,
                 secondsSince(start));
  question.back() = obligation.stated;
  smt::record(question, fresh.answer, onPath("obligation " + quoted(obligation.name) + ", alone"));
  if (fresh.answer == smt::Answer::unsatisfiable) return;
  if (fresh.answer == smt::Answer::satisfiable &&
      askAlone(obligation) == smt::Answer::satisfiable) {
    refute(obligation);
    return;
  }
  if (result_.verdict == smt::ProofVerdict::proved) {
    result_.obligation = obligation.name;
    result_.dump = fresh.text;
  }
  incomplete("obligation \"" + obligation.name + "\": " +
             (fresh.answer == smt::Answer::unknown ? fresh.reason
                                                   : "satisfiable alone, unknown on its path"));
}

Explorer::Atom Explorer::atomOf(const smt::Term& question) {
  if (smt::Term inner = question.negated(); !inner.empty()) return {std::move(inner), false};
  return {question, true};
}

void Explorer::learn(Decision& decision, const Atom& atom) {
  if (facts_.emplace(atom.term.id(), decision.answer == atom.positive).second)
    decision.atom = atom.term;
}

// The disjuncts of a proved obligation's negation are false on this path.
void Explorer::learn(const Obligation& proved) {
  std::vector<smt::Term>& learnt = stack_.empty() ? proved_ : stack_.back().proved;
  for (const smt::Term& part : proved.negated.disjuncts()) {
    const Atom atom = atomOf(part);
    if (facts_.emplace(atom.term.id(), !atom.positive).second) learnt.push_back(atom.term);
  }
}

void Explorer::forget(std::vector<smt::Term>& proved) {
  for (const smt::Term& atom : proved)
    facts_.erase(atom.id());
  proved.clear();
}

std::optional<bool> Explorer::known(const Atom& atom) const {
  const auto found = facts_.find(atom.term.id());
  if (found == facts_.end()) return std::nullopt;
  return found->second == atom.positive;
}

// A negated obligation without the disjuncts that are known to be false.
smt::Term Explorer::withoutKnown(const smt::Term& negated) const {
  const std::vector<smt::Term> parts = negated.disjuncts();
  std::vector<smt::Term> left;
  for (const smt::Term& part : parts)
    if (known(atomOf(part)) != false) left.push_back(part);
  if (left.size() == parts.size()) return negated;
  smt::Term all = context_.truth(false);
  for (const smt::Term& part : left)
    all = all.literal() ? part : smt::disjunction(all, part);
  return all;
}

} // namespace growsdown::proofs
