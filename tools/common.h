// Shared by the subcommands: exit codes, systems by name, reports.
#pragma once

#include "harness/builtin_systems.h"
#include "harness/run.h"
#include "tools/rule_sets.h"
#include "trace/trace.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// Exit codes of the command.
enum Exit : int { agreed = 0, diverged = 1, usage = 2, unknown = 3, failure = 4 };

/// Ends a subcommand with a message on stderr.
struct Stop : std::runtime_error {
  Stop(int exitCode, const std::string& message) : std::runtime_error(message), code(exitCode) {}
  int code;
};

/// The value of a knob as text.
std::string valueOf(const trace::RuleSet& rules, std::string_view knob);
/// The parameters of a trace. Stops with `unknown` if the rule set cannot take them on.
trace::Parameters parametersOf(const trace::RuleSet& rules, const trace::Trace& trace);

/// A system by name. Stops with `usage` and the reason, or the known names.
std::unique_ptr<harness::System> system(const std::string& name);
/// The rule set that a system says it follows (a kernel: the one for its release); empty if it
/// names none. Stops with `unknown` if no rule set stands for that kernel.
std::string rulesOf(const harness::System& system);
/// The rule set named by the first of these systems that names one.
std::string rulesOf(const std::vector<std::string>& systems);
/// The parameters of a system that is judged by `rules`. `va-bits` is dropped if no kernel of these
/// rules has that value: addresses of user-mode Linux end a little below what its page tables
/// reach, and all windows lie below both.
trace::With fitting(trace::With with, const trace::RuleSet& rules);

/// The systems that `--on` accepts: `model, reference, exec:COMMAND, …`
std::string systemNames();
/// The parts of a state named in a comma-separated list. Stops with `usage`, naming `option`.
harness::Fields fieldsOf(const std::string& list, std::string_view option);
/// One line that names the parts of a state that a system does not show or that `fields` leaves
/// out; empty if there are none.
std::string notCompared(const harness::System& system,
                        harness::Fields fields = harness::shown::all);

/// `FILE:LINE`, or `FILE` if the line is unknown (0).
std::string place(const trace::Trace& trace, unsigned line);
/// A few lines about a result that is not `agreed`: where, what, both values, the deciding rule.
std::string report(const trace::Trace& trace, const harness::RunResult& result,
                   std::string_view leftName, std::string_view rightName);

/// True if stderr is a terminal: long computations show their progress there.
bool showsProgress();
/// Replaces the line of progress; an empty text removes it.
void progress(const std::string& text);

/// The value of a duration such as `20s`, `10m`, `1h`, `2d` or `90` (seconds). Stops with `usage`.
double seconds(const std::string& text);

} // namespace growsdown::tools
