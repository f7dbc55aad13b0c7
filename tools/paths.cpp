#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/table.h"

#ifdef GROWSDOWN_WITH_PROOFS
#include "proofs/paths.h"
#include "trace/text.h"
#endif

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

namespace growsdown::tools {

namespace {

struct Arguments {
  std::vector<std::string> steps, rules;
  std::string out;
  std::uint64_t most = 20000;
  bool list = false;
};

#ifdef GROWSDOWN_WITH_PROOFS

namespace smt = proofs::smt;

// The paths of one step under one rule set.
struct StepPaths {
  std::string step;
  std::string_view free;
  std::string_view rules;
  proofs::Exploration explored;
  std::size_t traces = 0, initial = 0, known = 0;
  std::vector<std::string> exceptions;
  std::set<std::string> sequences;
  std::map<std::string, std::vector<std::size_t>> starts; // by reason of the `init` block: traces

  bool countsAddUp() const { return traces + known + exceptions.size() == explored.paths; }
  harness::Verdict verdict() const {
    if (explored.verdict == smt::ProofVerdict::error || !countsAddUp())
      return harness::Verdict::error;
    return explored.verdict == smt::ProofVerdict::proved ? harness::Verdict::agreed
                                                         : harness::Verdict::unknown;
  }
};

std::string idsOf(const std::vector<model::Rule>& rules) {
  std::vector<std::string> ids;
  ids.reserve(rules.size());
  for (const model::Rule rule : rules)
    ids.emplace_back(model::info(rule).id);
  return ids.empty() ? "-" : joined(ids, " ");
}

// The rules that a path reaches, and its outcome.
std::string signature(const proofs::PathTrace& path) {
  const trace::Outcome& outcome = path.trace.records.back().expected;
  // Another witness of the same path returns another address.
  const bool placed = outcome.kind == trace::Outcome::Kind::okAddress;
  return idsOf(path.reached) + " -> " + (placed ? "ok" : trace::print(outcome));
}

std::string_view freeText(proofs::PathStep::Free free) {
  switch (free) {
  case proofs::PathStep::Free::all:
    return "all";
  case proofs::PathStep::Free::words:
    return "words";
  case proofs::PathStep::Free::flags:
    return "flags";
  case proofs::PathStep::Free::neighbours:
    return "neighbours";
  case proofs::PathStep::Free::apart:
    return "apart";
  case proofs::PathStep::Free::limits:
    return "limits";
  }
  return "";
}

// The default rule set comes first.
std::vector<const trace::RuleSet*> allRuleSets() {
  std::vector<const trace::RuleSet*> sets = {trace::findRuleSet(trace::defaultRuleSet)};
  for (const trace::RuleSet& set : trace::ruleSets())
    if (&set != sets.front()) sets.push_back(&set);
  return sets;
}

std::vector<const trace::RuleSet*> ruleSets(const Arguments& arguments,
                                            const proofs::PathStep& step) {
  std::vector<const trace::RuleSet*> sets;
  for (const std::string& name : arguments.rules) {
    if (name == "all") return allRuleSets();
    ruleSet(name); // stops if there is none
    sets.push_back(trace::findRuleSet(name));
  }
  if (!sets.empty()) return sets;
  if (step.everywhere) return allRuleSets();
  return {trace::findRuleSet(trace::defaultRuleSet)};
}

// The file of a step. Each trace is for all rule sets that reach the same rules, explored or not.
std::string fileOf(std::vector<std::pair<proofs::PathTrace, std::string>>& found,
                   const std::string& step) {
  const std::vector<const trace::RuleSet*> sets = allRuleSets();
  std::string text;
  std::size_t number = 0;
  for (auto& [path, origin] : found) {
    std::string names;
    for (const trace::RuleSet* set : sets)
      if (set->name == origin || proofs::reachesTheSameRules(path, *set))
        names += (names.empty() ? "" : ", ") + std::string(set->name);
    path.trace.records.front().comments = {fmt::format("# title: {}, path {}", step, ++number),
                                           "# sets: " + names, "# reaches: " + idsOf(path.reached)};
    text += trace::print(path.trace);
  }
  return text;
}

// Explores one step under rule sets, one after the other.
class StepExplorer {
 public:
  explicit StepExplorer(const proofs::PathStep& step) : step_(step) {}

  StepPaths explore(const trace::RuleSet& set, std::uint64_t mostPaths) {
    proofs::Budget budget;
    budget.paths = mostPaths;
    budget.total = 0;
    proofs::Paths paths = proofs::explorePaths(step_, set, budget);
    StepPaths result;
    result.step = step_.name;
    result.free = freeText(step_.free);
    result.rules = set.name;
    result.explored = paths.explored;
    result.exceptions = std::move(paths.exceptions);
    const std::size_t earlier = found_.size();
    for (proofs::PathTrace& path : paths.traces) {
      const std::string mark = signature(path);
      result.sequences.insert(mark);
      if (isKnown(mark, earlier, set)) {
        ++result.known;
        continue;
      }
      ++result.traces;
      bySignature_.emplace(mark, found_.size());
      if (!path.initial.empty()) {
        ++result.initial;
        result.starts[path.initial].push_back(found_.size() + 1);
      }
      found_.emplace_back(std::move(path), set.name);
    }
    return result;
  }

  // The traces of all paths that were found, each with the rule set that it was found under.
  std::vector<std::pair<proofs::PathTrace, std::string>>& found() { return found_; }

 private:
  // Whether a trace that was found under an earlier rule set takes this path already.
  bool isKnown(const std::string& mark, std::size_t earlier, const trace::RuleSet& set) const {
    const auto [first, last] = bySignature_.equal_range(mark);
    return std::any_of(first, last, [&](const auto& entry) {
      return entry.second < earlier && proofs::reachesTheSameRules(found_[entry.second].first, set);
    });
  }

  const proofs::PathStep& step_;
  std::vector<std::pair<proofs::PathTrace, std::string>> found_;
  std::multimap<std::string, std::size_t> bySignature_;
};

std::vector<StepPaths> explore(const Arguments& arguments) {
  std::vector<StepPaths> all;
  for (const proofs::PathStep& step : proofs::pathSteps()) {
    if (!arguments.steps.empty() && std::find(arguments.steps.begin(), arguments.steps.end(),
                                              step.name) == arguments.steps.end())
      continue;
    StepExplorer explorer(step);
    for (const trace::RuleSet* set : ruleSets(arguments, step)) {
      progress(fmt::format("paths of {} for {}", step.name, set->name));
      all.push_back(explorer.explore(*set, arguments.most));
    }
    if (!arguments.out.empty() && !explorer.found().empty())
      writeFile(fmt::format("{}/{}.trace.xz", arguments.out, step.name),
                fileOf(explorer.found(), step.name));
  }
  progress("");
  return all;
}

std::string complete(const StepPaths& row) {
  return row.explored.verdict == smt::ProofVerdict::proved ? "all" : row.explored.reason;
}

// The cells of a row, in the report and in explored.tsv.
std::vector<std::string> cells(const StepPaths& row) {
  return {row.step,
          std::string(row.free),
          std::string(row.rules),
          std::to_string(row.explored.paths),
          std::to_string(row.sequences.size()),
          std::to_string(row.traces),
          std::to_string(row.initial),
          std::to_string(row.known),
          std::to_string(row.exceptions.size()),
          complete(row)};
}

// "1-3,7" of 1, 2, 3, 7.
std::string ranges(const std::vector<std::size_t>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
      ++last;
    text += fmt::format("{}{}", text.empty() ? "" : ",", numbers[i]);
    if (last != i) text += fmt::format("-{}", numbers[last]);
    i = last + 1;
  }
  return text;
}

// Replaces the lines of these steps in a table, and keeps those of other steps.
void writeTable(const std::string& path, const std::string& header,
                const std::vector<StepPaths>& rows,
                const std::function<std::string(const StepPaths&)>& linesOf) {
  std::map<std::string, std::string> byStep;
  if (std::filesystem::exists(path)) {
    const std::string before = readFile(path);
    for (std::size_t at = before.find('\n') + 1, end = 0; at < before.size(); at = end + 1) {
      end = before.find('\n', at);
      byStep[before.substr(at, before.find('\t', at) - at)] += before.substr(at, end + 1 - at);
    }
  }
  for (const StepPaths& row : rows)
    byStep[row.step].clear();
  for (const StepPaths& row : rows)
    byStep[row.step] += linesOf(row);
  std::string text = header;
  for (const proofs::PathStep& step : proofs::pathSteps())
    text += byStep[step.name];
  writeFile(path, text);
}

void writeTables(const std::string& folder, const std::vector<StepPaths>& rows) {
  writeTable(
      folder + "/explored.tsv",
      "step\tfree\trule set\tpaths\trule sequences\ttraces\tfrom init\tas before\texceptions\t"
      "complete\n",
      rows, [](const StepPaths& row) { return joined(cells(row), "\t") + "\n"; });
  writeTable(folder + "/initial.tsv", "step\tplain steps miss\ttraces\n", rows,
             [](const StepPaths& row) {
               std::string lines;
               for (const auto& [reason, numbers] : row.starts)
                 lines += fmt::format("{}\t{}\t{}\n", row.step, reason, ranges(numbers));
               return lines;
             });
}

std::string report(const std::vector<StepPaths>& rows) {
  std::string text = tableHead({"step", "free", "rule set", "paths", "rule sequences", "traces",
                                "from `init`", "as before", "exceptions", "complete"});
  StepPaths sum;
  std::size_t exceptions = 0, sequences = 0, incomplete = 0;
  std::map<std::string, std::size_t> reasons;
  for (const StepPaths& row : rows) {
    text += tableRow(cells(row));
    sum.explored.paths += row.explored.paths;
    sum.traces += row.traces;
    sum.initial += row.initial;
    sum.known += row.known;
    sequences += row.sequences.size();
    exceptions += row.exceptions.size();
    incomplete += row.explored.verdict != smt::ProofVerdict::proved;
    for (const std::string& exception : row.exceptions)
      ++reasons[row.step + ", " + std::string(row.rules) + ": " +
                exception.substr(exception.find(": ") + 2)];
  }
  text += fmt::format(
      "\n{} paths = {} traces ({} from an `init` block) + {} that reach the rules of an "
      "earlier rule set's trace + {} exceptions; {} rule sequences; {} of {} explorations "
      "incomplete\n",
      sum.explored.paths, sum.traces, sum.initial, sum.known, exceptions, sequences, incomplete,
      rows.size());
  if (!reasons.empty()) text += "\nExceptions:\n\n";
  for (const auto& [reason, count] : reasons)
    text += fmt::format("- {} ({})\n", reason, count);
  return text;
}

int run(const Arguments& arguments) {
  if (arguments.list) {
    for (const proofs::PathStep& step : proofs::pathSteps())
      fmt::print("{}\n", step.name);
    return agreed;
  }
  for (const std::string& name : arguments.steps)
    if (std::none_of(proofs::pathSteps().begin(), proofs::pathSteps().end(),
                     [&](const proofs::PathStep& step) { return step.name == name; }))
      throw Stop(usage, "paths: no step `" + name + "`; `growsdown paths --list` lists them");
  makeDirectory(arguments.out);
  const std::vector<StepPaths> rows = explore(arguments);
  if (!arguments.out.empty()) writeTables(arguments.out, rows);
  fmt::print("{}", report(rows));
  harness::Verdict worst = harness::Verdict::agreed;
  for (const StepPaths& row : rows)
    worst = harness::worse(worst, row.verdict());
  return harness::exitCode(worst);
}

#else

int run(const Arguments&) {
  throw Stop(unknown, "paths: this growsdown was built without proofs: install Z3 (libz3-dev) and "
                      "configure with -DGROWSDOWN_PROOFS=ON");
}

#endif

} // namespace

void addPaths(Command app, Action& action) {
  Command sub = app.addSubcommand("paths", "Write a trace for every path of the rules, with Z3");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("STEP", arguments->steps, "Names of steps (default: all; see --list)")
      .typeName("STEP");
  sub.addOption(
         "--rules", arguments->rules,
         "Rule set, or `all` (may be repeated; default: " + std::string(trace::defaultRuleSet) +
             ", and all for steps with few paths). A path that a trace of an earlier rule "
             "set takes gets no new trace")
      .typeName("SET")
      .oneValueEach();
  sub.addOption("--out", arguments->out,
                "Directory for the traces, one file STEP.trace.xz per step, and for tables of "
                "them")
      .typeName("DIR");
  sub.addOption("--max-paths", arguments->most,
                "Stop a step after this many paths under one rule set: it is then incomplete "
                "(default: 20000)")
      .typeName("N");
  sub.addFlag("--list", arguments->list, "List the steps");
  sub.footer("The last step of each trace takes the path; it expects the outcome of the model. The "
             "report\nsays how many paths there are, and how many have a trace.\n\n"
             "Exit codes: 0 all paths were explored; 2 wrong usage; 3 a step has more paths than "
             "--max-paths;\n4 an error of this program.\n\n"
             "Example:\n"
             "  growsdown paths --out corpus/paths");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
