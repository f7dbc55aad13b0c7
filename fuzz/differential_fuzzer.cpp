// Model against reference, for libFuzzer and engines that speak its interface (AFL++, Centipede).
// The input is a trace in its byte form, the rule set included (trace/bytes.h).
//
// A difference is reported, its trace is written to `difference-HASH.trace` (in $GROWSDOWN_FINDINGS,
// by default the working directory), and the program aborts. The trace expects the behaviour of the
// model: `growsdown replay --rules SET --on reference FILE` shows the difference again.
#include "fuzz/crash_stack.h"
#include "fuzz/hash.h"
#include "fuzz/mutator.h"
#include "fuzz/program.h"
#include "harness/builtin_systems.h"
#include "harness/run.h"
#include "harness/shrink.h"
#include "trace/bytes.h"
#include "trace/text.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

using namespace growsdown;

extern "C" {
/// The engine's mutation of bytes; absent in the program that only runs files.
__attribute__((weak)) std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                                   std::size_t maxSize);
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t maxSize,
                                    unsigned seed);
std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t firstSize,
                                      const std::uint8_t* second, std::size_t secondSize,
                                      std::uint8_t* out, std::size_t maxSize, unsigned seed);
}

namespace {

/// More steps find nothing more, and take time.
constexpr std::size_t mostSteps = 96;

/// The bytes give no size of memory, or one that takes an engine too long to fill.
void limitMemory(trace::With& with, const trace::RuleSet& rules) {
  const std::uint64_t most = with.page.value_or(rules.page) * 2048;
  with.memory = std::min(with.memory.value_or(most), most);
}

struct Target {
  std::unique_ptr<harness::System> model = harness::makeModel();
  std::unique_ptr<harness::System> reference = harness::makeReference();
  std::unique_ptr<harness::System> guide = harness::makeModel();
  harness::Differential differential{*model, *reference};
  fuzz::Mutator mutator{*guide, mostSteps};
};

Target& target() {
  static Target* const instance = new Target; // never destroyed: engines leave by _exit
  return *instance;
}

fuzz::Program toProgram(const std::uint8_t* data, std::size_t size) {
  const trace::Decoded decoded = trace::decode({data, size});
  fuzz::Program program = fuzz::toProgram(*decoded.rules, decoded.trace);
  limitMemory(program.with, *program.rules);
  return program;
}

/// The bytes of a program, which loses steps at its end if there is no room for them. 0: there is no
/// room for a program without steps.
std::size_t toBytes(fuzz::Program& program, std::uint8_t* out, std::size_t maxSize) {
  for (;;) {
    const auto bytes = trace::encode(*program.rules, fuzz::toTrace(program));
    if (bytes.size() <= maxSize) {
      std::copy(bytes.begin(), bytes.end(), out);
      return bytes.size();
    }
    if (program.steps.empty()) return 0;
    const std::size_t over = 1 + (bytes.size() - maxSize) / 32;
    program.steps.resize(program.steps.size() - std::min(over, program.steps.size()));
  }
}

std::string fileOf(const std::string& text) {
  char name[40];
  std::snprintf(name, sizeof name, "difference-%016llx.trace",
                static_cast<unsigned long long>(fuzz::hashOf(text)));
  const char* directory = std::getenv("GROWSDOWN_FINDINGS");
  return directory && *directory ? std::string(directory) + "/" + name : name;
}

[[noreturn]] void report(const trace::Parameters& parameters, const trace::Trace& trace,
                         const harness::RunResult& result) {
  const std::string rules{parameters.rules->name};
  std::fprintf(stderr, "growsdown: model and reference differ (%s)\n", rules.c_str());
  if (result.step < trace.records.size())
    std::fprintf(stderr, "  step %zu: %s\n", result.step + 1,
                 trace::print(trace.records[result.step].step).c_str());
  if (result.verdict == harness::Verdict::diverged)
    std::fprintf(stderr, "  %s: model %s, reference %s\n", result.difference.field.c_str(),
                 result.difference.left.c_str(), result.difference.right.c_str());
  if (!result.reason.empty()) std::fprintf(stderr, "  %s\n", result.reason.c_str());
  if (!result.rule.empty()) std::fprintf(stderr, "  decided by %s\n", result.rule.c_str());
  if (!result.brokenInvariants.empty())
    std::fprintf(stderr, "  broken: %s\n", result.brokenInvariants.c_str());

  trace::Trace shown = trace;
  if (result.step < shown.records.size()) shown.records.resize(result.step + 1);
  const auto model = harness::makeModel();
  shown = harness::annotate(*model, parameters, shown);
  shown.before = {"# title: model and reference differ: " + result.difference.field,
                  "# sets: " + rules};
  const std::string text = trace::print(shown);
  const std::string file = fileOf(text);
  std::FILE* out = std::fopen(file.c_str(), "w");
  if (out && std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fclose(out) == 0)
    std::fprintf(stderr, "  trace written to %s\n", file.c_str());
  else
    std::fprintf(stderr, "  (cannot write %s)\n%s", file.c_str(), text.c_str());
  fuzz::CrashStack(harness::signature(result, trace)).run();
  std::abort();
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  trace::Decoded decoded = trace::decode({data, size});
  if (decoded.trace.records.size() > mostSteps) decoded.trace.records.resize(mostSteps);
  limitMemory(decoded.trace.with, *decoded.rules);
  std::string error;
  const auto parameters = trace::makeParameters(*decoded.rules, decoded.trace.with, error);
  if (!parameters) return 0;
  const harness::RunResult& result = target().differential.run(*parameters, decoded.trace);
  if (result.verdict == harness::Verdict::diverged || result.verdict == harness::Verdict::error)
    report(*parameters, decoded.trace, result);
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t maxSize,
                                    unsigned seed) {
  fuzz::Random random(seed);
  // Sometimes any bytes: the decoder makes programs of them that no generator makes.
  if (LLVMFuzzerMutate && random.chance(4)) return LLVMFuzzerMutate(data, size, maxSize);
  fuzz::Program program = toProgram(data, size);
  const fuzz::Swarm swarm = fuzz::Swarm::draw(random);
  if (program.steps.empty() || random.chance(2))
    target().mutator.generate(random, swarm, static_cast<unsigned>(random.between(4, 32)), program);
  else
    target().mutator.mutate(random, swarm, program);
  return toBytes(program, data, maxSize);
}

std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* first, std::size_t firstSize,
                                      const std::uint8_t* second, std::size_t secondSize,
                                      std::uint8_t* out, std::size_t maxSize, unsigned seed) {
  fuzz::Random random(seed);
  fuzz::Program program;
  target().mutator.cross(random, toProgram(first, firstSize), toProgram(second, secondSize),
                         program);
  return toBytes(program, out, maxSize);
}
