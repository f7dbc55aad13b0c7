#include "tools/rule_sets.h"

#include "systems/host.h"
#include "tools/common.h"
#include "trace/complain.h"
#include "trace/ruleset.h"
#include "trace/text.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <set>

namespace growsdown::tools {
namespace {

// Warns, once per rule set, that no recording judges it.
void noteUnjudged(const trace::RuleSet& rules) {
  static std::mutex mutex;
  static std::set<std::string_view> said;
  const std::lock_guard lock(mutex);
  if (!said.insert(rules.name).second) return;
  const trace::StandIn near = trace::standIn(rules);
  std::string text = fmt::format("growsdown: note: no recording judges {}, which is composed of "
                                 "the known changes; the nearest recorded rule set is {}",
                                 rules.name, near.recorded->name);
  text += near.knobs.empty() ? ", with the same knobs" : ", which differs in ";
  text += fmt::format("{}", fmt::join(near.knobs, ", "));
  fmt::print(stderr, "{}\n", text);
}

void selectMatching(const std::string& pattern, std::vector<std::string>& names) {
  for (const auto& sets : {trace::ruleSets(), trace::releases()}) {
    const std::size_t before = names.size();
    for (const trace::RuleSet& rules : sets)
      if (fnmatch(pattern.c_str(), std::string(rules.name).c_str(), 0) == 0)
        names.emplace_back(rules.name);
    if (names.size() != before) return;
  }
  throw Stop(usage, "--rules: no rule set matches `" + pattern +
                        "`; their names are linux-RELEASE-ARCH, such as linux-6.12-arm64");
}

DefaultRules chooseDefault() {
  if (const char* const named = std::getenv("GROWSDOWN_RULES"); named != nullptr && *named != 0) {
    if (trace::findRuleSet(named) == nullptr)
      throw Stop(
          usage,
          fmt::format("GROWSDOWN_RULES: no rule set `{}`; `growsdown rules` lists them", named));
    return {named, "which GROWSDOWN_RULES names"};
  }
  const systems::Kernel kernel = systems::runningKernel();
  std::string error;
  if (std::string name = systems::rulesFor(kernel, error); !name.empty())
    return {std::move(name), "the rule set of the running kernel"};
  const trace::Arch arch = kernel.machine == "aarch64" ? trace::Arch::arm64 : trace::Arch::amd64;
  const trace::RuleSet* newest = nullptr;
  for (const trace::RuleSet& rules : trace::ruleSets())
    if (rules.arch == arch) newest = &rules;
  return {std::string(newest->name), "the newest one; no rule set is for the running kernel"};
}

} // namespace

trace::RuleSet ruleSet(const std::string& name, const std::vector<std::string>& knobs) {
  const trace::RuleSet* found = trace::findRuleSet(name);
  if (found == nullptr) {
    std::string known;
    for (const trace::RuleSet& r : trace::ruleSets())
      known += "\n  " + std::string(r.name);
    const auto all = trace::releases();
    throw Stop(usage, "no rule set `" + name + "`; judged by recordings:" + known +
                          "\nand, composed: linux-X.Y-ARCH for any release from " +
                          trace::print(all.front().version) + " to " +
                          trace::print(all.back().version) + " and arm64, amd64 or um");
  }
  if (found->kernel.empty()) noteUnjudged(*found);
  trace::RuleSet rules = *found;
  for (const std::string& knob : knobs) {
    const auto equals = knob.find('=');
    if (equals == std::string::npos)
      throw Stop(usage, "--knob requires NAME=VALUE, not `" + knob + "`");
    std::string error;
    if (!trace::setKnob(rules, knob.substr(0, equals), knob.substr(equals + 1), error))
      throw Stop(usage, "--knob " + knob + ": " + error);
  }
  return rules;
}

std::vector<std::string> ruleSetNames(const std::vector<std::string>& words) {
  std::vector<std::string> names;
  for (const std::string& word : words) {
    std::vector<std::string> more;
    if (word == "all")
      selectMatching("*", more);
    else if (word.find_first_of("*?[") != std::string::npos)
      selectMatching(word, more);
    else
      more.emplace_back(ruleSet(word).name);
    for (std::string& name : more)
      if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(std::move(name));
  }
  return names;
}

const DefaultRules& defaultRules() {
  static const DefaultRules chosen = chooseDefault();
  return chosen;
}

std::string takeDefaultRules() {
  static std::once_flag said;
  const DefaultRules& rules = defaultRules();
  std::call_once(said, [&] {
    fmt::print(stderr, "growsdown: rules of {}, {} (--rules selects others)\n", rules.name,
               rules.why);
  });
  return rules.name;
}

std::vector<std::string> ruleSetsOf(const trace::Trace& trace, const harness::Metadata& data) {
  if (!data.error.empty()) throw Stop(usage, place(trace, trace.line) + ": " + data.error);
  if (!data.sets.empty()) return data.sets;
  std::string error;
  std::string named = harness::ruleSetOfName(trace.file, error);
  if (!error.empty()) throw Stop(usage, place(trace, trace.line) + ": " + error);
  if (named.empty()) return {};
  return {std::move(named)};
}

std::vector<std::string> ruleSetsOrDefault(const trace::Trace& trace,
                                           const harness::Metadata& data) {
  std::vector<std::string> sets = ruleSetsOf(trace, data);
  if (sets.empty()) sets.push_back(takeDefaultRules());
  return sets;
}

} // namespace growsdown::tools
