#include "fuzz/program.h"

#include <string>

namespace growsdown::fuzz {

Program toProgram(const trace::RuleSet& rules, const trace::Trace& trace) {
  Program program;
  program.rules = &rules;
  program.with = trace.with;
  if (trace.initial) program.initial = std::make_shared<const trace::State>(*trace.initial);
  program.steps.reserve(trace.records.size());
  for (const trace::Record& record : trace.records) {
    // Nothing is known after the step at which a recorded process died.
    program.steps.push_back(record.step);
    if (record.state.abnormal) break;
  }
  return program;
}

trace::Trace toTrace(const Program& program) {
  trace::Trace trace;
  trace.with = program.with;
  if (program.initial) trace.initial = *program.initial;
  trace.records.resize(program.steps.size());
  for (std::size_t i = 0; i < program.steps.size(); ++i)
    trace.records[i].step = program.steps[i];
  return trace;
}

trace::Parameters repair(Program& program) {
  std::string error;
  if (auto parameters = trace::makeParameters(*program.rules, program.with, error))
    return *parameters;
  program.with.vaBits.reset();
  if (auto parameters = trace::makeParameters(*program.rules, program.with, error))
    return *parameters;
  // An initial state belongs to its page size.
  program.with.page.reset();
  program.initial.reset();
  if (auto parameters = trace::makeParameters(*program.rules, program.with, error))
    return *parameters;
  program.with = {};
  return trace::makeParameters(*program.rules, program.with, error).value();
}

} // namespace growsdown::fuzz
