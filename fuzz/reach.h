// What a trace reaches, to merge and prune a corpus by it.
#pragma once

#include "fuzz/features.h"
#include "fuzz/program.h"
#include "harness/system.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::fuzz {

/// Runs traces on the model and counts what is new in them (fuzz/features.h).
class Reach {
 public:
  /// `seen` gets the features, and must outlive the object.
  explicit Reach(Features& seen);

  /// The number of features of a program that no earlier one had. The program is repaired first.
  unsigned add(Program program);
  /// The same for the text of traces, each under the rule sets of its `sets:` line, or the default
  /// one. 0 if the text is no trace.
  unsigned addText(std::string_view text);

  const harness::System& model() const { return *model_; }

 private:
  std::unique_ptr<harness::System> model_;
  Features& features_;
  trace::State state_;
};

/// The programs of a text of traces, each under the rule sets of its `sets:` line, or the default one.
/// Traces that a rule set cannot take are left out.
std::vector<Program> programsOf(std::string_view text);

/// The text of a program, with its rule set in a `sets:` line.
std::string textOf(const Program& program);

} // namespace growsdown::fuzz
