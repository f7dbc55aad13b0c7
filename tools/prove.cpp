#include "tools/prove.h"

#include "tools/common.h"

#ifdef GROWSDOWN_WITH_PROOFS
#include "proofs/prove.h"
#include "tools/conditions.h"
#endif

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>

namespace growsdown::tools {

namespace {

struct Arguments {
  std::vector<std::string> theorems, rules;
  bool list = false, planted = false, slowest = false, conditions = false, markdown = false;
  unsigned seed = 0, seeds = 0;
  std::uint64_t budget = 0; // resource units; 0: each theorem's own
  std::string json, junit, out, smt2, knob;
  std::string plantedOf; // only this theorem's
};

#ifdef GROWSDOWN_WITH_PROOFS

namespace smt = proofs::smt;

// What one question may take on the machines that this was made on.
constexpr double longQuestion = 5;

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
  proofs::Subject subject;
  proofs::Result result = {}; // under several seeds: the worst
  std::vector<proofs::SelfCheck> planted = {};
  std::vector<proofs::Result> seeds = {}; // 1, 2, …
  double seconds = 0;
  std::uint64_t questions = 0, scripts = 0; // written as SMT-LIB
  std::string unreached = {}; // rules that the theorem is to be about, and no witness came through

  harness::Verdict verdict() const {
    harness::Verdict worst = verdictOf(result.verdict);
    // A theorem that does not notice a wrong knob proves nothing: a defect of ours.
    for (const proofs::SelfCheck& check : planted)
      if (!check.caught) worst = harness::worse(worst, harness::Verdict::error);
    if (!sameUnderSeeds() || !unreached.empty())
      worst = harness::worse(worst, harness::Verdict::error);
    return worst;
  }
  bool sameUnderSeeds() const {
    return std::all_of(seeds.begin(), seeds.end(),
                       [&](const proofs::Result& r) { return r.verdict == seeds.front().verdict; });
  }
};

// Runs `prove`, with the questions written to DIR/NAME.0001.smt2 and so on where that is wanted.
template <class Prove>
auto withTranscript(const Arguments& arguments, const proofs::Theorem& theorem,
                    const std::string& name, const std::string& title, Outcome& outcome,
                    const Prove& prove) {
  proofs::Budget budget = theorem.budget;
  if (arguments.budget != 0) budget.total = arguments.budget;
  budget.asking.seed = arguments.seed;
  smt::Transcript transcript(arguments.smt2 + "/" + name, title);
  if (!arguments.smt2.empty()) budget.asking.transcript = &transcript;
  auto result = prove(budget);
  transcript.finish();
  outcome.questions += transcript.questions();
  outcome.scripts += transcript.scripts();
  return result;
}

// The theorem, over the rule set's text or over one with a wrong knob.
proofs::Result proveOne(const Arguments& arguments, const proofs::Theorem& theorem,
                        const proofs::Subject& subject, const proofs::Budget& budget) {
  if (arguments.knob.empty()) return proofs::prove(theorem, subject, budget);
  const std::size_t equals = arguments.knob.find('=');
  if (equals == std::string::npos) throw Stop(usage, "prove: --knob wants NAME=VALUE");
  proofs::Planted planted;
  planted.knob = std::string_view(arguments.knob).substr(0, equals);
  planted.value = std::string_view(arguments.knob).substr(equals + 1);
  proofs::SelfCheck check = proofs::checkPlanted(theorem, subject, planted, budget);
  if (check.result.theorem == nullptr) throw Stop(usage, "prove: --knob: " + check.problem);
  return check.result;
}

void proveUnderSeeds(const Arguments& arguments, const proofs::Theorem& theorem,
                     const proofs::Subject& subject, Outcome& outcome) {
  for (unsigned seed = 1; seed <= arguments.seeds; ++seed) {
    progress(fmt::format("proving {} for {}, seed {}", theorem.name, subject.name(), seed));
    proofs::Budget budget = theorem.budget;
    if (arguments.budget != 0) budget.total = arguments.budget;
    budget.asking.seed = seed;
    outcome.seeds.push_back(proveOne(arguments, theorem, subject, budget));
    const proofs::Result& result = outcome.seeds.back();
    if (seed == 1 ||
        proofs::worse(outcome.result.verdict, result.verdict) != outcome.result.verdict)
      outcome.result = result;
  }
}

// Where a theorem was proved for all rule sets that it speaks of, each rule that it says it is
// about must be on some path. (A rule set alone does not come to the rules of others.)
void lookForUnreached(std::vector<Outcome>& outcomes, const proofs::Theorem& theorem) {
  std::set<std::size_t> reached;
  std::size_t proved = 0;
  Outcome* last = nullptr;
  for (Outcome& outcome : outcomes)
    if (outcome.result.theorem == &theorem && outcome.result.verdict == smt::Verdict::proved) {
      reached.insert(outcome.result.explored.rules.begin(), outcome.result.explored.rules.end());
      ++proved;
      last = &outcome;
    }
  const auto spokenOf =
      std::count_if(trace::ruleSets().begin(), trace::ruleSets().end(), theorem.speaksOf);
  if (last == nullptr || proved != static_cast<std::size_t>(spokenOf)) return;
  for (const model::Rule rule : theorem.rules)
    if (reached.count(static_cast<std::size_t>(rule)) == 0)
      last->unreached += " " + std::string(model::info(rule).id);
}

std::vector<proofs::Subject> subjectsOf(const Arguments& arguments, const proofs::Theorem& theorem,
                                        const std::vector<const trace::RuleSet*>& sets) {
  const bool byDefault = arguments.rules.empty();
  std::vector<proofs::Subject> all;
  if (byDefault && theorem.onRequest && arguments.theorems.empty()) return all;
  for (const trace::RuleSet* set : sets)
    for (const proofs::Subject& subject : proofs::subjects(theorem, *set)) {
      all.push_back(subject);
      if (byDefault) break; // of pairs the first only
    }
  return all;
}

std::vector<const proofs::Theorem*> theoremsOf(const Arguments& arguments) {
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
  return theorems;
}

std::vector<const trace::RuleSet*> setsOf(const Arguments& arguments) {
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
  if (sets.empty()) sets.push_back(trace::findRuleSet(trace::defaultRuleSet));
  return sets;
}

// Where all was proved for all rule sets, each obligation that a theorem states must have been met.
std::vector<proofs::Stated> neverMet(const Arguments& arguments,
                                     const std::vector<Outcome>& outcomes) {
  if (!arguments.theorems.empty() || setsOf(arguments).size() < trace::ruleSets().size()) return {};
  std::vector<const proofs::Exploration*> explored;
  explored.reserve(outcomes.size());
  for (const Outcome& outcome : outcomes)
    explored.push_back(&outcome.result.explored);
  return proofs::neverMet(explored);
}

// `decided` is called for each outcome as it is there.
std::vector<Outcome> proveThem(const Arguments& arguments,
                               const std::function<void(const Outcome&)>& decided = {}) {
  const std::vector<const proofs::Theorem*> theorems = theoremsOf(arguments);
  const std::vector<const trace::RuleSet*> sets = setsOf(arguments);
  std::vector<Outcome> outcomes;
  for (const proofs::Theorem* theorem : theorems) {
    const std::vector<proofs::Subject> subjects = subjectsOf(arguments, *theorem, sets);
    for (const proofs::Subject& subject : subjects) {
      const std::string of = subject.name();
      progress(fmt::format("proving {} for {}", theorem->name, of));
      const auto start = std::chrono::steady_clock::now();
      Outcome outcome{subject};
      const std::string name = fmt::format("{}.{}", theorem->name, of);
      const std::string title = fmt::format("theorem {}, rule set {}", theorem->name, of);
      if (arguments.seeds != 0)
        proveUnderSeeds(arguments, *theorem, subject, outcome);
      else
        outcome.result = withTranscript(arguments, *theorem, name, title, outcome,
                                        [&](const proofs::Budget& budget) {
                                          return proveOne(arguments, *theorem, subject, budget);
                                        });
      if (arguments.planted &&
          (arguments.plantedOf.empty() || arguments.plantedOf == theorem->name))
        for (const proofs::Planted& planted : proofs::plantedIn(*theorem, subject)) {
          progress(fmt::format("{} for {}: must fail with {}={}", theorem->name, of, planted.knob,
                               planted.value));
          const std::string knob = fmt::format("{}={}", planted.knob, planted.value);
          outcome.planted.push_back(
              withTranscript(arguments, *theorem, name + "." + knob, title + ", planted " + knob,
                             outcome, [&](const proofs::Budget& budget) {
                               return proofs::checkPlanted(*theorem, subject, planted, budget);
                             }));
        }
      outcome.seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      outcomes.push_back(std::move(outcome));
      if (&subject == &subjects.back()) lookForUnreached(outcomes, *theorem);
      if (decided) {
        progress("");
        decided(outcomes.back());
      }
    }
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
  summary.text = fmt::format("{} proved, {} refuted, {} unknown, {} errors", counts[0], counts[1],
                             counts[2], counts[3]);
  if (planted != 0)
    summary.text += fmt::format("; {} of {} planted wrong knobs refuted", caught, planted);
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
  const proofs::Exploration& e = r.explored;
  if (r.verdict == smt::Verdict::proved) {
    fmt::print("    not vacuous: all paths have a witness");
    if (e.replayed != 0) fmt::print(", {} were run with it on machine words", e.replayed);
    if (!e.required.empty())
      fmt::print("; {} obligations by name, each met on one", e.required.size());
    if (!e.rules.empty()) fmt::print("; {} rules reached", e.rules.size());
    fmt::print("\n");
  }
  fmt::print("{}", conditionsText(*r.theorem, outcome.subject));
  if (!outcome.unreached.empty())
    fmt::print("    ERROR: about rules that no path comes to:{}\n", outcome.unreached);
  if (e.longest.seconds > longQuestion)
    fmt::print("    took {:.1f} s of one question: {}\n", e.longest.seconds, e.longest.what);
  if (!outcome.seeds.empty()) {
    const auto [least, most] = std::minmax_element(
        outcome.seeds.begin(), outcome.seeds.end(),
        [](const auto& a, const auto& b) { return a.explored.spent < b.explored.spent; });
    fmt::print("    seeds 1 to {}: {}; {} to {} resource units\n", outcome.seeds.size(),
               outcome.sameUnderSeeds() ? "the same verdict" : "ERROR: DIFFERENT VERDICTS",
               least->explored.spent, most->explored.spent);
  }
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

std::string costJson(const proofs::Cost& cost) {
  return fmt::format("{{\"what\": {}, \"spent\": {}, \"seconds\": {:.3f}}}", jsonString(cost.what),
                     cost.spent, cost.seconds);
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
    std::string seeds;
    for (const proofs::Result& seed : outcome.seeds)
      seeds += fmt::format("{}{{\"verdict\": {}, \"spent\": {}}}", seeds.empty() ? "" : ", ",
                           jsonString(smt::name(seed.verdict)), seed.explored.spent);
    const proofs::Exploration& e = r.explored;
    text += fmt::format(
        "{}    {{\"name\": {}, \"rules\": {}, \"verdict\": {}, \"reason\": {}, \"paths\": {}, "
        "\"obligations\": {}, \"spent\": {}, \"budget\": {}, \"seconds\": {:.3f}, "
        "\"planted\": {}, \"plantedRefuted\": {}, \"asked\": {}, \"implied\": {}, "
        "\"questions\": {}, \"rulesReached\": {}, \"obligationNames\": {}, "
        "\"dearest\": {}, \"longest\": {}, \"seeds\": [{}]{}}}",
        separator, jsonString(r.theorem->name), jsonString(r.ruleSet),
        jsonString(smt::name(r.verdict)), jsonString(r.reason), r.explored.paths,
        r.explored.obligations, r.explored.spent, r.budget.total, outcome.seconds,
        outcome.planted.size(), caught, r.explored.asked, r.explored.implied, outcome.questions,
        e.rules.size(), e.required.size(), costJson(e.dearest), costJson(e.longest), seeds,
        r.theorem->unless == nullptr
            ? ""
            : ", \"conditions\": " + conditionsJson(*r.theorem, outcome.subject));
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

// What all took together, and the questions that took most.
std::string costs(const std::vector<Outcome>& outcomes) {
  double seconds = 0;
  std::uint64_t spent = 0;
  const Outcome* dearest = nullptr;
  const Outcome* longest = nullptr;
  for (const Outcome& outcome : outcomes) {
    const proofs::Exploration& e = outcome.result.explored;
    seconds += outcome.seconds;
    spent += e.spent;
    if (dearest == nullptr || e.dearest.spent > dearest->result.explored.dearest.spent)
      dearest = &outcome;
    if (longest == nullptr || e.longest.seconds > longest->result.explored.longest.seconds)
      longest = &outcome;
  }
  if (dearest == nullptr) return {};
  const auto most = [](const char* in, const Outcome& outcome, const proofs::Cost& cost) {
    return fmt::format("most {} in one question: {} resource units, {:.2f} s, in {} for {}: {}\n",
                       in, cost.spent, cost.seconds, outcome.result.theorem->name,
                       outcome.result.ruleSet,
                       cost.what.size() > 100 ? cost.what.substr(0, 100) + "..." : cost.what);
  };
  return fmt::format("in all {} resource units, {:.1f} s\n", spent, seconds) +
         most("resources", *dearest, dearest->result.explored.dearest) +
         most("time", *longest, longest->result.explored.longest);
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
  if (arguments.conditions) {
    fmt::print("{}", arguments.markdown ? conditionsMarkdown()
                                        : conditionsList(theoremsOf(arguments), setsOf(arguments)));
    return agreed;
  }
  for (const std::string& directory : {arguments.out, arguments.smt2}) {
    if (directory.empty()) continue;
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) throw Stop(failure, directory + ": cannot make the directory: " + error.message());
  }
  const auto say = [&](const Outcome& outcome) {
    tell(outcome, arguments.out);
    std::fflush(stdout);
  };
  std::vector<Outcome> outcomes;
  if (arguments.slowest) {
    outcomes = proveThem(arguments);
    std::for_each(outcomes.begin(), outcomes.end(), say);
  } else {
    outcomes = proveThem(arguments, say);
  }
  ProofSummary summary = summarize(outcomes);
  for (const proofs::Stated& stated : neverMet(arguments, outcomes)) {
    fmt::print("ERROR: vacuous: no theorem came to \"{}\" of {}\n", stated.name, stated.file);
    summary.verdict = harness::worse(summary.verdict, harness::Verdict::error);
  }
  if (!arguments.json.empty()) writeFile(arguments.json, json(outcomes, summary));
  if (!arguments.junit.empty()) writeFile(arguments.junit, junit(outcomes));
  fmt::print("{}", costs(outcomes));
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
  Arguments arguments;
  arguments.planted = true;
  arguments.plantedOf = proofs::theorems().front().name;
  return summarize(proveThem(arguments));
#else
  return {harness::Verdict::unknown, notBuilt, ""};
#endif
}

void addProve(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("prove", "Prove the theorems about the rules (Z3)");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("THEOREM", arguments->theorems, "Names of theorems (default: all)");
  sub->add_option("--rules", arguments->rules,
                  "Rule set, or `all` (may be repeated; default: linux-4.3-arm64)")
      ->allow_extra_args(false);
  sub->add_flag("--list", arguments->list, "List the theorems: what each says and assumes");
  const auto conditions =
      sub->add_flag("--conditions", arguments->conditions,
                    "List under which conditions rule sets may part, as the theorems of pairs say");
  sub->add_flag("--markdown", arguments->markdown, "As the page docs/generated/conditions.md")
      ->needs(conditions);
  sub->add_option("--only", arguments->theorems, "The same as THEOREM (may be repeated)")
      ->allow_extra_args(false);
  sub->add_flag("--planted", arguments->planted,
                "Show also that each theorem fails over rules with a wrong knob");
  sub->add_option("--knob", arguments->knob,
                  "NAME=VALUE: prove over rules with this wrong knob what the right ones demand");
  sub->add_option("--out", arguments->out, "Directory for counterexamples, as traces");
  sub->add_flag("--slowest", arguments->slowest,
                "Show first what takes the most of the solver's resources");
  sub->add_option("--seed", arguments->seed,
                  "Of the solver's random choices; no verdict may depend on it (default: 0)");
  sub->add_option("--seeds", arguments->seeds,
                  "Prove under each of the seeds 1 to N: a verdict that differs is an error");
  sub->add_option("--budget", arguments->budget,
                  "Resource units for each theorem (default: its own budget)");
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
      "  growsdown prove --conditions --only versions-growth\n"
      "  growsdown prove --slowest --planted\n"
      "  growsdown prove --rules all --only growth-safe\n"
      "  growsdown prove --seeds 10\n"
      "  growsdown prove --only growth-safe --knob stack-limit-discount=0 --out counterexamples");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
