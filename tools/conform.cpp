#include "harness/conform.h"
#include "fuzz/examine.h"
#include "fuzz/hash.h"
#include "fuzz/interrupt.h"
#include "model/rule.h"
#include "systems/host.h"
#include "tools/cli.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/corpus.h"
#include "tools/files.h"
#include "tools/html.h"
#include "tools/json.h"
#include "tools/junit.h"
#include "tools/known.h"
#include "tools/ktap.h"
#include "tools/options.h"
#include "tools/sarif.h"
#include "trace/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <sstream>
#include <system_error>

namespace growsdown::tools {

using harness::Nonconformance;
using harness::RuleConformance;
using harness::Verdict;
using Status = RuleConformance::Status;

namespace {

struct Arguments {
  std::string on, rules, time, json, junit, ktap, sarif, html, out, ignore, known;
  std::vector<std::string> corpus, knobs, with;
  std::uint64_t runs = 4000, seed = 1;
  std::size_t attempts = 600;
  bool noCorpus = false, table = false, live = false, baseline = false;
};

/// The traces to begin with.
std::vector<trace::Trace> corpus(const Arguments& arguments, const trace::RuleSet& rules) {
  if (arguments.noCorpus) return {};
  return corpusFor(rules, arguments.corpus.empty() ? ownCorpus() : arguments.corpus);
}

// --- the report -------------------------------------------------------------------------------

/// What all forms of the report show.
struct Report {
  std::string system, rules, knobs, hidden;
  std::uint64_t fromCorpus, generated, passedOver;
  const harness::Conformance& conformance;
  double seconds;
  std::string interrupted;           ///< by which signal; empty: it was not
  std::vector<std::string> known;    ///< for each difference, why it is accepted; empty: it is not
  std::vector<KnownDifference> gone; ///< accepted differences that did not happen
  std::string out;                   ///< the directory with the traces; may be empty

  std::size_t knownCount() const {
    return static_cast<std::size_t>(
        std::count_if(known.begin(), known.end(), [](const auto& why) { return !why.empty(); }));
  }
  /// Accepted differences do not count, if all differences are in the list of the report.
  Verdict verdict() const {
    Verdict verdict = conformance.verdict();
    if (verdict == Verdict::diverged && knownCount() == known.size() &&
        known.size() < harness::Conformance::mostDifferences)
      verdict = conformance.silent() != 0 ? Verdict::unknown : Verdict::agreed;
    return interrupted.empty() ? verdict : harness::worse(verdict, Verdict::unknown);
  }
  /// The rules that the system is held to, as text.
  std::string heldTo() const { return knobs.empty() ? rules : rules + " with " + knobs; }

  std::size_t count(Status status) const {
    return static_cast<std::size_t>(
        std::count_if(conformance.rules().begin(), conformance.rules().end(),
                      [&](const RuleConformance& r) { return r.status() == status; }));
  }
};

std::string title(const std::string& rule) {
  const model::RuleInfo* const info = model::findRule(rule);
  return info != nullptr ? std::string(info->title) : std::string();
}

/// `outcome: SIGSEGV/MAPERR by the rules, ok by the system`
std::string what(const Nonconformance& n) {
  if (n.result.verdict != Verdict::diverged) return n.result.reason;
  const harness::Difference& d = n.result.difference;
  if (d.field == "system") return d.right;
  return fmt::format("{}: {} by the rules, {} by the system", d.field, d.left, d.right);
}

std::string step(const Nonconformance& n) {
  return n.result.step < n.trace.records.size() ? trace::print(n.trace.records[n.result.step].step)
                                                : "at the start";
}

/// The trace as a file, with comments that say what it shows.
std::string file(const Report& report, const Nonconformance& n) {
  trace::Trace trace = n.trace;
  const auto line = [](std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return "# " + text;
  };
  trace.before = {
      line(fmt::format("title: {} differs from {}: {}", report.system, report.heldTo(), what(n))),
      line("sets: " + report.rules)};
  if (!n.rule.empty()) trace.before.push_back(line("rules: " + n.rule));
  return trace::print(trace);
}

std::string fileName(std::size_t index, const Nonconformance& n) {
  std::string field;
  for (const char c : n.signature.field)
    if (c != '[' && c != ']') field += c == '.' || c == ' ' ? '-' : c;
  return fmt::format("{:02}-{}-{}-{}.trace", index + 1, n.rule.empty() ? "none" : n.rule,
                     trace::name(n.signature.op), field.empty() ? "silent" : field);
}

std::string summary(const Report& r) {
  const harness::Conformance& c = r.conformance;
  std::string text = fmt::format(
      "{} under {}: {} rules agree, {} differ, {} not exercised; {} differences in {} of {} "
      "traces ({} of the corpus, {} generated), {} steps compared in {:.1f} s",
      r.system, r.heldTo(), r.count(Status::agree), r.count(Status::differ),
      r.count(Status::notExercised), c.differences().size(), c.differing(), c.traces(),
      r.fromCorpus, r.generated, c.steps(), r.seconds);
  if (c.unknown() != 0) text += fmt::format("; {} ended in unknown", c.unknown());
  if (c.silent() != 0) text += fmt::format(", {} of them without an answer", c.silent());
  if (r.knownCount() != 0) text += fmt::format("; {} of the differences are known", r.knownCount());
  if (!r.interrupted.empty()) text += "; " + r.interrupted;
  return text;
}

std::string textOf(const KnownDifference& d) {
  std::string text = d.rule.empty() ? std::string("no rule") : d.rule;
  text += fmt::format(", {}, {}", d.step, d.field);
  if (!d.expected.empty() || !d.got.empty())
    text += fmt::format(": {} by the rules, {} by the system", d.expected, d.got);
  return text + " (" + d.reason + ")";
}

void printText(const Report& r, bool table, const std::string& out) {
  const harness::Conformance& c = r.conformance;
  if (table || r.count(Status::differ) != 0)
    fmt::print("{:<34} {:<14} {:>9} {:>7}\n", "rule", "", "agree", "differ");
  for (const RuleConformance& rule : c.rules())
    if (table || rule.status() == Status::differ)
      fmt::print("{:<34} {:<14} {:>9} {:>7}\n", rule.id, name(rule.status()), rule.agree,
                 rule.differ);
  std::size_t index = 0, notShown = 0;
  std::string last;
  for (const Nonconformance& n : c.differences()) {
    const bool first = index == 0 || n.rule != last;
    last = n.rule;
    if (first)
      fmt::print("\n{}{}{}\n", n.rule.empty() ? "no rule" : n.rule, n.rule.empty() ? "" : ": ",
                 title(n.rule));
    fmt::print("  {}. {}\n     {} ({} traces; {} steps, found with {})\n", index + 1, step(n),
               what(n), n.seen, n.trace.records.size(), n.stepsBefore);
    if (const std::string& why = r.known[index]; !why.empty()) fmt::print("     known: {}\n", why);
    if (const auto suspects = c.suspects(n); !suspects.empty())
      fmt::print("     came through {}\n", fmt::join(suspects, ", "));
    if (first)
      for (const trace::Record& record : n.trace.records)
        fmt::print("       {}{}\n", trace::print(record.step),
                   record.expected.kind == trace::Outcome::Kind::unspecified
                       ? ""
                       : " -> " + trace::print(record.expected));
    notShown += !first && out.empty();
    if (!out.empty()) fmt::print("     written to {}/{}\n", out, fileName(index, n));
    ++index;
  }
  if (notShown != 0) fmt::print("\n{} traces are not shown (--out DIR writes all)\n", notShown);
  if (index != 0) fmt::print("\n");
  for (const KnownDifference& gone : r.gone)
    fmt::print("known, but it did not happen: {}\n", textOf(gone));
  for (const auto& [reason, times] : c.reasons())
    fmt::print("unknown, {} times: {}\n", times, reason);
  if (r.passedOver != 0)
    fmt::print("{} traces that begin in a given state were passed over\n", r.passedOver);
  fmt::print("{}{}\n", r.hidden, summary(r));
}

Json json(const Report& r) {
  const harness::Conformance& c = r.conformance;
  Json document = jsonDocument("conform");
  document["system"] = r.system;
  document["rules"] = r.rules;
  document["knobs"] = r.knobs;
  document["verdict"] = name(r.verdict());
  document["interrupted"] = r.interrupted;
  document["traces"] = c.traces();
  document["steps"] = c.steps();
  document["differing"] = c.differing();
  document["unknown"] = c.unknown();
  document["silent"] = c.silent();
  document["notCompared"] = r.hidden;
  document["table"] = jsonList(c.rules(), [](const RuleConformance& rule) {
    return Json::object({{"rule", rule.id},
                         {"title", title(rule.id)},
                         {"status", name(rule.status())},
                         {"agree", rule.agree},
                         {"differ", rule.differ}});
  });
  std::size_t index = 0;
  document["differences"] = jsonList(c.differences(), [&](const Nonconformance& n) {
    return Json::object({{"rule", n.rule},
                         {"known", r.known[index++]},
                         {"through", jsonList(n.through)},
                         {"verdict", name(n.result.verdict)},
                         {"step", step(n)},
                         {"field", n.result.difference.field},
                         {"expected", n.result.difference.left},
                         {"got", n.result.difference.right},
                         {"reason", n.result.reason},
                         {"traces", n.seen},
                         {"steps", n.trace.records.size()},
                         {"trace", file(r, n)}});
  });
  document["gone"] = jsonList(r.gone, [](const KnownDifference& gone) { return textOf(gone); });
  document["reasons"] = jsonList(c.reasons(), [](const auto& reason) {
    return Json::object({{"reason", reason.first}, {"times", reason.second}});
  });
  return document;
}

KnownFor listFor(const Report& r) {
  return {r.system, r.rules, r.knobs};
}

// Whether all differences of a rule are accepted.
bool isKnown(const Report& r, const std::string& rule) {
  const auto& differences = r.conformance.differences();
  if (differences.size() >= harness::Conformance::mostDifferences) return false; // not all are kept
  bool any = false;
  for (std::size_t i = 0; i < differences.size(); ++i) {
    if (differences[i].rule != rule) continue;
    if (r.known[i].empty()) return false;
    any = true;
  }
  return any;
}

// One test case per rule, and one for each difference that no rule decided.
std::vector<JunitSuite> suitesOf(const Report& r) {
  using Result = JunitCase::Result;
  const harness::Conformance& c = r.conformance;
  JunitSuite suite{"growsdown conform " + r.system, {}};
  for (const RuleConformance& rule : c.rules()) {
    JunitCase one;
    one.className = r.rules;
    one.name = rule.id;
    if (rule.status() == Status::differ && isKnown(r, rule.id)) {
      one.result = Result::skipped;
      one.text = "all differences are known";
    } else if (rule.status() == Status::differ) {
      one.result = Result::failure;
      one.type = "differ";
      one.message = fmt::format("{} steps differ, {} agree", rule.differ, rule.agree);
      for (const Nonconformance& n : c.differences())
        if (n.rule == rule.id) one.text += file(r, n) + "\n";
    } else if (rule.status() == Status::notExercised) {
      one.result = Result::skipped;
      one.text = "not exercised";
    }
    suite.cases.push_back(std::move(one));
  }
  for (const Nonconformance& n : c.differences()) {
    if (!n.rule.empty() && n.result.verdict == Verdict::diverged) continue;
    if (!r.known[static_cast<std::size_t>(&n - c.differences().data())].empty()) continue;
    JunitCase one;
    one.className = r.rules;
    one.name = "system: " + step(n);
    one.result = n.result.verdict == Verdict::diverged ? Result::failure : Result::error;
    one.message = what(n);
    one.text = file(r, n);
    suite.cases.push_back(std::move(one));
  }
  return {std::move(suite)};
}

std::string sarifOf(const Report& r) {
  std::vector<SarifResult> results;
  const auto& differences = r.conformance.differences();
  for (std::size_t i = 0; i < differences.size(); ++i) {
    const Nonconformance& n = differences[i];
    SarifResult one{n.rule, fmt::format("{}: {}", step(n), what(n)), {}, 0, r.known[i]};
    if (!r.out.empty()) one.file = r.out + "/" + fileName(i, n);
    results.push_back(std::move(one));
  }
  return sarif(results);
}

std::string html(const Report& r) {
  const harness::Conformance& c = r.conformance;
  std::string text = fmt::format("<p>{}</p>\n", xmlText(summary(r)));
  for (std::string_view rest = r.hidden; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    text += fmt::format("<p>{}</p>\n", xmlText(line));
  }
  if (!c.reasons().empty()) {
    text += "<p>Unknown, and how often:</p>\n<ul>\n";
    for (const auto& [reason, times] : c.reasons())
      text += fmt::format("<li>{} times: {}</li>\n", times, xmlText(reason));
    text += "</ul>\n";
  }
  if (!c.differences().empty()) text += "<h2>Differences</h2>\n";
  std::string last;
  for (const Nonconformance& n : c.differences()) {
    const bool first = &n == &c.differences().front() || n.rule != last;
    last = n.rule;
    if (first)
      text += n.rule.empty() ? std::string("<h3>No rule</h3>\n")
                             : fmt::format("<h3 id=\"{0}\">{0}: {1}</h3>\n", xmlText(n.rule),
                                           xmlText(title(n.rule)));
    text += fmt::format("<details{}><summary><code>{}</code>: {} ({} traces)</summary>\n"
                        "<pre>{}</pre></details>\n",
                        first ? " open" : "", xmlText(step(n)), xmlText(what(n)), n.seen,
                        xmlText(file(r, n)));
  }
  text += "<h2>Rules</h2>\n<table>\n<tr><th>rule</th><th>what</th><th>verdict</th>"
          "<th class=\"n\">agree</th><th class=\"n\">differ</th></tr>\n";
  for (const RuleConformance& rule : c.rules()) {
    const Status status = rule.status();
    const bool linked = std::any_of(c.differences().begin(), c.differences().end(),
                                    [&](const Nonconformance& n) { return n.rule == rule.id; });
    text += fmt::format("<tr><td>{}</td><td>{}</td><td class=\"{}\">{}</td><td class=\"n\">{}</td>"
                        "<td class=\"n\">{}</td></tr>\n",
                        linked ? fmt::format("<a href=\"#{0}\">{0}</a>", xmlText(rule.id))
                               : xmlText(rule.id),
                        xmlText(title(rule.id)),
                        status == Status::agree    ? "agree"
                        : status == Status::differ ? "differ"
                                                   : "not",
                        name(status), rule.agree, rule.differ);
  }
  return htmlPage(fmt::format("{} under {}", r.system, r.heldTo()), text + "</table>\n");
}

/// The fields to compare. Everything that can be wrong with the options is reported here, before a
/// kernel boots, and before hours of work.
harness::Fields checked(const Arguments& arguments) {
  harness::Fields fields = harness::shown::all;
  if (!arguments.ignore.empty()) fields &= ~fieldsOf(arguments.ignore, "--ignore");
  if (!arguments.time.empty()) seconds(arguments.time);
  if (!arguments.rules.empty()) ruleSet(arguments.rules, arguments.knobs);
  for (const std::string& path : {arguments.json, arguments.junit, arguments.ktap, arguments.sarif,
                                  arguments.html, arguments.baseline ? arguments.known : ""})
    checkWritable(path);
  makeDirectory(arguments.out);
  return fields;
}

/// One line for the parts of states that are not compared, and one for the operations that the
/// system cannot do.
std::string notCovered(const harness::System& system, harness::Fields fields) {
  std::string text = notCompared(system, fields);
  std::string undone;
  for (unsigned op = 0; op < trace::opCount; ++op)
    if ((system.does() >> op & 1U) == 0)
      undone += " " + std::string(trace::name(static_cast<trace::Op>(op)));
  if (!undone.empty()) text += fmt::format("not done by {}:{}\n", system.name(), undone);
  return text;
}

fuzz::ExaminationOptions examinationOptions(const Arguments& arguments, const trace::RuleSet& rules,
                                            const harness::Placement& place,
                                            harness::Fields fields) {
  fuzz::ExaminationOptions options;
  options.seconds = arguments.time.empty() ? 0 : seconds(arguments.time);
  options.runs = arguments.runs;
  options.seed = arguments.seed;
  options.shrinkAttempts = arguments.attempts;
  options.fields = fields;
  options.fixedWith = place.with && arguments.with.empty();
  options.with = options.fixedWith ? fitting(*place.with, rules) : withOf(arguments.with);
  options.begins = place.begins;
  // Not every step may be tried on a real kernel.
  if (place.with || arguments.live)
    options.possible = [&place](const trace::Step& step) {
      return systems::isCarriedOut(step, place);
    };
  options.progress = progress;
  options.stopped = [] { return fuzz::Interrupt::signal() != 0; };
  return options;
}

std::string digitsOf(std::string_view text) {
  return fmt::format("{:016x}", fuzz::hashOf(text));
}

// Removes the files that an earlier run wrote, as `list` says, unless somebody has changed them.
void removeEarlier(const std::filesystem::path& directory, const std::string& list) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(list, ignored)) return;
  std::istringstream lines(readFile(list));
  for (std::string hash, name; lines >> hash >> name;) {
    const std::filesystem::path file = directory / name;
    const bool plain = name.find('/') == std::string::npos && name.ends_with(".trace") &&
                       std::filesystem::is_regular_file(file, ignored);
    if (plain && digitsOf(readFile(file.string())) == hash) std::filesystem::remove(file, ignored);
  }
}

// The traces are numbered, so those of an earlier run would stay among them.
void writeTraces(const std::filesystem::path& directory, const Report& report) {
  const std::string list = (directory / ".conform").string();
  removeEarlier(directory, list);
  std::string written;
  std::size_t index = 0;
  for (const Nonconformance& n : report.conformance.differences()) {
    const std::string name = fileName(index++, n), text = file(report, n);
    writeFile((directory / name).string(), text);
    written += fmt::format("{} {}\n", digitsOf(text), name);
  }
  writeFile(list, written);
}

void write(const Arguments& arguments, const Report& report) {
  if (!arguments.out.empty()) writeTraces(arguments.out, report);
  printText(report, arguments.table, arguments.out);
  if (!arguments.json.empty()) writeFile(arguments.json, printJson(json(report)));
  if (!arguments.junit.empty()) writeFile(arguments.junit, junit(suitesOf(report)));
  if (!arguments.ktap.empty()) writeFile(arguments.ktap, ktap(suitesOf(report)));
  if (!arguments.sarif.empty()) writeFile(arguments.sarif, sarifOf(report));
  if (!arguments.html.empty()) writeFile(arguments.html, html(report));
}

// The list of a run that saw less than it should would lose differences and reasons.
void writeBaseline(const Arguments& arguments, const Report& report,
                   const KnownDifferences& known) {
  const harness::Conformance& c = report.conformance;
  std::string why;
  if (!report.interrupted.empty())
    why = report.interrupted;
  else if (c.verdict() == Verdict::error || c.steps() == 0)
    why = "nothing was compared, or an error ended a trace";
  else if (c.differences().size() >= harness::Conformance::mostDifferences)
    why = fmt::format("there are {} differences or more, and not all are kept",
                      harness::Conformance::mostDifferences);
  if (!why.empty())
    throw Stop(unknown, fmt::format("--baseline: {} was not written: {}", arguments.known, why));
  writeFile(arguments.known, known.listOf(listFor(report), c.differences()));
}

// The list of --known. With --baseline it need not exist yet.
KnownDifferences knownOf(const Arguments& arguments) {
  if (arguments.baseline && arguments.known.empty())
    throw Stop(usage, "--baseline requires --known FILE, the file to write");
  std::error_code error;
  if (arguments.known.empty() ||
      (arguments.baseline && !std::filesystem::exists(arguments.known, error)))
    return {};
  return KnownDifferences(arguments.known);
}

int run(const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const fuzz::Interrupt interrupt;
  const harness::Fields fields = checked(arguments);
  KnownDifferences known = knownOf(arguments);
  const auto on = system(arguments.on);
  const std::string named(on->rules());
  const std::string judge = !arguments.rules.empty() ? arguments.rules
                            : !named.empty()         ? named
                                                     : takeDefaultRules();
  const trace::RuleSet rules = ruleSet(judge, arguments.knobs);
  const auto model = harness::makeModel();
  fuzz::Examination examination(rules, *model, *on,
                                examinationOptions(arguments, rules, on->placement(), fields));
  const std::string hidden = notCovered(*on, fields);
  examination.run(corpus(arguments, rules));
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  if (!arguments.baseline) known.checkFor({arguments.on, judge, systems::turnedKnobs(rules)});
  Report report{arguments.on,
                judge,
                systems::turnedKnobs(rules),
                hidden,
                examination.knownRuns(),
                examination.generatedRuns(),
                examination.passedOver(),
                examination.conformance(),
                spent.count(),
                fuzz::Interrupt::text(),
                {},
                {},
                arguments.out};
  for (const Nonconformance& n : examination.conformance().differences())
    report.known.push_back(known.find(n));
  report.gone = known.notSeen();
  write(arguments, report);
  if (arguments.baseline) writeBaseline(arguments, report, known);
  return harness::exitCode(report.verdict());
}

void addOptions(Command sub, Arguments& arguments) {
  sub.addOption("--on", arguments.on, "System to examine: " + systemNames())
      .typeName("SYSTEM")
      .required();
  sub.addOption("--rules", arguments.rules,
                "Rule set (default: the one that the system names, or $GROWSDOWN_RULES, or the one "
                "for the running kernel, or the newest)")
      .typeName("SET");
  addKnobOption(sub, arguments.knobs);
  const auto corpus =
      sub.addOption("--corpus", arguments.corpus,
                    "Traces to run: a file or a directory (may be repeated; default: the corpus "
                    "of this program)")
          .typeName("PATH")
          .oneValueEach();
  sub.addFlag("--no-corpus", arguments.noCorpus, "Run generated traces only").excludes(corpus);
  addWithOption(sub, arguments.with);
  sub.addFlag("--live", arguments.live,
              "The system is a real one: keep all steps inside the windows, and small");
  sub.addOption("--runs", arguments.runs, "Number of traces to generate (default: 4000)")
      .typeName("N");
  sub.addOption("--time", arguments.time,
                "Start no further trace after this time, such as 20s or 10m")
      .typeName("TIME");
  sub.addOption("--seed", arguments.seed, "Seed of the random choices (default: 1)").typeName("N");
  sub.addOption("--ignore", arguments.ignore,
                "Parts of a state that are not compared, as a list such as pgoff,tables")
      .typeName("LIST");
  sub.addOption("--attempts", arguments.attempts,
                "Number of attempts to shrink each trace (default: 600)")
      .typeName("N");
  sub.addFlag("--table", arguments.table, "Print all rules, not only those that differ");
  sub.addOption("--out", arguments.out, "Directory for one trace per difference").typeName("DIR");
  sub.addOption("--json", arguments.json, "File for the report as JSON").typeName("FILE");
  sub.addOption("--junit", arguments.junit,
                "File for the report as JUnit XML, one test case per rule")
      .typeName("FILE");
  sub.addOption("--ktap", arguments.ktap, "File for the report as KTAP, one subtest per rule")
      .typeName("FILE");
  sub.addOption("--sarif", arguments.sarif, "File for the differences as SARIF 2.1.0")
      .typeName("FILE");
  sub.addOption(
         "--known", arguments.known,
         "List of known differences, with reasons (JSON). They do not count; the report names "
         "those that did not happen")
      .typeName("FILE");
  sub.addFlag("--baseline", arguments.baseline,
              "Write the list of --known: the differences of this run, with the reasons that the "
              "list has for them");
  sub.addOption("--html", arguments.html, "File for the report as an HTML page").typeName("FILE");
}

} // namespace

void addConform(Command app, Action& action) {
  Command sub = app.addSubcommand(
      "conform",
      "Report which rules a system follows, with the smallest trace for each difference");
  const auto arguments = std::make_shared<Arguments>();
  addOptions(sub, *arguments);
  sub.footer(
      "Parts of a state that the system does not show are not compared, and steps that it "
      "cannot\n"
      "do are left out; the report names both.\n\n"
      "Exit codes: 0 no difference; 1 differences; 2 wrong usage; 3 nothing could be compared, or\n"
      "the system did not answer in time; 4 an error of this program.\n\n"
      "Examples:\n"
      "  growsdown conform --on plugin:./libmine.so\n"
      "  growsdown conform --on 'exec:./emulator --vm-test' --rules linux-6.12-amd64 \\\n"
      "                    --html report.html --junit report.xml --out differences\n"
      "  growsdown conform --on plugin:./libmine.so --known known.json --baseline\n"
      "  growsdown conform --on plugin:./libmine.so --known known.json --sarif report.sarif\n"
      "  growsdown conform --on reference --table");
  sub.callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
