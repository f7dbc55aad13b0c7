// A minimal system for the harness's tests: mmap appends an area, touch makes a page, both with
// counters. Tests can plant a fault in it.
#pragma once

#include "harness/system.h"
#include "trace/text.h"

#include <functional>
#include <stdexcept>
#include <string>

namespace growsdown::tests {

class FakeSystem final : public harness::System {
 public:
  explicit FakeSystem(std::string name = "fake", bool reuses = false)
      : name_(std::move(name)), reuses_(reuses) {}

  std::string_view name() const override { return name_; }
  void start(const trace::Parameters& parameters, const trace::State* initial) override {
    state_.clear();
    if (initial != nullptr) state_ = *initial;
    page_ = parameters.geometry.page;
    nextFrame_ = firstFrame;
    steps_ = 0;
  }
  trace::Outcome apply(const trace::Step& step) override {
    trace::Outcome outcome = act(step);
    if (planted) planted(steps_, step, outcome, state_);
    ++steps_;
    return outcome;
  }
  void snapshot(trace::State& out) const override { out = state_; }
  std::string_view decidingRule() const override { return rule_; }
  bool reusesIdentities() const override { return reuses_; }
  bool simulatesMemory() const override { return memory; }
  harness::Fields shows() const override { return shown; }

  /// Called after each step; may change its result.
  std::function<void(std::size_t, const trace::Step&, trace::Outcome&, trace::State&)> planted;
  std::uint64_t firstFrame = 1;
  bool memory = false;
  harness::Fields shown = harness::shown::all;

 private:
  trace::Outcome act(const trace::Step& step) {
    state_.counters.faults = 0;
    rule_ = trace::name(step.op);
    switch (step.op) {
    case trace::Op::mmap: {
      trace::Area area;
      area.start = area.shownStart = step.address;
      area.end = step.address + step.length;
      area.flags = step.prot;
      state_.areas.push_back(area);
      state_.counters.total += step.length / page_;
      return trace::Outcome::at(step.address);
    }
    case trace::Op::touch: {
      const std::uint64_t address = step.address & ~(page_ - 1);
      for (const trace::Page& page : state_.pages)
        if (page.address == address) return trace::Outcome::okay();
      for (const trace::Area& area : state_.areas)
        if (address >= area.start && address < area.end) {
          state_.pages.push_back(
              {address, nextFrame_++, trace::Page::Kind::anonymous, 3, false, false});
          state_.counters.faults = 1;
          return trace::Outcome::okay();
        }
      return trace::Outcome::signalled(trace::Signal::segvMaperr);
    }
    default:
      return trace::Outcome::okay();
    }
  }

  std::string name_;
  bool reuses_;
  trace::State state_;
  std::uint64_t page_ = 4096;
  std::uint64_t nextFrame_ = 1;
  std::size_t steps_ = 0;
  std::string rule_;
};

/// The only trace of a well-formed text.
inline trace::Trace traceOf(const std::string& text) {
  const trace::ParseResult parsed = trace::parse("growsdown-trace 1\n" + text, "test");
  if (parsed.error) throw std::invalid_argument(parsed.error->text());
  return parsed.traces.at(0);
}

inline trace::Parameters defaultParameters() {
  std::string error;
  return *trace::makeParameters(*trace::findRuleSet(trace::defaultRuleSet), {}, error);
}

} // namespace growsdown::tests
