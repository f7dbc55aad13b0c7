#include "harness/builtin_systems.h"

#include "harness/space_system.h"
#include "model/process.h"
#include "model/rule.h"
#include "reference/address_space.h"

namespace growsdown::harness {
namespace {

class Model final : public System {
 public:
  std::string_view name() const override { return "model"; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    process_.start(parameters, initial);
  }
  trace::Outcome apply(const trace::Step& step) override { return process_.apply(step); }
  void snapshot(trace::State& out) const override { process_.snapshot(out); }
  std::optional<trace::StateChanges> update(trace::State& state) override {
    return process_.update(state);
  }
  std::string_view decidingRule() const override { return model::info(process_.decidingRule()).id; }
  std::span<const std::uint64_t> ruleHits() const override { return process_.hits(); }
  std::string_view ruleId(std::size_t place) const override { return model::rules()[place].id; }
  bool reusesIdentities() const override { return false; }
  bool simulatesMemory() const override { return true; }

 private:
  model::Process process_;
};

} // namespace

std::unique_ptr<System> makeModel() {
  return std::make_unique<Model>();
}
std::unique_ptr<System> makeReference() {
  return std::make_unique<SpaceSystem<reference::AddressSpace>>();
}

} // namespace growsdown::harness
