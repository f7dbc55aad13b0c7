#include "bench/workload.h"

#include "fuzz/mutator.h"
#include "harness/builtin_systems.h"
#include "tools/common.h"
#include "tools/files.h"

#include <time.h>

#include <stdexcept>

namespace growsdown::bench {

std::string corpusDirectory = GROWSDOWN_CORPUS;
std::string programDirectory = GROWSDOWN_PROGRAMS;

double processorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::size_t Workload::steps() const {
  std::size_t count = 0;
  for (const Item& item : items)
    count += item.trace.records.size();
  return count;
}

Workload generated(unsigned traces, unsigned steps) {
  Workload workload;
  workload.name = "generated";
  const auto guide = harness::makeModel();
  fuzz::Mutator mutator(*guide, steps);
  fuzz::Random random(1);
  fuzz::Program program;
  for (unsigned i = 0; i < traces; ++i) {
    mutator.generate(random, fuzz::Swarm::draw(random), steps, program);
    const trace::Parameters parameters = fuzz::repair(program);
    workload.items.push_back({program.rules, parameters, fuzz::toTrace(program)});
  }
  return workload;
}

Workload recorded(const trace::RuleSet& rules, const std::string& corpus) {
  Workload workload;
  workload.name = std::string(rules.name) + " recording";
  for (trace::Trace& trace :
       tools::readTraces(corpus + "/observed/" + std::string(rules.name) + ".trace.xz")) {
    const trace::Parameters parameters = tools::parametersOf(rules, trace);
    workload.items.push_back({&rules, parameters, std::move(trace)});
  }
  return workload;
}

std::size_t runAlone(const Workload& workload, const Pass& pass, harness::System& model,
                     harness::System& reference) {
  static trace::State state;
  std::size_t steps = 0;
  for (const Item& item : workload.items) {
    for (harness::System* system : {&model, &reference}) {
      if (system == &model ? !pass.model : !pass.reference) continue;
      system->start(item.parameters, item.trace.initial ? &*item.trace.initial : nullptr);
      for (const trace::Record& record : item.trace.records) {
        ++steps;
        if (system->apply(record.step).kind == trace::Outcome::Kind::unknown) break;
        if (pass.update) system->update(state);
      }
    }
  }
  return steps;
}

std::size_t runCompared(const Workload& workload, harness::Differential& differential) {
  std::size_t steps = 0;
  for (const Item& item : workload.items) {
    const harness::RunResult& result = differential.run(item.parameters, item.trace);
    steps += result.steps;
    if (result.verdict == harness::Verdict::diverged || result.verdict == harness::Verdict::error)
      throw Differ("the systems differ, so there is nothing to measure:\n" +
                   tools::report(item.trace, result, differential.left().name(),
                                 differential.right().name()));
  }
  return steps;
}

} // namespace growsdown::bench
