// Memory that a campaign shares with a worker process.
#pragma once

#include "fuzz/campaign.h"
#include "fuzz/seeds.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace growsdown::fuzz {

/// Findings of a worker that wait until the campaign takes them; then the worker waits.
inline constexpr std::size_t waitingFindings = 2;
inline constexpr std::size_t mostRules = 512;
inline constexpr std::size_t mostInput = std::size_t{64} << 10; ///< bytes of an input
inline constexpr std::size_t mostText = std::size_t{8} << 20;   ///< bytes of a finding's trace

/// A finding in shared memory.
struct SharedFinding {
  harness::Verdict verdict;
  bool visible;
  bool known;
  char file[4096];
  char error[1024];
  char signature[160];
  char extension[16];
  char description[1024];
  char rules[64];
  std::size_t steps;
  std::size_t stepsBefore;
  std::uint64_t executions;
  double seconds;
  std::size_t textSize;
  char text[mostText];

  /// Copies what fits.
  void set(const Finding& finding);
  Finding get() const;
};

/// What a worker publishes while it runs: its counts, its findings, and the program that it runs.
/// If the worker crashes, the campaign reads from here what it was doing.
struct Slot {
  std::atomic<std::uint64_t> executions{0};
  std::atomic<std::uint64_t> steps{0};
  std::atomic<std::uint64_t> allSteps{0}; ///< with those of shrinking: they show that it works
  std::atomic<std::uint64_t> unknown{0};
  std::atomic<std::uint64_t> features{0};
  std::atomic<std::uint64_t> pool{0};
  std::atomic<std::uint64_t> findings{0}; ///< put into `records`, at the number's remainder
  std::atomic<std::uint64_t> taken{0};    ///< of these, by the campaign
  std::atomic<std::size_t> seedsBegun{0}; ///< a restarted worker goes on after them
  std::atomic<std::uint64_t> kept{0};     ///< written to the corpus
  std::atomic<std::uint64_t> dropped{0};  ///< not kept, as the corpus cannot be written
  std::atomic<int> corpusError{0};        ///< the errno of the last try; 0: it was written
  std::atomic<bool> stop{false};
  std::atomic<bool> hurry{false}; ///< stop shrinking, too

  const trace::RuleSet* rules = nullptr;
  const trace::State* initial = nullptr; ///< of a seed: the same address in both processes
  trace::With with;
  std::atomic<std::size_t> count{0};
  /// Steps, as bytes that nothing initialises: most of this memory is never touched.
  alignas(trace::Step) unsigned char program[mostSteps * sizeof(trace::Step)];

  char input[mostInput]; ///< the input that a target runs
  std::atomic<std::size_t> inputSize{0};

  SharedFinding records[waitingFindings];

  std::uint64_t ruleHits[mostRules]; ///< as of some traces ago

  /// A program begins.
  void begin(const Program& of);
  /// The step about to be made.
  void put(const trace::Step& step);
  /// The input about to be given to a target. The part that does not fit is left out.
  void putInput(std::string_view bytes);
  std::string lastInput() const { return {input, inputSize.load(std::memory_order_acquire)}; }
  /// The worker: hands a finding over. Waits while there is no room.
  void give(const Finding& finding);
  /// The campaign: takes the next finding. Returns false if no finding waits.
  bool take(Finding& finding);
  /// The program that the worker was running. `seeds` owns initial states.
  Program lastProgram(const std::vector<Program>& seeds) const;
};

struct Unmap {
  void operator()(Slot* slot) const;
};
using SlotPointer = std::unique_ptr<Slot, Unmap>;

/// A slot in memory that child processes share; null if there is no memory.
SlotPointer makeSlot();

} // namespace growsdown::fuzz
