// What `growsdown kernel-tree` found, and its reports.
#pragma once

#include "fuzz/campaign.h"
#include "harness/conform.h"
#include "systems/kernel_tree.h"
#include "tools/fuzz.h"
#include "tools/json.h"
#include "tools/junit.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// A difference between Linux and the rules that docs/findings.md explains: steps that show it are
/// left out of the search.
struct KnownFinding {
  std::string_view title; ///< also the heading in docs/findings.md
  bool (*concerns)(const trace::Version& tree);
  bool (*shows)(const trace::Step& step);
};
/// The findings about a tree of this version.
std::vector<const KnownFinding*> knownFindings(const trace::Version& tree);

/// The traces of one file, replayed on the tree.
struct RecordingRuns {
  std::string file;
  std::uint64_t traces = 0, steps = 0, mismatches = 0, unknown = 0;
  std::vector<std::string> texts;               ///< of the first mismatches
  std::map<std::string, std::uint64_t> reasons; ///< of unknown, and how often
};

/// One rule: who decides it here, and how often it was reached.
struct TreeRule {
  std::string id;
  std::string decider;     ///< a compiled file of the tree; empty: the shim, or nobody
  std::string where;       ///< the files that decide it in this release, compiled or not
  std::uint64_t times = 0; ///< in steps that were compared
};

struct TreeReport {
  std::string path, rules;
  systems::BuiltTree built;
  bool sanitized = false;
  const harness::Conformance* corpus = nullptr; ///< null: not run
  std::vector<RecordingRuns> recordings;
  fuzz::CampaignResult search;
  std::vector<TreeRule> table;
  std::vector<const KnownFinding*> known;
  std::string notCovered;
  std::string cut; ///< what ended before all traces had run; may be empty

  harness::Verdict verdict() const;
};

/// The rules of a release, with the files that decide them. `times` is 0.
std::vector<TreeRule> rulesOfTree(const trace::RuleSet& rules);

void printReport(const TreeReport& report);
Json jsonReport(const TreeReport& report, const FuzzOptions& options);
/// A suite of what was run, and one of the rules, for JUnit XML and KTAP.
std::vector<JunitSuite> suitesOf(const TreeReport& report);

} // namespace growsdown::tools
