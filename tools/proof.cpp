#include "tools/proof.h"

#include "tools/conditions.h"
#include "tools/files.h"
#include "tools/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace growsdown::tools {
namespace {

namespace smt = proofs::smt;

// Seconds after which a question is worth a line in the report.
constexpr double longQuestion = 5;

harness::Verdict verdictOf(smt::ProofVerdict verdict) {
  switch (verdict) {
  case smt::ProofVerdict::proved:
    return harness::Verdict::agreed;
  case smt::ProofVerdict::refuted:
    return harness::Verdict::diverged;
  case smt::ProofVerdict::unknown:
    return harness::Verdict::unknown;
  case smt::ProofVerdict::error:
    break;
  }
  return harness::Verdict::error;
}

void printWitnesses(const proofs::Exploration& explored) {
  fmt::print("    not vacuous: all paths have a witness");
  if (explored.replayed != 0)
    fmt::print(", {} were run with it on machine words", explored.replayed);
  if (!explored.required.empty())
    fmt::print("; {} obligations by name, each met on one", explored.required.size());
  if (!explored.rules.empty()) fmt::print("; {} rules reached", explored.rules.size());
  fmt::print("\n");
}

void printSeeds(const Proof& proof) {
  const auto [least, most] =
      std::minmax_element(proof.seeds.begin(), proof.seeds.end(), [](const auto& a, const auto& b) {
        return a.explored.spent < b.explored.spent;
      });
  fmt::print("    seeds 1 to {}: {}; {} to {} resource units\n", proof.seeds.size(),
             proof.sameUnderSeeds() ? "the same verdict" : "ERROR: DIFFERENT VERDICTS",
             least->explored.spent, most->explored.spent);
}

void printCounterexample(const proofs::Result& result, const std::string& out) {
  if (out.empty()) {
    fmt::print("{}", result.counterexample->text);
    return;
  }
  const std::string file = fmt::format("{}/{}.{}.trace", out, result.theorem->name, result.ruleSet);
  writeFile(file, result.counterexample->text);
  fmt::print("    counterexample: {}\n", file);
}

Json costJson(const proofs::Cost& cost) {
  return Json::object(
      {{"what", cost.what}, {"spent", cost.spent}, {"seconds", jsonSeconds(cost.seconds)}});
}

Json proofJson(const Proof& proof) {
  const proofs::Result& r = proof.result;
  const proofs::Exploration& e = r.explored;
  Json object = Json::object({{"name", r.theorem->name},
                              {"rules", r.ruleSet},
                              {"verdict", smt::name(r.verdict)},
                              {"reason", r.reason},
                              {"paths", e.paths},
                              {"obligations", e.obligations},
                              {"spent", e.spent},
                              {"budget", r.budget.total},
                              {"seconds", jsonSeconds(proof.seconds)},
                              {"planted", proof.planted.size()},
                              {"plantedRefuted", proof.plantedCaught()},
                              {"asked", e.asked},
                              {"implied", e.implied},
                              {"questions", proof.questions},
                              {"rulesReached", e.rules.size()},
                              {"obligationNames", e.required.size()},
                              {"dearest", costJson(e.dearest)},
                              {"longest", costJson(e.longest)}});
  object["seeds"] = jsonList(proof.seeds, [](const proofs::Result& seed) {
    return Json::object({{"verdict", smt::name(seed.verdict)}, {"spent", seed.explored.spent}});
  });
  if (r.theorem->unless != nullptr)
    object["conditions"] = conditionsJson(*r.theorem, proof.subject);
  return object;
}

} // namespace

harness::Verdict Proof::verdict() const {
  harness::Verdict worst = verdictOf(result.verdict);
  // A theorem that does not notice a wrong knob proves nothing: a defect of this program.
  if (plantedCaught() != planted.size() || !sameUnderSeeds() || !unreached.empty())
    worst = harness::worse(worst, harness::Verdict::error);
  return worst;
}

bool Proof::sameUnderSeeds() const {
  return std::all_of(seeds.begin(), seeds.end(), [&](const proofs::Result& seed) {
    return seed.verdict == seeds.front().verdict;
  });
}

std::size_t Proof::plantedCaught() const {
  return static_cast<std::size_t>(std::count_if(
      planted.begin(), planted.end(), [](const proofs::SelfCheck& check) { return check.caught; }));
}

ProofSummary summarize(const std::vector<Proof>& proofs) {
  ProofSummary summary;
  std::size_t counts[4] = {}, planted = 0, caught = 0;
  summary.verdict = proofs.empty() ? harness::Verdict::unknown : harness::Verdict::agreed;
  for (const Proof& proof : proofs) {
    ++counts[static_cast<std::size_t>(proof.result.verdict)];
    planted += proof.planted.size();
    caught += proof.plantedCaught();
    summary.verdict = harness::worse(summary.verdict, proof.verdict());
    summary.theorems.push_back({std::string(proof.result.theorem->name),
                                std::string(proof.result.ruleSet),
                                std::string(smt::name(proof.result.verdict)), proof.seconds});
  }
  summary.text = fmt::format("{} proved, {} refuted, {} unknown, {} errors", counts[0], counts[1],
                             counts[2], counts[3]);
  if (planted != 0)
    summary.text += fmt::format("; {} of {} planted wrong knobs refuted", caught, planted);
  summary.counts = Json::object({{"proved", counts[0]},
                                 {"refuted", counts[1]},
                                 {"unknown", counts[2]},
                                 {"errors", counts[3]},
                                 {"planted", planted},
                                 {"plantedRefuted", caught}});
  return summary;
}

void printProof(const Proof& proof, const std::string& out) {
  const proofs::Result& r = proof.result;
  const proofs::Exploration& e = r.explored;
  fmt::print("{:8} {} for {}  ({} paths, {} obligations, {} of {} resource units, {:.1f} s)\n",
             smt::name(r.verdict), r.theorem->name, r.ruleSet, e.paths, e.obligations, e.spent,
             r.budget.total, proof.seconds);
  if (r.verdict == smt::ProofVerdict::proved) printWitnesses(e);
  fmt::print("{}", conditionsText(*r.theorem, proof.subject));
  if (!proof.unreached.empty())
    fmt::print("    ERROR: names rules that no path reaches:{}\n", proof.unreached);
  if (e.longest.seconds > longQuestion)
    fmt::print("    {:.1f} s were spent on one question: {}\n", e.longest.seconds, e.longest.what);
  if (!proof.seeds.empty()) printSeeds(proof);
  if (proof.scripts != 0)
    fmt::print("    {} questions in {} SMT-LIB scripts\n", proof.questions, proof.scripts);
  if (!r.reason.empty()) fmt::print("    {}\n", r.reason);
  if (r.counterexample) printCounterexample(r, out);
  for (const proofs::SelfCheck& check : proof.planted) {
    fmt::print("    with {}={}: {}\n", check.planted.knob, check.planted.value,
               check.caught ? "refuted, as it must be" : "NOT NOTICED: " + check.problem);
    if (check.result.counterexample && !out.empty())
      writeFile(
          fmt::format("{}/{}.{}.{}.trace", out, r.theorem->name, r.ruleSet, check.planted.knob),
          check.result.counterexample->text);
  }
}

std::string costs(const std::vector<Proof>& proofs) {
  if (proofs.empty()) return {};
  double seconds = 0;
  std::uint64_t spent = 0;
  const Proof* dearest = &proofs.front();
  const Proof* longest = &proofs.front();
  for (const Proof& proof : proofs) {
    const proofs::Exploration& e = proof.result.explored;
    seconds += proof.seconds;
    spent += e.spent;
    if (e.dearest.spent > dearest->result.explored.dearest.spent) dearest = &proof;
    if (e.longest.seconds > longest->result.explored.longest.seconds) longest = &proof;
  }
  const auto most = [](const char* in, const Proof& proof, const proofs::Cost& cost) {
    return fmt::format("most {} in one question: {} resource units, {:.2f} s, in {} for {}: {}\n",
                       in, cost.spent, cost.seconds, proof.result.theorem->name,
                       proof.result.ruleSet,
                       cost.what.size() > 100 ? cost.what.substr(0, 100) + "..." : cost.what);
  };
  return fmt::format("in all {} resource units, {:.1f} s\n", spent, seconds) +
         most("resources", *dearest, dearest->result.explored.dearest) +
         most("time", *longest, longest->result.explored.longest);
}

Json proofsJson(const std::vector<Proof>& proofs, const ProofSummary& summary) {
  Json document = jsonDocument("prove");
  document["solver"] = proofs::solverVersion();
  document["verdict"] = harness::name(summary.verdict);
  document["theorems"] = jsonList(proofs, proofJson);
  return document;
}

std::string proofsJunit(const std::vector<Proof>& proofs) {
  using Result = JunitCase::Result;
  JunitSuite suite{"growsdown prove", {}};
  for (const Proof& proof : proofs) {
    const proofs::Result& r = proof.result;
    JunitCase one;
    one.className = r.theorem->name;
    one.name = r.ruleSet;
    one.seconds = proof.seconds;
    one.result = r.verdict == smt::ProofVerdict::proved    ? Result::passed
                 : r.verdict == smt::ProofVerdict::refuted ? Result::failure
                                                           : Result::error;
    one.message = fmt::format("{}: {}", smt::name(r.verdict), r.reason);
    suite.cases.push_back(one);
    for (const proofs::SelfCheck& check : proof.planted) {
      one.name = fmt::format("{}, must fail with {}={}", r.ruleSet, check.planted.knob,
                             check.planted.value);
      one.seconds = 0;
      one.result = check.caught ? Result::passed : Result::error;
      one.message = check.problem;
      suite.cases.push_back(one);
    }
  }
  return junit({suite});
}

} // namespace growsdown::tools
