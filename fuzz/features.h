// What a campaign counts as new: features that no earlier run showed. They take the place of an
// engine's code coverage, so that a campaign has guidance in any build.
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
  Features() : seen_((std::size_t{1} << bits_) / wordBits) {}

  /// A new trace begins.
  void start() { previous_ = 0; }

  /// Adds the features of a step, and returns the number of new ones:
  /// - the deciding rule with the outcome and the operation;
  /// - pairs of successive rules;
  /// - the set of rules that it reached (from `hits`, the counts of one system);
  /// - the kinds and distances of the areas at its address.
  unsigned observe(const trace::Parameters& parameters, const trace::Step& step,
                   const trace::Outcome& outcome, std::string_view rule,
                   std::span<const std::uint64_t> hits, const trace::State& state);

  std::uint64_t count() const { return count_; }

  /// Adds a feature by its hash. False: the set has it, or one in the same place.
  bool add(std::uint64_t feature);
  /// Adds what another set has, which need not have been counted by this process.
  void add(std::span<const std::uint64_t> words);
  /// The set, to be added elsewhere.
  std::span<const std::uint64_t> words() const { return seen_; }
  static constexpr std::size_t wordCount() { return (std::size_t{1} << bits_) / wordBits; }

 private:
  // A smaller set fills up within minutes, and then takes new features for old ones.
  static constexpr unsigned bits_ = 22;
  static constexpr std::size_t wordBits = 64;
  std::vector<std::uint64_t> seen_;
  std::uint64_t count_ = 0;
  std::uint64_t previous_ = 0;
  std::vector<std::uint64_t> hits_; ///< as of the last step
};

} // namespace growsdown::fuzz
