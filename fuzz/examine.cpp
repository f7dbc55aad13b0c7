#include "fuzz/examine.h"

#include "harness/builtin_systems.h"
#include "trace/fields.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace growsdown::fuzz {
namespace {

using harness::Verdict;

constexpr unsigned mostSteps = 40;
// How often the rest of a trace is run again, without the step that was refused.
constexpr unsigned knownRetries = 4, generatedRetries = 12;

} // namespace

bool SystemProfile::answers(const trace::Step& step) const {
  if ((does_ >> static_cast<unsigned>(step.op) & 1U) == 0) return false;
  constexpr unsigned patience = 3;
  const auto found = counts_.find(kind(step));
  return found == counts_.end() || found->second.answered != 0 || found->second.refused < patience;
}

void SystemProfile::learn(const trace::Trace& trace, const harness::RunResult& result) {
  for (std::size_t i = 0; i < trace.records.size(); ++i) {
    const bool refused = result.verdict == Verdict::unknown && i >= result.step;
    Count& count = counts_[kind(trace.records[i].step)];
    ++(refused ? count.refused : count.answered);
    if (refused || i == result.step) break;
  }
}

SystemProfile::Kind SystemProfile::kind(const trace::Step& s) {
  return {s.op, s.access, s.limit, s.flags, trace::insideWindows(s.address, s.length)};
}

Examination::Examination(const trace::RuleSet& rules, harness::System& model,
                         harness::System& system, ExaminationOptions options)
    : rules_(rules), system_(system), options_(std::move(options)),
      conformance_(model, system, options_.fields), guide_(harness::makeModel()),
      mutator_(*guide_, mostSteps), random_(options_.seed), profile_(system.does()) {}

void Examination::run(std::vector<trace::Trace> known) {
  const auto begin = std::chrono::steady_clock::now();
  const auto over = [&] {
    if (options_.stopped && options_.stopped()) return true;
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    return options_.seconds > 0 && spent.count() > options_.seconds;
  };
  for (const trace::Trace& trace : known)
    if (trace.records.size() <= mostSteps && !trace.initial)
      seeds_.push_back(toProgram(rules_, trace));
  for (std::size_t i = 0; i < known.size() && !over(); ++i) {
    if (i % 64 == 0)
      report(std::to_string(i) + " of " + std::to_string(known.size()) + " known traces");
    if (known[i].initial && refusesInitial_)
      ++passedOver_;
    else
      examine(std::move(known[i]), knownRetries);
  }
  knownRuns_ = conformance_.traces();
  Swarm swarm = Swarm::even();
  for (std::uint64_t i = 0; i < options_.runs && !over(); ++i) {
    if (i % 64 == 0)
      report(std::to_string(i) + " of " + std::to_string(options_.runs) + " generated traces, " +
             std::to_string(conformance_.differences().size()) + " differences");
    if (i % 32 == 0) drawSwarm(swarm);
    examine(generate(swarm), generatedRetries);
  }
  generatedRuns_ = conformance_.traces() - knownRuns_;
  const bool hurry = options_.stopped && options_.stopped();
  conformance_.shrink(
      rules_, hurry ? 0 : options_.shrinkAttempts, [&](std::size_t done, std::size_t all) {
        report("shrinking traces: " + std::to_string(done) + " of " + std::to_string(all));
      });
  report("");
}

void Examination::report(const std::string& line) const {
  if (options_.progress) options_.progress(line);
}

void Examination::drawSwarm(Swarm& swarm) {
  swarm = random_.chance(30) ? Swarm::even() : Swarm::draw(random_);
  for (unsigned op = 0; op < trace::opCount; ++op)
    if ((system_.does() >> op & 1U) == 0) swarm.ops[op] = 0;
}

trace::Trace Examination::generate(const Swarm& swarm) {
  Program program;
  if (!seeds_.empty() && random_.chance(35)) {
    program = seeds_[static_cast<std::size_t>(random_.below(seeds_.size()))];
    mutator_.mutate(random_, swarm, program);
  } else {
    program.rules = &rules_;
    if (!refusesWith_ && random_.chance(25)) program.with = randomWith(random_, rules_);
    // A fault-in of everything should end a trace, not the search.
    if (!program.with.memory) program.with.memory = program.with.page.value_or(4096) * 1024;
    mutator_.generateUnder(random_, swarm, static_cast<unsigned>(random_.between(4, mostSteps)),
                           program);
  }
  program.rules = &rules_;
  repair(program);
  return toTrace(program);
}

// Drops the steps that the system does not answer, and adds its parameters and first steps.
void Examination::prepare(trace::Trace& trace) const {
  std::erase_if(trace.records, [&](const trace::Record& record) {
    return !profile_.answers(record.step) || (options_.possible && !options_.possible(record.step));
  });
  for (const trace::WithField& field : trace::withFields) {
    std::optional<std::uint64_t>& value = trace.with.*field.member;
    const std::optional<std::uint64_t>& given = options_.with.*field.member;
    if (!value || (options_.fixedWith && given)) value = given;
  }
  const std::vector<trace::Step>& begins = options_.begins;
  const std::size_t size = std::min(begins.size(), trace.records.size());
  const bool begun =
      size == begins.size() && std::equal(begins.begin(), begins.end(), trace.records.begin(),
                                          [](const trace::Step& step, const trace::Record& record) {
                                            return record.step == step;
                                          });
  if (begun) return;
  for (auto step = begins.rbegin(); step != begins.rend(); ++step)
    trace.records.emplace(trace.records.begin())->step = *step;
}

// A step that the system refuses is left out, and the rest of the trace is run again.
void Examination::examine(trace::Trace trace, unsigned retries) {
  prepare(trace);
  while (!trace.records.empty()) {
    const harness::RunResult& result = conformance_.run(rules_, trace);
    profile_.learn(trace, result);
    if (result.verdict != Verdict::unknown || result.silent) return;
    if (!withoutRefused(trace, result.step) || retries-- == 0) return;
  }
}

// Removes what the system refused. False if nothing is left to try.
bool Examination::withoutRefused(trace::Trace& trace, std::size_t step) {
  if (step != harness::initialState) {
    trace.records.erase(trace.records.begin() + static_cast<std::ptrdiff_t>(step));
    return true;
  }
  if (trace.initial) {
    refusesInitial_ = true;
    return false;
  }
  trace::With plain = options_.with;
  plain.memory = trace.with.memory;
  if (trace.with == plain) return false;
  refusesWith_ = true;
  trace.with = plain;
  return true;
}

} // namespace growsdown::fuzz
