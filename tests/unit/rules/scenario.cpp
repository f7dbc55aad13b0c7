#include "tests/unit/rules/scenario.h"

#include "model/invariants.h"
#include "model/process.h"
#include "model/start.h"
#include "trace/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace growsdown::rules {
namespace {

using trace::State;

std::vector<Scenario>& registry() {
  static std::vector<Scenario> all;
  return all;
}

using Words = std::vector<std::string>;

Words wordsOf(const std::string& line) {
  Words words;
  std::istringstream in(line);
  for (std::string word; in >> word;)
    words.push_back(word);
  return words;
}

/// A release in the form `6.12`.
trace::Version versionOf(const std::string& word) {
  trace::Version version;
  const char* const end = word.data() + word.size();
  const auto major = std::from_chars(word.data(), end, version.major);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.')
    if (const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
        minor.ec == std::errc() && minor.ptr == end)
      return version;
  throw std::invalid_argument("`" + word + "` selects no rule sets");
}

/// A word of a selector.
bool wordFits(const std::string& word, const trace::RuleSet& kernel) {
  if (word == "all") return true;
  if (word == "arm64") return kernel.arch == trace::Arch::arm64;
  if (word == "amd64") return kernel.arch == trace::Arch::amd64;
  if (word == "um") return kernel.arch == trace::Arch::um;
  if (word.back() == '+') return versionOf(word.substr(0, word.size() - 1)) <= kernel.version;
  const std::size_t dots = word.find("..");
  if (dots == std::string::npos) return versionOf(word) == kernel.version;
  return versionOf(word.substr(0, dots)) <= kernel.version &&
         kernel.version <= versionOf(word.substr(dots + 2));
}

struct Check {
  Words words;
  std::string line;
  unsigned number = 0;
};

/// A scenario's text, parsed for one rule set.
struct Script {
  std::string header; ///< the first line and the `with` lines
  std::string trace;  ///< checks and knobs are empty lines in it
  std::vector<Check> checks;
  std::vector<Check> knobs;
};

bool isCheck(const std::string& word) {
  for (const char* const known : {"by", "hit", "no", "area", "page", "counts", "unchanged"})
    if (word == known) return true;
  return false;
}

Script scriptOf(std::string_view text, const trace::RuleSet& rules) {
  Script script;
  script.header = script.trace = "growsdown-trace 1\n";
  unsigned number = 1;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (const std::size_t bar = line.find('|'); bar < line.find('#'))
      line = selects(line.substr(0, bar), rules) ? line.substr(bar + 1) : "";
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    const Words words = wordsOf(line);
    if (!words.empty() && isCheck(words[0])) {
      script.checks.push_back({words, line, number});
      line.clear();
    } else if (!words.empty() && words[0] == "knob") {
      script.knobs.push_back({words, line, number});
      line.clear();
    }
    if (!words.empty() && words[0] == "with") script.header += line + "\n";
    script.trace += line + "\n";
  }
  return script;
}

std::string hex(std::uint64_t value) {
  return trace::printBytes(value);
}

std::string show(const trace::Area& a) {
  std::string out = "area " + hex(a.start) + "-" + hex(a.end) + " " +
                    trace::printProt(static_cast<std::uint8_t>(a.flags & trace::vm::access)) + " " +
                    trace::printVmFlags(a.flags & ~trace::vm::access) + " shown " +
                    hex(a.shownStart) + " pgoff " + hex(a.pgoff) + " anon " +
                    (a.anon ? std::to_string(a.anon) : "none");
  if (a.forked) out += " forked";
  if (a.object) out += " object " + std::to_string(a.object);
  return out;
}

std::string show(const trace::Page& p) {
  std::string out = "page " + hex(p.address) + " " + std::string(trace::name(p.kind)) + " " +
                    trace::printProt(p.prot);
  if (p.frame) out += " frame " + std::to_string(p.frame);
  if (p.inherited) out += " inherited";
  if (p.dirty) out += " dirty";
  return out;
}

std::string show(const State& s) {
  std::string out;
  for (const trace::Area& area : s.areas)
    out += "\n    " + show(area);
  for (const trace::Page& page : s.pages)
    out += "\n    " + show(page);
  const trace::Counters& c = s.counters;
  for (const auto& [name, value] : {std::pair{"\n    counts size ", c.total},
                                    {" stack ", c.stack},
                                    {" locked ", c.locked},
                                    {" data ", c.data},
                                    {" committed ", c.committed},
                                    {" tables ", c.tables},
                                    {" faults ", c.faults}})
    out += name + std::to_string(static_cast<std::int64_t>(value));
  return out;
}

/// Names of identities, in both directions.
class Names {
 public:
  bool fits(const std::string& name, std::uint64_t identity) {
    if (identity == 0) return false;
    const auto [a, newName] = identities_.emplace(name, identity);
    const auto [b, newIdentity] = names_.emplace(identity, name);
    return a->second == identity && b->second == name;
  }

 private:
  std::map<std::string, std::uint64_t> identities_;
  std::map<std::uint64_t, std::string> names_;
};

class Player {
 public:
  Player(const Scenario& scenario, const trace::RuleSet& rules)
      : scenario_(scenario), rules_(rules), script_(scriptOf(scenario.text, rules)) {}

  Played run() {
    played_.hasKnobs = !script_.knobs.empty();
    std::string error;
    for (const Check& knob : script_.knobs)
      if (knob.words.size() != 3 || !trace::setKnob(rules_, knob.words[1], knob.words[2], error))
        return failed(knob.line + ": " + error);
    const trace::ParseResult header = trace::parse(script_.header, std::string(scenario_.title));
    if (header.error) return failed(header.error->text());
    const auto parameters = trace::makeParameters(rules_, header.traces.at(0).with, error);
    if (!parameters) return failed(error);
    script_.trace = numbered(script_.trace, *parameters);
    for (Check& check : script_.checks)
      check.words = wordsOf(check.line = numbered(check.line, *parameters));
    trace::ParseResult parsed = trace::parse(script_.trace, std::string(scenario_.title));
    if (parsed.error) return failed(parsed.error->text());
    if (parsed.traces.size() != 1) return failed("not one trace");
    trace::Trace& trace = parsed.traces[0];
    if (trace.initial)
      if (const auto why = model::completeStart(*parameters, *trace.initial)) return failed(*why);
    if (!script_.checks.empty() &&
        (trace.records.empty() || script_.checks[0].number < trace.records[0].line))
      return failed("a check before the first step");

    process_.start(*parameters, trace.initial ? &*trace.initial : nullptr);
    trace::Step lowStack;
    lowStack.op = trace::Op::sp;
    process_.apply(lowStack);
    process_.snapshot(state_);
    for (std::size_t i = 0; i < trace.records.size(); ++i) {
      const unsigned end = i + 1 < trace.records.size() ? trace.records[i + 1].line : ~0U;
      step(trace.records[i], end, *parameters);
    }
    const model::RuleInfo* const own = model::findRule(scenario_.id());
    if (own == nullptr)
      failed("no rule is called " + std::string(scenario_.id()));
    else if (!played_.claimed[static_cast<std::size_t>(own->rule)] &&
             !(scenario_.hasWords() && denied_[static_cast<std::size_t>(own->rule)]))
      failed("no step is claimed for " + std::string(own->id));
    return played_;
  }

 private:
  Played failed(const std::string& message) {
    played_.failures.push_back(std::string(rules_.name) + ": " + where_ + message);
    return played_;
  }

  void step(const trace::Record& record, unsigned end, const trace::Parameters& parameters) {
    where_ = trace::print(record.step) + ": ";
    const auto hits = process_.hits();
    const State before = state_;
    const trace::Outcome outcome = process_.apply(record.step);
    process_.snapshot(state_);
    const std::size_t failures = played_.failures.size();
    if (record.expected.kind == trace::Outcome::Kind::unspecified)
      failed("the scenario does not say what is expected");
    else if (outcome != record.expected)
      failed("expected " + trace::print(record.expected) + ", got " + trace::print(outcome) +
             " by " + std::string(model::info(process_.decidingRule()).id));
    if (record.state.hasMap || record.state.hasPages || record.state.hasFaults ||
        record.state.same || record.state.abnormal)
      failed("`= ` lines are not looked at here");
    if (outcome.kind != trace::Outcome::Kind::unknown)
      if (const model::Invariant* broken = model::firstBroken(state_, parameters))
        failed("breaks the invariant " + std::string(broken->name));

    std::array<bool, model::ruleCount> reached{};
    for (std::size_t i = 0; i < model::ruleCount; ++i) {
      reached[i] = process_.hits()[i] != hits[i];
      if (reached[i]) played_.reached[i] = true;
    }
    std::vector<const Check*> areas;
    std::vector<const Check*> pages;
    for (; nextCheck_ < script_.checks.size() && script_.checks[nextCheck_].number < end;
         ++nextCheck_) {
      const Check& check = script_.checks[nextCheck_];
      const std::string& kind = check.words[0];
      if (kind == "area")
        areas.push_back(&check);
      else if (kind == "page")
        pages.push_back(&check);
      else if (kind == "counts")
        counts(check);
      else if (kind == "unchanged")
        unchanged(before);
      else
        marks(check, reached);
    }
    if (!areas.empty()) list(areas, state_.areas, "areas");
    if (!pages.empty()) list(pages, state_.pages, "pages");
    if (played_.failures.size() != failures) {
      played_.failures.back() += "\n  The state:" + show(state_);
      played_.failures.back() += "\n  Reached:";
      for (std::size_t i = 0; i < model::ruleCount; ++i)
        if (reached[i]) played_.failures.back() += " " + std::string(model::rules()[i].id);
    }
  }

  void marks(const Check& check, const std::array<bool, model::ruleCount>& reached) {
    if (check.words.size() < 2) failed("`" + check.line + "` names no rule");
    for (std::size_t w = 1; w < check.words.size(); ++w) {
      const model::RuleInfo* const info = model::findRule(check.words[w]);
      if (info == nullptr) {
        failed("no rule is called " + check.words[w]);
        continue;
      }
      const auto at = static_cast<std::size_t>(info->rule);
      if (check.words[0] == "no") {
        denied_[at] = true;
        if (reached[at]) failed("reached " + check.words[w]);
      } else if (check.words[0] == "by" ? decided(info->rule, reached[at]) : reached[at]) {
        played_.claimed[at] = true;
      } else {
        failed("not " + check.line + ", but by " +
               std::string(model::info(process_.decidingRule()).id));
      }
    }
  }

  bool decided(model::Rule rule, bool reached) const {
    return process_.decidingRule() == rule ||
           (process_.decidingRule() == model::Rule::faultUmFlushes && reached);
  }

  void unchanged(State before) {
    State now = state_;
    before.counters.faults = now.counters.faults = 0;
    if (!(now == before)) failed("changed the state, from" + show(before));
  }

  void counts(const Check& check) {
    const trace::Counters& c = state_.counters;
    const std::map<std::string, std::uint64_t> values = {
        {"size", c.total},
        {"stack", c.stack},
        {"locked", c.locked},
        {"data", c.data},
        {"committed", c.committed},
        {"tables", c.tables},
        {"faults", c.faults},
        {"areas", state_.areas.size()},
        {"resident", state_.pages.size()},
        {"objects", state_.objects.size()},
        {"object-pages", state_.objectPages.size()}};
    if (c.mapCount != state_.areas.size()) failed("mapCount is not the number of areas");
    if (check.words.size() < 3 || check.words.size() % 2 == 0)
      failed("`" + check.line + "`: names and numbers expected");
    for (std::size_t w = 1; w + 1 < check.words.size(); w += 2) {
      const auto value = values.find(check.words[w]);
      if (value == values.end())
        failed("no count is called " + check.words[w]);
      else if (static_cast<std::int64_t>(value->second) !=
               std::stoll(check.words[w + 1], nullptr, 0))
        failed(check.words[w] + " is " + std::to_string(static_cast<std::int64_t>(value->second)) +
               ", not " + check.words[w + 1]);
    }
  }

  template <class Item>
  void list(const std::vector<const Check*>& checks, const std::vector<Item>& items,
            const std::string& what) {
    const bool none =
        checks.size() == 1 && checks[0]->words.size() == 2 && checks[0]->words[1] == "none";
    if (items.size() != (none ? 0 : checks.size())) {
      failed(std::to_string(items.size()) + " " + what + ", not " +
             std::to_string(none ? 0 : checks.size()));
      return;
    }
    if (none) return;
    for (std::size_t i = 0; i < items.size(); ++i)
      if (!fits(checks[i]->words, items[i]))
        failed("expected " + checks[i]->line + ", found " + show(items[i]));
  }

  /// Words of a check from `from` on: attributes with or without a value.
  template <class Value, class Flag>
  bool attributes(const Words& words, std::size_t from, Value&& value, Flag&& flag) {
    for (std::size_t w = from; w < words.size(); ++w) {
      if (const std::optional<bool> ok = flag(words[w])) {
        if (!*ok) return false;
      } else if (w + 1 == words.size() || !value(words[w], words[w + 1])) {
        return false;
      } else {
        ++w;
      }
    }
    return true;
  }

  bool fits(const Words& words, const trace::Area& a) {
    if (words.size() < 4) return false;
    if (words[1] != hex(a.start) + "-" + hex(a.end)) return false;
    if (words[2] != trace::printProt(static_cast<std::uint8_t>(a.flags & trace::vm::access)))
      return false;
    if (words[3] != trace::printVmFlags(a.flags & ~trace::vm::access)) return false;
    return attributes(
        words, 4,
        [&](const std::string& name, const std::string& value) {
          if (name == "shown") return a.shownStart == std::stoull(value, nullptr, 0);
          if (name == "pgoff") return a.pgoff == std::stoull(value, nullptr, 0);
          if (name == "anon") return value == "none" ? a.anon == 0 : anons_.fits(value, a.anon);
          if (name == "object") return objects_.fits(value, a.object);
          return false;
        },
        [&](const std::string& name) -> std::optional<bool> {
          if (name == "forked") return a.forked;
          if (name == "fresh") return !a.forked;
          return std::nullopt;
        });
  }

  bool fits(const Words& words, const trace::Page& p) {
    if (words.size() < 4) return false;
    if (words[1] != hex(p.address) || words[2] != trace::name(p.kind) ||
        words[3] != trace::printProt(p.prot))
      return false;
    bool inherited = false;
    bool dirty = false;
    const bool ok = attributes(
        words, 4,
        [&](const std::string& name, const std::string& value) {
          return name == "frame" && frames_.fits(value, p.frame);
        },
        [&](const std::string& name) -> std::optional<bool> {
          if (name == "inherited") return inherited = true;
          if (name == "dirty") return dirty = true;
          return std::nullopt;
        });
    return ok && inherited == p.inherited && dirty == p.dirty;
  }

  const Scenario& scenario_;
  trace::RuleSet rules_;
  Script script_;
  std::size_t nextCheck_ = 0;
  model::Process process_;
  State state_;
  Names anons_, frames_, objects_;
  std::string where_;
  std::array<bool, model::ruleCount> denied_{};
  Played played_;
};

class ScenarioTest : public testing::Test {
 public:
  explicit ScenarioTest(const Scenario& scenario) : scenario_(scenario) {}
  void TestBody() override {
    for (const trace::RuleSet& rules : trace::ruleSets())
      if (scenario_.isFor(rules))
        for (const std::string& failure : play(scenario_, rules).failures)
          ADD_FAILURE() << failure;
  }

 private:
  Scenario scenario_;
};

} // namespace

std::string numbered(std::string text, const trace::Parameters& parameters) {
  const auto isA = [&](int (*what)(int), std::size_t at) {
    return at < text.size() && what(static_cast<unsigned char>(text[at])) != 0;
  };
  for (const auto& [name, value] :
       {std::pair{std::string("END"), parameters.taskSize}, {"BASE", parameters.mmapBase}})
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; ++at) {
      std::size_t after = at + name.size();
      if ((at > 0 && isA(std::isalpha, at - 1)) || isA(std::isalpha, after)) continue;
      std::uint64_t number = value;
      if (isA(std::ispunct, after) && isA(std::isdigit, after + 1)) {
        std::size_t digits = 0;
        const std::uint64_t by = std::stoull(text.substr(after + 1), &digits, 0);
        number = text[after] == '+' ? number + by : number - by;
        after += 1 + digits;
      }
      text.replace(at, after - at, hex(number));
    }
  return text;
}

bool selects(std::string_view selector, const trace::RuleSet& rules) {
  const trace::RuleSet* const kernel = trace::findRuleSet(rules.name);
  if (kernel == nullptr) throw std::invalid_argument("no rule set " + std::string(rules.name));
  bool any = false;
  std::istringstream terms{std::string(selector)};
  for (std::string term; std::getline(terms, term, ',');) {
    const Words words = wordsOf(term);
    if (words.empty()) throw std::invalid_argument("selector `" + std::string(selector) + "`");
    any |= std::all_of(words.begin(), words.end(),
                       [&](const std::string& word) { return wordFits(word, *kernel); });
  }
  return any;
}

bool Scenario::isFor(const trace::RuleSet& rules) const {
  const bool um = trace::findRuleSet(rules.name)->arch == trace::Arch::um;
  return selects(sets, rules) && (!um || sets.find("um") != std::string_view::npos);
}

Played play(const Scenario& scenario, const trace::RuleSet& rules) {
  try {
    return Player(scenario, rules).run();
  } catch (const std::invalid_argument& e) {
    return {{std::string(scenario.title) + ": " + e.what()}, false, {}, {}};
  }
}

Scenarios::Scenarios(const char* file, const std::vector<Scenario>& scenarios) {
  for (const Scenario& scenario : scenarios) {
    registry().push_back(scenario);
    std::string name(scenario.title);
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    testing::RegisterTest("Rules", name.c_str(), nullptr, nullptr, file,
                          static_cast<int>(registry().size()),
                          [scenario]() -> testing::Test* { return new ScenarioTest(scenario); });
  }
}

const std::vector<Scenario>& allScenarios() {
  return registry();
}

} // namespace growsdown::rules
