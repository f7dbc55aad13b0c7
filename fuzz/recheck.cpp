#include "fuzz/recheck.h"

#include "fuzz/child.h"
#include "fuzz/corpus.h"
#include "fuzz/findings.h"
#include "fuzz/input_worker.h"
#include "fuzz/reach.h"
#include "fuzz/seeds.h"
#include "harness/run.h"

#include <algorithm>
#include <exception>

#include <unistd.h>

namespace growsdown::fuzz {
namespace {

using harness::Verdict;

constexpr int verdictExit = 40; ///< and above: the verdict of a child

/// The worst verdict over the programs of a file.
Verdict judge(const CampaignOptions& options, const std::vector<Program>& programs) {
  const auto left = options.makeLeft();
  const auto right = options.makeRight();
  auto verdict = Verdict::agreed;
  for (Program program : programs) {
    const trace::Parameters parameters = repair(program);
    right->ahead(toTrace(program).records);
    harness::Differential differential(*left, *right);
    differential.start(parameters, program.initial.get());
    for (const trace::Step& step : program.steps)
      if (!differential.step(step)) break;
    verdict = harness::worse(verdict, differential.result().verdict);
  }
  return verdict;
}

} // namespace

namespace {

Rechecked recheckPrograms(const CampaignOptions& options, const std::vector<Program>& programs) {
  const auto limit = std::max<std::chrono::milliseconds>(options.hang, std::chrono::seconds(10));
  const std::string how = inChild(limit, [&] {
    try {
      _exit(verdictExit + static_cast<int>(judge(options, programs)));
    } catch (const std::exception&) {
      _exit(verdictExit + static_cast<int>(Verdict::unknown));
    }
  });
  const auto is = [&](Verdict verdict) {
    return how == "exit-" + std::to_string(verdictExit + static_cast<int>(verdict));
  };
  if (is(Verdict::agreed)) return {Shows::no, {}, {}};
  if (is(Verdict::diverged) || is(Verdict::error)) return {Shows::yes, {}, {}};
  if (!is(Verdict::unknown) && !how.empty()) return {Shows::yes, {}, how};
  return {Shows::unknown, "a system cannot say", {}};
}

} // namespace

Rechecked recheckTrace(const CampaignOptions& options, const trace::RuleSet& rules,
                       const trace::Trace& trace) {
  std::vector<Program> programs;
  addSeeds({trace}, {&rules}, programs);
  if (programs.empty()) return {Shows::unknown, "the rule set cannot take this trace", {}};
  return recheckPrograms(options, programs);
}

Rechecked recheck(const CampaignOptions& options, const std::filesystem::path& file) {
  std::string bytes;
  if (!readBytes(file, bytes)) return {Shows::unknown, "it cannot be read", {}};
  if (options.inputs) {
    const auto limit = std::max<std::chrono::milliseconds>(options.hang, std::chrono::seconds(10));
    return {wrongWith(*options.inputs, bytes, limit).empty() ? Shows::no : Shows::yes, {}, {}};
  }
  const std::vector<Program> programs = programsOf(bytes);
  if (programs.empty())
    return {Shows::unknown, "it is no trace, or names no rule set that takes it", {}};
  return recheckPrograms(options, programs);
}

} // namespace growsdown::fuzz
