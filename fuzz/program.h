// The fuzzers' form of a trace: without expectations, comments and places.
#pragma once

#include "trace/trace.h"

#include <memory>
#include <vector>

namespace growsdown::fuzz {

struct Program {
  const trace::RuleSet* rules = nullptr;
  trace::With with;
  std::shared_ptr<const trace::State> initial; ///< null: empty windows
  std::vector<trace::Step> steps;
};

/// The steps of a trace, under a rule set.
Program toProgram(const trace::RuleSet& rules, const trace::Trace& trace);

/// The program as a trace that expects nothing.
trace::Trace toTrace(const Program& program);

/// The program's parameters. First drops `with` keys that are out of range, or that name a page
/// size or address width which the rule set does not have.
trace::Parameters repair(Program& program);

} // namespace growsdown::fuzz
