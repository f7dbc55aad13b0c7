// Compiled with GROWSDOWN_PLANTED, so that the reference's headers mean the build with the bugs.
#include "fuzz/planted_system.h"

#include "reference/address_space.h"
#include "reference/planted.h"

namespace growsdown::fuzz {
namespace {

class Planted final : public harness::System {
 public:
  std::string_view name() const override { return "reference"; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    space_.start(parameters, initial);
  }
  trace::Outcome apply(const trace::Step& step) override { return space_.apply(step); }
  void snapshot(trace::State& out) const override { space_.snapshot(out); }

 private:
  reference::AddressSpace space_;
};

} // namespace

std::vector<PlantedBug> plantedBugs() {
  std::vector<PlantedBug> bugs;
  for (const reference::PlantedBug& bug : reference::plantedBugs())
    bugs.push_back({bug.id, bug.description, bug.group});
  return bugs;
}

bool plant(std::string_view id) {
  reference::activeBug = reference::Bug::none;
  if (id.empty()) return true;
  for (const reference::PlantedBug& bug : reference::plantedBugs())
    if (bug.id == id) {
      reference::activeBug = bug.bug;
      return true;
    }
  return false;
}

std::unique_ptr<harness::System> makePlanted() {
  return std::make_unique<Planted>();
}

} // namespace growsdown::fuzz
