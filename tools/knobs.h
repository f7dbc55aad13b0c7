// What the command tells of rule sets, their knobs, and the releases that they stand for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace growsdown::tools {

/// `rules`: the rule sets, and the table of knobs.
int printRuleSets(bool json);
/// `knobs`: the table alone.
int printKnobTable();
/// `rules KNOB`: what it means, its values, and its changes.
int printKnob(std::string_view knob, bool json);

enum class KernelsForm : unsigned char { text, markdown, json };
/// `rules --kernels`: which recorded rule set stands for each release, of these architectures (none
/// given: of all).
int printKernels(const std::vector<std::string>& archs, KernelsForm form);

} // namespace growsdown::tools
