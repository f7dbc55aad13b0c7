#include "proofs/prove.h"

#include "model/process.h"
#include "model/start.h"
#include "trace/shown.h"
#include "trace/text.h"

#include <algorithm>
#include <iterator>

namespace growsdown::proofs {
namespace {

using trace::LimitKind;
using trace::Op;

trace::Record record(const trace::Step& step) {
  trace::Record r;
  r.step = step;
  return r;
}

trace::Step limit(LimitKind kind, std::uint64_t bytes) {
  trace::Step step;
  step.op = Op::limit;
  step.limit = kind;
  step.length = bytes;
  return step;
}

Replayed replay(const trace::Parameters& parameters, const trace::Trace& trace,
                const trace::State& initial) {
  model::Process process;
  process.start(parameters, &initial);
  Replayed seen;
  for (const trace::Record& r : trace.records)
    seen.outcomes.push_back(process.apply(r.step));
  process.snapshot(seen.state);
  return seen;
}

// What a step did to pages shows when they are touched; what anon_vma it gave an area, when that
// gets the rights of the neighbour whose it may be.
void probe(trace::Trace& t, const trace::Step& last) {
  for (const trace::Page& page : t.initial->pages)
    for (const trace::Access access : {trace::Access::read, trace::Access::write}) {
      trace::Step step;
      step.op = Op::touch;
      step.access = access;
      step.address = page.address;
      t.records.push_back(record(step));
    }
  const std::vector<trace::Area>& areas = t.initial->areas;
  for (std::size_t i = 0; last.op == Op::touch && i < areas.size(); ++i) {
    const trace::Area& area = areas[i];
    if (area.anon != 0 || last.address < area.start || last.address >= area.end) continue;
    const trace::Area* lender = nullptr;
    if (i > 0 && areas[i - 1].end == area.start && areas[i - 1].anon != 0) lender = &areas[i - 1];
    if (i + 1 < areas.size() && areas[i + 1].start == area.end && areas[i + 1].anon != 0)
      lender = &areas[i + 1];
    if (lender == nullptr) continue;
    trace::Step step;
    step.op = Op::mprotect;
    step.address = area.start;
    step.length = area.end - area.start;
    step.prot = static_cast<std::uint8_t>(lender->flags & trace::vm::access);
    t.records.push_back(record(step));
  }
}

// The state behind the last step, as a trace shows it.
void show(const trace::Trace& t, const Replayed& seen, trace::Observation& out) {
  bool tables = true;
  for (std::size_t i = 0; i < t.records.size(); ++i)
    if (t.records[i].step.op == Op::fork ||
        seen.outcomes[i].kind == trace::Outcome::Kind::okElsewhere)
      tables = false;
  trace::show(seen.state, tables, out);
}

// What /proc shows of a state, and the shape of page tables: no matter of theorems of pairs.
void forgetShown(trace::State& state) {
  for (trace::Area& area : state.areas)
    area.shownStart = area.start;
  state.counters.data = 0;
  state.counters.tables = 0;
}

// A trace of a pair: replayed under either rule set.
std::optional<Counterexample> pairShown(const Question& question, Counterexample found,
                                        const trace::Parameters& left,
                                        const trace::Parameters& right, std::string& problem) {
  trace::Trace& t = found.trace;
  const auto replayUnder = [&](const trace::Parameters& parameters) -> std::optional<Replayed> {
    trace::State initial = *t.initial;
    if (const std::optional<std::string> why = model::completeStart(parameters, initial)) {
      problem = "the counterexample is no state to start from: " + *why;
      return std::nullopt;
    }
    Replayed seen = replay(parameters, t, initial);
    forgetShown(seen.state);
    return seen;
  };
  const auto differ = [](const Replayed& a, const Replayed& b) {
    return a.outcomes != b.outcomes || !(a.state == b.state);
  };
  // The right rule set has a layout of its own, in which the two need not part.
  const auto own = trace::makeParameters(*question.parameters.rules, t.with, problem);
  if (!own) return std::nullopt;
  const std::optional<Replayed> one = replayUnder(left);
  const std::optional<Replayed> here = replayUnder(right);
  const std::optional<Replayed> there = replayUnder(*own);
  if (!one || !here || !there) return std::nullopt;
  found.byLayout = differ(*one, *here) && !differ(*one, *there);
  const Replayed& other = found.byLayout ? *here : *there;
  for (std::size_t i = 0; i < t.records.size(); ++i)
    t.records[i].expected = one->outcomes[i];
  found.outcomesDiffer = one->outcomes != other.outcomes;
  found.statesDiffer = !(one->state == other.state);
  found.text = trace::print(t);
  return found;
}

// The scene as a trace, with what `demanded` expects; compared with what the text's rules do.
std::optional<Counterexample> traceOf(const Theorem& theorem, const Question& question,
                                      const Witness& witness, std::string_view obligation,
                                      std::string& problem) {
  const std::optional<Scene> scene = theorem.scene(question, witness);
  if (!scene) {
    problem = "the theorem has no trace for its counterexamples";
    return std::nullopt;
  }
  const model::Space<model::Concrete>& s = scene->space;
  Counterexample found;
  trace::Trace& t = found.trace;
  if (theorem.unless == nullptr)
    t.before.push_back("# Counterexample to " + std::string(theorem.name) + " (" +
                       std::string(obligation) + ") under " + std::string(question.demanded->name));
  else
    t.before.push_back("# " + std::string(question.demanded->name) + ", as shown, and " +
                       std::string(question.parameters.rules->name) + " part (" +
                       std::string(obligation) + ")");
  t.with.minAddr = s.minAddr;
  if (s.effectiveMinAddr > s.minAddr) t.with.lsmMinAddr = s.effectiveMinAddr;
  if (scene->step.op != Op::touch) t.with.maxMapCount = s.maxMapCount; // no fault looks at it
  t.initial = model::stateOf(s);
  // What the areas count for, but for what nobody counts.
  t.initial->counters = {};
  t.initial->counters.committed = s.counters.committed;
  t.records.push_back(record(limit(LimitKind::stack, s.limits.stack)));
  t.records.push_back(record(limit(LimitKind::as, s.limits.as)));
  t.records.push_back(record(limit(LimitKind::memlock, s.limits.memlock)));
  if (s.limits.data != trace::unlimited)
    t.records.push_back(record(limit(LimitKind::data, s.limits.data)));
  if (question.demanded->stackPointerSlack + question.parameters.rules->stackPointerSlack != 0) {
    trace::Step step;
    step.op = Op::sp;
    step.address = s.stackPointer;
    t.records.push_back(record(step));
  }
  if (!s.capable) {
    trace::Step step;
    step.op = Op::capable;
    t.records.push_back(record(step));
  }
  t.records.push_back(record(scene->step));

  const std::optional<trace::Parameters> right =
      trace::makeParameters(*question.demanded, t.with, problem);
  if (!right) return std::nullopt;
  trace::Parameters wrong = *right;
  wrong.rules = question.parameters.rules;
  wrong.geometry = question.parameters.geometry;
  if (theorem.unless != nullptr)
    return pairShown(question, std::move(found), *right, wrong, problem);
  trace::State initial = *t.initial;
  if (const std::optional<std::string> why = model::completeStart(*right, initial)) {
    problem = "the counterexample is no state to start from: " + *why;
    return std::nullopt;
  }
  if (question.bug == planted::Bug::none) {
    found.statesDiffer = !(replay(*right, t, initial).state == replay(wrong, t, initial).state);
  } else { // the reference names frames and anon_vmas in its own way
    found.statesDiffer = !(replayPlanted(planted::Bug::none, *right, t, initial).state ==
                           replayPlanted(question.bug, *right, t, initial).state);
    probe(t, scene->step);
  }
  const Replayed demanded = replay(*right, t, initial);
  const Replayed done = question.bug == planted::Bug::none
                            ? replay(wrong, t, initial)
                            : replayPlanted(question.bug, *right, t, initial);
  for (std::size_t i = 0; i < t.records.size(); ++i)
    t.records[i].expected = demanded.outcomes[i];
  found.outcomesDiffer = demanded.outcomes != done.outcomes;
  if (question.bug != planted::Bug::none) {
    trace::Observation wronglyShown;
    show(t, done, wronglyShown);
    show(t, demanded, t.records.back().state);
    found.outcomesDiffer |= !(wronglyShown == t.records.back().state);
  }
  found.text = trace::print(t);
  return found;
}

std::optional<Question> questionFor(const Subject& subject, std::string& problem) {
  const std::optional<trace::Parameters> parameters =
      trace::makeParameters(*subject.rules, {}, problem);
  if (!parameters) return std::nullopt;
  Question question;
  question.demanded = subject.rules;
  question.parameters = *parameters;
  if (subject.against != nullptr) {
    if (subject.against->page != subject.rules->page) {
      problem = "the two have pages of different sizes";
      return std::nullopt;
    }
    question.parameters.rules = subject.against;
  }
  question.demandedGeometry = parameters->geometry;
  return question;
}

// The page size is more than a knob: the text's state stays as it is, its pages are others.
constexpr std::string_view pageKnob = "page";
// No knob either: a condition of a theorem of pairs is left out.
constexpr std::string_view dropKnob = "drop";

// Makes the text's side of a question wrong. `rules` is where wrong rules are kept.
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
  // A planted bug's counterexample is to be one that shows it.
  const Accept shows = [&](const Witness& witness, const std::string& obligation) {
    std::string ignored;
    const auto shown = traceOf(theorem, question, witness, obligation, ignored);
    return shown && (shown->outcomesDiffer || (!planted->visible && shown->statesDiffer));
  };
  result.explored = theorem.explore(question, budget, planted != nullptr ? shows : Accept{});
  result.verdict = result.explored.verdict;
  result.reason = result.explored.reason;
  if (question.expressible) result.explored.choices.clear(); // not every side starts a trace
  if (const std::string empty = vacuity(result.explored);
      result.verdict == smt::Verdict::proved && !empty.empty()) {
    result.verdict = smt::Verdict::error;
    result.reason = "vacuous: " + empty;
  }
  if (result.verdict == smt::Verdict::refuted && question.expressible) {
    std::string problem;
    result.counterexample =
        traceOf(theorem, question, result.explored.witness, result.explored.obligation, problem);
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
      met.emplace(required.site.file.substr(required.site.file.rfind('/') + 1), name);
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
  if (result.verdict != smt::Verdict::refuted || theorem.scene == nullptr) return result;
  // A counterexample that a trace can start from says more; there may be none.
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
    if (own != knobs.end() && own->value == planted.value) continue; // that is what it is
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
      check.result.verdict == smt::Verdict::proved) {
    // No trace can start where it shows.
    question->expressible = false;
    check.result = run(theorem, *question, budget);
    check.result.ruleSet = subject.name();
    check.caught = check.result.verdict == smt::Verdict::refuted;
    if (!check.caught && theorem.unless != nullptr)
      check.problem = "the two agree under this condition too";
    else if (!check.caught)
      check.problem = std::string(smt::name(check.result.verdict)) + ": " + check.result.reason;
    return check;
  }
  if (check.result.verdict != smt::Verdict::refuted) {
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

int exitCode(smt::Verdict verdict) {
  switch (verdict) {
  case smt::Verdict::proved:
    return 0;
  case smt::Verdict::refuted:
    return 1;
  case smt::Verdict::unknown:
    return 3;
  case smt::Verdict::error:
    return 4;
  }
  return 4;
}

smt::Verdict worse(smt::Verdict a, smt::Verdict b) {
  const auto rank = [](smt::Verdict v) {
    return v == smt::Verdict::error     ? 3
           : v == smt::Verdict::refuted ? 2
           : v == smt::Verdict::unknown ? 1
                                        : 0;
  };
  return rank(a) < rank(b) ? b : a;
}

std::string solverVersion() {
  return "Z3 " + smt::version();
}

} // namespace growsdown::proofs
