// Switches a planted bug of the reference on for a while. Only for files that are compiled with
// GROWSDOWN_PLANTED.
#pragma once

#include "reference/planted.h"

#include <stdexcept>
#include <string>
#include <string_view>

namespace growsdown::proofs {

class PlantedNow {
 public:
  /// The bug of that id; empty: none. Throws std::invalid_argument for an unknown one.
  explicit PlantedNow(std::string_view id) : before_(reference::activeBug) {
    reference::Bug wanted = reference::Bug::none;
    for (const reference::PlantedBug& known : reference::plantedBugs())
      if (known.id == id) wanted = known.bug;
    if (!id.empty() && wanted == reference::Bug::none)
      throw std::invalid_argument("no planted bug is named " + std::string(id));
    reference::activeBug = wanted;
  }
  PlantedNow(const PlantedNow&) = delete;
  PlantedNow& operator=(const PlantedNow&) = delete;
  ~PlantedNow() { reference::activeBug = before_; }

 private:
  reference::Bug before_;
};

} // namespace growsdown::proofs
