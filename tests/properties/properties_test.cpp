// Properties of generated traces. Seed and number of cases come from RC_PARAMS.
#include "tests/properties/marks.h"
#include "tests/properties/programs.h"

#include "harness/run.h"
#include "harness/shrink.h"
#include "trace/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace growsdown;
using properties::parametersOf;
using properties::programs;

namespace {

std::vector<trace::Step> stepsOf(const trace::Trace& trace) {
  std::vector<trace::Step> steps;
  for (const trace::Record& record : trace.records)
    steps.push_back(record.step);
  return steps;
}

/// An observation without the parts that its text omits.
trace::Observation said(trace::Observation state) {
  if (!state.pages.hasTables) state.pages.tables = 0;
  if (!state.hasPages) state.pages = {};
  if (state.hasPages) state.hasMap = true; // no `= map` lines: no areas
  if (!state.hasFaults) state.faults = 0;
  return state;
}

/// Describes a difference, for the report of a failed case.
std::string describe(const harness::RunResult& result) {
  return std::string(harness::name(result.verdict)) + " at step " +
         std::to_string(result.step + 1) + ": " + result.difference.field + ": " +
         result.difference.left + " / " + result.difference.right + " " + result.reason + " " +
         result.brokenInvariants + " (" + result.rule + ")";
}

} // namespace

// Outcome and whole state after every step, and every named invariant on both sides.
RC_GTEST_PROP(Properties, modelAndReferenceAgreeAndKeepTheInvariants, ()) {
  const fuzz::Program program = *programs();
  const auto model = properties::judgedModel();
  const auto reference = harness::makeReference();
  harness::Differential differential(*model, *reference);
  const harness::RunResult& result =
      differential.run(parametersOf(program), fuzz::toTrace(program));
  RC_CLASSIFY(result.verdict == harness::Verdict::unknown, "out of memory");
  if (result.verdict == harness::Verdict::diverged || result.verdict == harness::Verdict::error)
    RC_FAIL(describe(result));
}

// The model alone keeps the invariants, too.
RC_GTEST_PROP(Properties, theModelKeepsTheInvariants, ()) {
  const fuzz::Program program = *programs();
  const auto model = properties::judgedModel();
  harness::Replayer replayer(*model);
  const harness::RunResult& result = replayer.run(parametersOf(program), fuzz::toTrace(program));
  if (result.verdict == harness::Verdict::diverged || result.verdict == harness::Verdict::error)
    RC_FAIL(describe(result));
}

// A system that is started again remembers nothing of the previous trace.
RC_GTEST_PROP(Properties, startForgets, ()) {
  const fuzz::Program first = *programs();
  const fuzz::Program second = *programs();
  const auto check = [&](harness::System& used, harness::System& fresh) {
    const trace::Parameters before = parametersOf(first);
    used.start(before, nullptr);
    for (const trace::Step& step : first.steps)
      if (used.apply(step).kind == trace::Outcome::Kind::unknown) break;
    harness::Differential differential(used, fresh);
    const harness::RunResult& result =
        differential.run(parametersOf(second), fuzz::toTrace(second));
    if (result.verdict == harness::Verdict::diverged || result.verdict == harness::Verdict::error)
      RC_FAIL(describe(result));
  };
  check(*properties::judgedModel(), *properties::judgedModel());
  check(*harness::makeReference(), *harness::makeReference());
}

// Both systems can start in any state that a trace reached.
RC_GTEST_PROP(Properties, reachedStatesAreStarts, ()) {
  const fuzz::Program first = *programs();
  const fuzz::Program second = *programs();
  const trace::Parameters parameters = parametersOf(first);
  const auto model = properties::judgedModel();
  const auto reference = harness::makeReference();
  model->start(parameters, nullptr);
  for (const trace::Step& step : first.steps)
    RC_PRE(model->apply(step).kind != trace::Outcome::Kind::unknown);
  trace::Trace trace = fuzz::toTrace(second);
  trace.with = first.with;
  model->snapshot(trace.initial.emplace());
  harness::Differential differential(*model, *reference);
  const harness::RunResult& result = differential.run(parameters, trace);
  if (result.verdict == harness::Verdict::diverged || result.verdict == harness::Verdict::error)
    RC_FAIL(describe(result) + "\n" + trace::print(trace));
}

// A recorded trace replays without a difference, and its text form loses nothing.
RC_GTEST_PROP(Properties, annotatedTracesReplayAndSurviveTheirText, ()) {
  const fuzz::Program program = *programs();
  const trace::Parameters parameters = parametersOf(program);
  const auto model = properties::judgedModel();
  const trace::Trace trace = harness::annotate(*model, parameters, fuzz::toTrace(program));
  const std::string text = trace::print(trace);
  const trace::ParseResult parsed = trace::parse(text, "generated");
  if (parsed.error) RC_FAIL(parsed.error->text());
  RC_ASSERT(parsed.traces.size() == 1U);
  const trace::Trace& again = parsed.traces.front();
  RC_ASSERT(again.with == trace.with);
  RC_ASSERT(again.records.size() == trace.records.size());
  for (std::size_t i = 0; i < trace.records.size(); ++i) {
    RC_ASSERT(again.records[i].step == trace.records[i].step);
    RC_ASSERT(again.records[i].expected == trace.records[i].expected);
    RC_ASSERT(said(again.records[i].state) == said(trace.records[i].state));
  }
  RC_ASSERT(trace::print(again) == text);
  harness::Replayer replayer(*model);
  const harness::RunResult& result = replayer.run(parameters, again);
  if (result.verdict == harness::Verdict::diverged || result.verdict == harness::Verdict::error)
    RC_FAIL(describe(result));
}

RC_GTEST_PROP(Properties, decodingUndoesEncoding, ()) {
  const fuzz::Program program = *programs();
  const std::vector<std::uint8_t> bytes = trace::encode(*program.rules, fuzz::toTrace(program));
  const trace::Decoded decoded = trace::decode(bytes);
  RC_ASSERT(decoded.rules->name == program.rules->name);
  RC_ASSERT(decoded.trace.with == program.with);
  RC_ASSERT(stepsOf(decoded.trace) == program.steps);
}

// Every byte string decodes to a trace that can be run, and encoding it preserves its meaning.
RC_GTEST_PROP(Properties, decodingIsTotal, (const std::vector<std::uint8_t>& bytes)) {
  const trace::Decoded decoded = trace::decode(bytes);
  RC_ASSERT(decoded.rules != nullptr);
  std::string error;
  RC_ASSERT(trace::makeParameters(*decoded.rules, decoded.trace.with, error).has_value());
  const trace::Decoded again = trace::decode(trace::encode(*decoded.rules, decoded.trace));
  RC_ASSERT(again.rules == decoded.rules);
  RC_ASSERT(again.trace.with == decoded.trace.with);
  RC_ASSERT(stepsOf(again.trace) == stepsOf(decoded.trace));
}

// Mutations of well-formed programs are well-formed, and depend on the seed only.
RC_GTEST_PROP(Properties, mutationIsDeterministic, (std::uint64_t seed)) {
  const fuzz::Program program = *programs();
  const fuzz::Program other = *programs();
  std::vector<fuzz::Program> results;
  for (int round = 0; round < 2; ++round) {
    const auto guide = harness::makeModel();
    fuzz::Mutator mutator(*guide);
    fuzz::Random random(seed);
    const fuzz::Swarm swarm = fuzz::Swarm::draw(random);
    fuzz::Program mutated = program;
    mutator.mutate(random, swarm, mutated);
    fuzz::Program crossed;
    mutator.cross(random, mutated, other, crossed);
    parametersOf(mutated);
    results.push_back(crossed);
  }
  RC_ASSERT(results[0].rules == results[1].rules);
  RC_ASSERT(results[0].with == results[1].with);
  RC_ASSERT(results[0].steps == results[1].steps);
}
