// The worker process of a campaign whose inputs are bytes (CampaignOptions::inputs).
#pragma once

#include "fuzz/campaign.h"
#include "fuzz/features.h"
#include "fuzz/findings.h"
#include "fuzz/inputs.h"
#include "fuzz/keeper.h"
#include "fuzz/slot.h"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

class InputWorker {
 public:
  /// As Worker.
  InputWorker(const CampaignOptions& options, Slot& slot, unsigned index, unsigned restarts,
              std::chrono::steady_clock::time_point begin);

  /// Searches until the slot says stop, the search is over, or `runs` inputs were run (0: no bound).
  void work(std::uint64_t runs);

 private:
  /// True: the input reached something new.
  bool run(const std::string& input);
  void found(const std::string& input, const std::string& wrong);

  const CampaignOptions& options_;
  const InputTarget& target_;
  Slot& slot_;
  std::chrono::steady_clock::time_point begin_;
  Random random_;
  std::vector<std::string> pool_;
  Features seen_;
  std::vector<std::uint64_t> reached_;
  std::set<std::string> signatures_;
  FindingsStore store_;
  Keeper keeper_;
  bool finished_ = false;
};

/// What is wrong with an input for a target, in a child process: what the target says, or how the
/// child ended. Empty: nothing.
std::string wrongWith(const InputTarget& target, std::string_view input,
                      std::chrono::milliseconds limit);

/// The name of a fault of a target: equal for equal faults.
std::string inputSignature(std::string_view target, std::string_view wrong);

/// A crash or hang (`how`) of a worker, with the input that it was running.
Finding inputCrash(const CampaignOptions& options, const Slot& slot, const std::string& how,
                   std::chrono::steady_clock::time_point begin);

/// Runs the input of such a finding in a separate process, and shrinks it while it crashes there.
bool reproduceInput(const CampaignOptions& options, const std::string& how, Finding& finding);

} // namespace growsdown::fuzz
