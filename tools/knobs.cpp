#include "tools/knobs.h"

#include "model/rule.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/json.h"
#include "tools/labels.h"
#include "tools/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace growsdown::tools {
namespace {

constexpr std::size_t lineWidth = 120;

// The recorded rule sets, by architecture.
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

// One cell per rule set: `y`, `-`, a short number, or a letter that `legend` explains.
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

// The table of knobs: one column per recorded rule set.
class KnobTable {
 public:
  KnobTable() : sets_(columns()) {
    for (const trace::Knob& knob : trace::knobs(*sets_[0]))
      if (knob.name != "arch") { // has its own line above the columns
        names_.push_back(knob.name);
        width_ = std::max(width_, knob.name.size());
      }
  }

  void print() const {
    printHead();
    for (const std::string_view knob : names_)
      if (differs(knob)) printDiffering(knob);
    fmt::print("the same in all:\n");
    for (const std::string_view knob : names_)
      if (!differs(knob))
        fmt::print("{:{}}  {}  {}\n", knob, width_, valueOf(*sets_[0], knob), trace::meaning(knob));
    fmt::print("y: true, -: false\n");
  }

 private:
  std::string row(std::string_view head, const std::vector<std::string>& cell) const {
    std::string line = fmt::format("{:{}}", head, width_);
    for (std::size_t i = 0; i < sets_.size(); ++i)
      line += fmt::format("{}{:>3}", begins(i) && i > 0 ? " " : "", cell[i]);
    return line;
  }

  // Whether the column is the first of its architecture.
  bool begins(std::size_t column) const {
    return column == 0 || sets_[column]->arch != sets_[column - 1]->arch;
  }

  void printHead() const {
    std::vector<std::string> majors, minors;
    for (const trace::RuleSet* set : sets_) {
      majors.push_back(std::to_string(set->version.major) + ".");
      minors.push_back(std::to_string(set->version.minor));
    }
    std::string head = row("", std::vector<std::string>(sets_.size()));
    for (std::size_t i = 0, at = width_; i < sets_.size(); ++i, at += 3) {
      if (!begins(i)) continue;
      at += i > 0;
      head.resize(std::max(head.size(), at + 12), ' ');
      head.replace(at + 1, name(sets_[i]->arch).size(), name(sets_[i]->arch));
    }
    printLine(head);
    printLine(row("", majors));
    printLine(row("", minors));
  }

  std::vector<std::string> values(std::string_view knob) const {
    std::vector<std::string> all;
    all.reserve(sets_.size());
    for (const trace::RuleSet* set : sets_)
      all.push_back(valueOf(*set, knob));
    return all;
  }

  bool differs(std::string_view knob) const {
    const std::vector<std::string> all = values(knob);
    return std::any_of(all.begin(), all.end(), [&](const auto& value) { return value != all[0]; });
  }

  void printDiffering(std::string_view knob) const {
    std::string legend;
    const std::string line =
        fmt::format("{}  {}", row(knob, cells(values(knob), legend)), trace::meaning(knob));
    // Counts bytes, not columns: an ellipsis makes the line look longer than it is.
    if (line.size() + legend.size() <= lineWidth)
      printLine(line + legend);
    else
      fmt::print("{}\n{:{}}{}\n", line, "", width_ + 3 * sets_.size() + 3, legend);
  }

  const Sets sets_;
  std::vector<std::string_view> names_;
  std::size_t width_ = 0;
};

std::string archsOf(const trace::Change& change) {
  std::vector<std::string_view> archs;
  for (const trace::Arch arch : {trace::Arch::arm64, trace::Arch::amd64, trace::Arch::um})
    if ((change.archs >> static_cast<unsigned>(arch) & 1) != 0) archs.push_back(name(arch));
  return fmt::format("{}", fmt::join(archs, ", "));
}

// Successive releases with the same stand-in and the same knobs that differ from it.
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

// The knobs that differ, each with its changes: `gup-grows (6.5 8d7071af8907)`. `already`: those
// that the release has changed and the stand-in has not; otherwise the reverse.
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

constexpr const char* kernelsHead = R"(# Which rule set stands for which kernel

<!-- What `growsdown rules --kernels --markdown` prints; a test compares. -->

A rule set is that of Linux 4.3 on arm64 with every change up to its release
(`trace/changes.cpp`). Recordings of real kernels judge {} rule sets. Any other release is
composed of the same changes, for instance `--rules linux-5.4-arm64`.

The stand-in of a release is the recorded rule set of its architecture with the fewest knobs that
differ. Of two such rule sets the newer one is taken, because stable updates carry later changes
back to older releases.

- *Already*: what changed between the stand-in and the release.
- *Not yet*: what the stand-in has and the release has not.

Each knob is given with the release and the commit that changed it; `growsdown rules KNOB` gives
the reason.
)";

void kernelsMarkdown(const std::vector<Kernels>& rows) {
  fmt::print(kernelsHead, trace::ruleSets().size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Kernels& row = rows[i];
    if (i == 0 || row.arch != rows[i - 1].arch)
      fmt::print("\n## {}\n\n{}", name(row.arch),
                 tableHead({"release", "stand-in", "already", "not yet"}));
    fmt::print("{}", tableRow({rangeOf(row),
                               fmt::format("{}`{}`", isRecorded(row) ? "recorded: " : "",
                                           row.standIn.recorded->name),
                               joined(differing(row, true, "`"), ", "),
                               joined(differing(row, false, "`"), ", ")}));
  }
}

Json changesJson(const std::vector<const trace::Change*>& changes) {
  return jsonList(changes, [](const trace::Change* change) { return jsonChange(*change); });
}

void kernelsJson(const std::vector<Kernels>& rows) {
  Json document = jsonDocument("kernels");
  document["kernels"] = jsonList(rows, [](const Kernels& row) {
    const trace::RuleSet& of = release(row);
    const trace::RuleSet& recorded = *row.standIn.recorded;
    return Json::object(
        {{"first", print(row.first)},
         {"last", print(row.last)},
         {"arch", name(row.arch)},
         {"standIn", recorded.name},
         {"recorded", isRecorded(row)},
         {"differs", jsonList(row.standIn.knobs, [&](std::string_view knob) {
            return Json::object(
                {{"knob", knob},
                 {"value", valueOf(of, knob)},
                 {"standInValue", valueOf(recorded, knob)},
                 {"changes", changesJson(trace::changesBetween(of, recorded, knob))}});
          })}});
  });
  fmt::print("{}", printJson(document));
}

Json knobJson(std::string_view knob) {
  Json values = Json::object();
  for (const trace::RuleSet& set : trace::ruleSets())
    values[std::string(set.name)] = valueOf(set, knob);
  std::vector<const trace::Change*> changes;
  for (const trace::Change& change : trace::changes())
    if (change.knob == knob) changes.push_back(&change);
  return Json::object({{"knob", knob},
                       {"meaning", trace::meaning(knob)},
                       {"initial", valueOf({}, knob)},
                       {"values", std::move(values)},
                       {"changes", changesJson(changes)}});
}

} // namespace

int printRuleSets(bool json) {
  if (json) {
    Json document = jsonDocument("rule-sets");
    document["ruleSets"] = jsonList(trace::ruleSets(), [](const trace::RuleSet& set) {
      return Json::object({{"name", set.name},
                           {"release", print(set.version)},
                           {"arch", name(set.arch)},
                           {"kernel", set.kernel}});
    });
    document["knobs"] =
        jsonList(trace::knobs({}), [](const trace::Knob& knob) { return knobJson(knob.name); });
    fmt::print("{}", printJson(document));
    return agreed;
  }
  fmt::print("Rule sets that recordings of real kernels judge (for --rules):\n");
  for (const trace::RuleSet& set : trace::ruleSets())
    fmt::print("  {:18}  Linux {}{}\n", set.name, set.kernel,
               set.name == trace::defaultRuleSet ? " (the default of the proofs)" : "");
  fmt::print(
      "Any other release from {} to {} is composed of the known changes, for instance --rules "
      "linux-5.4-arm64.\n`growsdown rules --kernels` lists which recorded rule set stands for "
      "which release.\n\nKnobs (for --knob NAME=VALUE; `growsdown rules KNOB` shows the history "
      "of one):\n\n",
      print(trace::releases().front().version), print(trace::releases().back().version));
  KnobTable().print();
  fmt::print(
      "\nThere are {} rules: `growsdown rules --list` lists them, `growsdown rules ID` shows "
      "one.\n",
      model::rules().size());
  return agreed;
}

int printKnobTable() {
  KnobTable().print();
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
    Json document = jsonDocument("knob");
    document.update(knobJson(knob));
    fmt::print("{}", printJson(document));
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

void addKnobs(Command app, Action& action) {
  Command sub = app.addSubcommand("knobs", "List the knobs in which rule sets differ");
  const auto of = std::make_shared<std::string>();
  sub.addOption("--rules", *of, "Print the knobs of this rule set only, as NAME=VALUE lines")
      .typeName("SET");
  sub.footer(
      "`growsdown rules KNOB` shows what a knob means, and which kernel commits changed it.\n"
      "\nExit codes: 0 done; 2 wrong usage.\n\n"
      "Examples:\n"
      "  growsdown knobs\n"
      "  growsdown knobs --rules linux-6.12-arm64");
  sub.callback([&action, of] {
    action = [of] {
      if (of->empty()) return printKnobTable();
      for (const trace::Knob& knob : trace::knobs(ruleSet(*of)))
        fmt::print("{}={}\n", knob.name, knob.value);
      return static_cast<int>(agreed);
    };
  });
}

} // namespace growsdown::tools
