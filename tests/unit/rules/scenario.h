// Rules by example. A scenario is a trace in the trace format, and behind its steps lines that say
// what must hold of the whole state there:
//
//     mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
//     touch 0x10000fe000 w -> ok
//       by ANON-WRITE
//       hit GROW-DONE
//     6.12| area 0x10000fe000-0x1000101000 rw growsdown,account
//     4.3|  area 0x10000fd000-0x1000101000 rw growsdown,account
//
// Lines behind `4.3|` or `6.12|` are for that rule set only. What is expected was derived from the
// rules and the kernels' sources, not from the model. Of the step above:
//   by ID          Process::decidingRule() is this one
//   hit ID...      these rules were reached during the step
//   no ID...       these were not
//   area START-END PROT FLAGS [shown ADDR] [pgoff N] [anon NAME|none] [forked|fresh] [object NAME]
//                  the true extent of a VMA (`shown`: where /proc/self/maps starts it); the `area`
//                  lines of a step are all there are (`area none`); names of identities mean the
//                  same throughout a scenario
//   page ADDR KIND PROT [frame NAME] [inherited] [dirty]
//                  a present entry; all there are (`page none`)
//   counts NAME N ...  size stack locked data committed (pages), tables faults areas resident
//                  objects object-pages (numbers), as in trace::Counters; others are free
//   unchanged      areas, entries, objects and counters (but `faults`) are those before the step
// In front of the steps, besides `with` and `init` lines, `knob NAME VALUE` changes the rule set.
// Every step says its outcome; the model's invariants are checked after each.
#pragma once

#include "model/rule.h"
#include "trace/ruleset.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::rules {

/// The rule sets that a scenario is for.
enum Sets : std::uint8_t { only43 = 1, only612 = 2, both = 3 };

struct Scenario {
  std::string_view title; ///< a rule's id, then maybe a blank and words
  Sets sets;
  std::string_view text;

  /// The id of the rule that the scenario is about.
  std::string_view id() const { return title.substr(0, title.find(' ')); }
  bool hasWords() const { return id() != title; }
  bool isFor(const trace::RuleSet& rules) const;
};

/// What playing a scenario under a rule set came to.
struct Played {
  std::vector<std::string> failures;
  bool hasKnobs = false;                        ///< so it says nothing of the rule set as it is
  std::array<bool, model::ruleCount> claimed{}; ///< named by a `by` or `hit` that held
  std::array<bool, model::ruleCount> reached{}; ///< marked by the model in any step
};

/// Plays a scenario. That it claims its own rule is part of it; one with words in its title may
/// also be about where the rule does not apply (`no`).
Played play(const Scenario& scenario, const trace::RuleSet& rules);

/// Registers scenarios as tests: Rules.GROW_RLIMIT_STACK, Rules.GROW_RLIMIT_STACK_some_words.
class Scenarios {
 public:
  Scenarios(const char* file, const std::vector<Scenario>& scenarios);
};

/// All that were registered.
const std::vector<Scenario>& allScenarios();

} // namespace growsdown::rules
