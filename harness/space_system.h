// An address space of the reference, or of a copy of it, as a system.
#pragma once

#include "harness/system.h"

#include <optional>
#include <string_view>

namespace growsdown::harness {

/// `Space` has the functions of reference::AddressSpace.
template <class Space>
class SpaceSystem final : public System {
 public:
  std::string_view name() const override { return "reference"; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    space_.start(parameters, initial);
  }
  trace::Outcome apply(const trace::Step& step) override { return space_.apply(step); }
  bool simulatesMemory() const override { return true; }
  void snapshot(trace::State& out) const override { space_.snapshot(out); }
  std::optional<trace::StateChanges> update(trace::State& state) override {
    return space_.update(state);
  }

 private:
  Space space_;
};

} // namespace growsdown::harness
