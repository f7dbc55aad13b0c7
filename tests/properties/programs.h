// RapidCheck generators of the fuzzers' programs: the mutator generates steps for the model's
// current state, and shrinking removes steps.
#pragma once

#include "fuzz/mutator.h"
#include "fuzz/program.h"
#include "harness/builtin_systems.h"
#include "trace/text.h"

#include <rapidcheck.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace growsdown::fuzz {

inline void showValue(const Program& program, std::ostream& out) {
  out << "under " << program.rules->name << ":\n" << trace::print(toTrace(program));
}

} // namespace growsdown::fuzz

namespace growsdown::properties {

inline rc::Seq<fuzz::Program> withFewerSteps(const fuzz::Program& program) {
  return rc::seq::map(rc::shrink::removeChunks(program.steps),
                      [program](std::vector<trace::Step>&& steps) {
                        fuzz::Program smaller = program;
                        smaller.steps = std::move(steps);
                        return smaller;
                      });
}

/// Any program: rule set, parameters and up to 60 steps (RapidCheck's size sets how many).
inline rc::Gen<fuzz::Program> programs() {
  return [](const rc::Random& seed, int size) {
    rc::Random source = seed;
    fuzz::Random random(source.next());
    const auto guide = harness::makeModel();
    fuzz::Mutator mutator(*guide);
    fuzz::Program program;
    mutator.generate(random, fuzz::Swarm::draw(random),
                     1 + static_cast<unsigned>(std::min(size, 100)) * 60 / 100, program);
    return rc::shrinkable::shrinkRecur(std::move(program),
                                       [](const fuzz::Program& p) { return withFewerSteps(p); });
  };
}

inline trace::Parameters parametersOf(const fuzz::Program& program) {
  std::string error;
  const auto parameters = trace::makeParameters(*program.rules, program.with, error);
  RC_ASSERT(parameters.has_value());
  return *parameters;
}

} // namespace growsdown::properties
