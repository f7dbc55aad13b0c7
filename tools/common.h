// What the subcommands share: reading traces, naming systems and rule sets, reporting.
#pragma once

#include "harness/builtin_systems.h"
#include "harness/metadata.h"
#include "harness/run.h"
#include "trace/trace.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace growsdown::tools {

/// Exit codes of the command.
enum Exit : int { agreed = 0, diverged = 1, usage = 2, unknown = 3, failure = 4 };

/// Ends a subcommand with a message on stderr.
struct Stop : std::runtime_error {
  Stop(int exitCode, const std::string& message) : std::runtime_error(message), code(exitCode) {}
  int code;
};

/// What the chosen subcommand does; returns the exit code.
using Action = std::function<int()>;

// One a file: adds its subcommand to the application; sets `action` when it is chosen.
void addReplay(CLI::App& app, Action& action);
void addRun(CLI::App& app, Action& action);
void addRecord(CLI::App& app, Action& action);
void addDiff(CLI::App& app, Action& action);
void addExplain(CLI::App& app, Action& action);
void addShrink(CLI::App& app, Action& action);
void addEmit(CLI::App& app, Action& action);
void addHistory(CLI::App& app, Action& action);
void addCompare(CLI::App& app, Action& action);
void addRules(CLI::App& app, Action& action);
void addKnobs(CLI::App& app, Action& action);
void addProve(CLI::App& app, Action& action);
void addPaths(CLI::App& app, Action& action);
void addFuzz(CLI::App& app, Action& action);
void addConform(CLI::App& app, Action& action);
void addServe(CLI::App& app, Action& action);
void addLive(CLI::App& app, Action& action);
void addCheck(CLI::App& app, Action& action);

/// The text of a file (`-`: standard input), decompressed where the name ends in `.xz`. Stops with
/// `usage` where it cannot be read.
std::string readFile(const std::string& path);
/// Writes a whole file (`-`: standard output), compressed where the name ends in `.xz`. Stops with
/// `failure` where that does not work.
void writeFile(const std::string& path, std::string_view text);

/// Stops with `failure` where that file (none, if empty) could not be written: for who works long
/// before he writes it.
void checkWritable(const std::string& path);

/// The files that the paths name, sorted: directories are searched for `*.trace` and `*.trace.xz`.
/// Stops with `usage` where a path does not exist or a directory has no trace.
std::vector<std::string> traceFiles(const std::vector<std::string>& paths);
/// The traces of a file. Stops with `usage` and file:line:column where it is malformed.
std::vector<trace::Trace> readTraces(const std::string& path);
/// The trace of a file: its `index`-th (from 1), or its only one where `index` is 0.
trace::Trace readTrace(const std::string& path, unsigned index);

/// The rule set of that name with the knobs `NAME=VALUE` turned. Stops with `usage` and the names
/// known.
trace::RuleSet ruleSet(const std::string& name, const std::vector<std::string>& knobs = {});
/// The value of a knob as text.
std::string valueOf(const trace::RuleSet& rules, std::string_view knob);
/// The rule set that a file is to be judged by where no `--rules` says: the first of its `sets:`,
/// or the one that the file is named after (`linux-6.12-arm64.trace.xz`), or `otherwise`.
std::vector<std::string> ruleSetsOf(const trace::Trace& trace, const harness::Metadata& data,
                                    std::string_view otherwise = trace::defaultRuleSet);
/// The parameters of a trace; stops with `unknown` where the rule set cannot take them on.
trace::Parameters parametersOf(const trace::RuleSet& rules, const trace::Trace& trace);

/// A system by name. Stops with `usage`: what is wrong, or the names known.
std::unique_ptr<harness::System> system(const std::string& name);
/// The rule set that a system says it follows (the running kernel, say); empty where it says
/// nothing. Stops with `unknown` where it should and none stands for it.
std::string rulesOf(const harness::System& system);
/// As above: of the first of these systems that says something.
std::string rulesOf(const std::vector<std::string>& systems);
/// The parameters of a system that is held to `rules`. Address bits that no kernel of these has are
/// left out (user-mode Linux, whose addresses end a little below what its tables reach): the
/// windows lie below all of them.
trace::With fitting(trace::With with, const trace::RuleSet& rules);

/// The systems that `--on` takes: `model, reference, exec:COMMAND`
std::string systemNames();
/// What a system does not show or `fields` leave out, in a sentence with a newline; empty where
/// that is nothing.
std::string notCompared(const harness::System& system,
                        harness::Fields fields = harness::shown::all);

/// `FILE:LINE`, or `FILE` where the line is not known.
std::string place(const trace::Trace& trace, unsigned line);
/// A few lines on a result that is not `agreed`: where, what, both values, the deciding rule.
std::string report(const trace::Trace& trace, const harness::RunResult& result,
                   std::string_view leftName, std::string_view rightName);

/// True where stderr is a terminal: then long work shows how far it is.
bool showsProgress();
/// Shows one line of progress in place of the last one; an empty text wipes it.
void progress(const std::string& text);

/// A duration such as `20s`, `10m`, `1h`, or seconds. Stops with `usage`.
double seconds(const std::string& text);

/// `text` as a JSON string, quotes included.
std::string jsonString(std::string_view text);
/// A change of a knob as a JSON object.
std::string changeJson(const trace::Change& change);
/// `text` for an XML attribute or content.
std::string xmlText(std::string_view text);

/// Number of jobs that the machine runs at once.
unsigned hardwareJobs();

} // namespace growsdown::tools
