#include "tools/common.h"

#ifdef GROWSDOWN_WITH_PROOFS
#include "proofs/paths.h"
#include "trace/text.h"
#endif

#include <CLI/CLI.hpp>
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

// What became of one step under one rule set.
struct Row {
  std::string step;
  std::string_view free;
  std::string_view rules;
  proofs::Exploration explored;
  std::size_t traces = 0, initial = 0, known = 0;
  std::vector<std::string> exceptions;
  std::set<std::string> ways;
  std::map<std::string, std::vector<std::size_t>> starts; // reasons of `init` blocks: traces

  bool adds() const { return traces + known + exceptions.size() == explored.paths; }
  harness::Verdict verdict() const {
    if (explored.verdict == smt::Verdict::error || !adds()) return harness::Verdict::error;
    return explored.verdict == smt::Verdict::proved ? harness::Verdict::agreed
                                                    : harness::Verdict::unknown;
  }
};

std::string wayText(const std::vector<model::Rule>& way) {
  std::string text;
  for (const model::Rule rule : way) {
    if (!text.empty()) text += " ";
    text += model::info(rule).id;
  }
  return text.empty() ? "-" : text;
}

// What tells two paths of a step apart without the rules' decisions: rules reached, and outcome.
std::string signature(const proofs::PathTrace& path) {
  const trace::Outcome& outcome = path.trace.records.back().expected;
  // An address that was returned is the witness' own.
  const bool placed = outcome.kind == trace::Outcome::Kind::okAddress;
  return wayText(path.way) + " -> " + (placed ? "ok" : trace::print(outcome));
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
    ruleSet(name); // says which are known
    sets.push_back(trace::findRuleSet(name));
  }
  if (!sets.empty()) return sets;
  if (step.everywhere) return allRuleSets();
  return {trace::findRuleSet(trace::defaultRuleSet)};
}

// Each trace is for all rule sets that take the same way, explored or not.
std::string fileOf(std::vector<std::pair<proofs::PathTrace, std::string>>& found,
                   const std::string& step) {
  const std::vector<const trace::RuleSet*> sets = allRuleSets();
  std::string text;
  std::size_t number = 0;
  for (auto& [path, origin] : found) {
    std::string names;
    for (const trace::RuleSet* set : sets)
      if (set->name == origin || proofs::takesTheSameWay(path, *set))
        names += (names.empty() ? "" : ", ") + std::string(set->name);
    path.trace.records.front().comments = {fmt::format("# title: {}, path {}", step, ++number),
                                           "# sets: " + names, "# way: " + wayText(path.way)};
    text += trace::print(path.trace);
  }
  return text;
}

std::vector<Row> explore(const Arguments& arguments) {
  std::vector<Row> rows;
  for (const proofs::PathStep& step : proofs::pathSteps()) {
    if (!arguments.steps.empty() && std::find(arguments.steps.begin(), arguments.steps.end(),
                                              step.name) == arguments.steps.end())
      continue;
    std::vector<std::pair<proofs::PathTrace, std::string>> found;
    std::multimap<std::string, std::size_t> bySignature;
    for (const trace::RuleSet* set : ruleSets(arguments, step)) {
      progress(fmt::format("paths of {} for {}", step.name, set->name));
      proofs::Budget budget;
      budget.paths = arguments.most;
      budget.total = 0;
      proofs::Paths paths = proofs::explorePaths(step, *set, budget);
      Row row;
      row.step = step.name;
      row.free = freeText(step.free);
      row.rules = set->name;
      row.explored = paths.explored;
      row.exceptions = std::move(paths.exceptions);
      const std::size_t before = found.size();
      for (proofs::PathTrace& path : paths.traces) {
        const std::string mark = signature(path);
        row.ways.insert(mark);
        const auto [first, last] = bySignature.equal_range(mark);
        if (std::any_of(first, last, [&](const auto& entry) {
              return entry.second < before &&
                     proofs::takesTheSameWay(found[entry.second].first, *set);
            })) {
          ++row.known;
          continue;
        }
        ++row.traces;
        bySignature.emplace(mark, found.size());
        if (!path.initial.empty()) {
          ++row.initial;
          row.starts[path.initial].push_back(found.size() + 1);
        }
        found.emplace_back(std::move(path), set->name);
      }
      rows.push_back(std::move(row));
    }
    if (!arguments.out.empty() && !found.empty())
      writeFile(fmt::format("{}/{}.trace.xz", arguments.out, step.name), fileOf(found, step.name));
  }
  progress("");
  return rows;
}

std::string complete(const Row& row) {
  return row.explored.verdict == smt::Verdict::proved ? "all" : row.explored.reason;
}

std::string shown(const Row& row) {
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", row.step, row.free,
                     row.rules, row.explored.paths, row.ways.size(), row.traces, row.initial,
                     row.known, row.exceptions.size(), complete(row));
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

// The lines of a table of steps with these in the place of those of the same steps.
void writeTable(const std::string& path, const std::string& header, const std::vector<Row>& rows,
                const std::function<std::string(const Row&)>& linesOf) {
  std::map<std::string, std::string> byStep;
  if (std::filesystem::exists(path)) {
    const std::string before = readFile(path);
    for (std::size_t at = before.find('\n') + 1, end = 0; at < before.size(); at = end + 1) {
      end = before.find('\n', at);
      byStep[before.substr(at, before.find('\t', at) - at)] += before.substr(at, end + 1 - at);
    }
  }
  for (const Row& row : rows)
    byStep[row.step].clear();
  for (const Row& row : rows)
    byStep[row.step] += linesOf(row);
  std::string text = header;
  for (const proofs::PathStep& step : proofs::pathSteps())
    text += byStep[step.name];
  writeFile(path, text);
}

void writeTables(const std::string& folder, const std::vector<Row>& rows) {
  writeTable(folder + "/explored.tsv",
             "step\tfree\trule set\tpaths\tways\ttraces\tfrom init\tas before\texceptions\t"
             "complete\n",
             rows, [](const Row& row) {
               return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", row.step, row.free,
                                  row.rules, row.explored.paths, row.ways.size(), row.traces,
                                  row.initial, row.known, row.exceptions.size(), complete(row));
             });
  writeTable(folder + "/initial.tsv", "step\tplain steps miss\ttraces\n", rows, [](const Row& row) {
    std::string lines;
    for (const auto& [reason, numbers] : row.starts)
      lines += fmt::format("{}\t{}\t{}\n", row.step, reason, ranges(numbers));
    return lines;
  });
}

std::string report(const std::vector<Row>& rows) {
  std::string text = "| step | free | rule set | paths | ways | traces | from `init` | as before | "
                     "exceptions | complete |\n|---|---|---|---|---|---|---|---|---|---|\n";
  Row sum;
  std::size_t exceptions = 0, ways = 0, incomplete = 0;
  std::map<std::string, std::size_t> reasons;
  for (const Row& row : rows) {
    text += shown(row);
    sum.explored.paths += row.explored.paths;
    sum.traces += row.traces;
    sum.initial += row.initial;
    sum.known += row.known;
    ways += row.ways.size();
    exceptions += row.exceptions.size();
    incomplete += row.explored.verdict != smt::Verdict::proved;
    for (const std::string& exception : row.exceptions)
      ++reasons[row.step + ", " + std::string(row.rules) + ": " +
                exception.substr(exception.find(": ") + 2)];
  }
  text += fmt::format("\n{} paths = {} traces ({} from an `init` block) + {} that go the way of an "
                      "earlier rule set's trace + {} exceptions; {} ways; {} of {} explorations "
                      "incomplete\n",
                      sum.explored.paths, sum.traces, sum.initial, sum.known, exceptions, ways,
                      incomplete, rows.size());
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
      throw Stop(usage, "paths: no step `" + name + "` (--list)");
  if (!arguments.out.empty()) {
    std::error_code error;
    std::filesystem::create_directories(arguments.out, error);
    if (error)
      throw Stop(failure, arguments.out + ": cannot make the directory: " + error.message());
  }
  const std::vector<Row> rows = explore(arguments);
  if (!arguments.out.empty()) writeTables(arguments.out, rows);
  fmt::print("{}", report(rows));
  harness::Verdict worst = harness::Verdict::agreed;
  for (const Row& row : rows)
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

void addPaths(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("paths", "Write a trace for every path of the rules (Z3)");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("STEP", arguments->steps, "Names of steps (default: all; --list)");
  sub->add_option(
         "--rules", arguments->rules,
         "Rule set, or `all` (may be repeated; default: linux-4.3-arm64, and all where they "
         "are few paths). A path of a later one that a trace takes already gets no trace "
         "of its own")
      ->allow_extra_args(false);
  sub->add_option("--out", arguments->out,
                  "Directory for the traces, a file STEP.trace.xz a step, and tables of them");
  sub->add_option("--max-paths", arguments->most,
                  "Of one step under one rule set; with more it is incomplete (exit 3)");
  sub->add_flag("--list", arguments->list, "List the steps");
  sub->footer(
      "\nEach trace ends with a step whose outcome is the model's. The report says how many\n"
      "paths there are and what became of each.\n\n"
      "Example:\n"
      "  growsdown paths --out corpus/paths");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
