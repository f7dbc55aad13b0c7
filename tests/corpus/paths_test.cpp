// The tables of corpus/paths describe its traces, and the explorer still finds the same paths.
#include "harness/metadata.h"
#include "model/process.h"
#include "model/rule.h"
#include "model/start.h"
#include "tools/common.h"
#include "tools/files.h"
#include "trace/ruleset.h"
#ifdef GROWSDOWN_WITH_PROOFS
#include "proofs/paths.h"
#endif

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown {
namespace {

const std::string folder = std::string(GROWSDOWN_CORPUS) + "/paths";

/// The cells of each line of a table, without the first line.
std::vector<std::vector<std::string>> table(const std::string& name) {
  std::ifstream in(folder + "/" + name);
  EXPECT_TRUE(in) << name;
  std::vector<std::vector<std::string>> lines;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    lines.emplace_back();
    for (std::string cell; std::getline(cells, cell, '\t');)
      lines.back().push_back(cell);
  }
  return lines;
}

struct Explored {
  std::string step, free, rules;
  std::size_t paths, sequences, traces, initial, known, exceptions;
  std::string complete;
};
std::vector<Explored> explored() {
  std::vector<Explored> rows;
  for (const std::vector<std::string>& cells : table("explored.tsv")) {
    if (cells.size() != 10) {
      ADD_FAILURE() << "a line with " << cells.size() << " cells";
      continue;
    }
    const auto number = [&](std::size_t at) { return std::stoull(cells[at]); };
    rows.push_back({cells[0], cells[1], cells[2], number(3), number(4), number(5), number(6),
                    number(7), number(8), cells[9]});
  }
  return rows;
}

/// 1, 2, 3, 7 of "1-3,7".
std::vector<std::size_t> numbersOf(const std::string& ranges) {
  std::vector<std::size_t> numbers;
  std::istringstream parts(ranges);
  for (std::string part; std::getline(parts, part, ',');) {
    const std::size_t dash = part.find('-');
    const std::size_t last = std::stoull(dash == part.npos ? part : part.substr(dash + 1));
    for (std::size_t n = std::stoull(part.substr(0, dash)); n <= last; ++n)
      numbers.push_back(n);
  }
  return numbers;
}

std::string fileOf(const std::string& step) {
  return folder + "/" + step + ".trace.xz";
}

TEST(Paths, EveryPathHasATraceAndEveryTraceAPath) {
  struct Sum {
    std::size_t traces = 0, initial = 0;
  };
  std::map<std::string, Sum> steps;
  std::size_t paths = 0, traces = 0, initial = 0, known = 0, exceptions = 0, incomplete = 0;
  for (const Explored& row : explored()) {
    EXPECT_EQ(row.paths, row.traces + row.known + row.exceptions) << row.step << " " << row.rules;
    EXPECT_GT(row.paths, 0u) << row.step << " " << row.rules;
    steps[row.step].traces += row.traces;
    steps[row.step].initial += row.initial;
    paths += row.paths;
    traces += row.traces;
    initial += row.initial;
    known += row.known;
    exceptions += row.exceptions;
    incomplete += row.complete != "all";
  }
  std::map<std::string, std::set<std::size_t>> listed;
  for (const std::vector<std::string>& cells : table("initial.tsv")) {
    ASSERT_EQ(cells.size(), 3u);
    EXPECT_FALSE(cells[1].empty());
    for (const std::size_t number : numbersOf(cells[2]))
      EXPECT_TRUE(listed[cells[0]].insert(number).second) << cells[0] << " " << number;
  }

  for (const auto& [step, sum] : steps) {
    const std::vector<trace::Trace> found = tools::readTraces(fileOf(step));
    EXPECT_EQ(found.size(), sum.traces) << step;
    EXPECT_EQ(listed[step].size(), sum.initial) << step;
    for (std::size_t i = 0; i < found.size(); ++i)
      EXPECT_EQ(found[i].initial.has_value(), listed[step].count(i + 1) == 1)
          << step << ", path " << i + 1;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const std::size_t end = name.find(".trace.xz");
    if (end != name.npos) {
      EXPECT_EQ(steps.count(name.substr(0, end)), 1u) << name;
    }
  }

  const std::string summary =
      std::to_string(paths) + " paths = " + std::to_string(traces) + " traces (" +
      std::to_string(initial) + " from an `init` block) + " + std::to_string(known) +
      " that reach the rules of an earlier rule set's trace + " + std::to_string(exceptions) +
      " exceptions; " + std::to_string(incomplete) + " of " + std::to_string(explored().size()) +
      " explorations incomplete";
  std::ifstream page(folder + "/README.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  EXPECT_NE(text.find(summary), text.npos) << "README.md does not say: " << summary;
}

/// The reachable rules of a rule set are those that the hand-made corpus and the recordings reach
/// under it. The rules among them that no path reaches are listed.
std::map<std::string, std::set<std::string>> reachedBy(const std::vector<std::string>& files) {
  std::map<std::string, std::array<std::uint64_t, model::ruleCount>> hits;
  std::map<std::string, model::Process> processes;
  for (const std::string& file : files)
    for (const trace::Trace& t : tools::readTraces(file)) {
      for (const std::string& set : tools::ruleSetsOf(t, harness::metadata(t))) {
        std::string problem;
        const auto parameters = trace::makeParameters(*trace::findRuleSet(set), t.with, problem);
        if (!parameters) continue;
        std::optional<trace::State> initial = t.initial;
        if (initial && model::completeStart(*parameters, *initial)) continue;
        model::Process& process = processes[set];
        process.start(*parameters, initial ? &*initial : nullptr);
        for (const trace::Record& record : t.records)
          if (process.apply(record.step).kind == trace::Outcome::Kind::unknown) break;
      }
    }
  std::map<std::string, std::set<std::string>> reached;
  for (const auto& [set, process] : processes)
    for (std::size_t i = 0; i < model::ruleCount; ++i)
      if (process.hits()[i] != 0) reached[set].insert(std::string(model::rules()[i].id));
  return reached;
}

/// Rules that some rule set has and no exploration reaches under it, and what a path would require.
struct Beyond {
  std::string_view rule, why;
};
constexpr Beyond beyond[] = {
    {"FAULT-NON-CANONICAL", "addresses beyond the user's are left out"},
    {"FAULT-UM-NON-CANONICAL", "addresses beyond the user's are left out"},
    {"MAP-HINT-RAISED", "the lowest address is a parameter of a trace's, and of no path of mmap"},
    {"MINCORE-DONE", "no path is of mincore"},
    {"MINCORE-UNALIGNED", "no path is of mincore"},
    {"MINCORE-BEYOND-TASK", "no path is of mincore"},
    {"MINCORE-HOLE", "no path is of mincore"},
    {"MINCORE-SHARED", "no path is of mincore"},
    {"PLACE-GAP-WRAPS", "of a stack at the lowest addresses and a mapping as long as all below it"},
};

TEST(Paths, EveryRuleOfEveryRuleSetIsOnOne) {
  const std::string corpus = GROWSDOWN_CORPUS;
  const auto byPaths = reachedBy(tools::traceFiles({folder}));
  const auto byAll = reachedBy(
      tools::traceFiles({corpus + "/rules", corpus + "/regressions", corpus + "/observed"}));
  std::set<std::string_view> met;
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    const std::string set(rules.name);
    ASSERT_EQ(byPaths.count(set), 1u) << set;
    for (const std::string& rule : byAll.at(set)) {
      if (byPaths.at(set).count(rule) == 1) continue;
      const auto known = std::find_if(std::begin(beyond), std::end(beyond),
                                      [&](const Beyond& b) { return b.rule == rule; });
      if (known == std::end(beyond))
        ADD_FAILURE() << rule << " of " << set << " is on no path";
      else
        met.insert(known->rule);
    }
  }
  for (const Beyond& b : beyond)
    EXPECT_EQ(met.count(b.rule), 1u) << b.rule << " is on paths of every rule set";
}

#ifdef GROWSDOWN_WITH_PROOFS

std::string signatureOf(const proofs::PathTrace& path) {
  std::string text;
  for (const model::Rule rule : path.reached)
    text += std::string(model::info(rule).id) + " ";
  return text;
}

TEST(Paths, TheStepsAreThoseOfTheTable) {
  std::vector<std::string> names;
  for (const Explored& row : explored())
    if (names.empty() || names.back() != row.step) names.push_back(row.step);
  std::vector<std::string> steps;
  for (const proofs::PathStep& step : proofs::pathSteps())
    steps.push_back(step.name);
  EXPECT_EQ(names, steps);
}

// A few explorations are repeated and have as many paths and sequences of rules as the table states. (The witness
// of a path depends on the compiler and on Z3; scripts/paths compares everything.)
TEST(Paths, AreThoseThatAreFoundToday) {
  for (const Explored& row : explored()) {
    if (row.rules != trace::defaultRuleSet && row.rules != "linux-6.12-amd64") continue;
    if (row.step != "fork" && row.step != "touch-w-flags" && row.step != "gup-w-flags" &&
        row.step != "mmap-rw-hint-flags" && row.step != "mmap-rw-fixed-locked")
      continue;
    SCOPED_TRACE(row.step + " " + row.rules);
    const std::vector<proofs::PathStep>& steps = proofs::pathSteps();
    const auto step = std::find_if(steps.begin(), steps.end(),
                                   [&](const proofs::PathStep& s) { return s.name == row.step; });
    ASSERT_NE(step, steps.end());
    proofs::Budget budget;
    budget.total = 0;
    const proofs::Paths paths = proofs::explorePaths(*step, *trace::findRuleSet(row.rules), budget);
    EXPECT_EQ(paths.explored.paths, row.paths);
    EXPECT_EQ(paths.explored.verdict == proofs::smt::ProofVerdict::proved, row.complete == "all");
    std::set<std::string> written, found;
    for (const trace::Trace& t : tools::readTraces(fileOf(row.step)))
      for (const std::string& line : t.records.front().comments)
        if (line.starts_with("# reaches: ")) written.insert(line.substr(11) + " ");
    for (const proofs::PathTrace& path : paths.traces)
      EXPECT_EQ(written.count(path.reached.empty() ? "- " : signatureOf(path)), 1u)
          << signatureOf(path);
  }
}

#endif

} // namespace
} // namespace growsdown
