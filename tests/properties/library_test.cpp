// Properties of the public library, on generated programs in the whole address space.
#include "tests/library/library_system.h"
#include "tests/properties/programs.h"

#include "harness/builtin_systems.h"
#include "harness/run.h"
#include "trace/ruleset.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

using namespace growsdown;
using properties::programs;
using tests::LibrarySystem;

namespace {

trace::Parameters wholeParameters(const fuzz::Program& program) {
  std::string error;
  auto parameters = trace::makeParameters(*program.rules, program.with, error);
  RC_ASSERT(parameters.has_value());
  parameters->wholeAddressSpace();
  return *parameters;
}

fuzz::Program fromNothing() {
  fuzz::Program program = *programs();
  program.initial = nullptr;
  return program;
}

/// Applies a step unless the address space is full.
bool applied(LibrarySystem& system, const trace::Step& step, trace::Outcome& outcome) {
  outcome = system.apply(step);
  return outcome.kind != trace::Outcome::Kind::unknown;
}

} // namespace

// Outcome, areas, pages and counters after every step; and a mirror that is kept from events alone
// has the same pages.
RC_GTEST_PROP(Library, agreesWithTheModelAndItsMirror, ()) {
  const fuzz::Program program = fromNothing();
  const auto model = harness::makeModel();
  LibrarySystem library(true);
  harness::Differential differential(*model, library);
  const harness::RunResult& result =
      differential.run(wholeParameters(program), fuzz::toTrace(program));
  RC_CLASSIFY(result.verdict == harness::Verdict::unknown, "out of memory");
  RC_CLASSIFY(library.mirror.events > 20, "more than 20 events");
  if (result.verdict == harness::Verdict::diverged || result.verdict == harness::Verdict::error)
    RC_FAIL(std::string(harness::name(result.verdict)) + " at step " +
            std::to_string(result.step + 1) + ": " + result.difference.field + ": " +
            result.difference.left + " / " + result.difference.right + " " + result.reason + " (" +
            result.rule + ")");
}

// Private pages keep their contents until they are unmapped: an event that loses or copies contents
// is an error of the mirror. Contents of pages that a fork or a move leaves alone stay the same.
RC_GTEST_PROP(Library, protectionAndForkKeepContents, ()) {
  const fuzz::Program program = fromNothing();
  LibrarySystem library(true);
  library.start(wholeParameters(program), nullptr);
  trace::Outcome outcome;
  for (const trace::Step& step : program.steps) {
    const auto before = library.mirror.pages;
    if (!applied(library, step, outcome)) return;
    if (step.op != trace::Op::mprotect && step.op != trace::Op::fork && step.op != trace::Op::touch)
      continue;
    for (const auto& [address, page] : library.mirror.pages)
      if (const auto old = before.find(address); old != before.end())
        RC_ASSERT(old->second.contents == page.contents);
  }
}

// A clone answers as the original does, and neither notices what happens to the other.
RC_GTEST_PROP(Library, clonesHaveTheSameFuture, ()) {
  const fuzz::Program program = fromNothing();
  const auto half = program.steps.size() / 2;
  LibrarySystem original;
  original.start(wholeParameters(program), nullptr);
  trace::Outcome outcome, other;
  for (std::size_t i = 0; i < half; ++i)
    if (!applied(original, program.steps[i], outcome)) return;
  LibrarySystem twin;
  twin.start(wholeParameters(program), nullptr);
  twin.space() = original.space().clone();
  trace::State left, right;
  for (std::size_t i = half; i < program.steps.size(); ++i) {
    const bool goesOn = applied(original, program.steps[i], outcome);
    RC_ASSERT(applied(twin, program.steps[i], other) == goesOn);
    RC_ASSERT(outcome == other);
    if (!goesOn) return;
  }
  original.snapshot(left);
  twin.snapshot(right);
  RC_ASSERT(left == right);
}
