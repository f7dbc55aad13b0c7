// Rules by example. A scenario is a trace in the trace format, and behind its steps lines that say
// what must hold of the whole state there:
//
//     mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
//     touch 0x10000fe000 w -> ok
//       by ANON-WRITE
//       hit GROW-DONE
//     5.10+| area 0x10000fe000-0x1000101000 rw growsdown,account
//     4.3|   area 0x10000fd000-0x1000101000 rw growsdown,account
//
// A scenario names the rule sets that it is for, and a line those that it is for in front of a bar,
// both by a selector: terms with commas between them, one of which must fit; in a term words with
// blanks between them, all of which must fit.
//   4.3  6.1..6.12  6.14+    that release; from one to another, both included; from one on
//   arm64  amd64  um         that architecture
//   all                      every rule set
// So `4.3 amd64, 6.18+` are linux-4.3-amd64 and whatever came since 6.18. User-mode Linux handles
// faults in its own way: a scenario is for it only if it names `um`.
//
// What is expected was derived from the rules and the kernels' sources, not from the model. Of the
// step above:
//   by ID          Process::decidingRule() is this one, or was until user-mode Linux's handler told
//                  its host (FAULT-UM-FLUSHES)
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
// Numbers may be END, the end of user addresses (TASK_SIZE), or BASE, the end of what is searched
// first for a free place (mmap_base), with a distance behind it: END-0x1000.
// In front of the steps, besides `with` and `init` lines, `knob NAME VALUE` changes the rule set.
// Every step says its outcome; the model's invariants are checked after each. The stack pointer is
// at address 0 until a step says otherwise, so that how far below it a touch lies (4.3 on amd64)
// matters to scenarios about that alone.
#pragma once

#include "model/rule.h"
#include "trace/ruleset.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::rules {

/// Whether a selector fits a rule set, judged by the name: with a knob turned it is still of its
/// kernel. Throws std::invalid_argument where the selector is not well-formed.
bool selects(std::string_view selector, const trace::RuleSet& rules);

/// A text with numbers in the place of END and BASE.
std::string numbered(std::string text, const trace::Parameters& parameters);

struct Scenario {
  std::string_view title; ///< a rule's id, then maybe a blank and words
  std::string_view sets;  ///< a selector
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
