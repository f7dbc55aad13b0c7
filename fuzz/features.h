// What a campaign counts as new: features of a run that no run before it showed. They stand where a
// fuzzing engine has code coverage, so that the campaign guides itself in any build.
#pragma once

#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// A set of features, by hash. Deterministic: the same runs in the same order count the same.
class Features {
 public:
  Features() : seen_(std::size_t{1} << bits_) {}

  /// A new trace begins.
  void start() { previous_ = 0; }

  /// One step was made: rule x outcome x operation, pairs of successive rules, and the shape of the
  /// state: kinds and distances of neighbours, who is capable, forked or out of something.
  /// `rule` must live as long as this object. Returns how many features were new.
  unsigned observe(const trace::Parameters& parameters, const trace::Step& step,
                   const trace::Outcome& outcome, std::string_view rule, const trace::State& state);

  std::uint64_t count() const { return count_; }

 private:
  bool add(std::uint64_t feature);

  static constexpr unsigned bits_ = 20;
  std::vector<bool> seen_;
  std::uint64_t count_ = 0;
  std::uint64_t previous_ = 0;
};

} // namespace growsdown::fuzz
