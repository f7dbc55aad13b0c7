// A Forwarding system forwards every virtual function. A missing one would return the default.
#include "harness/forwarding.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

using namespace growsdown;

namespace {

/// Returns no default of System, and records its calls.
class Peculiar final : public harness::System {
 public:
  std::string_view name() const override { return "peculiar"; }
  void start(const trace::Parameters&, const trace::State*) override { asked += "start "; }
  void ahead(std::span<const trace::Record> records) override {
    asked += "ahead" + std::to_string(records.size()) + " ";
  }
  bool worksAhead() const override { return true; }
  trace::Outcome apply(const trace::Step& step) override {
    return trace::Outcome::at(step.address);
  }
  void snapshot(trace::State& out) const override { out.areas.resize(3); }
  harness::Fields shows() const override { return harness::shown::areas; }
  std::uint32_t does() const override { return 5; }
  std::string_view rules() const override { return "linux-4.3-arm64"; }
  const harness::Placement& placement() const override { return placement_; }
  std::string_view reason() const override { return "reason"; }
  std::string_view decidingRule() const override { return "GUARD-GAP"; }
  std::span<const std::uint64_t> ruleHits() const override { return hits_; }
  std::string_view ruleId(std::size_t place) const override { return place == 1 ? "one" : "other"; }
  bool reusesIdentities() const override { return false; }
  bool simulatesMemory() const override { return true; }

  std::string asked;

 private:
  harness::Placement placement_;
  std::array<std::uint64_t, 2> hits_{7, 8};
};

class Plain final : public harness::Forwarding {
 public:
  using Forwarding::Forwarding;
};

} // namespace

TEST(Forwarding, HandsOnEveryVirtualFunction) {
  Peculiar to;
  Plain system(to);
  EXPECT_EQ(system.name(), "peculiar");
  system.start({}, nullptr);
  const std::array<trace::Record, 2> records{};
  system.ahead(records);
  EXPECT_EQ(to.asked, "start ahead2 ");
  EXPECT_TRUE(system.worksAhead());
  trace::Step step;
  step.address = 0x1000;
  EXPECT_EQ(system.apply(step), trace::Outcome::at(0x1000));
  trace::State state;
  system.snapshot(state);
  EXPECT_EQ(state.areas.size(), 3U);
  EXPECT_EQ(system.shows(), harness::shown::areas);
  EXPECT_EQ(system.does(), 5U);
  EXPECT_EQ(system.rules(), "linux-4.3-arm64");
  EXPECT_EQ(&system.placement(), &to.placement());
  EXPECT_EQ(system.reason(), "reason");
  EXPECT_EQ(system.decidingRule(), "GUARD-GAP");
  EXPECT_EQ(system.ruleHits().size(), 2U);
  EXPECT_EQ(system.ruleHits()[1], 8U);
  EXPECT_EQ(system.ruleId(1), "one");
  EXPECT_FALSE(system.reusesIdentities());
  EXPECT_TRUE(system.simulatesMemory());
}
