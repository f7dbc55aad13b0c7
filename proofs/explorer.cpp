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

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string quoted(std::string_view name) {
  return '"' + std::string(name) + '"';
}

} // namespace

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

// Nothing is asked: it is so by what the path already says, or once simplified.
void Explorer::imply(const smt::Term& impossible, const std::string& what) {
  ++result_.implied;
  if (budget_.asking.transcript != nullptr)
    solver_.claimImpossible(impossible, onPath(what) + ", implied");
}

void Explorer::incomplete(const std::string& reason) {
  if (result_.verdict != smt::Verdict::proved) return;
  result_.verdict = smt::Verdict::unknown;
  result_.reason = reason;
}

void Explorer::enter(const smt::Term& fact, const smt::Term& stated) {
  solver_.push();
  solver_.add(fact, stated);
}

Explorer::Decision& Explorer::replayed(Decision::Kind kind) {
  Decision& decision = stack_[position_++];
  if (decision.kind != kind)
    throw EncodingError("the explored text is not deterministic: another kind of question at "
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

// The same terms are built on every path.
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
      throw EncodingError("the explored text is not deterministic: at decision " +
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
    freshen();
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
      settle(); // for both sides; where there is only one, further on
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

// Whether what is assumed can be is asked for when it matters, of all together.
void Explorer::assume(const SymBool& fact) {
  if (fact.known()) {
    if (!fact.value()) impossible();
    return;
  }
  if (replaying()) {
    if (!replayed(Decision::Kind::assumption).term.sameAs(fact.formula()))
      throw EncodingError(
          "the explored text is not deterministic: another assumption at decision " +
          std::to_string(position_));
    return;
  }
  settle();
  Decision decision;
  decision.kind = Decision::Kind::assumption;
  decision.term = fact.formula();
  decision.answer = true;
  // What it lies in the frame of is dropped with it, or later.
  decision.frame = stack_.empty() || !stack_.back().framed;
  if (decision.frame) solver_.push();
  solver_.add(fact.formula());
  stale_ = stale_ || !model_.truth(fact.formula());
  learn(decision, atomOf(simplified(fact.formula())));
  add(std::move(decision));
}

void Explorer::except(const SymBool& exception) {
  if (!replaying()) freshen();
  countChoices();
  assume(!exception);
}

void Explorer::impossible() {
  impossible_ = true;
  stale_ = false;
  pending_.clear(); // stated behind what cannot be
  throw PathAbort{};
}

void Explorer::freshen() {
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
  freshen();
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

void Explorer::take(const std::string& name, Input input) {
  if (kinds_.emplace(name, input.kind).first->second != input.kind)
    throw EncodingError("two inputs of different kinds are named " + quoted(name));
  inputs_.insert_or_assign(name, std::move(input));
}

unsigned Explorer::choose(const std::string& name, unsigned count, bool byTheorem) {
  if (count == 0) throw EncodingError("a choice of nothing");
  if (given_ != nullptr) return static_cast<unsigned>(givenTo(name));
  unsigned taken = 0;
  if (replaying()) {
    const Decision& decision = replayed(Decision::Kind::choice);
    if (decision.count != count)
      throw EncodingError("the explored text is not deterministic: another choice");
    taken = decision.taken;
  } else {
    settle();
    freshen();
    Decision decision;
    decision.kind = Decision::Kind::choice;
    decision.count = count;
    decision.other = model_;
    add(std::move(decision));
  }
  Input input;
  input.kind = Input::Kind::choice;
  input.choice = taken;
  take(name, std::move(input));
  if (byTheorem) chosen_.push_back({inputs_.find(name)->first, taken, count, tentative_});
  return taken;
}

Sym Explorer::word(const std::string& name, std::uint64_t low, std::uint64_t high,
                   unsigned zeroBits) {
  if (given_ != nullptr) return Sym(givenTo(name));
  const smt::Term quotient = context_.constant(name, smt::Sort::integer);
  const std::uint64_t lowest = (low >> zeroBits) + ((low >> zeroBits << zeroBits) != low ? 1 : 0);
  const std::uint64_t highest = high >> zeroBits;
  assume(SymBool(smt::lessOrEqual(context_.integer(lowest), quotient)));
  assume(SymBool(smt::lessOrEqual(quotient, context_.integer(highest))));
  Input input;
  input.kind = Input::Kind::word;
  input.word = Sym(quotient, zeroBits, lowest, highest);
  take(name, input);
  return input.word;
}

Sym Explorer::element(const std::string& function, const Sym& index, std::uint64_t low,
                      std::uint64_t high) {
  const smt::Term argument[] = {index.term(context_)};
  const smt::Term value = context_.apply(function, argument, smt::Sort::integer);
  assume(SymBool(smt::lessOrEqual(context_.integer(low), value)));
  assume(SymBool(smt::lessOrEqual(value, context_.integer(high))));
  return Sym(value, 0, low, high);
}

SymFlags Explorer::flags(const std::string& name, std::uint32_t mask) {
  if (given_ != nullptr) return SymFlags(static_cast<std::uint32_t>(givenTo(name)));
  const smt::Term bits = context_.constant(name, smt::Sort::bits, SymFlags::width);
  assume(SymBool(smt::equal(smt::bitAnd(bits, context_.bits(~mask, SymFlags::width)),
                            context_.bits(0, SymFlags::width))));
  Input input;
  input.kind = Input::Kind::flags;
  input.flags = SymFlags(bits);
  take(name, input);
  return input.flags;
}

SymBool Explorer::truth(const std::string& name) {
  if (given_ != nullptr) return SymBool(givenTo(name) != 0);
  Input input;
  input.kind = Input::Kind::truth;
  input.truth = SymBool(context_.constant(name, smt::Sort::boolean));
  take(name, input);
  return input.truth;
}

void Explorer::prefer(const SymBool& fact) {
  if (!fact.known()) preferences_.push_back(fact.formula());
}

// All of [from, to) at once, or the first half before the second.
unsigned Explorer::favour(std::size_t from, std::size_t to) {
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
  const unsigned frames = favour(from, middle);
  return frames + favour(middle, to);
}

void Explorer::favour() {
  if (preferences_.empty()) return;
  if (const unsigned frames = favour(0, preferences_.size()); frames != 0) solver_.pop(frames);
}

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
  const smt::Term negated = open(simplified(broken));
  if (const std::optional<bool> literal = negated.literal(); literal && !*literal) {
    imply(broken, "obligation " + quoted(name));
    return;
  }
  if (!fact.known()) ++result_.bySolver;
  pending_.push_back({std::string(name), negated, broken});
}

// The model breaks this obligation. Ends the exploration, or the path; where the caller looks for
// another counterexample the path goes on, for what breaks further on may be that.
void Explorer::refute(const Obligation& broken) {
  const Witness found = witness();
  // A path that machine words can follow shows more.
  const bool accepted = !summarised_ && (!accept_ || accept_(found, broken.name));
  if (accepted || result_.verdict != smt::Verdict::refuted ||
      (result_.witnessSummarised && !summarised_)) {
    result_.witnessSummarised = summarised_;
    enter(broken.negated);
    result_.dump = solver_.dump();
    solver_.pop(1);
    result_.verdict = smt::Verdict::refuted;
    result_.obligation = broken.name;
    result_.reason = "obligation \"" + broken.name + "\" does not hold";
    result_.witness = found;
  }
  if (accepted) throw Stop{};
  if (!accept_) throw PathAbort{};
}

// All obligations since the last decision in one question; one by one where that is too hard, and
// to find which one is broken: the first that can be.
void Explorer::settle() {
  if (pending_.empty()) return;
  freshen();
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

// In a context of its own: what was asked before can sway the solver.
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
  if (result_.verdict == smt::Verdict::proved) {
    result_.obligation = obligation.name;
    result_.dump = fresh.text;
  }
  incomplete("obligation \"" + obligation.name + "\": " +
             (fresh.answer == smt::Answer::unknown ? fresh.reason
                                                   : "satisfiable alone, unknown on its path"));
}

void Explorer::output(std::string_view name, const Sym& value) {
  Handed handed;
  handed.name = name;
  handed.value.kind = Input::Kind::word;
  handed.value.word = value;
  outputs_.push_back(std::move(handed));
}
void Explorer::output(std::string_view name, const SymFlags& value) {
  Handed handed;
  handed.name = name;
  handed.value.kind = Input::Kind::flags;
  handed.value.flags = value;
  outputs_.push_back(std::move(handed));
}
void Explorer::output(std::string_view name, const SymBool& value) {
  Handed handed;
  handed.name = name;
  handed.value.kind = Input::Kind::truth;
  handed.value.truth = value;
  outputs_.push_back(std::move(handed));
}

// An input that was not yet made where the witness was taken does not matter.
std::uint64_t Explorer::givenTo(const std::string& name) const {
  const auto found = given_->find(name);
  return found == given_->end() ? 0 : found->second;
}

std::string Explorer::brokenBy(const std::function<void(Explorer&)>& text, const Witness& inputs) {
  const Running now(this);
  given_ = &inputs;
  broken_.clear();
  serial_ = 0;
  try {
    text(*this);
  } catch (const PathAbort&) {
  } catch (...) {
    given_ = nullptr;
    throw;
  }
  given_ = nullptr;
  return std::exchange(broken_, {});
}

std::uint64_t Explorer::valueOf(const Input& input) const {
  switch (input.kind) {
  case Input::Kind::word:
    return input.word.in(model_);
  case Input::Kind::flags:
    return input.flags.in(model_);
  case Input::Kind::truth:
    return input.truth.known() ? input.truth.value() : model_.truth(input.truth.formula());
  case Input::Kind::choice:
    return input.choice;
  }
  return 0;
}

Witness Explorer::witness() const {
  Witness values;
  for (const auto& [name, input] : inputs_)
    values.emplace(name, valueOf(input));
  return values;
}

void Explorer::runOnce(const std::function<void(Explorer&)>& text, bool& finished) {
  position_ = 0;
  summarised_ = impossible_ = stale_ = false;
  serial_ = 0;
  inputs_.clear();
  outputs_.clear();
  pending_.clear();
  preferences_.clear();
  met_.clear();
  chosen_.clear();
  finished = false;
  try {
    text(*this);
    settle();
    freshen();
    finished = true;
  } catch (const PathAbort&) {
    ++result_.aborted;
  }
  if (replaying()) throw EncodingError("the explored text is not deterministic: a shorter run");
  try {
    settle(); // what was required before the path ended
    freshen();
  } catch (const PathAbort&) {
  }
}

// To the next alternative, or false where there is none.
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
    drop();
  }
  return false;
}

void Explorer::drop() {
  Decision& last = stack_.back();
  forget(last.proved);
  if (!last.atom.empty()) facts_.erase(last.atom.id());
  if (last.frame) solver_.pop(1);
  stack_.pop_back();
}

Explorer::Atom Explorer::atomOf(const smt::Term& question) {
  if (smt::Term inner = question.negated(); !inner.empty()) return {std::move(inner), false};
  return {question, true};
}

void Explorer::learn(Decision& decision, const Atom& atom) {
  if (facts_.emplace(atom.term.id(), decision.answer == atom.positive).second)
    decision.atom = atom.term;
}

// What it says cannot be, on this path.
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

// What of a broken obligation is still to be looked at.
smt::Term Explorer::open(const smt::Term& negated) const {
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

// Those of the present run since it last counted them.
void Explorer::countChoices() {
  for (const Chosen& choice : chosen_) {
    Choice& all = result_.choices.try_emplace(std::string(choice.name)).first->second;
    all.paths.resize(std::max<std::size_t>(all.paths.size(), choice.count));
    all.paths[choice.taken] += !impossible_;
    all.tentative = choice.tentative;
  }
  chosen_.clear();
}

Exploration Explorer::explore(const std::function<void(Explorer&)>& text,
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
      bool finished = false;
      runOnce(text, finished);
      std::sort(met_.begin(), met_.end());
      met_.erase(std::unique(met_.begin(), met_.end()), met_.end());
      for (const std::string_view name : met_)
        result_.required.try_emplace(std::string(name), Required{0, names_.find(name)->second})
            .first->second.paths += !impossible_;
      countChoices();
      if (!finished) continue;
      ++result_.paths;
      if (path) {
        favour();
        Path seen;
        seen.number = result_.paths;
        seen.summarised = summarised_;
        seen.witness = witness();
        for (const Handed& handed : outputs_)
          seen.outputs.push_back({handed.name, valueOf(handed.value)});
        std::string complaint = path(seen);
        if (!complaint.empty() && result_.verdict != smt::Verdict::refuted) {
          result_.verdict = smt::Verdict::error;
          result_.reason = std::move(complaint);
          result_.witness = std::move(seen.witness);
          break;
        }
      }
      if (budget_.total != 0 && result_.spent > budget_.total) {
        incomplete("the budget of " + std::to_string(budget_.total) + " resource units is spent");
        break;
      }
      if (result_.paths >= budget_.paths) {
        incomplete("more than " + std::to_string(budget_.paths) + " paths");
        break;
      }
    } while (backtrack());
  } catch (const Stop&) {
  } catch (const std::exception& e) {
    result_.verdict = smt::Verdict::error;
    result_.reason = e.what();
  }
  // The solver is left clean for another exploration.
  while (!stack_.empty())
    drop();
  forget(proved_);
  return std::exchange(result_, {});
}

} // namespace growsdown::proofs
