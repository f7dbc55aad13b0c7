#include "harness/pair.h"
#include "harness/small_scopes.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/json.h"
#include "tools/table.h"
#include "trace/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace growsdown::tools {
namespace {

using harness::KnobFlips;
using harness::PairResult;
using harness::PairSituation;

struct Arguments {
  std::vector<std::string> pair, knobs, scopes;
  std::string out;
  bool pairs = false, json = false, markdown = false;
};

// An outcome without its address.
std::string answer(trace::Outcome outcome) {
  if (outcome.kind == trace::Outcome::Kind::okAddress) outcome = trace::Outcome::okay();
  return harness::describe(outcome);
}

std::vector<std::string> knobNames(const PairResult& pair, KnobFlips::Set set) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < pair.changes.size(); ++i)
    if (set >> i & 1) names.emplace_back(pair.changes[i].name);
  return names;
}

// The rows of the table of changes that make a knob of the pair differ, as text.
std::vector<std::string> rows(const PairResult& pair, const harness::KnobChange& change) {
  std::vector<std::string> out;
  for (const trace::Change* row : trace::changesBetween(pair.left, pair.right, change.name)) {
    std::string text = row->since == trace::Version{4, 3} ? "always" : "since " + print(row->since);
    if (row->backport != trace::Version{}) text += " (and " + print(row->backport) + " updated)";
    if (!row->commit.empty()) text += fmt::format(", {}", row->commit);
    if (!row->cve.empty()) text += fmt::format(", {}", row->cve);
    out.push_back(fmt::format("{}: {}", text, row->why));
  }
  return out;
}

std::string steps(const harness::Situation& s) {
  std::vector<std::string> out;
  for (const trace::Step& step : s.trace)
    out.push_back(trace::print(step));
  return joined(out, "; ");
}

// `touch r|w`
std::string stepName(const harness::Situation& s) {
  std::string text(trace::name(s.op));
  std::vector<std::string> variants;
  for (const std::string& variant : s.variants)
    if (!variant.empty()) variants.push_back(variant);
  if (!variants.empty()) text += " " + joined(variants, " | ");
  return text;
}

// `ok by GROW-DONE (through GUARD-PAGE-ADDED)`: the answer, the rule that decided, and rules that
// only this side reached.
std::string side(const trace::Outcome& outcome, model::Rule rule,
                 const std::vector<std::string>& only) {
  std::string text = fmt::format("{} by {}", answer(outcome), model::info(rule).id);
  std::vector<std::string> rest;
  for (const std::string& id : only)
    if (id != model::info(rule).id) rest.push_back(id);
  if (!rest.empty()) text += " (through " + joined(rest, ", ") + ")";
  return text;
}

// The bounds of a situation in the grids, one line per scope.
std::vector<std::string> conditions(const PairResult& pair, const PairSituation& s) {
  constexpr std::size_t most = 8;
  std::vector<std::string> out;
  for (const PairSituation::Where& where : s.where) {
    const harness::Scope& scope = pair.scopes[where.scope];
    std::vector<std::string> parts = harness::describe(where.points, scope.axes);
    if (parts.empty()) continue;
    const std::size_t more = parts.size() > most ? parts.size() - most : 0;
    parts.resize(parts.size() - more);
    std::string text =
        scope.name + ": " + (parts.front().empty() ? "always" : joined(parts, "; or "));
    if (more != 0) text += fmt::format("; and {} more", more);
    out.push_back(std::move(text));
  }
  return out;
}

std::string scopeNames(const PairResult& pair, const PairSituation& s) {
  std::vector<std::string> names;
  for (const PairSituation::Where& where : s.where)
    names.push_back(pair.scopes[where.scope].name);
  return joined(names, ", ");
}

struct Totals {
  std::uint64_t states = 0, steps = 0;
};
Totals totals(const PairResult& pair) {
  Totals t;
  for (const harness::ScopeResult& r : pair.results) {
    t.states += r.states;
    t.steps += r.steps;
  }
  return t;
}

int exitCode(const PairResult& pair) {
  if (pair.unexplained != 0 || pair.control != 0) return diverged;
  return pair.unknown != 0 ? unknown : agreed;
}

std::string summary(const PairResult& pair) {
  const Totals t = totals(pair);
  std::string text =
      fmt::format("{} knobs differ; {} joint states, {} steps compared; {} situations",
                  pair.changes.size(), t.states, t.steps, pair.situations.size());
  if (pair.unexplained != 0)
    text += fmt::format("; {} differences that the table of changes does not explain",
                        pair.unexplained);
  if (pair.control != 0)
    text += fmt::format("; {} differences left with all knobs changed", pair.control);
  if (pair.unknown != 0) text += fmt::format("; {} steps unknown", pair.unknown);
  return text;
}

void printText(const PairResult& pair) {
  fmt::print("{} and {}: {}\n", pair.left.name, pair.right.name, summary(pair));
  for (const harness::KnobChange& change : pair.changes) {
    fmt::print("  {}: {} -> {}\n", change.name, change.from, change.to);
    for (const std::string& row : rows(pair, change))
      fmt::print("      {}\n", row);
  }
  const auto printOne = [&](const PairSituation& shown, std::string_view head) {
    const harness::Situation& s = shown.situation;
    fmt::print("  {}\n    {}\n", head, stepName(s));
    fmt::print("      left  {}\n      right {}\n", side(s.leftOutcome, s.left, s.leftRules),
               side(s.rightOutcome, s.right, s.rightRules));
    fmt::print("      differs in {}; {} times ({})\n", harness::names(s.aspects), s.count,
               scopeNames(pair, shown));
    for (const std::string& condition : conditions(pair, shown))
      fmt::print("      when {}\n", condition);
    fmt::print("      e.g. {}\n", steps(s));
  };
  for (const PairSituation& shown : pair.situations) {
    const auto names = knobNames(pair, shown.situation.knobs);
    printOne(shown,
             names.empty() ? "not explained by the table of changes" : joined(names, " with "));
  }
  for (const harness::MaskedKnob& masked : pair.masked) {
    const std::string_view name = pair.changes[masked.knob].name;
    if (masked.situations.empty())
      fmt::print("  {}: no situation, also with all other knobs as on the right\n", name);
    for (const PairSituation& shown : masked.situations)
      printOne(shown, fmt::format("{}, with all other knobs as on the right", name));
  }
  fmt::print("\n");
}

Json situationJson(const PairResult& pair, const PairSituation& shown) {
  const harness::Situation& s = shown.situation;
  const auto side = [](const trace::Outcome& outcome, model::Rule rule,
                       const std::vector<std::string>& only) {
    return Json::object(
        {{"answer", answer(outcome)}, {"rule", model::info(rule).id}, {"only", jsonList(only)}});
  };
  Json object = Json::object();
  object["step"] = stepName(s);
  object["knobs"] = jsonList(knobNames(pair, s.knobs));
  object["also"] =
      jsonList(s.also, [&](const KnobFlips::Set set) { return jsonList(knobNames(pair, set)); });
  object["left"] = side(s.leftOutcome, s.left, s.leftRules);
  object["right"] = side(s.rightOutcome, s.right, s.rightRules);
  object["differs"] = harness::names(s.aspects);
  object["count"] = s.count;
  object["scopes"] = jsonList(shown.where, [&](const PairSituation::Where& where) {
    const harness::Scope& scope = pair.scopes[where.scope];
    return Json::object({{"scope", scope.name},
                         {"count", where.count},
                         {"when", jsonList(harness::describe(where.points, scope.axes))}});
  });
  object["trace"] = jsonList(s.trace, [](const trace::Step& step) { return trace::print(step); });
  return object;
}

Json pairJson(const PairResult& pair) {
  const auto situations = [&](const std::vector<PairSituation>& all) {
    return jsonList(all, [&](const PairSituation& shown) { return situationJson(pair, shown); });
  };
  Json object = Json::object({{"left", pair.left.name},
                              {"right", pair.right.name},
                              {"unexplained", pair.unexplained},
                              {"control", pair.control},
                              {"unknown", pair.unknown}});
  object["knobs"] = jsonList(pair.changes, [&](const harness::KnobChange& change) {
    return Json::object({{"knob", change.name},
                         {"left", change.from},
                         {"right", change.to},
                         {"changes", jsonList(rows(pair, change))}});
  });
  Json scopes = Json::array();
  for (std::size_t i = 0; i < pair.scopes.size(); ++i) {
    const harness::ScopeResult& r = pair.results[i];
    scopes.push_back(Json::object({{"scope", pair.scopes[i].name},
                                   {"starts", r.starts},
                                   {"length", r.length},
                                   {"closed", r.closed},
                                   {"states", r.states},
                                   {"steps", r.steps},
                                   {"diverged", r.diverged},
                                   {"unknown", r.unknown}}));
  }
  object["scopes"] = std::move(scopes);
  object["situations"] = situations(pair.situations);
  object["masked"] = jsonList(pair.masked, [&](const harness::MaskedKnob& masked) {
    return Json::object(
        {{"knob", pair.changes[masked.knob].name}, {"alone", situations(masked.situations)}});
  });
  return object;
}

// --- The page ---------------------------------------------------------------------------------

constexpr const char* pageHead =
    R"(# Where neighbouring rule sets differ

`growsdown compare --markdown` writes this page; a test compares. `growsdown compare A B` reports
on one pair; with `--out DIR` it writes a trace for each situation.

Two rule sets run side by side on every trace of some small scopes, breadth first over pairs of
states that the same history reaches (*joint states*). No joint state is continued twice; a 128-bit
hash of everything that a later step can depend on identifies it. If the two states differ, nothing
after that step is compared. Most scopes end by themselves, because no longer trace over their steps
reaches a new joint state. Such a scope covers traces of any length.

Each difference is explained by a set of knobs. If these knobs are changed in the left rule set, it
does what the right one does, with equal states all the way. The set is the smallest one, and it is
found by changing knobs, on the first and shortest trace to each joint state. The run fails if no
knobs of the table of changes (`trace/changes.cpp`) explain a difference, or if a difference is left
with all of them changed. Within the scopes, the two rule sets agree wherever this page has no entry.

How to read a row:

- *step*: the step in which the two rule sets differ.
- *left*, *right*: the answer, the rule that decided it, and the rules that only this side reached.
- *differs in*: what differs after the step. Areas, flags, pgoff, anon_vma, pages, rights, size,
  stack, locked and committed are parts of the state, which then differs for good. `shown` (the page
  that /proc/self/maps hides), `data` (VmData), `tables` and `faults` (minor faults) are what an
  observer sees and no rule reads.
- *when*: exact bounds if a scope is a grid.

)";

void pageSituations(const PairResult& pair, const std::vector<PairSituation>& situations) {
  fmt::print("{}",
             tableHead({"step", "left", "right", "differs in", "when, or the shortest trace"}));
  for (const PairSituation& shown : situations) {
    const harness::Situation& s = shown.situation;
    std::vector<std::string> when = conditions(pair, shown);
    if (when.empty()) when.push_back("`" + steps(s) + "`");
    fmt::print("{}", tableRow({stepName(s), side(s.leftOutcome, s.left, s.leftRules),
                               side(s.rightOutcome, s.right, s.rightRules),
                               harness::names(s.aspects), joined(when, "<br>")}));
  }
}

void pageScopes(const std::vector<PairResult>& pairs) {
  fmt::print("## The scopes\n\n{}", tableHead({"scope", "what is enumerated", "traces"}));
  for (std::size_t i = 0; !pairs.empty() && i < pairs.front().scopes.size(); ++i) {
    const harness::Scope& scope = pairs.front().scopes[i];
    const bool closed = std::all_of(pairs.begin(), pairs.end(),
                                    [&](const PairResult& pair) { return pair.results[i].closed; });
    std::string bound;
    if (scope.depth == 0)
      bound = fmt::format("all {} points", pairs.front().results[i].starts);
    else
      bound = fmt::format(
          "{}{} steps, {}",
          scope.axes.empty() ? "" : fmt::format("{} starts, ", pairs.front().results[i].starts),
          scope.alphabet.size(),
          closed ? "any length" : fmt::format("up to {} of them", scope.depth));
    fmt::print("{}", tableRow({scope.name, scope.about, bound}));
  }
}

void pagePair(const PairResult& pair) {
  fmt::print("\n## {} and {}\n\n", pair.left.name, pair.right.name);
  if (pair.changes.empty()) {
    fmt::print("No knob differs, and nothing in {} joint states.\n", totals(pair).states);
    return;
  }
  fmt::print("{}", tableHead({"knob", "left", "right", "change"}));
  for (const harness::KnobChange& change : pair.changes)
    fmt::print("{}", tableRow({std::string(change.name), change.from, change.to,
                               joined(rows(pair, change), "<br>")}));
  for (std::size_t i = 0; i < pair.situations.size();) {
    const KnobFlips::Set knobs = pair.situations[i].situation.knobs;
    std::vector<PairSituation> same;
    for (; i < pair.situations.size() && pair.situations[i].situation.knobs == knobs; ++i)
      same.push_back(pair.situations[i]);
    fmt::print("\n### {}\n\n", joined(knobNames(pair, knobs), ", "));
    pageSituations(pair, same);
  }
  for (const harness::MaskedKnob& masked : pair.masked) {
    const std::string_view name = pair.changes[masked.knob].name;
    fmt::print("\n### {} (masked)\n\n", name);
    if (masked.situations.empty()) {
      fmt::print("No situation: {}\n", harness::whyWithoutSituation(pair.left, pair.right, name));
      continue;
    }
    fmt::print("Other knobs hide the effect of this one. With all others as in "
               "{1}, the left column is {1} with `{0}` as in the left rule set:\n\n",
               name, pair.right.name);
    pageSituations(pair, masked.situations);
  }
}

void page(const std::vector<PairResult>& pairs) {
  fmt::print("{}", pageHead);
  pageScopes(pairs);
  fmt::print("\n## The pairs\n\n{}",
             tableHead({"left", "right", "knobs", "joint states", "steps compared", "situations"}));
  for (const PairResult& pair : pairs)
    fmt::print(
        "{}",
        tableRow({std::string(pair.left.name), std::string(pair.right.name),
                  std::to_string(pair.changes.size()), std::to_string(totals(pair).states),
                  std::to_string(totals(pair).steps), std::to_string(pair.situations.size())}));
  for (const PairResult& pair : pairs)
    pagePair(pair);
}

// --- The traces -------------------------------------------------------------------------------

void writeTraces(const PairResult& pair, const std::string& folder, bool altered) {
  const auto in =
      std::filesystem::path(folder) / fmt::format("{}--{}", pair.left.name, pair.right.name);
  makeDirectory(in.string());
  std::size_t number = 0;
  for (const PairSituation& shown : pair.situations) {
    const harness::Situation& s = shown.situation;
    const auto names = knobNames(pair, s.knobs);
    std::vector<trace::Trace> both;
    for (const bool right : {false, true}) {
      const trace::RuleSet& rules = right ? pair.right : pair.left;
      trace::Trace trace = harness::shownUnder(pair.scopes[shown.scope], s, rules);
      trace.before = {fmt::format("# title: {} and {} differ in {}: {}", pair.left.name,
                                  pair.right.name, harness::names(s.aspects),
                                  names.empty() ? "?" : joined(names, ", ")),
                      fmt::format("# rules: {}", model::info(right ? s.right : s.left).id)};
      // A rule set with other knobs has no name to replay it under.
      trace.before.push_back(right && altered
                                 ? fmt::format("# what {} with other knobs answers", rules.name)
                                 : fmt::format("# sets: {}", rules.name));
      both.push_back(std::move(trace));
    }
    const std::string file =
        fmt::format("{:03}-{}-{}.trace", ++number, names.empty() ? "unexplained" : names.front(),
                    trace::name(s.op));
    writeFile((in / file).string(), trace::print(both));
  }
}

// The scopes of a pair, or those that --scope names.
std::vector<harness::Scope> scopesOf(const Arguments& arguments, const trace::RuleSet& left,
                                     const trace::RuleSet& right) {
  std::vector<harness::Scope> scopes = harness::scopes(left, right);
  if (arguments.scopes.empty()) return scopes;
  std::vector<std::string> known;
  known.reserve(scopes.size());
  for (const harness::Scope& scope : scopes)
    known.push_back(scope.name);
  for (const std::string& name : arguments.scopes)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Stop(usage, fmt::format("compare: no scope `{}`; known: {}", name, joined(known, " ")));
  std::erase_if(scopes, [&](const harness::Scope& scope) {
    return std::find(arguments.scopes.begin(), arguments.scopes.end(), scope.name) ==
           arguments.scopes.end();
  });
  return scopes;
}

PairResult compare(const Arguments& arguments, const trace::Neighbours& names) {
  const trace::RuleSet left = ruleSet(std::string(names.left));
  const trace::RuleSet right = ruleSet(std::string(names.right), arguments.knobs);
  harness::PairProgress shows;
  if (showsProgress())
    shows = [&](const harness::Scope& scope, std::uint64_t steps) {
      progress(fmt::format("{} and {}: {}, {} steps", names.left, names.right, scope.name, steps));
    };
  PairResult result = harness::comparePair(left, right, scopesOf(arguments, left, right), shows);
  progress("");
  return result;
}

int run(const Arguments& arguments) {
  std::vector<trace::Neighbours> pairs = trace::neighbours();
  if (arguments.pairs) {
    for (const trace::Neighbours& names : pairs)
      fmt::print("{} {}\n", names.left, names.right);
    return agreed;
  }
  if (!arguments.pair.empty()) {
    if (arguments.pair.size() != 2)
      throw Stop(usage, "compare: give two rule sets, or none for all neighbouring pairs");
    pairs = {{arguments.pair[0], arguments.pair[1]}};
  } else if (!arguments.knobs.empty()) {
    throw Stop(usage, "compare: --knob changes the second of two rule sets; name both");
  }
  std::vector<PairResult> results;
  int code = agreed;
  for (const trace::Neighbours& names : pairs) {
    PairResult result = compare(arguments, names);
    const int found = exitCode(result);
    if (code == agreed || found == diverged) code = found;
    if (!arguments.out.empty()) writeTraces(result, arguments.out, !arguments.knobs.empty());
    if (!arguments.json && !arguments.markdown) printText(result);
    results.push_back(std::move(result));
  }
  if (arguments.markdown) {
    page(results);
  } else if (arguments.json) {
    Json document = jsonDocument("compare");
    document["pairs"] = jsonList(results, pairJson);
    fmt::print("{}", printJson(document));
  }
  return code;
}

} // namespace

void addCompare(Command app, Action& action) {
  Command sub = app.addSubcommand(
      "compare",
      "List the situations in which two rule sets differ, on all traces of small scopes");
  const auto arguments = std::make_shared<Arguments>();
  sub.addOption("RULES", arguments->pair,
                "Two rule sets (default: all pairs of neighbouring releases and architectures)")
      .typeName("RULES");
  sub.addFlag("--pairs", arguments->pairs, "List the neighbouring pairs");
  sub.addOption("--scope", arguments->scopes, "Compare on this scope only (may be repeated)")
      .typeName("SCOPE")
      .oneValueEach();
  sub.addOption("--knob", arguments->knobs, "Change a knob of the second rule set")
      .typeName("NAME=VALUE")
      .oneValueEach();
  sub.addOption("--out", arguments->out,
                "Directory for one trace file per situation, with the answers of both sides")
      .typeName("DIR");
  const auto json = sub.addFlag("--json", arguments->json, "Print JSON");
  sub.addFlag("--markdown", arguments->markdown, "Print the page of the documentation")
      .excludes(json);
  sub.footer(
      "Exit codes: 0 the table of changes explains all differences; 1 it does not explain one; 2 "
      "wrong usage;\n3 a step that could not be compared; 4 an error of this program.\n\n"
      "Examples:\n"
      "  growsdown compare linux-6.1-arm64 linux-6.12-arm64\n"
      "  growsdown compare --scope growth-neighbour linux-4.3-amd64 linux-5.10-amd64\n"
      "  growsdown compare --knob gap-pages=255 linux-6.12-arm64 linux-7.2-arm64");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
