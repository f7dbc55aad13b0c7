#include "fuzz/reach.h"

#include "fuzz/seeds.h"
#include "harness/builtin_systems.h"
#include "harness/metadata.h"
#include "trace/text.h"

#include <utility>

namespace growsdown::fuzz {

Reach::Reach(Features& seen) : model_(harness::makeModel()), features_(seen) {}

unsigned Reach::add(Program program) {
  const trace::Parameters parameters = repair(program);
  model_->start(parameters, program.initial.get());
  features_.start();
  state_.clear();
  unsigned fresh = 0;
  for (const trace::Step& step : program.steps) {
    const trace::Outcome outcome = model_->apply(step);
    if (outcome.kind == trace::Outcome::Kind::unknown) break;
    model_->update(state_);
    fresh += features_.observe(parameters, step, outcome, model_->decidingRule(),
                               model_->ruleHits(), state_);
  }
  return fresh;
}

unsigned Reach::addText(std::string_view text) {
  unsigned fresh = 0;
  for (Program& program : programsOf(text))
    fresh += add(std::move(program));
  return fresh;
}

std::vector<Program> programsOf(std::string_view text) {
  std::vector<Program> programs;
  const trace::ParseResult parsed = trace::parse(text, "corpus");
  for (const trace::Trace& trace : parsed.traces) {
    std::vector<const trace::RuleSet*> sets;
    for (const std::string& name : harness::metadata(trace).sets)
      if (const trace::RuleSet* const set = trace::findRuleSet(name)) sets.push_back(set);
    if (sets.empty()) sets.push_back(trace::findRuleSet(trace::defaultRuleSet));
    addSeeds({trace}, sets, programs);
  }
  return programs;
}

std::string textOf(const Program& program) {
  trace::Trace trace = toTrace(program);
  trace.before = {"# sets: " + std::string(program.rules->name)};
  return trace::print(trace);
}

} // namespace growsdown::fuzz
