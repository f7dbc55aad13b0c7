#include "harness/history.h"

#include "harness/compare.h"
#include "harness/hint.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/json.h"
#include "tools/labels.h"
#include "tools/options.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace growsdown::tools {
namespace {

using harness::Cause;
using harness::History;
using harness::HistoryDifference;
using harness::HistoryRun;

struct Arguments {
  std::vector<std::string> paths, rules, archs;
  unsigned index = 0;
  bool releases = false;
  harness::HistoryOptions options;
  bool summary = false;
  bool json = false;
};

std::vector<trace::RuleSet> chosen(const Arguments& arguments) {
  std::vector<trace::RuleSet> sets;
  const auto wanted = [&](const trace::RuleSet& rules) {
    const auto& archs = arguments.archs;
    return archs.empty() || std::count(archs.begin(), archs.end(), name(rules.arch)) != 0;
  };
  if (arguments.rules.empty()) {
    const auto from = arguments.releases ? trace::releases() : trace::ruleSets();
    std::copy_if(from.begin(), from.end(), std::back_inserter(sets), wanted);
    return sets;
  }
  for (const std::string& name : ruleSetNames(arguments.rules)) {
    const trace::RuleSet rules = ruleSet(name);
    if (std::find(sets.begin(), sets.end(), rules) == sets.end()) sets.push_back(rules);
  }
  return sets;
}

// `4.12, 1be7107fbe18, CVE-2017-1000364: why`
std::string describe(const trace::Change& change) {
  std::string text =
      change.since == trace::Version{4, 3} ? "always" : "since " + print(change.since);
  if (change.backport != trace::Version{}) text += " (" + print(change.backport) + ".y, too)";
  for (const std::string_view word : {change.commit, change.cve})
    if (!word.empty()) text += ", " + std::string(word);
  return text + ": " + std::string(change.why);
}

// Differences of one step that have the same values and causes, for all pairs that show them.
struct StepDifference {
  std::vector<std::string> fields; // each with both values
  const std::vector<Cause>* causes = nullptr;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
};

// The differences of a step: first grouped by cause for each pair, then over the pairs.
std::vector<StepDifference> differencesOf(const History& history, std::size_t step) {
  std::vector<StepDifference> byPair;
  for (const HistoryDifference& p : history.differences) {
    if (p.step != step) continue;
    const std::string field = fmt::format("{} {} | {}", name(p.field), p.leftValue, p.rightValue);
    const auto same = std::find_if(byPair.begin(), byPair.end(), [&](const StepDifference& t) {
      return t.pairs[0] == std::pair(p.left, p.right) && *t.causes == p.causes;
    });
    if (same == byPair.end())
      byPair.push_back({{field}, &p.causes, {{p.left, p.right}}});
    else
      same->fields.push_back(field);
  }
  std::vector<StepDifference> result;
  for (StepDifference& t : byPair) {
    const auto same = std::find_if(result.begin(), result.end(), [&](const StepDifference& r) {
      return r.fields == t.fields && *r.causes == *t.causes;
    });
    if (same == result.end())
      result.push_back(std::move(t));
    else
      same->pairs.push_back(t.pairs[0]);
  }
  return result;
}

std::string reason(const HistoryRun& run) {
  const bool named = run.reason.find(run.rules.name) != std::string::npos;
  return named ? run.reason : std::string(run.rules.name) + ": " + run.reason;
}

class HistoryReport {
 public:
  HistoryReport(const History& history, const trace::Trace& trace)
      : history_(history), trace_(trace), labels_(setsOf(history.behaviours)) {}

  void print() {
    const harness::Metadata data = harness::metadata(trace_);
    std::size_t ran = 0;
    for (const HistoryRun& run : history_.runs)
      ran += !run.steps.empty();
    fmt::print("{}{}\n", place(trace_, trace_.line), data.title.empty() ? "" : ": " + data.title);
    fmt::print("{} steps under {} rule sets: {}\n", trace_.records.size(), ran,
               history_.behaviours.size() == 1
                   ? "all show the same"
                   : fmt::format("{} behaviours", history_.behaviours.size()));
    if (history_.behaviours.size() > 1)
      for (const auto& group : history_.behaviours)
        fmt::print("  - {}\n", labels_.group(setsOf({group})));
    for (const HistoryRun& run : history_.runs)
      if (!run.complete)
        fmt::print("  {}: {}\n", run.steps.empty() ? "left out" : "ends early", reason(run));
    fmt::print("\n");
    for (std::size_t k = 0; k < trace_.records.size(); ++k)
      if (!step(k)) break;
    fmt::print("\n");
  }

 private:
  Sets setsOf(const std::vector<std::vector<std::size_t>>& groups) const {
    Sets sets;
    for (const auto& runs : groups)
      for (const std::size_t i : runs)
        sets.push_back(&history_.runs[i].rules);
    return sets;
  }
  std::vector<std::pair<const trace::RuleSet*, const trace::RuleSet*>>
  setsOf(const std::vector<std::pair<std::size_t, std::size_t>>& pairs) const {
    std::vector<std::pair<const trace::RuleSet*, const trace::RuleSet*>> sets;
    sets.reserve(pairs.size());
    for (const auto& [left, right] : pairs)
      sets.emplace_back(&history_.runs[left].rules, &history_.runs[right].rules);
    return sets;
  }

  // False if no rule set gets as far as this step.
  bool step(std::size_t k) {
    const trace::Step& step = trace_.records[k].step;
    struct Group {
      std::vector<std::size_t> runs;
      std::vector<std::string> rules;
    };
    std::vector<Group> groups;
    for (std::size_t i = 0; i < history_.runs.size(); ++i) {
      const HistoryRun& run = history_.runs[i];
      if (run.steps.size() <= k) continue;
      auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& g) {
        return harness::sameOutcome(step, history_.runs[g.runs[0]].steps[k].outcome,
                                    run.steps[k].outcome);
      });
      if (group == groups.end()) group = groups.insert(group, Group{});
      group->runs.push_back(i);
      const std::string rule(run.steps[k].rule);
      if (std::find(group->rules.begin(), group->rules.end(), rule) == group->rules.end())
        group->rules.push_back(rule);
    }
    if (groups.empty()) return false;
    const auto outcome = [&](const Group& g) {
      return harness::describe(history_.runs[g.runs[0]].steps[k].outcome);
    };
    if (groups.size() == 1) {
      fmt::print("step {}: {} -> {}\n", k + 1, trace::print(step), outcome(groups[0]));
    } else {
      fmt::print("step {}: {}\n", k + 1, trace::print(step));
      std::size_t width = 0;
      for (const Group& g : groups)
        width = std::max(width, outcome(g).size());
      for (const Group& g : groups)
        fmt::print("    -> {:{}}  {} [{}]\n", outcome(g), width, labels_.group(setsOf({g.runs})),
                   fmt::join(g.rules, ", "));
    }
    for (const Group& g : groups)
      for (const std::string& rule : g.rules)
        printHint(rule, k);
    for (const StepDifference& t : differencesOf(history_, k)) {
      fmt::print("    {}: {}\n", pairLabel(setsOf(t.pairs)), causes(*t.causes));
      for (const std::string& field : t.fields)
        fmt::print("        {}\n", field);
      for (const Cause& cause : *t.causes)
        for (const std::string_view knob : cause.knobs)
          for (const auto& [left, right] : t.pairs)
            printChanges(knob, history_.runs[left].rules, history_.runs[right].rules);
    }
    return true;
  }

  // A hint once: it holds for later steps as well.
  void printHint(const std::string& rule, std::size_t k) {
    const std::string hint = harness::hintFor(rule, trace_, k);
    if (hint.empty() || !hinted_.insert(rule).second) return;
    fmt::print("    hint: {}; --arch and --rules leave rule sets out\n", hint);
  }

  static std::string causes(const std::vector<Cause>& causes) {
    std::string text;
    for (const Cause& cause : causes) {
      text += (text.empty() ? "" : "; ") + listed(cause.knobs);
      text += cause.knobs.size() > 1 ? " (only together)"
              : !cause.needed        ? " (enough)"
              : !cause.enough        ? " (needed)"
                                     : "";
    }
    return text.empty() ? "no knob explains it" : text;
  }

  // The values of a knob on both sides and the changes between; each change once per trace.
  void printChanges(std::string_view knob, const trace::RuleSet& a, const trace::RuleSet& b) {
    for (const trace::Change* change : trace::changesBetween(a, b, knob))
      if (changes_.insert(change).second)
        fmt::print("        {} {} | {}: {}\n", knob, valueOf(a, knob), valueOf(b, knob),
                   describe(*change));
  }

  const History& history_;
  const trace::Trace& trace_;
  const Labels labels_;
  std::set<const trace::Change*> changes_;
  std::set<std::string> hinted_; ///< rules
};

// Counts the differences and traces that each knob, or set of knobs, causes.
class Summary {
 public:
  void add(const History& history) {
    ++traces_;
    same_ += history.behaviours.size() <= 1;
    std::set<std::string> here;
    for (const HistoryDifference& p : history.differences)
      for (const Cause& cause : p.causes) {
        const std::string knobs = listed(cause.knobs);
        KnobCount& count = counts_[knobs];
        ++(p.field == harness::HistoryField::outcome ? count.outcomes : count.states);
        count.traces += here.insert(knobs).second;
      }
  }
  void print(std::size_t again) const {
    fmt::print("{} traces{}: {} show the same under all rule sets. Differences by knob:\n", traces_,
               again == 0 ? "" : fmt::format(" ({} more repeat their steps)", again), same_);
    fmt::print("  {:>7}  {:>9}  {:>7}\n", "traces", "outcomes", "states");
    for (const auto& [knobs, count] : counts_)
      fmt::print("  {:7}  {:9}  {:7}  {}\n", count.traces, count.outcomes, count.states, knobs);
  }

 private:
  struct KnobCount {
    std::size_t traces = 0, outcomes = 0, states = 0;
  };
  std::map<std::string, KnobCount> counts_;
  std::size_t traces_ = 0, same_ = 0;
};

// A knob with its values and changes on both sides of a pair.
Json knobJson(std::string_view knob, const trace::RuleSet& a, const trace::RuleSet& b) {
  Json object =
      Json::object({{"name", knob}, {"left", valueOf(a, knob)}, {"right", valueOf(b, knob)}});
  object["changes"] = Json::array();
  for (const trace::Change* change : trace::changesBetween(a, b, knob))
    object["changes"].push_back(jsonChange(*change));
  return object;
}

Json differenceJson(const History& history, const HistoryDifference& p) {
  const trace::RuleSet& a = history.runs[p.left].rules;
  const trace::RuleSet& b = history.runs[p.right].rules;
  return Json::object(
      {{"left", a.name},
       {"right", b.name},
       {"step", p.step + 1},
       {"shown", name(p.field)},
       {"leftValue", p.leftValue},
       {"rightValue", p.rightValue},
       {"causes", jsonList(p.causes, [&](const Cause& cause) {
          return Json::object(
              {{"knobs",
                jsonList(cause.knobs, [&](std::string_view knob) { return knobJson(knob, a, b); })},
               {"enough", cause.enough},
               {"needed", cause.needed}});
        })}});
}

Json json(const History& history, const trace::Trace& trace) {
  Json object = Json::object(
      {{"file", trace.file}, {"line", trace.line}, {"title", harness::metadata(trace).title}});
  object["ruleSets"] = jsonList(history.runs, [](const HistoryRun& run) {
    return Json::object({{"name", run.rules.name},
                         {"recorded", !run.rules.kernel.empty()},
                         {"steps", run.steps.size()},
                         {"complete", run.complete},
                         {"reason", run.reason}});
  });
  object["behaviours"] = jsonList(history.behaviours, [&](const std::vector<std::size_t>& group) {
    return jsonList(group, [&](std::size_t i) { return Json(history.runs[i].rules.name); });
  });
  Json steps = Json::array();
  for (std::size_t k = 0; k < trace.records.size(); ++k) {
    Json outcomes = Json::object();
    for (const HistoryRun& run : history.runs)
      if (run.steps.size() > k)
        outcomes[std::string(run.rules.name)] = harness::describe(run.steps[k].outcome);
    steps.push_back(Json::object({{"step", k + 1},
                                  {"text", trace::print(trace.records[k].step)},
                                  {"outcomes", std::move(outcomes)}}));
  }
  object["steps"] = std::move(steps);
  object["partings"] = jsonList(
      history.differences, [&](const HistoryDifference& p) { return differenceJson(history, p); });
  return object;
}

// Everything in a trace that a run depends on.
std::string stepsOf(const trace::Trace& trace) {
  std::string text = trace::printWith(trace.with);
  if (trace.initial) text += trace::printInitial(*trace.initial);
  for (const trace::Record& record : trace.records)
    text += trace::print(record.step) + (record.state.abnormal ? " !\n" : "\n");
  return text;
}

// The traces of a file, or the one that --trace names.
std::vector<trace::Trace> tracesOf(const std::string& file, unsigned index) {
  if (index == 0) return readTraces(file);
  std::vector<trace::Trace> one;
  one.push_back(readTrace(file, index));
  return one;
}

int run(const Arguments& arguments) {
  const std::vector<trace::RuleSet> sets = chosen(arguments);
  const auto model = harness::makeModel();
  Summary summary;
  bool anyRan = false;
  std::string why;
  std::optional<JsonStream> stream;
  if (arguments.json) stream.emplace("history", "traces");
  std::size_t again = 0;
  std::set<std::string> seen;
  for (const std::string& file : traceFiles(arguments.paths))
    for (const trace::Trace& trace : tracesOf(file, arguments.index)) {
      // A corpus repeats the same steps with the expectations of several rule sets.
      if (!seen.insert(stepsOf(trace)).second) {
        ++again;
        continue;
      }
      const History history = harness::history(*model, sets, trace, arguments.options);
      if (std::all_of(history.runs.begin(), history.runs.end(),
                      [](const HistoryRun& run) { return run.malformed; }))
        throw Stop(usage, history.runs[0].reason);
      for (const HistoryRun& run : history.runs) {
        anyRan |= run.complete;
        if (!run.complete && why.empty()) why = reason(run);
      }
      summary.add(history);
      if (stream)
        stream->add(json(history, trace));
      else if (!arguments.summary)
        HistoryReport(history, trace).print();
    }
  if (stream)
    stream->end();
  else if (arguments.summary || seen.size() > 1)
    summary.print(again);
  if (!anyRan) throw Stop(unknown, "history: no rule set can say how it ends: " + why);
  return agreed;
}

} // namespace

void addHistory(Command app, Action& action) {
  Command sub = app.addSubcommand(
      "history", "Run a trace under every rule set; show where they differ and which knobs do it");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("TRACE", arguments->paths,
                "Trace files; may be compressed (.xz), - is standard input. Of a directory, all "
                "*.trace and *.trace.xz files below it")
      .typeName("TRACE")
      .required();
  const Option rules = addRulesOption(sub, arguments->rules, "all that recordings judge");
  sub.addOption("--arch", arguments->archs,
                "Use rule sets of this architecture only: arm64, amd64 or um (may be repeated)")
      .typeName("ARCH")
      .oneValueEach()
      .oneOf({"arm64", "amd64", "um"})
      .excludes(rules);
  sub.addFlag(
         "--releases", arguments->releases,
         "Use the rule sets of all releases from 4.3 to 7.2, most of which no recording judges")
      .excludes(rules);
  addIndexOption(sub, arguments->index, "all");
  const Option outcomes = sub.addFlag(
      "--outcomes", arguments->options.outcomes,
      "Compare outcomes only: what the program itself notices, without maps and counters");
  sub.addFlag("--internal", arguments->options.internal,
              "Compare whole states too, not only what /proc shows")
      .excludes(outcomes);
  sub.addFlag("--all", arguments->options.all,
              "Continue after the first difference: every outcome that differs, and the first "
              "step where each number and the map differ");
  const Option summary =
      sub.addFlag("--summary", arguments->summary,
                  "Print only the number of differences that each knob causes, over all traces");
  sub.addFlag("--json", arguments->json, "Print JSON").excludes(summary);
  sub.footer(
      "The command compares neighbours: successive releases of one architecture, and the\n"
      "architectures of one release. For each pair it reports the first step after which the\n"
      "state shown differs, and the first step with another outcome. It finds the knobs that\n"
      "cause a difference by turning the knobs in which the two rule sets differ: one at a\n"
      "time, then in pairs, then in larger sets. A knob is `(enough)` if turning it makes the\n"
      "difference, but turning it back does not undo it; `(needed)` is the reverse.\n\n"
      "Exit codes: 0 also if rule sets differ, because nothing is checked; 2 for malformed\n"
      "input; 3 if no rule set can run any trace to its end.\n\n"
      "Examples:\n"
      "  growsdown history finding.trace\n"
      "  growsdown history --arch arm64 --releases finding.trace\n"
      "  growsdown history --rules linux-5.4-amd64 --rules linux-5.10-amd64 finding.trace\n"
      "  growsdown history --summary corpus/rules");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
