#include "fuzz/input_worker.h"

#include "fuzz/child.h"
#include "fuzz/finding.h"
#include "fuzz/interrupt.h"
#include "trace/text.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include <unistd.h>

namespace growsdown::fuzz {

using Clock = std::chrono::steady_clock;
using harness::Verdict;

namespace {

constexpr std::size_t mostPool = 16384;
constexpr std::size_t mostBytes = 8192; ///< of a generated input

double secondsSince(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

} // namespace

InputWorker::InputWorker(const CampaignOptions& options, Slot& slot, unsigned index,
                         unsigned restarts, Clock::time_point begin)
    : options_(options), target_(*options.inputs), slot_(slot), begin_(begin),
      random_(Random(options.seed).next() ^ (index * 0x9e3779b97f4a7c15ULL + restarts)),
      store_(options.out), keeper_(options, slot, index, restarts) {
  if (options.seen) seen_.add(options.seen->words());
}

void InputWorker::work(std::uint64_t runs) {
  const auto done = [&] {
    return finished_ || slot_.stop.load(std::memory_order_relaxed) ||
           (runs != 0 && slot_.executions.load(std::memory_order_relaxed) >= runs);
  };
  const std::vector<std::string>& seeds = target_.seeds;
  for (std::size_t i = slot_.seedsBegun.load(); i < seeds.size() && !done(); ++i) {
    slot_.seedsBegun.store(i + 1);
    if (run(seeds[i]) || options_.seen) pool_.push_back(seeds[i]);
  }
  static const std::string nothing;
  while (!done()) {
    keeper_.tick();
    const auto any = [&]() -> const std::string& {
      if (pool_.empty()) return nothing;
      return pool_[static_cast<std::size_t>(random_.below(pool_.size()))];
    };
    const std::string& base = any();
    const std::string input = mutateInput(random_, base, any(), target_.words, mostBytes);
    if (!run(input)) continue;
    slot_.features.store(seen_.count(), std::memory_order_relaxed);
    slot_.pool.fetch_add(1, std::memory_order_relaxed);
    keeper_.add(target_.name, input, ".input");
    if (pool_.size() < mostPool)
      pool_.push_back(input);
    else
      pool_[static_cast<std::size_t>(random_.below(pool_.size()))] = input;
  }
  keeper_.flush();
}

bool InputWorker::run(const std::string& input) {
  slot_.putInput(input);
  reached_.clear();
  const std::string wrong = target_.run(input, reached_);
  slot_.executions.fetch_add(1, std::memory_order_relaxed);
  slot_.steps.fetch_add(1, std::memory_order_relaxed);
  if (!wrong.empty()) {
    found(input, wrong);
    return false;
  }
  bool isNew = false;
  for (const std::uint64_t feature : reached_)
    isNew = seen_.add(feature * 0x9e3779b97f4a7c15ULL) || isNew;
  return isNew;
}

namespace {

void fill(Finding& finding, const InputTarget& target, std::string input, std::string_view wrong) {
  finding.description = target.name + ": " + trace::plainText(wrong);
  finding.extension = "input";
  finding.rules = target.name;
  finding.steps = input.size();
  finding.visible = true;
  finding.text = std::move(input);
}

} // namespace

// The finding is written before it is shrunk.
void InputWorker::found(const std::string& input, const std::string& wrong) {
  Finding finding;
  finding.signature = inputSignature(target_.name, wrong);
  if (!signatures_.insert(finding.signature).second) return;
  finding.verdict = Verdict::diverged;
  finding.seconds = secondsSince(begin_);
  finding.executions = slot_.executions.load(std::memory_order_relaxed);
  finding.stepsBefore = input.size();
  fill(finding, target_, input, wrong);
  Stored stored;
  const bool writes = !options_.out.empty();
  if (writes) stored = store_.add(finding);
  if (!stored.known && options_.shrink) {
    std::string last = wrong;
    const auto shows = [&](std::string_view candidate) {
      if (slot_.hurry.load(std::memory_order_relaxed)) return false;
      slot_.putInput(candidate);
      reached_.clear();
      std::string now = target_.run(candidate, reached_);
      if (inputSignature(target_.name, now) != finding.signature) return false;
      last = std::move(now);
      return true;
    };
    std::string small = shrinkInput(input, shows, 20000);
    fill(finding, target_, std::move(small), last);
    if (writes) stored = store_.replace(stored, finding);
  }
  finding.file = stored.file;
  finding.known = stored.known;
  finding.error = stored.error;
  slot_.give(finding);
  if (!options_.keepGoing) finished_ = true;
}

std::string inputSignature(std::string_view target, std::string_view wrong) {
  if (wrong.empty()) return {};
  const std::string_view phrase = wrong.substr(0, wrong.find_first_of(":\n"));
  return fileName(std::string(target) + "-" + std::string(phrase));
}

std::string wrongWith(const InputTarget& target, std::string_view input,
                      std::chrono::milliseconds limit) {
  const SlotPointer shared = makeSlot();
  if (!shared) return {};
  std::string how = inChild(limit, [&] {
    std::vector<std::uint64_t> reached;
    shared->putInput(target.run(input, reached));
  });
  return how.empty() ? shared->lastInput() : how;
}

Finding inputCrash(const CampaignOptions& options, const Slot& slot, const std::string& how,
                   Clock::time_point begin) {
  Finding finding;
  finding.verdict = Verdict::error;
  finding.executions = slot.executions.load();
  finding.seconds = secondsSince(begin);
  const std::string input = slot.lastInput();
  finding.stepsBefore = input.size();
  finding.signature = inputSignature(options.inputs->name, how);
  fill(finding, *options.inputs, input, how);
  return finding;
}

bool reproduceInput(const CampaignOptions& options, const std::string& how, Finding& finding) {
  const InputTarget& target = *options.inputs;
  const auto wait = std::min<std::chrono::milliseconds>(options.hang, std::chrono::seconds(2));
  const std::string whole = finding.text;
  if (wrongWith(target, whole, wait) != how) {
    fill(finding, target, whole, how + "; the input alone does not show it again");
    return false;
  }
  if (!options.shrink) return true;
  const auto shows = [&](std::string_view candidate) {
    return Interrupt::signal() == 0 && wrongWith(target, candidate, wait) == how;
  };
  fill(finding, target, shrinkInput(whole, shows, how == "hang" ? 30 : 1000), how);
  return true;
}

} // namespace growsdown::fuzz
