#include "fuzz/slot.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include <sys/mman.h>
#include <time.h>

namespace growsdown::fuzz {
namespace {

template <std::size_t N>
void copyText(char (&to)[N], std::string_view from) {
  const std::size_t size = std::min(from.size(), N - 1);
  std::memcpy(to, from.data(), size);
  to[size] = 0;
}

} // namespace

void SharedFinding::set(const Finding& finding) {
  verdict = finding.verdict;
  visible = finding.visible;
  known = finding.known;
  copyText(file, finding.file.native());
  copyText(error, finding.error);
  copyText(signature, finding.signature);
  copyText(extension, finding.extension);
  copyText(description, finding.description);
  copyText(rules, finding.rules);
  steps = finding.steps;
  stepsBefore = finding.stepsBefore;
  executions = finding.executions;
  seconds = finding.seconds;
  textSize = std::min(finding.text.size(), mostText);
  std::memcpy(text, finding.text.data(), textSize);
}

Finding SharedFinding::get() const {
  Finding finding;
  finding.verdict = verdict;
  finding.visible = visible;
  finding.known = known;
  finding.file = file;
  finding.error = error;
  finding.signature = signature;
  finding.extension = extension;
  finding.description = description;
  finding.rules = rules;
  finding.steps = steps;
  finding.stepsBefore = stepsBefore;
  finding.executions = executions;
  finding.seconds = seconds;
  finding.text.assign(text, textSize);
  return finding;
}

void Slot::begin(const Program& of) {
  count.store(0, std::memory_order_relaxed);
  rules = of.rules;
  initial = of.initial.get();
  with = of.with;
}

void Slot::put(const trace::Step& step) {
  const std::size_t at = count.load(std::memory_order_relaxed);
  if (at < mostSteps) {
    new (program + at * sizeof step) trace::Step(step);
    count.store(at + 1, std::memory_order_release);
  }
  allSteps.fetch_add(1, std::memory_order_relaxed);
}

void Slot::putInput(std::string_view bytes) {
  const std::size_t size = std::min(bytes.size(), mostInput);
  std::memcpy(input, bytes.data(), size);
  inputSize.store(size, std::memory_order_release);
  allSteps.fetch_add(1, std::memory_order_relaxed);
}

void Slot::give(const Finding& finding) {
  const std::uint64_t index = findings.load(std::memory_order_relaxed);
  while (index - taken.load(std::memory_order_acquire) >= waitingFindings) {
    const timespec shortly{0, 1'000'000};
    nanosleep(&shortly, nullptr);
  }
  records[index % waitingFindings].set(finding);
  findings.store(index + 1, std::memory_order_release);
}

bool Slot::take(Finding& finding) {
  const std::uint64_t index = taken.load(std::memory_order_relaxed);
  if (index == findings.load(std::memory_order_acquire)) return false;
  finding = records[index % waitingFindings].get();
  taken.store(index + 1, std::memory_order_release);
  return true;
}

Program Slot::lastProgram(const std::vector<Program>& seeds) const {
  Program last;
  last.rules = rules;
  last.with = with;
  if (initial)
    for (const Program& seed : seeds)
      if (seed.initial.get() == initial) last.initial = seed.initial;
  const auto* const made = std::launder(reinterpret_cast<const trace::Step*>(program));
  last.steps.assign(made, made + count.load(std::memory_order_acquire));
  return last;
}

void Unmap::operator()(Slot* slot) const {
  munmap(slot, sizeof(Slot));
}

SlotPointer makeSlot() {
  void* memory = mmap(nullptr, sizeof(Slot), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return SlotPointer(memory == MAP_FAILED ? nullptr : new (memory) Slot);
}

} // namespace growsdown::fuzz
