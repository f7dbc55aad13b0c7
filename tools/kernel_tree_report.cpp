#include "tools/kernel_tree.h"

#include "model/rule.h"
#include "tools/common.h"
#include "tools/junit.h"
#include "trace/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace growsdown::tools {

using harness::Nonconformance;
using harness::Verdict;

namespace {

/// The files that the shim includes (systems/kernel-tree/shim.c, arch.h).
constexpr std::string_view compiled[] = {"mm/vma.c",     "mm/mmap.c",     "mm/mremap.c",
                                         "mm/mlock.c",   "mm/mprotect.c", "mm/vma_exec.c",
                                         "mm/vma_init.c"};

bool always(const trace::Version&) {
  return true;
}
bool chargesShrinking(const trace::Version& tree) {
  return tree > trace::Version{6, 12} && tree < trace::Version{7, 3};
}
bool shrinksAndMoves(const trace::Step& step) {
  return step.op == trace::Op::mremap && (step.flags & trace::flag::to) != 0 &&
         step.newLength < step.length;
}
bool mapsAtAnError(const trace::Step& step) {
  constexpr std::uint16_t fixed = trace::flag::fixed | trace::flag::fixedNoreplace;
  constexpr std::uint64_t firstError = ~std::uint64_t{0} - 4094;
  return step.op == trace::Op::mmap && (step.flags & fixed) != 0 && step.address >= firstError;
}
bool locksTooMuch(const trace::Step& step) {
  constexpr std::uint64_t wraps = std::uint64_t{1} << 43; // 2^31 pages
  const bool locks = step.op == trace::Op::mlock || step.op == trace::Op::munlock;
  return locks && step.length >= wraps;
}

constexpr KnownFinding findings[] = {
    {"mremap that shrinks and moves leaks committed memory", chargesShrinking, shrinksAndMoves},
    {"mmap answers with its own address as an error", always, mapsAtAnError},
    {"mlock of 8 TiB and more wraps the count of locked pages", always, locksTooMuch},
};

trace::Version parse(std::string_view text) {
  trace::Version version;
  const char* const end = text.data() + text.size();
  const auto dot = std::from_chars(text.data(), end, version.major).ptr;
  if (dot != end) std::from_chars(dot + 1, end, version.minor);
  return version;
}

/// Whether `6.12-7.2` or `6.12` has the release.
bool covers(std::string_view versions, const trace::Version& release) {
  const std::size_t dash = versions.find('-');
  if (dash == std::string_view::npos) return parse(versions) == release;
  return parse(versions.substr(0, dash)) <= release && release <= parse(versions.substr(dash + 1));
}

std::string_view word(const TreeRule& rule) {
  if (!rule.decider.empty()) return "tree";
  return rule.where.empty() ? "none" : "shim";
}

std::string why(const TreeRule& rule) {
  if (rule.where.empty()) return "no function of this release decides it";
  if (rule.decider.empty()) return "decided in " + rule.where + ", which is not compiled";
  return "not reached";
}

/// How many rules were compared that the tree decides, or that the shim decides.
std::size_t reached(const TreeReport& report, bool byTree) {
  return static_cast<std::size_t>(
      std::count_if(report.table.begin(), report.table.end(), [&](const TreeRule& rule) {
        return rule.times != 0 && rule.decider.empty() != byTree;
      }));
}

std::string what(const Nonconformance& n) {
  if (n.result.verdict != Verdict::diverged) return n.result.reason;
  const harness::Difference& d = n.result.difference;
  return fmt::format("{}: {} by the rules, {} by the tree", d.field, d.left, d.right);
}

std::string text(const Nonconformance& n) {
  std::string out = fmt::format("{}{}{}\n", n.rule, n.rule.empty() ? "" : ": ", what(n));
  for (const trace::Record& record : n.trace.records)
    out += fmt::format("    {}{}\n", trace::print(record.step),
                       record.expected.kind == trace::Outcome::Kind::unspecified
                           ? ""
                           : " -> " + trace::print(record.expected));
  return out;
}

std::string summaryOf(const RecordingRuns& runs) {
  return fmt::format("{}: {} traces, {} steps, {} mismatches, {} unknown",
                     std::filesystem::path(runs.file).filename().string(), runs.traces, runs.steps,
                     runs.mismatches, runs.unknown);
}

std::string summaryOf(const harness::Conformance& corpus) {
  return fmt::format("{} traces, {} steps, {} differences, {} unknown", corpus.traces(),
                     corpus.steps(), corpus.differences().size(), corpus.unknown());
}

} // namespace

std::vector<const KnownFinding*> knownFindings(const trace::Version& tree) {
  std::vector<const KnownFinding*> known;
  for (const KnownFinding& one : findings)
    if (one.concerns(tree)) known.push_back(&one);
  return known;
}

Verdict TreeReport::verdict() const {
  Verdict worst = cut.empty() ? search.verdict : harness::worse(search.verdict, Verdict::unknown);
  if (corpus != nullptr) {
    const Verdict of = corpus->verdict();
    worst = harness::worse(worst, of);
  }
  for (const RecordingRuns& runs : recordings)
    if (runs.mismatches != 0) worst = harness::worse(worst, Verdict::diverged);
  return worst;
}

std::vector<TreeRule> rulesOfTree(const trace::RuleSet& rules) {
  const bool x86 = rules.arch == trace::Arch::amd64;
  std::vector<TreeRule> table;
  for (const model::RuleInfo& info : model::rules()) {
    TreeRule rule;
    rule.id = info.id;
    for (const model::RuleSource& part : model::sources(info)) {
      if (!covers(part.versions, rules.version)) continue;
      if (part.path.starts_with("arch/") && !part.path.starts_with(x86 ? "arch/x86" : "arch/arm64"))
        continue;
      const std::string path(part.path);
      if (std::find(std::begin(compiled), std::end(compiled), part.path) != std::end(compiled) &&
          rule.decider.empty())
        rule.decider = path;
      if (rule.where.find(path) == std::string::npos)
        rule.where += (rule.where.empty() ? "" : ", ") + path;
    }
    table.push_back(std::move(rule));
  }
  return table;
}

void printReport(const TreeReport& r) {
  fmt::print("{}: Linux {}, held to {}; {}\n", r.path, r.built.version, r.rules,
             r.built.seconds == 0 ? "built before"
                                  : fmt::format("built in {:.1f} s", r.built.seconds));
  if (r.corpus != nullptr) {
    fmt::print("corpus: {}\n", summaryOf(*r.corpus));
    for (const Nonconformance& n : r.corpus->differences())
      fmt::print("  {}", text(n));
    for (const auto& [reason, times] : r.corpus->reasons())
      fmt::print("  unknown, {} times: {}\n", times, reason);
  }
  for (const RecordingRuns& runs : r.recordings) {
    fmt::print("recording {}\n", summaryOf(runs));
    for (const auto& [reason, times] : runs.reasons)
      fmt::print("  unknown, {} times: {}\n", times, reason);
    for (const std::string& one : runs.texts)
      fmt::print("{}", one);
  }
  fmt::print("search: {}\n", summary(r.search));
  for (const fuzz::Finding& finding : r.search.findings)
    fmt::print("  {}\n{}", finding.description,
               finding.file.empty()
                   ? finding.text
                   : "    written to " + trace::plainText(finding.file.string()) + "\n");
  fmt::print("rules: {} decided by files of the tree and {} by the shim were compared, {} were not "
             "reached (--json lists them)\n",
             reached(r, true), reached(r, false),
             r.table.size() - reached(r, true) - reached(r, false));
  for (const KnownFinding* known : r.known)
    fmt::print("left out, as a known finding: {}\n", known->title);
  fmt::print("{}{}{}\n", r.cut, r.notCovered, harness::name(r.verdict()));
}

Json jsonReport(const TreeReport& r, const FuzzOptions& options) {
  Json document = jsonDocument("kernel-tree");
  document["path"] = r.path;
  document["version"] = r.built.version;
  document["rules"] = r.rules;
  document["sanitized"] = r.sanitized;
  document["buildSeconds"] = jsonSeconds(r.built.seconds);
  document["verdict"] = harness::name(r.verdict());
  document["seed"] = options.seed;
  if (r.corpus != nullptr)
    document["corpus"] = Json::object({{"traces", r.corpus->traces()},
                                       {"steps", r.corpus->steps()},
                                       {"unknown", r.corpus->unknown()},
                                       {"differences", jsonList(r.corpus->differences(), text)}});
  document["recordings"] = jsonList(r.recordings, [](const RecordingRuns& runs) {
    return Json::object({{"file", runs.file},
                         {"traces", runs.traces},
                         {"steps", runs.steps},
                         {"mismatches", runs.mismatches},
                         {"unknown", runs.unknown}});
  });
  document["search"] = Json::object({{"traces", r.search.executions},
                                     {"steps", r.search.steps},
                                     {"unknown", r.search.unknown},
                                     {"seconds", jsonSeconds(r.search.seconds)},
                                     {"findings", jsonList(r.search.findings, jsonFinding)}});
  document["table"] = jsonList(r.table, [](const TreeRule& rule) {
    Json one = Json::object({{"rule", rule.id},
                             {"decidedBy", word(rule)},
                             {"files", rule.where},
                             {"times", rule.times}});
    if (rule.times == 0) one["why"] = why(rule);
    return one;
  });
  document["leftOut"] =
      jsonList(r.known, [](const KnownFinding* known) { return Json(std::string(known->title)); });
  return document;
}

std::vector<JunitSuite> suitesOf(const TreeReport& r) {
  using Result = JunitCase::Result;
  JunitSuite suite{"growsdown kernel-tree " + r.path, {}};
  const auto add = [&](const std::string& name, bool good, const std::string& message,
                       std::string details) {
    JunitCase one;
    one.className = r.rules;
    one.name = name;
    if (!good) {
      one.result = Result::failure;
      one.message = message;
      one.text = std::move(details);
    }
    suite.cases.push_back(std::move(one));
  };
  if (r.corpus != nullptr) {
    std::string details;
    for (const Nonconformance& n : r.corpus->differences())
      details += text(n);
    add("corpus", r.corpus->verdict() == Verdict::agreed, summaryOf(*r.corpus), details);
  }
  for (const RecordingRuns& runs : r.recordings)
    add("recording", runs.mismatches == 0, summaryOf(runs),
        fmt::format("{}", fmt::join(runs.texts, "")));
  std::string details;
  for (const fuzz::Finding& finding : r.search.findings)
    details += finding.text + "\n";
  add("search", r.search.verdict == Verdict::agreed, summary(r.search), details);
  JunitSuite rules{"growsdown kernel-tree: rules", {}};
  for (const TreeRule& rule : r.table) {
    JunitCase one;
    one.className = word(rule);
    one.name = rule.id;
    if (rule.times == 0) {
      one.result = Result::skipped;
      one.text = why(rule);
    }
    rules.cases.push_back(std::move(one));
  }
  return {suite, rules};
}

} // namespace growsdown::tools
