// The subcommands. Each file that defines one has its options, its help and its report.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace growsdown::tools {

/// Runs the chosen subcommand and returns the exit code.
using Action = std::function<int()>;

// Each function adds one subcommand to the application, and sets `action` when it is chosen.
void addCheck(CLI::App& app, Action& action);
void addReplay(CLI::App& app, Action& action);
void addRun(CLI::App& app, Action& action);
void addDiff(CLI::App& app, Action& action);
void addExplain(CLI::App& app, Action& action);
void addShrink(CLI::App& app, Action& action);
void addEmit(CLI::App& app, Action& action);
void addHistory(CLI::App& app, Action& action);
void addCompare(CLI::App& app, Action& action);
void addProve(CLI::App& app, Action& action);
void addPaths(CLI::App& app, Action& action);
void addFuzz(CLI::App& app, Action& action);
void addLive(CLI::App& app, Action& action);
void addRecord(CLI::App& app, Action& action);
void addRules(CLI::App& app, Action& action);
void addKnobs(CLI::App& app, Action& action);
void addConform(CLI::App& app, Action& action);
void addServe(CLI::App& app, Action& action);

} // namespace growsdown::tools
