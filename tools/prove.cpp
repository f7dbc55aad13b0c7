#include "tools/prove.h"

#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/options.h"

#ifdef GROWSDOWN_WITH_PROOFS
#include "fuzz/interrupt.h"
#include "proofs/prove.h"
#include "tools/cli.h"
#include "tools/conditions.h"
#include "tools/junit.h"
#include "tools/proof.h"
#include "tools/theorems.h"
#endif

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <thread>
#include <type_traits>

namespace growsdown::tools {

namespace {

struct Arguments {
  std::vector<std::string> theorems, rules;
  bool list = false, planted = false, slowest = false, conditions = false, markdown = false;
  unsigned seed = 0, seeds = 0, jobs = 1;
  std::uint64_t budget = 0; // resource units; 0: the budget of each theorem
  std::string json, junit, out, smt2, knob;
  std::string plantedOf; // with `planted`: of this theorem only
};

#ifdef GROWSDOWN_WITH_PROOFS

namespace smt = proofs::smt;

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
  for (const std::string& name : ruleSetNames(arguments.rules))
    sets.push_back(trace::findRuleSet(name));
  if (sets.empty()) sets.push_back(trace::findRuleSet(trace::defaultRuleSet));
  return sets;
}

std::vector<proofs::Subject> subjectsOf(const Arguments& arguments, const proofs::Theorem& theorem,
                                        const std::vector<const trace::RuleSet*>& sets) {
  const bool byDefault = arguments.rules.empty();
  std::vector<proofs::Subject> all;
  if (byDefault && theorem.onRequest && arguments.theorems.empty()) return all;
  for (const trace::RuleSet* set : sets)
    for (const proofs::Subject& subject : proofs::subjects(theorem, *set)) {
      all.push_back(subject);
      if (byDefault) break; // the first pair only
    }
  return all;
}

// One theorem for one subject.
class Prover {
 public:
  Prover(const Arguments& arguments, const proofs::Theorem& theorem, const proofs::Subject& subject)
      : arguments_(arguments), theorem_(theorem), proof_{subject}, of_(subject.name()) {}

  Proof run() {
    const auto start = std::chrono::steady_clock::now();
    progress(fmt::format("proving {} for {}", theorem_.name, of_));
    if (arguments_.seeds != 0)
      proveUnderSeeds();
    else
      proof_.result =
          withTranscript("", "", [&](const proofs::Budget& budget) { return proveOne(budget); });
    if (arguments_.planted &&
        (arguments_.plantedOf.empty() || arguments_.plantedOf == theorem_.name))
      refutePlanted();
    proof_.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(proof_);
  }

 private:
  proofs::Budget budget(unsigned seed) const {
    proofs::Budget budget = theorem_.budget;
    if (arguments_.budget != 0) budget.total = arguments_.budget;
    budget.asking.seed = seed;
    return budget;
  }

  // Runs `prove`. With --smt2 its questions are written to DIR/NAME.0001.smt2 and so on.
  template <class Prove>
  std::invoke_result_t<Prove, const proofs::Budget&> withTranscript(const std::string& nameSuffix,
                                                                    const std::string& titleSuffix,
                                                                    const Prove& prove) {
    proofs::Budget within = budget(arguments_.seed);
    smt::Transcript transcript(
        fmt::format("{}/{}.{}{}", arguments_.smt2, theorem_.name, of_, nameSuffix),
        fmt::format("theorem {}, rule set {}{}", theorem_.name, of_, titleSuffix));
    if (!arguments_.smt2.empty()) within.asking.transcript = &transcript;
    auto result = prove(within);
    transcript.finish();
    proof_.questions += transcript.questions();
    proof_.scripts += transcript.scripts();
    return result;
  }

  // Proves the theorem under the rule set, or under one with the wrong knob of --knob.
  proofs::Result proveOne(const proofs::Budget& budget) const {
    if (arguments_.knob.empty()) return proofs::prove(theorem_, proof_.subject, budget);
    const std::size_t equals = arguments_.knob.find('=');
    if (equals == std::string::npos)
      throw Stop(usage, "prove: --knob needs NAME=VALUE, not `" + arguments_.knob + "`");
    proofs::Planted planted;
    planted.knob = std::string_view(arguments_.knob).substr(0, equals);
    planted.value = std::string_view(arguments_.knob).substr(equals + 1);
    proofs::SelfCheck check = proofs::checkPlanted(theorem_, proof_.subject, planted, budget);
    if (check.result.theorem == nullptr) throw Stop(usage, "prove: --knob: " + check.problem);
    return check.result;
  }

  void proveUnderSeeds() {
    for (unsigned seed = 1; seed <= arguments_.seeds; ++seed) {
      progress(fmt::format("proving {} for {}, seed {}", theorem_.name, of_, seed));
      proof_.seeds.push_back(proveOne(budget(seed)));
      const proofs::Result& result = proof_.seeds.back();
      if (seed == 1 ||
          proofs::worse(proof_.result.verdict, result.verdict) != proof_.result.verdict)
        proof_.result = result;
    }
  }

  void refutePlanted() {
    for (const proofs::Planted& planted : proofs::plantedIn(theorem_, proof_.subject)) {
      const std::string knob = fmt::format("{}={}", planted.knob, planted.value);
      progress(fmt::format("{} for {}: must fail with {}", theorem_.name, of_, knob));
      proof_.planted.push_back(
          withTranscript("." + knob, ", planted " + knob, [&](const proofs::Budget& budget) {
            return proofs::checkPlanted(theorem_, proof_.subject, planted, budget);
          }));
    }
  }

  const Arguments& arguments_;
  const proofs::Theorem& theorem_;
  Proof proof_;
  const std::string of_;
};

// If a theorem was proved for all rule sets that it covers, some path must reach each rule that it
// names. One rule set alone does not reach the rules of others.
void lookForUnreached(std::vector<Proof>& proofs, const proofs::Theorem& theorem) {
  std::set<std::size_t> reached;
  std::size_t proved = 0;
  Proof* last = nullptr;
  for (Proof& proof : proofs)
    if (proof.result.theorem == &theorem && proof.result.verdict == smt::ProofVerdict::proved) {
      reached.insert(proof.result.explored.rules.begin(), proof.result.explored.rules.end());
      ++proved;
      last = &proof;
    }
  const auto covered =
      std::count_if(trace::ruleSets().begin(), trace::ruleSets().end(), theorem.speaksOf);
  if (last == nullptr || proved != static_cast<std::size_t>(covered)) return;
  for (const model::Rule rule : theorem.rules)
    if (reached.count(static_cast<std::size_t>(rule)) == 0)
      last->unreached += " " + std::string(model::info(rule).id);
}

// Once all theorems were proved for all rule sets, each obligation that a theorem states must have
// been met on some path.
std::vector<proofs::Stated> neverMet(const Arguments& arguments, const std::vector<Proof>& proofs) {
  if (!arguments.theorems.empty() || setsOf(arguments).size() < trace::ruleSets().size()) return {};
  std::vector<const proofs::Exploration*> explored;
  explored.reserve(proofs.size());
  for (const Proof& proof : proofs)
    explored.push_back(&proof.result.explored);
  return proofs::neverMet(explored);
}

struct Task {
  const proofs::Theorem* theorem;
  proofs::Subject subject;
  bool last; // of the theorem's subjects
};

std::vector<Task> tasksOf(const Arguments& arguments) {
  const std::vector<const trace::RuleSet*> sets = setsOf(arguments);
  std::vector<Task> tasks;
  for (const proofs::Theorem* theorem : theoremsOf(arguments)) {
    for (const proofs::Subject& subject : subjectsOf(arguments, *theorem, sets))
      tasks.push_back({theorem, subject, false});
    if (!tasks.empty() && tasks.back().theorem == theorem) tasks.back().last = true;
  }
  return tasks;
}

// Proves all tasks with several threads, the ones with the largest budgets first. The results are in
// the order of the tasks. Threads share no solver, so each result is the same as with one thread. After
// an interruption no further task begins, and the result has the proofs that are done.
std::vector<std::optional<Proof>> proveInParallel(const Arguments& arguments,
                                                  const std::vector<Task>& tasks) {
  std::vector<std::size_t> order(tasks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return tasks[a].theorem->budget.total > tasks[b].theorem->budget.total;
  });
  std::vector<std::optional<Proof>> done(tasks.size());
  std::atomic<std::size_t> next{0};
  std::exception_ptr failed;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (std::size_t i; fuzz::Interrupt::signal() == 0 && (i = next++) < order.size();) {
        const Task& task = tasks[order[i]];
        done[order[i]] = Prover(arguments, *task.theorem, task.subject).run();
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failed = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < arguments.jobs; ++i)
    threads.emplace_back(work);
  work();
  for (std::thread& thread : threads)
    thread.join();
  if (failed) std::rethrow_exception(failed);
  return done;
}

// `decided` is called with each proof, in order. With one job it is called as soon as the proof is
// finished.
std::vector<Proof> proveAll(const Arguments& arguments,
                            const std::function<void(const Proof&)>& decided = {}) {
  const std::vector<Task> tasks = tasksOf(arguments);
  std::vector<std::optional<Proof>> finished(tasks.size());
  if (arguments.jobs > 1) finished = proveInParallel(arguments, tasks);
  std::vector<Proof> proofs;
  bool whole = true; // the tasks of this theorem so far
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Task& task = tasks[i];
    if (!finished[i] && fuzz::Interrupt::signal() == 0)
      finished[i] = Prover(arguments, *task.theorem, task.subject).run();
    whole = whole && finished[i];
    const bool complete = task.last && whole;
    whole = whole || task.last;
    if (!finished[i]) continue;
    proofs.push_back(std::move(*finished[i]));
    if (complete) lookForUnreached(proofs, *task.theorem);
    progress("");
    if (decided) decided(proofs.back());
  }
  return proofs;
}

ProofSummary summarizeAll(const Arguments& arguments, const std::vector<Proof>& proofs) {
  ProofSummary summary = summarize(proofs);
  const std::size_t all = tasksOf(arguments).size();
  if (proofs.size() == all) return summary;
  summary.verdict = harness::worse(summary.verdict, harness::Verdict::unknown);
  summary.text += fmt::format("; {}: {} not begun", fuzz::Interrupt::text(), all - proofs.size());
  return summary;
}

int list(bool markdown) {
  fmt::print("{}", markdown ? theoremsMarkdown() : theoremsList());
  return agreed;
}

int run(const Arguments& arguments) {
  if (arguments.list) return list(arguments.markdown);
  if (arguments.conditions) {
    fmt::print("{}", arguments.markdown ? conditionsMarkdown()
                                        : conditionsList(theoremsOf(arguments), setsOf(arguments)));
    return agreed;
  }
  if (arguments.markdown) throw Stop(usage, "prove: --markdown needs --list or --conditions");
  makeDirectory(arguments.out);
  makeDirectory(arguments.smt2);
  checkWritable(arguments.json);
  checkWritable(arguments.junit);
  const fuzz::Interrupt interrupt;
  const auto print = [&](const Proof& proof) {
    printProof(proof, arguments.out);
    std::fflush(stdout);
  };
  std::vector<Proof> proofs;
  if (arguments.slowest) {
    proofs = proveAll(arguments);
    std::stable_sort(proofs.begin(), proofs.end(), [](const Proof& a, const Proof& b) {
      return a.result.explored.spent > b.result.explored.spent;
    });
    std::for_each(proofs.begin(), proofs.end(), print);
  } else {
    proofs = proveAll(arguments, print);
  }
  ProofSummary summary = summarizeAll(arguments, proofs);
  if (fuzz::Interrupt::signal() == 0)
    for (const proofs::Stated& stated : neverMet(arguments, proofs)) {
      fmt::print("ERROR: vacuous: no theorem reached \"{}\" of {}\n", stated.name, stated.file);
      summary.verdict = harness::worse(summary.verdict, harness::Verdict::error);
    }
  if (!arguments.json.empty()) writeFile(arguments.json, printJson(proofsJson(proofs, summary)));
  if (!arguments.junit.empty()) writeFile(arguments.junit, proofsJunit(proofs));
  fmt::print("{}", costs(proofs));
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

ProofSummary proveAll([[maybe_unused]] unsigned jobs) {
#ifdef GROWSDOWN_WITH_PROOFS
  Arguments arguments;
  arguments.jobs = jobs;
  arguments.planted = true;
  arguments.plantedOf = "growth-safe";
  return summarizeAll(arguments, proveAll(arguments));
#else
  ProofSummary summary;
  summary.text = notBuilt;
  return summary;
#endif
}

namespace {

void addOptions(Command sub, Arguments& arguments) {
  sub.addOption("THEOREM", arguments.theorems, "Names of theorems (default: all)")
      .typeName("THEOREM");
  sub.addOption("--only", arguments.theorems, "The same as THEOREM (may be repeated)")
      .typeName("THEOREM")
      .oneValueEach();
  addRulesOption(sub, arguments.rules, trace::defaultRuleSet);
  sub.addFlag("--list", arguments.list, "List the theorems: what each states and assumes");
  sub.addFlag("--conditions", arguments.conditions,
              "List the conditions under which two rule sets may differ, as the theorems of "
              "pairs state them");
  sub.addFlag("--markdown", arguments.markdown,
              "With --list or --conditions: print the page of the documentation");
  sub.addFlag("--planted", arguments.planted,
              "Also show that each theorem fails for rules with a wrong knob");
  sub.addOption("--knob", arguments.knob,
                "Prove for rules with this wrong knob what the right rules require")
      .typeName("NAME=VALUE");
  sub.addOption("--jobs,-j", arguments.jobs, "Number of theorems at once (default: 1)")
      .typeName("N")
      .between(1, 256);
  sub.addOption("--out", arguments.out, "Directory for counterexamples, as traces").typeName("DIR");
  sub.addFlag("--slowest", arguments.slowest,
              "Print the theorems with the highest cost for the solver first");
  sub.addOption("--seed", arguments.seed,
                "Seed of the solver, on which no verdict may depend (default: 0)")
      .typeName("N");
  sub.addOption("--seeds", arguments.seeds,
                "Prove with each of the seeds 1 to N; verdicts that differ are an error")
      .typeName("N");
  sub.addOption("--budget", arguments.budget,
                "Resource units for each theorem (default: its own budget)")
      .typeName("N");
  sub.addOption("--smt2", arguments.smt2,
                "Directory for every question as SMT-LIB 2 scripts, for another solver "
                "(scripts/second-opinion)")
      .typeName("DIR");
  sub.addOption("--json", arguments.json, "File for the result as JSON").typeName("FILE");
  sub.addOption("--junit", arguments.junit, "File for the result as JUnit XML").typeName("FILE");
}

} // namespace

void addProve(Command app, Action& action) {
  Command sub = app.addSubcommand("prove", "Prove the theorems about the rules with Z3");
  const auto arguments = std::make_shared<Arguments>();
  addOptions(sub, *arguments);
  sub.footer(
      "The code that is proved is the code that `replay --on model` runs. Budgets count the\n"
      "solver's resource units, not seconds. A theorem whose budget is spent is unknown, never\n"
      "a pass.\n\n"
      "Exit codes: 0 proved; 1 refuted; 2 wrong usage; 3 unknown; 4 a wrong knob was not noticed,\n"
      "or an error of this program.\n\n"
      "Examples:\n"
      "  growsdown prove\n"
      "  growsdown prove --list\n"
      "  growsdown prove --conditions --only versions-growth\n"
      "  growsdown prove --slowest --planted\n"
      "  growsdown prove --rules all --only growth-safe\n"
      "  growsdown prove --seeds 10\n"
      "  growsdown prove --only growth-safe --knob stack-limit-discount=0 --out counterexamples");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
