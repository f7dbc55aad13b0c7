#include "proofs/counterexample.h"

#include "model/process.h"
#include "model/start.h"
#include "trace/shown.h"
#include "trace/text.h"

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

// Adds steps that make the effect of the last step visible. Accesses show the fate of pages. If the
// step gave an area an anon_vma, an mprotect to the rights of a neighbour shows whose it is.
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

// The state after the last step, as a trace shows it.
void show(const trace::Trace& t, const Replayed& seen, trace::Observation& out) {
  bool tables = true;
  for (std::size_t i = 0; i < t.records.size(); ++i)
    if (t.records[i].step.op == Op::fork ||
        seen.outcomes[i].kind == trace::Outcome::Kind::okElsewhere)
      tables = false;
  trace::show(seen.state, tables, out);
}

// Theorems of pairs do not compare what only /proc shows, and the shape of page tables.
void forgetShown(trace::State& state) {
  for (trace::Area& area : state.areas)
    area.shownStart = area.start;
  state.counters.data = 0;
  state.counters.tables = 0;
}

// The trace to a theorem of pairs, replayed under both rule sets.
std::optional<Counterexample> pairShown(const Question& question, Counterexample found,
                                        const trace::Parameters& left,
                                        const trace::Parameters& right, std::string& problem) {
  trace::Trace& t = found.trace;
  const auto replayUnder = [&](const trace::Parameters& parameters) -> std::optional<Replayed> {
    trace::State initial = *t.initial;
    if (const std::optional<std::string> why = model::completeStart(parameters, initial)) {
      problem = "no trace can start in this state: " + *why;
      return std::nullopt;
    }
    Replayed seen = replay(parameters, t, initial);
    forgetShown(seen.state);
    return seen;
  };
  const auto differ = [](const Replayed& a, const Replayed& b) {
    return a.outcomes != b.outcomes || !(a.state == b.state);
  };
  // With the address layout of the right rule set the two may agree.
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

// The first comment line of the trace.
std::string title(const Theorem& theorem, const Question& question, std::string_view obligation) {
  const std::string what = " (" + std::string(obligation) + ")";
  if (theorem.unless == nullptr)
    return "# Counterexample to " + std::string(theorem.name) + what + " under " +
           std::string(question.demanded->name);
  return "# " + std::string(question.demanded->name) + ", as shown, and " +
         std::string(question.parameters.rules->name) + " part" + what;
}

// A trace that leads to the scene and performs its step. Has no expected outcomes yet.
trace::Trace sceneAsTrace(const Question& question, const Scene& scene) {
  const model::Space<model::Concrete>& s = scene.space;
  trace::Trace t;
  t.with.minAddr = s.minAddr;
  if (s.effectiveMinAddr > s.minAddr) t.with.lsmMinAddr = s.effectiveMinAddr;
  if (scene.step.op != Op::touch) t.with.maxMapCount = s.maxMapCount; // no fault depends on it
  t.initial = model::stateOf(s);
  // The start counts its areas; only the commitment may include more.
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
  t.records.push_back(record(scene.step));
  return t;
}

// Replays the trace with the right rules and with the wrong ones, or with the planted bug.
void compare(const Question& question, const trace::Parameters& right,
             const trace::Parameters& wrong, const trace::State& initial, const trace::Step& step,
             Counterexample& found) {
  trace::Trace& t = found.trace;
  const bool hasBug = question.bug != planted::Bug::none;
  if (hasBug) { // the reference numbers frames and anon_vmas differently from the model
    found.statesDiffer = !(replayPlanted(planted::Bug::none, right, t, initial).state ==
                           replayPlanted(question.bug, right, t, initial).state);
    probe(t, step);
  } else {
    found.statesDiffer = !(replay(right, t, initial).state == replay(wrong, t, initial).state);
  }
  const Replayed demanded = replay(right, t, initial);
  const Replayed done =
      hasBug ? replayPlanted(question.bug, right, t, initial) : replay(wrong, t, initial);
  for (std::size_t i = 0; i < t.records.size(); ++i)
    t.records[i].expected = demanded.outcomes[i];
  found.outcomesDiffer = demanded.outcomes != done.outcomes;
  if (hasBug) {
    trace::Observation wronglyShown;
    show(t, done, wronglyShown);
    show(t, demanded, t.records.back().state);
    found.outcomesDiffer |= !(wronglyShown == t.records.back().state);
  }
}

} // namespace

std::optional<Counterexample> counterexample(const Theorem& theorem, const Question& question,
                                             const Witness& witness, std::string_view obligation,
                                             std::string& problem) {
  const std::optional<Scene> scene = theorem.scene(question, witness);
  if (!scene) {
    problem = "the theorem has no trace for its counterexamples";
    return std::nullopt;
  }
  Counterexample found;
  found.trace = sceneAsTrace(question, *scene);
  found.trace.before.push_back(title(theorem, question, obligation));
  const std::optional<trace::Parameters> right =
      trace::makeParameters(*question.demanded, found.trace.with, problem);
  if (!right) return std::nullopt;
  trace::Parameters wrong = *right;
  wrong.rules = question.parameters.rules;
  wrong.geometry = question.parameters.geometry;
  if (theorem.unless != nullptr)
    return pairShown(question, std::move(found), *right, wrong, problem);
  trace::State initial = *found.trace.initial;
  if (const std::optional<std::string> why = model::completeStart(*right, initial)) {
    problem = "no trace can start in this state: " + *why;
    return std::nullopt;
  }
  compare(question, *right, wrong, initial, scene->step, found);
  found.text = trace::print(found.trace);
  return found;
}

} // namespace growsdown::proofs
