// The subcommands. Each file that defines one has its options, its help and its report.
#pragma once

#include "tools/cli.h"

#include <functional>

namespace growsdown::tools {

/// Runs the chosen subcommand and returns the exit code.
using Action = std::function<int()>;

// Each function adds one subcommand to the application, and sets `action` when it is chosen.
void addCheck(Command app, Action& action);
void addReplay(Command app, Action& action);
void addRun(Command app, Action& action);
void addDiff(Command app, Action& action);
void addExplain(Command app, Action& action);
void addShrink(Command app, Action& action);
void addEmit(Command app, Action& action);
void addImport(Command app, Action& action);
void addHistory(Command app, Action& action);
void addCompare(Command app, Action& action);
void addProve(Command app, Action& action);
void addPaths(Command app, Action& action);
void addFuzz(Command app, Action& action);
void addCampaign(Command app, Action& action);
void addRepro(Command app, Action& action);
void addCorpus(Command app, Action& action);
void addLive(Command app, Action& action);
void addKernelTree(Command app, Action& action);
void addRecord(Command app, Action& action);
void addRules(Command app, Action& action);
void addKnobs(Command app, Action& action);
void addConform(Command app, Action& action);
void addServe(Command app, Action& action);

} // namespace growsdown::tools
