// Collects what reaches which rule.
#include "fuzz/campaign.h"
#include "harness/builtin_systems.h"
#include "harness/knob_witnesses.h"
#include "tools/common.h"
#include "tools/coverage.h"
#include "tools/files.h"
#ifdef GROWSDOWN_WITH_PROOFS
#include "proofs/prove.h"
#endif

#include <fmt/format.h>

#include <filesystem>

namespace growsdown::tools {
namespace fs = std::filesystem;
using harness::Coverage;
using harness::Means;

namespace {

// Traces per campaign. It runs the model against itself.
constexpr std::uint64_t fuzzRuns = 20000;

// The rule set that a recording is named after; null if there is none.
const trace::RuleSet* recordedUnder(const std::string& name) {
  return trace::findRuleSet(std::string_view(name).substr(0, name.find('@')));
}

// Hand-written traces: the rules that they name, and the knobs that change what they do.
void handWritten(Coverage& coverage, const fs::path& corpus) {
  harness::KnobWitnesses knobs;
  for (const char* const folder : {"rules", "regressions"})
    for (const std::string& path : traceFiles({(corpus / folder).string()})) {
      progress(path);
      for (const trace::Trace& trace : readTraces(path)) {
        for (const std::string& id : harness::metadata(trace).rules)
          if (const model::RuleInfo* rule = model::findRule(id))
            coverage.add(rule->rule, Means::corpus,
                         std::string(folder) + "/" + fs::path(path).filename().string());
        for (const trace::RuleSet& rules : trace::ruleSets())
          knobs.run(rules, trace);
      }
    }
  knobs.count(coverage);
}

void recordings(Coverage& coverage, const fs::path& corpus) {
  for (const std::string& path : traceFiles({(corpus / "observed").string()})) {
    progress(path);
    const std::string file = fs::path(path).filename().string();
    const std::string name = file.substr(0, file.find(".trace"));
    const trace::RuleSet* const rules = recordedUnder(name);
    if (rules == nullptr) throw Stop(usage, path + ": is not named after a rule set");
    for (const trace::Trace& trace : readTraces(path))
      harness::countTrace(coverage, Means::recording, name, *rules, trace);
  }
}

void campaigns(Coverage& coverage) {
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    progress("fuzzing " + std::string(rules.name));
    fuzz::CampaignOptions options;
    options.runs = fuzzRuns;
    options.rules = {&rules};
    options.left = options.right = harness::makeModel;
    const fuzz::CampaignResult result = fuzz::runCampaign(options);
    if (!result.error.empty()) throw Stop(failure, "fuzzing: " + result.error);
    for (const auto& [id, hits] : result.rules)
      if (hits != 0) coverage.add(model::findRule(id)->rule, Means::fuzz, rules.name, hits);
  }
}

void theorems(Coverage& coverage) {
#ifdef GROWSDOWN_WITH_PROOFS
  for (const proofs::Theorem& theorem : proofs::theorems())
    for (const model::Rule rule : theorem.rules)
      coverage.add(rule, Means::theorem, theorem.name);
#else
  // The rows that a build with proofs wrote.
  for (const harness::Reach& reach : reached().rows())
    if (reach.means == Means::theorem) coverage.add(reach);
#endif
}

} // namespace

int collect(const std::string& corpus, const std::vector<std::string>& files) {
  Coverage coverage;
  for (const std::string& file : files)
    if (std::string error; !coverage.read(readFile(file), error))
      throw Stop(usage, file + ": " + error);
  handWritten(coverage, corpus);
  recordings(coverage, corpus);
  campaigns(coverage);
  theorems(coverage);
  progress("");
  fmt::print("{}", coverage.print());
  return agreed;
}

} // namespace growsdown::tools
