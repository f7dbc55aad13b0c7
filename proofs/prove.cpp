#include "proofs/prove.h"

#include <algorithm>
#include <iterator>

namespace growsdown::proofs {
namespace {

std::optional<Question> questionFor(const Subject& subject, std::string& problem) {
  const std::optional<trace::Parameters> parameters =
      trace::makeParameters(*subject.rules, {}, problem);
  if (!parameters) return std::nullopt;
  Question question;
  question.demanded = subject.rules;
  question.parameters = *parameters;
  if (subject.against != nullptr) {
    if (subject.against->page != subject.rules->page) {
      problem = "the two rule sets have different page sizes";
      return std::nullopt;
    }
    question.parameters.rules = subject.against;
  }
  question.demandedGeometry = parameters->geometry;
  return question;
}

// The page size is not a knob: the state stays, and the model runs with other pages.
constexpr std::string_view pageKnob = "page";
// Not a knob either: a condition of a theorem of pairs is left out.
constexpr std::string_view dropKnob = "drop";

// Plants a mistake in the model's side of a question. `rules` holds the wrong rules.
bool plant(const Planted& planted, Question& question, trace::RuleSet& rules,
           std::string& problem) {
  if (planted.knob == pageKnob) {
    trace::With with;
    with.page = std::stoull(std::string(planted.value));
    const std::optional<trace::Parameters> wrong =
        trace::makeParameters(*question.demanded, with, problem);
    if (wrong) question.parameters.geometry = wrong->geometry;
    return wrong.has_value();
  }
  if (planted.knob == "encoding") {
    question.wrongEncoding = planted.value;
    return true;
  }
  if (planted.knob == "bug") {
    const planted::BugInfo* const bug = planted::findBug(planted.value);
    if (bug == nullptr) {
      problem = "no planted bug is named " + std::string(planted.value);
      return false;
    }
    question.bug = bug->bug;
    return true;
  }
  if (planted.knob == dropKnob) {
    question.dropped = planted.value;
    return true;
  }
  rules = *question.demanded;
  question.parameters.rules = &rules;
  return trace::setKnob(rules, planted.knob, planted.value, problem);
}

Result run(const Theorem& theorem, const Question& question, const Budget& budget,
           const Planted* planted = nullptr) {
  Result result;
  result.theorem = &theorem;
  result.budget = budget;
  // A counterexample to a planted mistake must show it.
  const Accept shows = [&](const Witness& witness, const std::string& obligation) {
    std::string ignored;
    const auto shown = counterexample(theorem, question, witness, obligation, ignored);
    return shown && (shown->outcomesDiffer || (!planted->visible && shown->statesDiffer));
  };
  result.explored = theorem.explore(question, budget, planted != nullptr ? shows : Accept{});
  result.verdict = result.explored.verdict;
  result.reason = result.explored.reason;
  if (question.expressible) result.explored.choices.clear(); // some alternatives start no trace
  if (const std::string empty = vacuity(result.explored);
      result.verdict == smt::ProofVerdict::proved && !empty.empty()) {
    result.verdict = smt::ProofVerdict::error;
    result.reason = "vacuous: " + empty;
  }
  if (result.verdict == smt::ProofVerdict::refuted && question.expressible) {
    std::string problem;
    result.counterexample = counterexample(theorem, question, result.explored.witness,
                                           result.explored.obligation, problem);
    if (!problem.empty()) result.reason += "; no trace: " + problem;
  }
  return result;
}

} // namespace

const std::vector<Stated>& statedObligations() {
  static const std::vector<Stated> all = {
#include "proofs/stated_obligations.inc"
  };
  return all;
}

std::vector<Stated> neverMet(const std::vector<const Exploration*>& explored) {
  std::set<std::pair<std::string_view, std::string_view>> met;
  for (const Exploration* e : explored)
    for (const auto& [name, required] : e->required)
      met.emplace(required.site.file.substr(required.site.file.rfind("proofs/") + 7), name);
  std::vector<Stated> never;
  std::copy_if(statedObligations().begin(), statedObligations().end(), std::back_inserter(never),
               [&](const Stated& s) {
                 return met.count({s.file, s.name}) == 0;
               });
  return never;
}

const Theorem* findTheorem(std::string_view name) {
  for (const Theorem& theorem : theorems())
    if (theorem.name == name) return &theorem;
  return nullptr;
}

std::string Subject::name() const {
  std::string text(rules->name);
  if (against != nullptr) text.append("..").append(against->name);
  return text;
}

std::vector<Subject> subjects(const Theorem& theorem, const trace::RuleSet& rules) {
  std::vector<Subject> list;
  if (!theorem.speaksOf(rules)) return list;
  if (theorem.unless == nullptr) return {Subject(rules)};
  for (const trace::Neighbours& pair : trace::neighbours())
    if (pair.left == rules.name) list.emplace_back(rules, trace::findRuleSet(pair.right));
  return list;
}

std::vector<Unless> mayPart(const Theorem& theorem, const Subject& subject) {
  if (theorem.unless == nullptr || subject.against == nullptr) return {};
  return theorem.unless(*subject.rules, *subject.against);
}

Result prove(const Theorem& theorem, const Subject& subject, const Budget& budget) {
  Result result;
  result.theorem = &theorem;
  result.ruleSet = subject.name();
  result.budget = budget;
  std::optional<Question> question = questionFor(subject, result.reason);
  if (!question) return result;
  result = run(theorem, *question, budget);
  result.ruleSet = subject.name();
  if (result.verdict != smt::ProofVerdict::refuted || theorem.scene == nullptr) return result;
  // A counterexample that a trace can show is better, if there is one.
  question->expressible = true;
  Result expressible = run(theorem, *question, budget);
  if (expressible.counterexample) result.counterexample = std::move(expressible.counterexample);
  return result;
}

Result prove(const Theorem& theorem, const Subject& subject) {
  return prove(theorem, subject, theorem.budget);
}

std::vector<Planted> plantedIn(const Theorem& theorem, const Subject& subject) {
  const trace::RuleSet& rules = *subject.rules;
  std::vector<Planted> result;
  for (const Unless& condition : mayPart(theorem, subject))
    result.push_back({dropKnob, condition.knob});
  const std::vector<trace::Knob> knobs = trace::knobs(rules);
  for (const Planted& planted : theorem.planted) {
    if (planted.guard && *planted.guard != rules.guard) continue;
    if (planted.where != nullptr && !planted.where(rules)) continue;
    if (planted.knob == pageKnob) {
      trace::With with;
      with.page = std::stoull(std::string(planted.value));
      std::string ignored;
      if (with.page == rules.page || !trace::makeParameters(rules, with, ignored)) continue;
    }
    const auto own = std::find_if(knobs.begin(), knobs.end(),
                                  [&](const trace::Knob& k) { return k.name == planted.knob; });
    if (own != knobs.end() && own->value == planted.value) continue; // has no effect
    result.push_back(planted);
  }
  return result;
}

SelfCheck checkPlanted(const Theorem& theorem, const Subject& subject, const Planted& planted) {
  return checkPlanted(theorem, subject, planted, theorem.budget);
}

SelfCheck checkPlanted(const Theorem& theorem, const Subject& subject, const Planted& planted,
                       const Budget& budget) {
  SelfCheck check;
  check.planted = planted;
  std::optional<Question> question = questionFor(subject, check.problem);
  if (!question) return check;
  trace::RuleSet wrong;
  if (!plant(planted, *question, wrong, check.problem)) return check;
  question->expressible = theorem.scene != nullptr;
  check.result = run(theorem, *question, budget, theorem.scene != nullptr ? &planted : nullptr);
  check.result.ruleSet = subject.name();
  if ((theorem.unless != nullptr || !planted.visible) &&
      check.result.verdict == smt::ProofVerdict::proved) {
    // No trace shows it.
    question->expressible = false;
    check.result = run(theorem, *question, budget);
    check.result.ruleSet = subject.name();
    check.caught = check.result.verdict == smt::ProofVerdict::refuted;
    if (!check.caught && theorem.unless != nullptr)
      check.problem = "the two rule sets agree under this condition too";
    else if (!check.caught)
      check.problem = std::string(smt::name(check.result.verdict)) + ": " + check.result.reason;
    return check;
  }
  if (check.result.verdict != smt::ProofVerdict::refuted) {
    check.problem = std::string(smt::name(check.result.verdict)) + ": " + check.result.reason;
    return check;
  }
  if (theorem.scene != nullptr) {
    const std::optional<Counterexample>& shown = check.result.counterexample;
    if (!shown)
      check.problem = check.result.reason;
    else if (planted.visible && theorem.unless == nullptr && !shown->outcomesDiffer)
      check.problem = "replayed, the trace's outcomes are the same with the wrong knob";
    else if (!shown->outcomesDiffer && !shown->statesDiffer)
      check.problem = "replayed, the trace is the same with the wrong knob";
  }
  check.caught = check.problem.empty();
  return check;
}

int exitCode(smt::ProofVerdict verdict) {
  switch (verdict) {
  case smt::ProofVerdict::proved:
    return 0;
  case smt::ProofVerdict::refuted:
    return 1;
  case smt::ProofVerdict::unknown:
    return 3;
  case smt::ProofVerdict::error:
    return 4;
  }
  return 4;
}

smt::ProofVerdict worse(smt::ProofVerdict a, smt::ProofVerdict b) {
  const auto rank = [](smt::ProofVerdict v) {
    return v == smt::ProofVerdict::error     ? 3
           : v == smt::ProofVerdict::refuted ? 2
           : v == smt::ProofVerdict::unknown ? 1
                                             : 0;
  };
  return rank(a) < rank(b) ? b : a;
}

std::string solverVersion() {
  return "Z3 " + smt::version();
}

} // namespace growsdown::proofs
