// The reference with planted bugs as a system. Only growsdown_bugs links it.
#pragma once

#include "harness/system.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

struct PlantedBug {
  std::string_view id;
  std::string_view description;
  std::string_view group;
};

/// All planted bugs, in the reference's order.
std::vector<PlantedBug> plantedBugs();

/// Switches on one bug, and no other; an empty id: none. False: there is no such bug.
bool plant(std::string_view id);

/// The reference, with the bug that is switched on while it runs.
std::unique_ptr<harness::System> makePlanted();

} // namespace growsdown::fuzz
