// A system that forwards all calls to another one.
#pragma once

#include "harness/system.h"

namespace growsdown::harness {

/// Base of systems that change or observe one thing of another system. The other system must
/// outlive this one. `update` is not forwarded, because a system may change what snapshots show.
class Forwarding : public System {
 public:
  explicit Forwarding(System& to) : to_(to) {}

  std::string_view name() const override { return to_.name(); }
  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    to_.start(parameters, initial);
  }
  void ahead(std::span<const trace::Record> records) override { to_.ahead(records); }
  bool worksAhead() const override { return to_.worksAhead(); }
  trace::Outcome apply(const trace::Step& step) override { return to_.apply(step); }
  void snapshot(trace::State& out) const override { to_.snapshot(out); }
  Fields shows() const override { return to_.shows(); }
  std::uint32_t does() const override { return to_.does(); }
  std::string_view rules() const override { return to_.rules(); }
  const Placement& placement() const override { return to_.placement(); }
  std::string_view reason() const override { return to_.reason(); }
  std::string_view decidingRule() const override { return to_.decidingRule(); }
  std::span<const std::uint64_t> ruleHits() const override { return to_.ruleHits(); }
  std::string_view ruleId(std::size_t place) const override { return to_.ruleId(place); }
  bool reusesIdentities() const override { return to_.reusesIdentities(); }
  bool simulatesMemory() const override { return to_.simulatesMemory(); }

 protected:
  System& to() { return to_; }

 private:
  System& to_;
};

} // namespace growsdown::harness
