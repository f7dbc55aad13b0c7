#include "tools/common.h"

#include "fuzz/settings.h"
#include "harness/hint.h"
#include "systems/open.h"
#include "trace/ruleset.h"
#include "trace/text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <mutex>

namespace growsdown::tools {
std::string valueOf(const trace::RuleSet& rules, std::string_view knob) {
  for (trace::Knob& k : trace::knobs(rules))
    if (k.name == knob) return std::move(k.value);
  return "";
}

trace::Parameters parametersOf(const trace::RuleSet& rules, const trace::Trace& trace) {
  std::string error;
  const auto parameters = trace::makeParameters(rules, trace.with, error);
  if (!parameters) throw Stop(unknown, place(trace, trace.line) + ": " + error);
  return *parameters;
}

std::unique_ptr<harness::System> system(const std::string& name) {
  std::string error;
  auto made = systems::open(name, error);
  if (!made) throw Stop(usage, error);
  return made;
}

std::string rulesOf(const harness::System& system) {
  try {
    return std::string(system.rules());
  } catch (const harness::CannotSay& e) {
    throw Stop(unknown, std::string(system.name()) + ": " + e.what());
  }
}

std::string rulesOf(const std::vector<std::string>& systems) {
  for (const std::string& name : systems)
    if (std::string rules = rulesOf(*system(name)); !rules.empty()) return rules;
  return {};
}

trace::With fitting(trace::With with, const trace::RuleSet& rules) {
  std::string why;
  if (!trace::makeParameters(rules, with, why)) with.vaBits.reset();
  return with;
}

std::string systemNames() {
  std::string text;
  for (const systems::Kind& kind : systems::kinds())
    text += (text.empty() ? "" : ", ") + print(kind);
  return text;
}

harness::Fields fieldsOf(const std::string& list, std::string_view option) {
  harness::Fields fields = 0;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string word = list.substr(at, end - at);
    const auto field = harness::field(word);
    if (!field)
      throw Stop(usage, fmt::format("{}: no part of a state is called `{}`; known: {}", option,
                                    word, harness::print(harness::shown::all)));
    fields |= *field;
    at = end + 1;
  }
  return fields;
}

std::string notCompared(const harness::System& system, harness::Fields fields) {
  const harness::Fields shows = system.shows() & fields;
  harness::Fields hidden = harness::shown::all & ~shows;
  // Without `start`, areas start where /proc/self/maps shows them, so `maps` is compared.
  if ((shows & harness::shown::areas) != 0 && (shows & harness::shown::start) == 0)
    hidden &= ~harness::shown::maps;
  if (hidden == 0) return {};
  return fmt::format("not compared on {}: {}\n", system.name(), harness::print(hidden));
}

std::string place(const trace::Trace& trace, unsigned line) {
  const std::string file = trace.file.empty() ? "trace" : trace::plainText(trace.file);
  return line == 0 ? file : file + ":" + std::to_string(line);
}

std::string report(const trace::Trace& trace, const harness::RunResult& result,
                   std::string_view leftName, std::string_view rightName) {
  const bool atStart = result.step >= trace.records.size();
  std::string text = place(trace, atStart ? trace.line : trace.records[result.step].line) + ": ";
  text += atStart ? std::string("at the start")
                  : fmt::format("step {}: {}", result.step + 1,
                                trace::print(trace.records[result.step].step));
  text += "\n";
  if (result.verdict == harness::Verdict::diverged) {
    text += fmt::format("    {}: {} {}, {} {}\n", result.difference.field, leftName,
                        result.difference.left, rightName, result.difference.right);
    if (!result.rule.empty()) text += "    decided by " + result.rule + "\n";
    if (const std::string hint =
            atStart ? std::string() : harness::hintFor(result.rule, trace, result.step);
        !hint.empty())
      text += "    hint: " + hint + "\n";
    if (!result.brokenInvariants.empty())
      text += "    broken invariants: " + result.brokenInvariants + "\n";
  } else {
    text += fmt::format("    {}: {}\n", harness::name(result.verdict), result.reason);
  }
  return text;
}

bool showsProgress() {
  static const bool terminal = isatty(STDERR_FILENO) != 0;
  return terminal;
}

void progress(const std::string& text) {
  static std::mutex mutex;
  if (!showsProgress()) return;
  const std::lock_guard lock(mutex);
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
}

double seconds(const std::string& text) {
  const double value = fuzz::duration(text);
  if (value < 0 || value > 1e9)
    throw Stop(usage, "`" + text + "` is not a duration such as 20s, 10m, 1h or 2d");
  return value;
}

} // namespace growsdown::tools
