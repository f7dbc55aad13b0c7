// Known differences of a system: those that somebody has looked at and accepted, with the reason.
#pragma once

#include "harness/conform.h"

#include <string>
#include <vector>

namespace growsdown::tools {

/// An accepted difference. All but `reason` come from its signature: two differences with the same
/// signature are the same difference.
struct KnownDifference {
  std::string rule;     ///< that decided the step; empty: none did
  std::string step;     ///< the operation
  std::string field;    ///< without indices and addresses
  std::string expected; ///< the outcome by the rules, if outcomes differ
  std::string got;      ///< the outcome by the system, if outcomes differ
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

  /// Marks the entry of that difference, and returns its reason; empty if there is none.
  std::string find(const harness::Nonconformance& difference);
  /// The entries that no call of `find` marked.
  std::vector<KnownDifference> notSeen() const;
  /// A list with exactly these differences. Those that were known keep their reasons.
  std::string listOf(const std::string& system, const std::string& rules,
                     const std::vector<harness::Nonconformance>& differences) const;

 private:
  std::vector<KnownDifference> entries_;
};

} // namespace growsdown::tools
