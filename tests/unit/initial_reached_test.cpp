// States that steps reach pass the check of initial states, and systems can start in them.
#include "harness/builtin_systems.h"
#include "model/start.h"
#include "trace/bytes.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <random>

namespace growsdown {
namespace {

/// Removes what an initial state does not contain: empty tables, and results of the last step.
trace::State said(trace::State state) {
  state.counters.tables = 0;
  state.counters.faults = 0;
  return state;
}

TEST(InitialReached, EveryReachedStateIsOneToStartIn) {
  std::mt19937_64 random(7);
  const auto model = harness::makeModel();
  const auto again = harness::makeModel();
  trace::State state, restarted;
  unsigned states = 0, restarts = 0;
  for (unsigned i = 0; i < 2000; i++) {
    std::vector<std::uint8_t> bytes(trace::byteHeaderSize + 30 * trace::byteRecordSize);
    for (std::uint8_t& byte : bytes)
      byte = static_cast<std::uint8_t>(random());
    const trace::Decoded decoded = trace::decode(bytes);
    std::string error;
    const auto parameters = trace::makeParameters(*decoded.rules, decoded.trace.with, error);
    ASSERT_TRUE(parameters) << error;
    model->start(*parameters, nullptr);
    for (const trace::Record& record : decoded.trace.records) {
      if (model->apply(record.step).kind == trace::Outcome::Kind::unknown) break;
      model->snapshot(state);
      const auto why = model::checkStart(*parameters, state);
      ASSERT_FALSE(why) << *why << "\n" << decoded.rules->name << "\n" << print(decoded.trace);
      states++;
      if (states % 16 != 0) continue;

      // Through its text form, with no counter except the charge, which areas do not determine.
      trace::State written = state;
      written.counters = {};
      written.counters.committed = state.counters.committed;
      const std::string text = "growsdown-trace 1\n" + trace::printInitial(written) + "fork\n";
      const trace::ParseResult parsed = trace::parse(text, "state");
      ASSERT_FALSE(parsed.error) << parsed.error->text() << "\n" << text;
      trace::State initial = *parsed.traces.at(0).initial;
      const auto refused = model::completeStart(*parameters, initial);
      ASSERT_FALSE(refused) << *refused << "\n" << text;
      again->start(*parameters, &initial);
      again->snapshot(restarted);
      ASSERT_EQ(said(restarted), said(state)) << text << "became\n"
                                              << trace::printInitial(restarted);
      restarts++;
    }
  }
  EXPECT_GT(states, 20000U);
  EXPECT_GT(restarts, 1000U);
}

} // namespace
} // namespace growsdown
