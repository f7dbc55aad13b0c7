#include "tools/knobs.h"

#include "model/rule.h"
#include "tools/common.h"
#include "tools/labels.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace growsdown::tools {
namespace {

constexpr std::size_t lineWidth = 120;

// The recorded rule sets, those of an architecture side by side.
Sets columns() {
  Sets sets;
  for (const trace::RuleSet& set : trace::ruleSets())
    sets.push_back(&set);
  std::stable_sort(sets.begin(), sets.end(), [](const trace::RuleSet* a, const trace::RuleSet* b) {
    return a->arch < b->arch;
  });
  return sets;
}

void printLine(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}

// One cell a rule set: `y`, `-`, a short number, or a letter that `legend` explains.
std::vector<std::string> cells(const std::vector<std::string>& values, std::string& legend) {
  std::vector<std::string> out;
  const bool wide = std::any_of(values.begin(), values.end(), [](const std::string& v) {
    return v != "true" && v != "false" && v.size() > 2;
  });
  std::vector<std::string> seen;
  for (const std::string& value : values) {
    if (!wide) {
      out.push_back(value == "true" ? "y" : value == "false" ? "-" : value);
      continue;
    }
    const auto at = std::find(seen.begin(), seen.end(), value);
    const auto letter = static_cast<char>('a' + (at - seen.begin()));
    if (at == seen.end()) {
      seen.push_back(value);
      legend += fmt::format("{}{} {}", legend.empty() ? " (" : ", ", letter, value);
    }
    out.emplace_back(1, letter);
  }
  if (!legend.empty()) legend += ')';
  return out;
}

void knobTable() {
  const Sets sets = columns();
  std::vector<std::string_view> names;
  std::size_t width = 0;
  for (const trace::Knob& knob : trace::knobs(*sets[0]))
    if (knob.name != "arch") { // the columns are
      names.push_back(knob.name);
      width = std::max(width, knob.name.size());
    }
  const auto row = [&](std::string_view head, const std::vector<std::string>& cell) {
    std::string line = fmt::format("{:{}}", head, width);
    for (std::size_t i = 0; i < sets.size(); ++i)
      line +=
          fmt::format("{}{:>3}", i > 0 && sets[i]->arch != sets[i - 1]->arch ? " " : "", cell[i]);
    return line;
  };
  std::vector<std::string> archs, majors, minors;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    archs.emplace_back();
    majors.push_back(std::to_string(sets[i]->version.major) + ".");
    minors.push_back(std::to_string(sets[i]->version.minor));
  }
  std::string head = row("", archs);
  for (std::size_t i = 0, at = width; i < sets.size(); ++i, at += 3) {
    if (i > 0 && sets[i]->arch == sets[i - 1]->arch) continue;
    at += i > 0;
    head.resize(std::max(head.size(), at + 12), ' ');
    head.replace(at + 1, name(sets[i]->arch).size(), name(sets[i]->arch));
  }
  printLine(head);
  printLine(row("", majors));
  printLine(row("", minors));

  bool any = false;
  for (const bool differing : {true, false})
    for (const std::string_view knob : names) {
      std::vector<std::string> values;
      for (const trace::RuleSet* set : sets)
        values.push_back(valueOf(*set, knob));
      const bool differs =
          std::any_of(values.begin(), values.end(), [&](const auto& v) { return v != values[0]; });
      if (differs != differing) continue;
      if (!differing) {
        if (!any) fmt::print("the same in all:\n");
        any = true;
        fmt::print("{:{}}  {}  {}\n", knob, width, values[0], trace::meaning(knob));
        continue;
      }
      std::string legend;
      const std::string line =
          fmt::format("{}  {}", row(knob, cells(values, legend)), trace::meaning(knob));
      // Bytes, not columns: too long by a byte or two for an ellipsis, which does no harm.
      if (line.size() + legend.size() <= lineWidth)
        printLine(line + legend);
      else
        fmt::print("{}\n{:{}}{}\n", line, "", width + 3 * sets.size() + 3, legend);
    }
  fmt::print("y: true, -: false\n");
}

std::string archsOf(const trace::Change& change) {
  std::vector<std::string_view> archs;
  for (const trace::Arch arch : {trace::Arch::arm64, trace::Arch::amd64, trace::Arch::um})
    if ((change.archs >> static_cast<unsigned>(arch) & 1) != 0) archs.push_back(name(arch));
  return fmt::format("{}", fmt::join(archs, ", "));
}

// The releases for which the same rule set stands, with the same knobs that differ.
struct Kernels {
  trace::Arch arch;
  trace::Version first, last;
  trace::StandIn standIn;
};

std::vector<Kernels> kernels(const std::vector<std::string>& archs) {
  std::vector<Kernels> rows;
  for (const trace::RuleSet& release : trace::releases()) {
    if (!archs.empty() && std::count(archs.begin(), archs.end(), name(release.arch)) == 0) continue;
    trace::StandIn standIn = trace::standIn(release);
    const bool recorded = !release.kernel.empty();
    if (!rows.empty() && !recorded && rows.back().arch == release.arch &&
        rows.back().standIn.recorded == standIn.recorded &&
        rows.back().standIn.knobs == standIn.knobs && rows.back().last != standIn.recorded->version)
      rows.back().last = release.version;
    else
      rows.push_back({release.arch, release.version, release.version, std::move(standIn)});
  }
  return rows;
}

std::string rangeOf(const Kernels& row) {
  return print(row.first) + (row.first == row.last ? "" : "-" + print(row.last));
}

const trace::RuleSet& release(const Kernels& row) {
  return *trace::findRuleSet("linux-" + print(row.first) + "-" + std::string(name(row.arch)));
}

bool isRecorded(const Kernels& row) {
  return row.first == row.standIn.recorded->version;
}

// The knobs that differ: those that the releases have changed and the rule set has not, or the
// other way round. A knob with its changes: `gup-grows (6.5 8d7071af8907)`.
std::vector<std::string> differing(const Kernels& row, bool already, std::string_view quote) {
  const trace::RuleSet& of = release(row);
  std::vector<std::string> out;
  for (const std::string_view knob : row.standIn.knobs) {
    std::vector<std::string> since;
    for (const trace::Change* change : trace::changesBetween(of, *row.standIn.recorded, knob))
      if (concerns(*change, of.version, of.arch) == already)
        since.push_back(print(change->since) +
                        (change->commit.empty() ? "" : " " + std::string(change->commit)));
    if (!since.empty())
      out.push_back(fmt::format("{}{}{} ({})", quote, knob, quote, fmt::join(since, ", ")));
  }
  return out;
}

void kernelsText(const std::vector<Kernels>& rows) {
  constexpr std::size_t indent = 33;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Kernels& row = rows[i];
    if (i == 0 || row.arch != rows[i - 1].arch)
      fmt::print("{}{}\n", i == 0 ? "" : "\n", name(row.arch));
    std::string line =
        fmt::format("  {:10}  {:19}", rangeOf(row),
                    isRecorded(row) ? "recorded" : std::string(row.standIn.recorded->name));
    if (row.standIn.knobs.empty() && !isRecorded(row)) line += "the same knobs";
    for (const bool already : {true, false}) {
      const auto words = differing(row, already, "");
      if (words.empty()) continue;
      std::string_view before = already ? "already " : "not yet ";
      if (line.size() > indent) {
        printLine(line);
        line = std::string(indent, ' ');
      }
      for (std::size_t w = 0; w < words.size(); ++w) {
        const std::string word =
            std::string(before) + words[w] + (w + 1 == words.size() ? "" : ", ");
        before = "";
        if (line.size() + word.size() > lineWidth + 1) {
          printLine(line);
          line = std::string(indent + 8, ' ');
        }
        line += word;
      }
    }
    printLine(line);
  }
}

void kernelsMarkdown(const std::vector<Kernels>& rows) {
  fmt::print(
      "# Which rule set stands for which kernel\n\n"
      "<!-- What `growsdown rules --kernels --markdown` prints; a test compares. -->\n\n"
      "A rule set is that of Linux 4.3 on arm64 and every change up to its release "
      "(`trace/changes.cpp`).\nRecordings of real kernels judge {}; any other release is composed "
      "of the same changes:\n`--rules linux-5.4-arm64`. Its stand-in is the recorded rule set of "
      "its architecture with the fewest\nknobs that differ; of two, the newer one, because stable "
      "updates carry later changes back to older\nreleases. *Already*: what changed between the "
      "stand-in and the release. *Not yet*: what the stand-in\nhas and the release has not. Each "
      "knob with the release and commit that changed it; `growsdown rules\nKNOB` says why.\n",
      trace::ruleSets().size());
  const auto join = [](const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Kernels& row = rows[i];
    if (i == 0 || row.arch != rows[i - 1].arch)
      fmt::print("\n## {}\n\n| release | stand-in | already | not yet |\n|---|---|---|---|\n",
                 name(row.arch));
    fmt::print("| {} | {}`{}` | {} | {} |\n", rangeOf(row), isRecorded(row) ? "recorded: " : "",
               row.standIn.recorded->name, join(differing(row, true, "`")),
               join(differing(row, false, "`")));
  }
}

std::string changesJson(const std::vector<const trace::Change*>& changes) {
  std::string text;
  for (const trace::Change* change : changes)
    text += (text.empty() ? "" : ", ") + changeJson(*change);
  return "[" + text + "]";
}

void kernelsJson(const std::vector<Kernels>& rows) {
  std::string text = "[";
  for (const Kernels& row : rows) {
    const trace::RuleSet& of = release(row);
    std::string knobs;
    for (const std::string_view knob : row.standIn.knobs)
      knobs +=
          fmt::format("{}{{\"knob\": {}, \"value\": {}, \"standInValue\": {}, \"changes\": {}}}",
                      knobs.empty() ? "" : ", ", jsonString(knob), jsonString(valueOf(of, knob)),
                      jsonString(valueOf(*row.standIn.recorded, knob)),
                      changesJson(trace::changesBetween(of, *row.standIn.recorded, knob)));
    text += fmt::format("{}\n  {{\"first\": {}, \"last\": {}, \"arch\": {}, \"standIn\": {}, "
                        "\"recorded\": {}, \"differs\": [{}]}}",
                        text.size() == 1 ? "" : ",", jsonString(print(row.first)),
                        jsonString(print(row.last)), jsonString(name(row.arch)),
                        jsonString(row.standIn.recorded->name), isRecorded(row), knobs);
  }
  fmt::print("{}\n]\n", text);
}

std::string knobJson(std::string_view knob) {
  std::string values;
  for (const trace::RuleSet& set : trace::ruleSets())
    values += fmt::format("{}{}: {}", values.empty() ? "" : ", ", jsonString(set.name),
                          jsonString(valueOf(set, knob)));
  std::vector<const trace::Change*> changes;
  for (const trace::Change& change : trace::changes())
    if (change.knob == knob) changes.push_back(&change);
  return fmt::format("{{\"knob\": {}, \"meaning\": {}, \"initial\": {}, \"values\": {{{}}}, "
                     "\"changes\": {}}}",
                     jsonString(knob), jsonString(trace::meaning(knob)),
                     jsonString(valueOf({}, knob)), values, changesJson(changes));
}

} // namespace

int printRuleSets(bool json) {
  if (json) {
    std::string sets, knobs;
    for (const trace::RuleSet& set : trace::ruleSets())
      sets +=
          fmt::format("{}\n    {{\"name\": {}, \"release\": {}, \"arch\": {}, \"kernel\": {}}}",
                      sets.empty() ? "" : ",", jsonString(set.name), jsonString(print(set.version)),
                      jsonString(name(set.arch)), jsonString(set.kernel));
    for (const trace::Knob& knob : trace::knobs({}))
      knobs += (knobs.empty() ? "\n    " : ",\n    ") + knobJson(knob.name);
    fmt::print("{{\"ruleSets\": [{}\n  ],\n \"knobs\": [{}\n  ]}}\n", sets, knobs);
    return agreed;
  }
  fmt::print("Rule sets that recordings of real kernels judge (for --rules):\n");
  for (const trace::RuleSet& set : trace::ruleSets())
    fmt::print("  {:18}  Linux {}{}\n", set.name, set.kernel,
               set.name == trace::defaultRuleSet ? " (the default)" : "");
  fmt::print("Any other release from {} to {} is composed of the known changes: --rules "
             "linux-5.4-arm64;\nwhich recorded rule set stands for which: `growsdown rules "
             "--kernels`.\n\nKnobs (for --knob NAME=VALUE; one of them, with its history: "
             "`growsdown rules KNOB`):\n\n",
             print(trace::releases().front().version), print(trace::releases().back().version));
  knobTable();
  fmt::print("\n{} rules: `growsdown rules --list`; one: `growsdown rules ID`.\n",
             model::rules().size());
  return agreed;
}

int printKnobTable() {
  knobTable();
  return agreed;
}

std::string changeText(const trace::Change& change) {
  const bool always = change.since == trace::Version{4, 3};
  std::string line = fmt::format("  {:6}  {} on {}", always ? "always" : print(change.since),
                                 change.value, archsOf(change));
  for (const std::string_view word : {change.commit, change.cve})
    if (!word.empty()) line += ", " + std::string(word);
  if (change.backport != trace::Version{})
    line += ", and in stable updates of " + print(change.backport);
  return fmt::format("{}\n          {}\n", line, change.why);
}

int printKnob(std::string_view knob, bool json) {
  if (json) {
    fmt::print("{}\n", knobJson(knob));
    return agreed;
  }
  fmt::print("{}: {}\n\n", knob, trace::meaning(knob));
  const Sets sets = columns();
  const Labels labels(sets);
  std::vector<std::pair<std::string, Sets>> values;
  std::size_t width = 0;
  for (const trace::RuleSet* set : sets) {
    const std::string value = valueOf(*set, knob);
    width = std::max(width, value.size());
    const auto at = std::find_if(values.begin(), values.end(),
                                 [&](const auto& group) { return group.first == value; });
    if (at == values.end())
      values.push_back({value, {set}});
    else
      at->second.push_back(set);
  }
  for (const auto& [value, of] : values)
    fmt::print("  {:{}}  {}\n", value, width, labels.group(of));
  bool any = false;
  for (const trace::Change& change : trace::changes()) {
    if (change.knob != knob) continue;
    if (!any) fmt::print("\nChanges from {} in Linux 4.3 on arm64:\n", valueOf({}, knob));
    any = true;
    fmt::print("{}", changeText(change));
  }
  if (!any) fmt::print("\nNo release changed it.\n");
  return agreed;
}

int printKernels(const std::vector<std::string>& archs, KernelsForm form) {
  const std::vector<Kernels> rows = kernels(archs);
  switch (form) {
  case KernelsForm::text:
    kernelsText(rows);
    break;
  case KernelsForm::markdown:
    kernelsMarkdown(rows);
    break;
  case KernelsForm::json:
    kernelsJson(rows);
    break;
  }
  return agreed;
}

void addKnobs(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand("knobs", "List the knobs of the rule sets");
  const auto of = std::make_shared<std::string>();
  sub->add_option("--rules", *of, "Of this rule set only, as NAME=VALUE lines");
  sub->footer("\nExamples:\n"
              "  growsdown knobs\n"
              "  growsdown knobs --rules linux-6.12-arm64");
  sub->callback([&action, of] {
    action = [of] {
      if (of->empty()) return printKnobTable();
      for (const trace::Knob& knob : trace::knobs(ruleSet(*of)))
        fmt::print("{}={}\n", knob.name, knob.value);
      return static_cast<int>(agreed);
    };
  });
}

} // namespace growsdown::tools
