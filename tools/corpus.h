// The corpus that subcommands run where no other is named.
#pragma once

#include "trace/ruleset.h"
#include "trace/trace.h"

#include <string>
#include <vector>

namespace growsdown::tools {

/// The folder of this program's corpus: installed with it, or in its sources. Empty if it has no corpus.
std::string corpusFolder();
/// The folders of it that have traces with expectations.
std::vector<std::string> ownCorpus();

/// The traces of these paths for a rule set, or for the recorded one that stands for it.
std::vector<trace::Trace> corpusFor(const trace::RuleSet& rules,
                                    const std::vector<std::string>& paths);

} // namespace growsdown::tools
