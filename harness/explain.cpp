#include "harness/explain.h"

#include "harness/hint.h"
#include "harness/observe.h"
#include "harness/starting_state.h"
#include "harness/state_diff.h"
#include "model/process.h"
#include "model/rule.h"
#include "trace/check.h"
#include "trace/text.h"

#include <set>
#include <span>

namespace growsdown::harness {

using trace::Outcome;

namespace {

// The other rules that a step reached, with what each of them says, in the order of the step. Every
// step reaches STEP-DONE.
std::string cameThrough(std::span<const model::Rule> reached, model::Rule decided) {
  std::string text;
  std::set<model::Rule> named{decided, model::Rule::stepDone};
  for (const model::Rule rule : reached) {
    if (!named.insert(rule).second) continue;
    const model::RuleInfo& info = model::info(rule);
    text += "    " + std::string(info.id) + ": " + std::string(info.title) + "\n";
  }
  return text;
}

// The rule that decided the last step, which is step `i`, and the others that it reached.
std::string decision(const model::Process& process, const trace::Trace& trace, std::size_t i) {
  const model::RuleInfo& rule = model::info(process.decidingRule());
  std::string text = "  decided by " + std::string(rule.id) + ": " + std::string(rule.title) + "\n";
  text += "    " + std::string(rule.text) + "\n";
  text += "    source: " + std::string(rule.source) + "\n";
  if (const std::string hint = hintFor(rule.id, trace, i); !hint.empty())
    text += "    hint: " + hint + "\n";
  if (const std::string others = cameThrough(process.reachedRules(), rule.rule); !others.empty())
    text += "  came through\n" + others;
  return text;
}

std::string signedText(std::uint64_t value) {
  const auto n = static_cast<std::int64_t>(value);
  return (n < 0 ? "" : "+") + std::to_string(n);
}

std::string counters(const trace::Counters& c) {
  return "size " + signedText(c.total) + " stack " + signedText(c.stack) + " locked " +
         signedText(c.locked) + " data " + signedText(c.data) + " committed " +
         signedText(c.committed) + " tables " + signedText(c.tables) + " faults " +
         std::to_string(c.faults);
}

} // namespace

std::string explain(const trace::Parameters& parameters, const trace::Trace& trace,
                    const ExplainOptions& options) {
  GROWSDOWN_CHECK(parameters.rules != nullptr);
  model::Process process;
  std::string text;
  trace::State state, before;
  trace::Observation observed;
  Observer observer;
  Expectation expectation;
  trace::State initial;
  process.start(parameters, startingState(parameters, trace, initial));
  observer.start();
  process.snapshot(before);
  observer.observe(before, observed);
  expectation.start(observed);
  DrawOptions atStart;
  atStart.most = options.most;
  if (trace.initial && options.only == 0)
    text += "start\n" + draw(before, parameters, atStart) + "\n";

  for (std::size_t i = 0; i < trace.records.size(); ++i) {
    const trace::Record& record = trace.records[i];
    const bool wanted = options.only == 0 || options.only == i + 1;
    const Outcome outcome = process.apply(record.step);
    process.snapshot(state);
    observer.after(record.step, outcome);
    observer.observe(state, observed);
    const auto difference = expectation.compare(record.state, observed);
    if (wanted) {
      text += "step " + std::to_string(i + 1) + ": " + trace::print(record.step) + "\n  -> " +
              describe(outcome) + "\n";
      if (record.expected.kind != Outcome::Kind::unspecified &&
          !sameOutcome(record.step, record.expected, outcome))
        text += "  !! the trace expects " + describe(record.expected) + "\n";
      if (difference)
        text += "  !! " + difference->field + ": the trace expects " + difference->left + ", got " +
                difference->right + "\n";
      text += decision(process, trace, i);
      DrawOptions drawing;
      drawing.most = options.most;
      if (trace::has(record.step.op, trace::Operand::address))
        drawing.touched = record.step.address;
      if (!options.drawAlways && i > 0 && sameState<shown::all & ~shown::faults>(before, state))
        text += "  the address space stays as it was\n";
      else
        text += draw(state, parameters, drawing);
      text += "    " + counters(state.counters) + "\n\n";
    }
    if (outcome.kind == Outcome::Kind::unknown) {
      text += "The trace ends here: the system cannot say what happens.\n";
      break;
    }
    if (record.state.abnormal) {
      text += "The recorded process died or hung here; nothing is expected from here on.\n\n";
    }
    before.areas.swap(state.areas);
    before.pages.swap(state.pages);
    before.objects.swap(state.objects);
    before.objectPages.swap(state.objectPages);
    before.counters = state.counters;
  }
  return text;
}

} // namespace growsdown::harness
