// A trace: parameters, an optional initial state, and steps with what is expected of them.
#pragma once

#include "trace/outcome.h"
#include "trace/ruleset.h"
#include "trace/state.h"
#include "trace/step.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace growsdown::trace {

/// A step, its expected outcome and state, and its place in a file.
struct Record {
  Step step;
  Outcome expected;
  Observation state;
  std::vector<std::string> comments; ///< the comment lines before it, `#` included
  unsigned line = 0;                 ///< of the file it was read from; 0: not from a file
};

struct Trace {
  With with;
  std::optional<State> initial; ///< the `init` lines
  std::vector<Record> records;
  std::vector<std::string> before;   ///< comment lines before `growsdown-trace 1`
  std::vector<std::string> trailing; ///< comment lines after the last record
  std::string file;
  unsigned line = 0;
};

} // namespace growsdown::trace
