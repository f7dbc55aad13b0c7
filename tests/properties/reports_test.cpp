// Comparisons and checks that rely on reports of changes have the same results as those of whole
// states.
#include "harness/run.h"
#include "harness/space_system.h"
#include "model/invariant_watch.h"
#include "model/invariants.h"
#include "model/process.h"
#include "planted/address_space.h"
#include "planted/bugs.h"
#include "tests/properties/programs.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace growsdown;
using properties::parametersOf;
using properties::programs;

namespace {

using Planted = harness::SpaceSystem<planted::AddressSpace>;

harness::RunResult compare(const fuzz::Program& program, bool trust, bool modelFirst) {
  const auto model = harness::makeModel();
  Planted reference;
  harness::System* const systems[] = {model.get(), &reference};
  harness::Differential differential(*systems[modelFirst ? 0 : 1], *systems[modelFirst ? 1 : 0]);
  differential.trustReports = trust;
  return differential.run(parametersOf(program), fuzz::toTrace(program));
}

/// Changes something in a state so that an invariant may break.
void corrupt(trace::State& state, fuzz::Random& random) {
  const std::uint64_t page = 4096;
  if (!state.pages.empty() && random.chance(50)) {
    trace::Page& p = state.pages[random.below(state.pages.size())];
    switch (random.below(6)) {
    case 0:
      p.address += page;
      break;
    case 1:
      p.prot ^= static_cast<std::uint8_t>(1U << random.below(3));
      break;
    case 2:
      p.frame = state.pages[random.below(state.pages.size())].frame;
      break;
    case 3:
      p.kind = static_cast<trace::Page::Kind>(random.below(3));
      break;
    case 4:
      p.inherited = !p.inherited;
      break;
    default:
      p.address += 1;
    }
  } else if (!state.areas.empty() && random.chance(75)) {
    trace::Area& a = state.areas[random.below(state.areas.size())];
    switch (random.below(6)) {
    case 0:
      a.end += page;
      break;
    case 1:
      a.start += page;
      break;
    case 2:
      a.flags ^= 1U << random.below(8);
      break;
    case 3:
      a.anon = 0;
      break;
    case 4:
      a.object = random.below(3);
      break;
    default:
      a.pgoff += 1;
    }
  } else {
    std::uint64_t* const counters[] = {&state.counters.total, &state.counters.tables,
                                       &state.counters.locked, &state.counters.mapCount};
    *counters[random.below(4)] += 1;
  }
}

} // namespace

// The verdict, its step and its text are the same, with or without a bug.
RC_GTEST_PROP(Reports, findWhatWholeStatesShow, ()) {
  const fuzz::Program program = *programs();
  std::vector<planted::BugInfo> bugs;
  for (const planted::BugInfo& bug : planted::allBugs())
    if (!bug.endsProcess()) bugs.push_back(bug);
  const std::size_t which = *rc::gen::inRange<std::size_t>(0, bugs.size() + 1);
  const bool modelFirst = *rc::gen::arbitrary<bool>();
  const planted::ScopedBug scope(which < bugs.size() ? bugs[which].bug : planted::Bug::none);
  const harness::RunResult whole = compare(program, false, modelFirst);
  const harness::RunResult reported = compare(program, true, modelFirst);
  RC_CLASSIFY(whole.verdict == harness::Verdict::diverged, "differs");
  if (whole.verdict == harness::Verdict::error) RC_FAIL(whole.reason);
  RC_ASSERT(reported.verdict == whole.verdict);
  RC_ASSERT(reported.what == whole.what);
  RC_ASSERT(reported.steps == whole.steps);
  RC_ASSERT(reported.step == whole.step);
  RC_ASSERT(reported.rule == whole.rule);
  RC_ASSERT(reported.brokenInvariants == whole.brokenInvariants);
  if (whole.verdict == harness::Verdict::diverged)
    RC_ASSERT(reported.difference == whole.difference);
}

// An invariant that a change breaks is noticed, and none that holds is reported.
RC_GTEST_PROP(Reports, theWatchFindsWhatAllInvariantsFind, (std::uint64_t seed)) {
  const fuzz::Program program = *programs();
  const trace::Parameters parameters = parametersOf(program);
  fuzz::Random random(seed);
  model::Process process;
  process.start(parameters, nullptr);
  model::InvariantWatch watch;
  watch.start(parameters);
  trace::State before;
  trace::State now;
  for (const trace::Step& step : program.steps) {
    if (process.apply(step).kind == trace::Outcome::Kind::unknown) return;
    trace::StateChanges changes = process.update(now);
    const bool corrupts = random.chance(5);
    if (corrupts) {
      corrupt(now, random);
      changes = {};
    }
    const bool holds = watch.holds(before, now, changes);
    RC_ASSERT(holds == (model::firstBroken(now, parameters) == nullptr));
    RC_CLASSIFY(!holds, "broken");
    if (corrupts) return;
    before = now;
  }
}
