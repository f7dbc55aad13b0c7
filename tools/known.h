// Known differences of a system: those that somebody has looked at and accepted, with the reason.
#pragma once

#include "harness/conform.h"

#include <string>
#include <vector>

namespace growsdown::tools {

/// What a list of differences is about: the system, and the rules that it is held to.
struct KnownFor {
  std::string system, rules, knobs;
};

/// An accepted difference. Two differences are the same if all but `reason` is equal.
struct KnownDifference {
  std::string rule;  ///< that decided the step; empty: none did
  std::string step;  ///< the operation
  std::string field; ///< without indices and addresses
  /// What the rules and the system have. Of a counter, what the system has more or less; of other parts
  /// of a state nothing, because their values are those of one trace. An outcome has no address.
  std::string expected, got;
  std::string reason;
  bool happened = false; ///< in this run

  bool same(const KnownDifference& other) const;
};

/// The difference as an entry of the list, without a reason.
KnownDifference entryOf(const harness::Nonconformance& difference);

/// A list of accepted differences: a JSON document with the format `growsdown-known-1`.
class KnownDifferences {
 public:
  KnownDifferences() = default;
  /// Reads a list. Stops with `usage` if the file cannot be read or is malformed.
  explicit KnownDifferences(const std::string& path);

  /// Marks the entry of that difference, and returns its reason; empty if it is not known.
  std::string find(const harness::Nonconformance& difference);
  /// The entries that no call of `find` marked.
  std::vector<KnownDifference> notSeen() const;
  /// A list with exactly these differences. Those that were known keep their reasons.
  std::string listOf(const KnownFor& about,
                     const std::vector<harness::Nonconformance>& differences) const;
  /// Stops with `usage` if the list is about other rules. Says on stderr if it is about another system.
  void checkFor(const KnownFor& about) const;

 private:
  std::string path_;
  KnownFor about_;
  std::vector<KnownDifference> entries_;
};

} // namespace growsdown::tools
