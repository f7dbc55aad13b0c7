// What the benchmarks run: generated traces, as the fuzzers make them, and the recordings.
#pragma once

#include "harness/run.h"
#include "trace/trace.h"

#include <stdexcept>
#include <string>
#include <vector>

namespace growsdown::bench {

struct Item {
  const trace::RuleSet* rules;
  trace::Parameters parameters;
  trace::Trace trace;
};

struct Workload {
  std::string name;
  std::vector<Item> items;
  std::size_t steps() const;
};

/// Traces from the fuzzers' generator, the same every time.
Workload generated(unsigned traces, unsigned steps);
/// The recording of a rule set, from the corpus.
Workload recorded(const trace::RuleSet& rules, const std::string& corpus);

/// What a pass over a workload does at each step.
struct Pass {
  bool model = false;
  bool reference = false;
  bool update = false; ///< of a written state, by what the step changed
};
/// Runs the systems alone over the whole workload; returns the steps made.
std::size_t runAlone(const Workload& workload, const Pass& pass, harness::System& model,
                     harness::System& reference);
/// Two systems differ: a number from runs that end early would mean nothing.
struct Differ : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// Compares the two over the whole workload; returns the steps compared. Throws Differ.
std::size_t runCompared(const Workload& workload, harness::Differential& differential);

/// Nanoseconds a lookup costs in the reference's index and in a std::map with `areas` areas.
struct LookupCost {
  double index = 0;
  double map = 0;
};
LookupCost lookupCost(unsigned areas, double seconds);

/// Prints what a trace costs on the running kernel, by some `seconds` * 2000 traces a line. Stops
/// with `unknown` where that kernel cannot be judged or differs from its rule set.
int hostRate(double seconds);

/// Prints the reference beside its peers, by about `seconds` for each number, and writes the numbers
/// to the file `json` unless that is empty. Returns 0, or 1 if a ratio falls short of its target, or
/// 4 if the file cannot be written.
int peers(double seconds, const std::string& json);
/// Prints what a step costs against the length of the trace and the number of areas, and writes it
/// to `json` in the same way. Returns 0, or 4 if the file cannot be written.
int scaling(double seconds, const std::string& json);

/// Seconds of processor time that this thread has had: what others do on the machine counts less.
double processorSeconds();

/// The corpus that was chosen.
extern std::string corpusDirectory;
/// The folder with the calls of programs (programs.h).
extern std::string programDirectory;

} // namespace growsdown::bench
