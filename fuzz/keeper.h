// What a worker of a campaign keeps for later searches.
#pragma once

#include "fuzz/campaign.h"
#include "fuzz/corpus.h"
#include "fuzz/slot.h"

#include <chrono>
#include <string>
#include <string_view>

namespace growsdown::fuzz {

/// Writes what showed something new every two seconds, and publishes how much in the slot. Does
/// nothing if the options name no corpus.
class Keeper {
 public:
  Keeper(const CampaignOptions& options, Slot& slot, std::size_t index, unsigned restarts)
      : slot_(slot), on_(!options.corpus.empty()),
        writer_(options.corpus,
                options.writer + "-" + std::to_string(index) + "-" + std::to_string(restarts)) {}
  bool isOn() const { return on_; }

  void add(std::string_view group, std::string bytes, std::string_view extension) {
    if (on_) writer_.add(std::string(group), std::move(bytes), extension);
  }
  /// Called between two executions.
  void tick() {
    if (!on_ || writer_.isEmpty()) return;
    if (const auto now = Clock::now(); now - last_ >= std::chrono::seconds(2)) {
      last_ = now;
      flush();
    }
  }
  void flush() {
    if (!on_) return;
    slot_.corpusError.store(writer_.flush());
    slot_.kept.fetch_add(writer_.written() - published_);
    published_ = writer_.written();
    slot_.dropped.fetch_add(writer_.dropped() - droppedBefore_);
    droppedBefore_ = writer_.dropped();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Slot& slot_;
  bool on_;
  CorpusWriter writer_;
  Clock::time_point last_ = Clock::now();
  std::uint64_t published_ = 0, droppedBefore_ = 0;
};

} // namespace growsdown::fuzz
