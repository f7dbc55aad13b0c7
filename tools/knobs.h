// What the command tells of rule sets, their knobs, and the releases that they stand for.
#pragma once

#include "trace/ruleset.h"

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// `rules`: the rule sets, and the table of knobs.
int printRuleSets(bool json);
/// `knobs`: the table alone.
int printKnobTable();
/// A change of a knob in two lines: when, to what, where, and why.
std::string changeText(const trace::Change& change);
/// `rules KNOB`: what it means, its values, and its changes.
int printKnob(std::string_view knob, bool json);

enum class KernelsForm : unsigned char { text, markdown, json };
/// `rules --kernels`: which recorded rule set stands for each release, of these architectures (none
/// given: of all).
int printKernels(const std::vector<std::string>& archs, KernelsForm form);

} // namespace growsdown::tools
