// What a campaign counts as new: features of a run that no run before it showed. They stand where a
// fuzzing engine has code coverage, so that the campaign guides itself in any build.
#pragma once

#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// A set of features, by hash. Deterministic: the same runs in the same order count the same.
class Features {
 public:
  Features() : seen_(std::size_t{1} << bits_) {}

  /// A new trace begins.
  void start() { previous_ = 0; }

  /// One step was made: deciding rule x outcome x operation, pairs of successive rules, the set of
  /// rules that it passed (from `hits`, counts of always the same system), and the shape of the
  /// state where it acted: kinds and distances of neighbours. Returns how many features were new.
  unsigned observe(const trace::Parameters& parameters, const trace::Step& step,
                   const trace::Outcome& outcome, std::string_view rule,
                   std::span<const std::uint64_t> hits, const trace::State& state);

  std::uint64_t count() const { return count_; }

 private:
  bool add(std::uint64_t feature);

  static constexpr unsigned bits_ = 18;
  std::vector<bool> seen_;
  std::uint64_t count_ = 0;
  std::uint64_t previous_ = 0;
  std::vector<std::uint64_t> hits_; ///< as of the last step
};

} // namespace growsdown::fuzz
