#include "proofs/explorer.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace growsdown::proofs {
namespace {

thread_local Explorer* runningExplorer = nullptr;

struct Running {
  Explorer* before;
  explicit Running(Explorer* now) : before(std::exchange(runningExplorer, now)) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { runningExplorer = before; }
};

} // namespace

std::string quoted(std::string_view name) {
  return '"' + std::string(name) + '"';
}

void Exploration::asking(const std::string& what, std::uint64_t units, double seconds) {
  ++asked;
  spent += units;
  if (units > dearest.spent) dearest = {what, units, seconds};
  if (seconds > longest.seconds) longest = {what, units, seconds};
}

std::string vacuity(const Exploration& explored) {
  if (explored.paths == 0) return "no path: nothing satisfies what is assumed";
  if (explored.obligations == 0) return "nothing is required on any path";
  for (const auto& [name, required] : explored.required)
    if (required.paths == 0)
      return "no path on which " + quoted(name) + " is required satisfies what is assumed";
  for (const auto& [name, choice] : explored.choices) {
    const auto& sides = choice.paths;
    if (choice.tentative && std::count(sides.begin(), sides.end(), 0) == std::ssize(sides))
      continue;
    for (std::size_t side = 0; side < sides.size(); ++side)
      if (sides[side] == 0)
        return "no path with " + std::to_string(side) + " for " + quoted(name) +
               " satisfies what is assumed";
  }
  if (explored.replays && explored.replayed == 0) return "no path was run on machine words";
  return {};
}

Explorer& Explorer::current() {
  if (runningExplorer == nullptr)
    throw EncodingError("a symbolic value was used outside an explorer");
  return *runningExplorer;
}

Explorer* Explorer::running() {
  return runningExplorer;
}

Explorer::Explorer(const Budget& budget)
    : budget_(budget), context_(budget.asking), solver_(context_) {}

Explorer::~Explorer() = default;

double Explorer::secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string Explorer::onPath(const std::string& what) const {
  return "path " + std::to_string(result_.paths + 1) + ", " + what;
}

smt::Answer Explorer::ask(std::uint64_t budget, const std::string& what) {
  const std::string question = onPath(what);
  const auto start = std::chrono::steady_clock::now();
  const smt::Answer answer = solver_.check(budget, question);
  result_.asking(question, solver_.spent(), secondsSince(start));
  return answer;
}

// Counts a question whose answer follows from the path, or from simplification.
void Explorer::imply(const smt::Term& impossible, const std::string& what) {
  ++result_.implied;
  if (budget_.asking.transcript != nullptr)
    solver_.claimImpossible(impossible, onPath(what) + ", implied");
}

void Explorer::incomplete(const std::string& reason) {
  if (result_.verdict != smt::ProofVerdict::proved) return;
  result_.verdict = smt::ProofVerdict::unknown;
  result_.reason = reason;
}

void Explorer::enter(const smt::Term& fact, const smt::Term& stated) {
  solver_.push();
  solver_.add(fact, stated);
}

Explorer::Decision& Explorer::replayed(Decision::Kind kind) {
  Decision& decision = stack_[position_++];
  if (decision.kind != kind)
    throw EncodingError("the explored code is not deterministic: another kind of question at "
                        "decision " +
                        std::to_string(position_));
  return decision;
}

void Explorer::add(Decision decision) {
  decision.framed = decision.frame || (decision.kind != Decision::Kind::choice && !stack_.empty() &&
                                       stack_.back().framed);
  stack_.push_back(std::move(decision));
  ++position_;
}

// Every path builds the same terms.
smt::Term Explorer::simplified(const smt::Term& term) {
  const auto known = simplified_.find(term.id());
  if (known != simplified_.end()) return known->second.second;
  if (simplified_.size() >= 100'000) simplified_.clear();
  return simplified_.emplace(term.id(), std::pair(term, smt::simplify(term))).first->second.second;
}

bool Explorer::decide(const smt::Term& question) {
  if (const std::optional<bool> literal = question.literal()) return *literal;
  if (replaying()) {
    const Decision& decision = replayed(Decision::Kind::branch);
    if (!decision.term.sameAs(question))
      throw EncodingError("the explored code is not deterministic: at decision " +
                          std::to_string(position_) + " it asked " + decision.term.text() +
                          " and now " + question.text());
    return decision.answer;
  }
  Decision decision;
  decision.kind = Decision::Kind::branch;
  decision.term = question;
  const smt::Term simple = simplified(question);
  const Atom atom = atomOf(simple);
  const auto side = [](const smt::Term& term, bool answer) {
    return answer ? term : smt::negation(term);
  };
  const std::string what = "decision " + std::to_string(position_ + 1);
  if (const std::optional<bool> literal = simple.literal()) {
    decision.answer = *literal;
    imply(side(question, !decision.answer), what);
  } else if (const std::optional<bool> answer = known(atom)) {
    decision.answer = *answer;
    imply(side(question, !decision.answer), what);
  } else {
    refreshWitness();
    decision.answer = model_.truth(simple);
    enter(side(simple, !decision.answer), side(question, !decision.answer));
    ++result_.queries;
    const smt::Answer other = ask(budget_.decision, what);
    if (other == smt::Answer::satisfiable) {
      decision.open = true;
      decision.other = solver_.model();
    } else if (other == smt::Answer::unknown) {
      incomplete("feasibility of a path: " + solver_.reason());
    }
    solver_.pop(1);
    if (other != smt::Answer::unsatisfiable) {
      const smt::Model here = model_;
      settle(); // before the sides part; if there is only one side, later is enough
      model_ = here;
      enter(side(simple, decision.answer), side(question, decision.answer));
      decision.frame = true;
    }
    if (decision.open) ++result_.decisions;
    learn(decision, atom);
  }
  add(std::move(decision));
  return stack_.back().answer;
}

// Feasibility is asked later, once for several assumptions.
void Explorer::assume(const SymBool& fact) {
  if (fact.known()) {
    if (!fact.value()) impossible();
    return;
  }
  if (replaying()) {
    if (!replayed(Decision::Kind::assumption).term.sameAs(fact.formula()))
      throw EncodingError(
          "the explored code is not deterministic: another assumption at decision " +
          std::to_string(position_));
    return;
  }
  settle();
  Decision decision;
  decision.kind = Decision::Kind::assumption;
  decision.term = fact.formula();
  decision.answer = true;
  // An assumption in the frame of an earlier decision is dropped with that decision or before.
  decision.frame = stack_.empty() || !stack_.back().framed;
  if (decision.frame) solver_.push();
  solver_.add(fact.formula());
  stale_ = stale_ || !model_.truth(fact.formula());
  learn(decision, atomOf(simplified(fact.formula())));
  add(std::move(decision));
}

void Explorer::except(const SymBool& exception) {
  if (!replaying()) refreshWitness();
  countChoices();
  assume(!exception);
}

void Explorer::impossible() {
  impossible_ = true;
  stale_ = false;
  pending_.clear(); // these were required of no input
  throw PathAbort{};
}

void Explorer::refreshWitness() {
  if (!stale_) return;
  ++result_.queries;
  const smt::Answer answer =
      ask(budget_.decision, "assumptions up to decision " + std::to_string(position_));
  if (answer == smt::Answer::unknown)
    incomplete("feasibility of an assumption: " + solver_.reason());
  if (answer != smt::Answer::satisfiable) impossible();
  model_ = solver_.model();
  stale_ = false;
}

bool Explorer::holds(const SymBool& fact) {
  if (fact.known()) return fact.value();
  if (replaying()) return replayed(Decision::Kind::consequence).answer;
  settle();
  refreshWitness();
  Decision decision;
  decision.kind = Decision::Kind::consequence;
  decision.term = fact.formula();
  if (model_.truth(fact.formula())) {
    enter(smt::negation(fact.formula()));
    ++result_.queries;
    decision.answer =
        ask(budget_.decision, "consequence at decision " + std::to_string(position_ + 1)) ==
        smt::Answer::unsatisfiable;
    solver_.pop(1);
  }
  add(std::move(decision));
  return stack_.back().answer;
}

void Explorer::prefer(const SymBool& fact) {
  if (!fact.known()) preferences_.push_back(fact.formula());
}

// All of [from, to) at once, or the first half before the second.
unsigned Explorer::applyPreferences(std::size_t from, std::size_t to) {
  smt::Term all = preferences_[from];
  for (std::size_t i = from + 1; i < to; ++i)
    all = smt::conjunction(all, preferences_[i]);
  enter(all);
  if (model_.truth(all)) return 1;
  if (ask(budget_.decision, "preference") == smt::Answer::satisfiable) {
    model_ = solver_.model();
    return 1;
  }
  solver_.pop(1);
  if (to - from == 1) return 0;
  const std::size_t middle = from + (to - from) / 2;
  const unsigned frames = applyPreferences(from, middle);
  return frames + applyPreferences(middle, to);
}

void Explorer::applyPreferences() {
  if (preferences_.empty()) return;
  if (const unsigned frames = applyPreferences(0, preferences_.size()); frames != 0)
    solver_.pop(frames);
}

bool Explorer::runOnce(const std::function<void(Explorer&)>& code) {
  position_ = 0;
  summarised_ = impossible_ = stale_ = false;
  serial_ = 0;
  inputs_.clear();
  outputs_.clear();
  pending_.clear();
  preferences_.clear();
  met_.clear();
  chosen_.clear();
  bool finished = false;
  try {
    code(*this);
    settle();
    refreshWitness();
    finished = true;
  } catch (const PathAbort&) {
    ++result_.aborted;
  }
  if (replaying()) throw EncodingError("the explored code is not deterministic: a shorter run");
  try {
    settle(); // what was required before the path ended
    refreshWitness();
  } catch (const PathAbort&) {
  }
  return finished;
}

// Continues with the next alternative. Returns false if there is none.
bool Explorer::backtrack() {
  while (!stack_.empty()) {
    Decision& last = stack_.back();
    if (last.kind == Decision::Kind::branch && last.open) {
      solver_.pop(1);
      last.answer = !last.answer;
      last.open = false;
      forget(last.proved);
      if (!last.atom.empty()) facts_[last.atom.id()] = !facts_[last.atom.id()];
      model_ = std::move(last.other);
      enter(last.answer ? last.term : smt::negation(last.term));
      return true;
    }
    if (last.kind == Decision::Kind::choice && last.taken + 1 < last.count) {
      ++last.taken;
      forget(last.proved);
      model_ = last.other;
      return true;
    }
    dropLast();
  }
  return false;
}

void Explorer::dropLast() {
  Decision& last = stack_.back();
  forget(last.proved);
  if (!last.atom.empty()) facts_.erase(last.atom.id());
  if (last.frame) solver_.pop(1);
  stack_.pop_back();
}

// Counts the choices that the current run made since the last call.
void Explorer::countChoices() {
  for (const Chosen& choice : chosen_) {
    Choice& all = result_.choices.try_emplace(std::string(choice.name)).first->second;
    all.paths.resize(std::max<std::size_t>(all.paths.size(), choice.count));
    all.paths[choice.taken] += !impossible_;
    all.tentative = choice.tentative;
  }
  chosen_.clear();
}

std::string Explorer::brokenBy(const std::function<void(Explorer&)>& code, const Witness& inputs) {
  const Running now(this);
  given_ = &inputs;
  broken_.clear();
  serial_ = 0;
  try {
    code(*this);
  } catch (const PathAbort&) {
  } catch (...) {
    given_ = nullptr;
    throw;
  }
  given_ = nullptr;
  return std::exchange(broken_, {});
}

void Explorer::countRequired() {
  std::sort(met_.begin(), met_.end());
  met_.erase(std::unique(met_.begin(), met_.end()), met_.end());
  for (const std::string_view name : met_)
    result_.required.try_emplace(std::string(name), Required{0, names_.find(name)->second})
        .first->second.paths += !impossible_;
}

bool Explorer::finishPath(const std::function<std::string(const Path&)>& path) {
  ++result_.paths;
  if (path) {
    applyPreferences();
    Path seen;
    seen.number = result_.paths;
    seen.summarised = summarised_;
    seen.witness = witness();
    for (const NamedOutput& output : outputs_)
      seen.outputs.push_back({output.name, valueOf(output.value)});
    std::string complaint = path(seen);
    if (!complaint.empty() && result_.verdict != smt::ProofVerdict::refuted) {
      result_.verdict = smt::ProofVerdict::error;
      result_.reason = std::move(complaint);
      result_.witness = std::move(seen.witness);
      return false;
    }
  }
  if (budget_.total != 0 && result_.spent > budget_.total) {
    incomplete("the budget of " + std::to_string(budget_.total) + " resource units is spent");
    return false;
  }
  if (result_.paths >= budget_.paths) {
    incomplete("more than " + std::to_string(budget_.paths) + " paths");
    return false;
  }
  return true;
}

Exploration Explorer::explore(const std::function<void(Explorer&)>& code,
                              const std::function<std::string(const Path&)>& path,
                              const Accept& accept) {
  const Running now(this);
  accept_ = accept;
  result_ = {};
  stack_.clear();
  names_.clear();
  kinds_.clear();
  try {
    if (ask(budget_.decision, "nothing asserted") != smt::Answer::satisfiable)
      throw smt::Error("an empty question has no answer");
    model_ = solver_.model();
    do {
      const bool finished = runOnce(code);
      countRequired();
      countChoices();
      if (finished && !finishPath(path)) break;
    } while (backtrack());
  } catch (const Stop&) {
  } catch (const std::exception& e) {
    result_.verdict = smt::ProofVerdict::error;
    result_.reason = e.what();
  }
  // The solver is left clean for another exploration.
  while (!stack_.empty())
    dropLast();
  forget(proved_);
  return std::exchange(result_, {});
}

} // namespace growsdown::proofs
