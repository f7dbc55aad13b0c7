#include "tools/prove.h"

#include "tools/common.h"

#ifdef GROWSDOWN_WITH_PROOFS
#include "proofs/prove.h"
#endif

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

namespace growsdown::tools {

namespace {

struct Arguments {
  std::vector<std::string> theorems, rules;
  bool list = false, noPlanted = false, slowest = false;
  unsigned seed = 0;
  std::string json, junit, out, smt2;
};

#ifdef GROWSDOWN_WITH_PROOFS

namespace smt = proofs::smt;

// One of each guard style. The theorems' rules differ by few knobs more between kernels.
constexpr std::string_view provedByDefault[] = {trace::defaultRuleSet, "linux-6.12-arm64"};

harness::Verdict verdictOf(smt::Verdict verdict) {
  switch (verdict) {
  case smt::Verdict::proved:
    return harness::Verdict::agreed;
  case smt::Verdict::refuted:
    return harness::Verdict::diverged;
  case smt::Verdict::unknown:
    return harness::Verdict::unknown;
  case smt::Verdict::error:
    break;
  }
  return harness::Verdict::error;
}

// One theorem under one rule set, with its planted wrong knobs.
struct Outcome {
  proofs::Result result;
  std::vector<proofs::SelfCheck> planted;
  double seconds = 0;
  std::uint64_t questions = 0, scripts = 0; // written as SMT-LIB

  harness::Verdict verdict() const {
    harness::Verdict worst = verdictOf(result.verdict);
    // A theorem that does not notice a wrong knob proves nothing: a defect of ours.
    for (const proofs::SelfCheck& check : planted)
      if (!check.caught) worst = harness::worse(worst, harness::Verdict::error);
    return worst;
  }
};

// Runs `prove`, with the questions written to DIR/NAME.0001.smt2 and so on where that is wanted.
template <class Prove>
auto withTranscript(const Arguments& arguments, const proofs::Theorem& theorem,
                    const std::string& name, const std::string& title, Outcome& outcome,
                    const Prove& prove) {
  proofs::Budget budget = theorem.budget;
  budget.asking.seed = arguments.seed;
  smt::Transcript transcript(arguments.smt2 + "/" + name, title);
  if (!arguments.smt2.empty()) budget.asking.transcript = &transcript;
  auto result = prove(budget);
  transcript.finish();
  outcome.questions += transcript.questions();
  outcome.scripts += transcript.scripts();
  return result;
}

std::vector<Outcome> proveThem(const Arguments& arguments) {
  std::vector<const proofs::Theorem*> theorems;
  for (const std::string& name : arguments.theorems) {
    theorems.push_back(proofs::findTheorem(name));
    if (theorems.back() != nullptr) continue;
    std::string known;
    for (const proofs::Theorem& theorem : proofs::theorems())
      known += "\n  " + std::string(theorem.name);
    throw Stop(usage, "prove: no theorem `" + name + "`; known:" + known);
  }
  if (theorems.empty())
    for (const proofs::Theorem& theorem : proofs::theorems())
      theorems.push_back(&theorem);
  std::vector<const trace::RuleSet*> sets;
  for (const std::string& name : arguments.rules) {
    if (name == "all") {
      for (const trace::RuleSet& set : trace::ruleSets())
        sets.push_back(&set);
      continue;
    }
    ruleSet(name); // says which are known
    sets.push_back(trace::findRuleSet(name));
  }
  if (sets.empty())
    for (const std::string_view name : provedByDefault)
      sets.push_back(trace::findRuleSet(name));

  std::vector<Outcome> outcomes;
  for (const proofs::Theorem* theorem : theorems)
    for (const trace::RuleSet* set : sets) {
      if (!theorem->speaksOf(*set)) continue;
      progress(fmt::format("proving {} for {}", theorem->name, set->name));
      const auto start = std::chrono::steady_clock::now();
      Outcome outcome;
      const std::string name = fmt::format("{}.{}", theorem->name, set->name);
      const std::string title = fmt::format("theorem {}, rule set {}", theorem->name, set->name);
      outcome.result = withTranscript(
          arguments, *theorem, name, title, outcome,
          [&](const proofs::Budget& budget) { return proofs::prove(*theorem, *set, budget); });
      if (!arguments.noPlanted)
        for (const proofs::Planted& planted : proofs::plantedIn(*theorem, *set)) {
          progress(fmt::format("{} for {}: must fail with {}={}", theorem->name, set->name,
                               planted.knob, planted.value));
          const std::string knob = fmt::format("{}={}", planted.knob, planted.value);
          outcome.planted.push_back(
              withTranscript(arguments, *theorem, name + "." + knob, title + ", planted " + knob,
                             outcome, [&](const proofs::Budget& budget) {
                               return proofs::checkPlanted(*theorem, *set, planted, budget);
                             }));
        }
      outcome.seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      outcomes.push_back(std::move(outcome));
    }
  progress("");
  if (arguments.slowest)
    std::stable_sort(outcomes.begin(), outcomes.end(), [](const Outcome& a, const Outcome& b) {
      return a.result.explored.spent > b.result.explored.spent;
    });
  return outcomes;
}

ProofSummary summarize(const std::vector<Outcome>& outcomes) {
  ProofSummary summary;
  std::size_t counts[4] = {}, planted = 0, caught = 0;
  summary.verdict = outcomes.empty() ? harness::Verdict::unknown : harness::Verdict::agreed;
  for (const Outcome& outcome : outcomes) {
    ++counts[static_cast<std::size_t>(outcome.result.verdict)];
    planted += outcome.planted.size();
    for (const proofs::SelfCheck& check : outcome.planted)
      caught += check.caught;
    summary.verdict = harness::worse(summary.verdict, outcome.verdict());
  }
  summary.text = fmt::format("{} proved, {} refuted, {} unknown, {} errors; {} of {} planted wrong "
                             "knobs refuted",
                             counts[0], counts[1], counts[2], counts[3], caught, planted);
  summary.numbers =
      fmt::format(", \"proved\": {}, \"refuted\": {}, \"unknown\": {}, \"errors\": {}, "
                  "\"planted\": {}, \"plantedRefuted\": {}",
                  counts[0], counts[1], counts[2], counts[3], planted, caught);
  return summary;
}

void tell(const Outcome& outcome, const std::string& out) {
  const proofs::Result& r = outcome.result;
  fmt::print("{:8} {} for {}  ({} paths, {} obligations, {} of {} resource units, {:.1f} s)\n",
             smt::name(r.verdict), r.theorem->name, r.ruleSet, r.explored.paths,
             r.explored.obligations, r.explored.spent, r.budget.total, outcome.seconds);
  if (outcome.scripts != 0)
    fmt::print("    {} questions in {} SMT-LIB scripts\n", outcome.questions, outcome.scripts);
  if (!r.reason.empty()) fmt::print("    {}\n", r.reason);
  if (r.counterexample) {
    if (out.empty()) {
      fmt::print("{}", r.counterexample->text);
    } else {
      const std::string file = fmt::format("{}/{}.{}.trace", out, r.theorem->name, r.ruleSet);
      writeFile(file, r.counterexample->text);
      fmt::print("    counterexample: {}\n", file);
    }
  }
  for (const proofs::SelfCheck& check : outcome.planted) {
    fmt::print("    with {}={}: {}\n", check.planted.knob, check.planted.value,
               check.caught ? "refuted, as it must be" : "NOT NOTICED: " + check.problem);
    if (check.result.counterexample && !out.empty())
      writeFile(
          fmt::format("{}/{}.{}.{}.trace", out, r.theorem->name, r.ruleSet, check.planted.knob),
          check.result.counterexample->text);
  }
}

std::string json(const std::vector<Outcome>& outcomes, const ProofSummary& summary) {
  std::string text =
      fmt::format("{{\n  \"format\": \"growsdown-prove-1\",\n  \"solver\": {},\n"
                  "  \"verdict\": {},\n  \"theorems\": [",
                  jsonString(proofs::solverVersion()), jsonString(harness::name(summary.verdict)));
  const char* separator = "\n";
  for (const Outcome& outcome : outcomes) {
    const proofs::Result& r = outcome.result;
    std::size_t caught = 0;
    for (const proofs::SelfCheck& check : outcome.planted)
      caught += check.caught;
    text += fmt::format(
        "{}    {{\"name\": {}, \"rules\": {}, \"verdict\": {}, \"reason\": {}, \"paths\": {}, "
        "\"obligations\": {}, \"spent\": {}, \"budget\": {}, \"seconds\": {:.3f}, "
        "\"planted\": {}, \"plantedRefuted\": {}, \"asked\": {}, \"implied\": {}, "
        "\"questions\": {}}}",
        separator, jsonString(r.theorem->name), jsonString(r.ruleSet),
        jsonString(smt::name(r.verdict)), jsonString(r.reason), r.explored.paths,
        r.explored.obligations, r.explored.spent, r.budget.total, outcome.seconds,
        outcome.planted.size(), caught, r.explored.asked, r.explored.implied, outcome.questions);
    separator = ",\n";
  }
  return text + "\n  ]\n}\n";
}

// A theorem is a test case, and each of its planted knobs one that it must refute.
std::string junit(const std::vector<Outcome>& outcomes) {
  std::size_t tests = 0, failures = 0, errors = 0;
  std::string cases;
  const auto add = [&](const proofs::Result& r, std::string_view planted, double seconds,
                       bool failed, bool erroneous, const std::string& message) {
    ++tests;
    failures += failed;
    errors += erroneous;
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}{}\" time=\"{:.3f}\"",
                         xmlText(r.theorem->name), xmlText(r.ruleSet), xmlText(planted), seconds);
    if (failed || erroneous)
      cases += fmt::format("><{0} message=\"{1}\"/></testcase>\n", failed ? "failure" : "error",
                           xmlText(message));
    else
      cases += "/>\n";
  };
  for (const Outcome& outcome : outcomes) {
    const proofs::Result& r = outcome.result;
    add(r, "", outcome.seconds, r.verdict == smt::Verdict::refuted,
        r.verdict == smt::Verdict::unknown || r.verdict == smt::Verdict::error,
        fmt::format("{}: {}", smt::name(r.verdict), r.reason));
    for (const proofs::SelfCheck& check : outcome.planted)
      add(r, fmt::format(", must fail with {}={}", check.planted.knob, check.planted.value), 0,
          false, !check.caught, check.problem);
  }
  return fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
                     "  <testsuite name=\"growsdown prove\" tests=\"{}\" failures=\"{}\" "
                     "errors=\"{}\">\n{}  </testsuite>\n</testsuites>\n",
                     tests, failures, errors, cases);
}

int list() {
  for (const proofs::Theorem& theorem : proofs::theorems()) {
    fmt::print("{}\n    {}\n    sizes: {}\n    assumes: {}\n", theorem.name, theorem.statement,
               theorem.sizes, theorem.assumptions);
    for (const proofs::Planted& planted : theorem.planted)
      fmt::print("    must fail with {}={}\n", planted.knob, planted.value);
  }
  return agreed;
}

int run(const Arguments& arguments) {
  if (arguments.list) return list();
  for (const std::string& directory : {arguments.out, arguments.smt2}) {
    if (directory.empty()) continue;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) throw Stop(failure, directory + ": cannot make the directory: " + error.message());
  }
  const std::vector<Outcome> outcomes = proveThem(arguments);
  for (const Outcome& outcome : outcomes)
    tell(outcome, arguments.out);
  const ProofSummary summary = summarize(outcomes);
  if (!arguments.json.empty()) writeFile(arguments.json, json(outcomes, summary));
  if (!arguments.junit.empty()) writeFile(arguments.junit, junit(outcomes));
  fmt::print("{} ({})\n", summary.text, proofs::solverVersion());
  return harness::exitCode(summary.verdict);
}

#else

constexpr const char* notBuilt =
    "this growsdown was built without proofs: install Z3 (libz3-dev) and configure with "
    "-DGROWSDOWN_PROOFS=ON";

int run(const Arguments&) {
  throw Stop(unknown, std::string("prove: ") + notBuilt);
}

#endif

} // namespace

ProofSummary proveAll() {
#ifdef GROWSDOWN_WITH_PROOFS
  return summarize(proveThem({}));
#else
  return {harness::Verdict::unknown, notBuilt, ""};
#endif
}

void addProve(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("prove", "Prove the theorems about the rules (Z3)");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("THEOREM", arguments->theorems, "Names of theorems (default: all)");
  sub->add_option(
         "--rules", arguments->rules,
         "Rule set, or `all` (may be repeated; default: linux-4.3-arm64 and linux-6.12-arm64)")
      ->allow_extra_args(false);
  sub->add_flag("--list", arguments->list, "List the theorems: what each says and assumes");
  sub->add_flag("--no-planted", arguments->noPlanted,
                "Do not show that each theorem fails over rules with a wrong knob");
  sub->add_option("--out", arguments->out, "Directory for counterexamples, as traces");
  sub->add_flag("--slowest", arguments->slowest,
                "Show first what takes the most of the solver's resources");
  sub->add_option("--seed", arguments->seed,
                  "Of the solver's random choices; no verdict may depend on it (default: 0)");
  sub->add_option("--smt2", arguments->smt2,
                  "Directory for every question asked, as SMT-LIB 2 scripts for another solver "
                  "(scripts/second-opinion)");
  sub->add_option("--json", arguments->json, "Write the result as JSON to this file");
  sub->add_option("--junit", arguments->junit, "Write the result as JUnit XML to this file");
  sub->footer(
      "\nThe text that is proved is the one that `replay --on model` runs. Budgets count the\n"
      "solver's resources, not seconds; a spent budget is `unknown` (exit 3), never a pass.\n\n"
      "Examples:\n"
      "  growsdown prove\n"
      "  growsdown prove --list\n"
      "  growsdown prove --rules all growth-safe\n"
      "  growsdown prove --rules linux-4.3-arm64 --out counterexamples");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
