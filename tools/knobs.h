// Rule sets, their knobs, and the releases that they stand for: `growsdown rules` and `growsdown
// knobs`.
#pragma once

#include "trace/ruleset.h"

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

// Each function that prints returns the exit code.

/// `rules`: the rule sets and the table of knobs.
int printRuleSets(bool json);
/// `knobs`: the table alone.
int printKnobTable();
/// A change of a knob in two lines: release, value, architectures and commit; then the reason.
std::string changeText(const trace::Change& change);
/// `rules KNOB`: the meaning, values and changes of one knob.
int printKnob(std::string_view knob, bool json);

enum class KernelsForm : unsigned char { text, markdown, json };
/// `rules --kernels`: which recorded rule set stands for each release. `archs` restricts the
/// architectures; empty means all.
int printKernels(const std::vector<std::string>& archs, KernelsForm form);

} // namespace growsdown::tools
