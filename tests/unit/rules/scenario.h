// Rules by example. A scenario is a trace in the trace format. After its steps it has lines that
// state what must hold for the whole state there:
//
//     mmap 0x1000100000 0x1000 rw fixed,growsdown -> ok 0x1000100000
//     touch 0x10000fe000 w -> ok
//       by ANON-WRITE
//       hit GROW-DONE
//     5.10+| area 0x10000fe000-0x1000101000 rw growsdown,account
//     4.3|   area 0x10000fd000-0x1000101000 rw growsdown,account
//
// A selector of a scenario names the rule sets that the scenario is for. A selector in front of a
// bar does so for one line. A selector consists of terms with commas between them, one of which
// must fit. A term consists of words with blanks between them, all of which must fit:
//   4.3  6.1..6.12  6.14+    that release; from one to another, inclusive; from one on
//   arm64  amd64  um         that architecture
//   all                      every rule set
// So `4.3 amd64, 6.18+` means linux-4.3-amd64 and all rule sets since 6.18. User-mode Linux has its
// own fault handler, so a scenario is for it only if it names `um`.
//
// The expectations were derived from the kernels' sources, not from the model. Lines about the step
// above:
//   by ID          Process::decidingRule() is this rule, or was until user-mode Linux's handler
//                  updated its host (FAULT-UM-FLUSHES)
//   hit ID...      these rules were reached during the step
//   no ID...       these rules were not reached
//   area START-END PROT FLAGS [shown ADDR] [pgoff N] [anon NAME|none] [forked|fresh] [object NAME]
//                  the true extent of a VMA (`shown`: its start in /proc/self/maps). The `area`
//                  lines of a step list all areas (`area none`). Names of identities mean the same
//                  throughout a scenario
//   page ADDR KIND PROT [frame NAME] [inherited] [dirty]
//                  a present entry; the lines list all entries (`page none`)
//   counts NAME N ...  size stack locked data committed (pages), tables faults areas resident
//                  objects object-pages (numbers), as in trace::Counters; others are free
//   unchanged      areas, entries, objects and counters (except `faults`) are as before the step
//
// Numbers may be END, the end of user addresses (TASK_SIZE), or BASE (mmap_base), where placement
// starts, followed by a distance: END-0x1000. In front of the steps, in addition to `with` and
// `init` lines, `knob NAME VALUE` changes the rule set.
//
// Every step states its outcome, and the model's invariants are checked after each step. The stack
// pointer is at address 0 until a step sets it, so the distance to it (4.3 on amd64) matters only
// to scenarios about that distance.
#pragma once

#include "model/rule.h"
#include "trace/ruleset.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace growsdown::rules {

/// Whether a selector fits a rule set, by the name: a rule set with a turned knob still belongs to
/// its kernel. Throws std::invalid_argument if the selector is malformed.
bool selects(std::string_view selector, const trace::RuleSet& rules);

/// A text with numbers in place of END and BASE.
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

/// The result of playing a scenario under a rule set.
struct Played {
  std::vector<std::string> failures;
  bool hasKnobs = false;                        ///< so this is not the unchanged rule set
  std::array<bool, model::ruleCount> claimed{}; ///< named by a `by` or `hit` that held
  std::array<bool, model::ruleCount> reached{}; ///< marked by the model in any step
};

/// Plays a scenario. It must claim its own rule. A scenario with words in its title may instead be
/// about a case in which the rule does not apply (`no`).
Played play(const Scenario& scenario, const trace::RuleSet& rules);

/// Registers scenarios as tests: Rules.GROW_RLIMIT_STACK, Rules.GROW_RLIMIT_STACK_some_words.
class Scenarios {
 public:
  Scenarios(const char* file, const std::vector<Scenario>& scenarios);
};

/// All registered scenarios.
const std::vector<Scenario>& allScenarios();

} // namespace growsdown::rules
