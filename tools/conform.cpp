#include "harness/conform.h"

#include "fuzz/mutator.h"
#include "fuzz/seeds.h"
#include "model/rule.h"
#include "systems/host.h"
#include "tools/commands.h"
#include "tools/common.h"
#include "tools/files.h"
#include "tools/json.h"
#include "tools/junit.h"
#include "trace/text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <tuple>

namespace growsdown::tools {

using harness::Nonconformance;
using harness::RuleConformance;
using harness::Verdict;
using Status = RuleConformance::Status;

namespace {

struct Arguments {
  std::string on, rules, time, json, junit, html, out, ignore;
  std::vector<std::string> corpus, knobs, with;
  std::uint64_t runs = 4000, seed = 1;
  std::size_t attempts = 600;
  bool noCorpus = false, table = false, live = false;
};

/// The corpus that belongs to this program: installed with it, or that of the sources.
std::string ownCorpus() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  for (const std::filesystem::path& path :
       {self.parent_path().parent_path() / "share/growsdown/corpus",
        std::filesystem::path(GROWSDOWN_SOURCE) / "corpus"})
    if (std::filesystem::is_directory(path / "rules", error)) return path.string();
  return {};
}

/// Which steps a system does not know, learned from its answers: what was never answered is not
/// asked again and again.
class Manners {
 public:
  explicit Manners(std::uint32_t does) : does_(does) {}

  bool wants(const trace::Step& step) const {
    if ((does_ >> static_cast<unsigned>(step.op) & 1U) == 0) return false;
    const auto found = seen_.find(key(step));
    constexpr unsigned patience = 3;
    return found == seen_.end() || found->second.first != 0 || found->second.second < patience;
  }
  void learn(const trace::Trace& trace, const harness::RunResult& result) {
    for (std::size_t i = 0; i < trace.records.size(); ++i) {
      const bool unknown = result.verdict == Verdict::unknown && i >= result.step;
      auto& [answered, refused] = seen_[key(trace.records[i].step)];
      (unknown ? refused : answered) += 1;
      if (unknown || i == result.step) break;
    }
  }

 private:
  using Key = std::tuple<trace::Op, trace::Access, trace::LimitKind, std::uint16_t, bool>;
  static Key key(const trace::Step& s) {
    return {s.op, s.access, s.limit, s.flags, trace::insideWindows(s.address, s.length)};
  }

  const std::uint32_t does_;
  std::map<Key, std::pair<unsigned, unsigned>> seen_;
};

/// Runs the corpus and generated traces.
class Examination {
 public:
  /// `place`: the parameters that the system has, whatever it is told (`isFixed`), or that a trace
  /// has which does not say them; `begins`: what every trace begins with; `possible`: which steps
  /// may be sent to the system.
  Examination(const Arguments& arguments, const trace::RuleSet& rules, harness::System& model,
              harness::System& system, harness::Fields fields, trace::With place, bool isFixed,
              std::vector<trace::Step> begins, std::function<bool(const trace::Step&)> possible)
      : arguments_(arguments), rules_(rules), system_(system), place_(place), isFixed_(isFixed),
        begins_(std::move(begins)), possible_(std::move(possible)),
        conformance(model, system, fields), guide_(harness::makeModel()),
        mutator_(*guide_, mostSteps), random_(arguments.seed), manners_(system.does()) {}

  void run() {
    const double limit = arguments_.time.empty() ? 0 : seconds(arguments_.time);
    const auto begin = std::chrono::steady_clock::now();
    const auto over = [&] {
      const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
      return limit > 0 && spent.count() > limit;
    };
    std::vector<trace::Trace> traces = corpus();
    for (std::size_t i = 0; i < traces.size() && !over(); ++i) {
      if (i % 64 == 0) progress(fmt::format("{} of {} traces of the corpus", i, traces.size()));
      if (traces[i].initial && refusesInitial_) {
        ++passedOver;
        continue;
      }
      examine(std::move(traces[i]), 4);
    }
    fromCorpus = conformance.traces();
    fuzz::Swarm swarm = fuzz::Swarm::even();
    for (std::uint64_t i = 0; i < arguments_.runs && !over(); ++i) {
      if (i % 64 == 0)
        progress(fmt::format("{} of {} generated traces, {} differences", i, arguments_.runs,
                             conformance.differences().size()));
      if (i % 32 == 0) drawSwarm(swarm);
      examine(generated(swarm), 12);
    }
    generatedRuns = conformance.traces() - fromCorpus;
    conformance.shrink(rules_, arguments_.attempts, [](std::size_t done, std::size_t all) {
      progress(fmt::format("making traces small: {} of {}", done, all));
    });
    progress("");
  }

  std::uint64_t fromCorpus = 0, generatedRuns = 0, passedOver = 0;

 private:
  static constexpr unsigned mostSteps = 40;

  std::vector<trace::Trace> corpus() {
    std::vector<std::string> paths = arguments_.corpus;
    if (paths.empty() && !arguments_.noCorpus)
      if (const std::string own = ownCorpus(); !own.empty())
        for (const char* part : {"/rules", "/regressions", "/paths"})
          if (std::filesystem::is_directory(own + part)) paths.push_back(own + part);
    const std::string_view near = trace::standIn(rules_).recorded->name;
    std::vector<trace::Trace> traces;
    for (const std::string& file : traceFiles(paths))
      for (trace::Trace& trace : readTraces(file)) {
        const harness::Metadata data = harness::metadata(trace);
        const auto has = [&](std::string_view name) {
          return std::count(data.sets.begin(), data.sets.end(), name) != 0;
        };
        if (!data.sets.empty() && !has(rules_.name) && !has(near)) continue;
        if (trace.records.size() <= mostSteps && !trace.initial)
          seeds_.push_back(fuzz::toProgram(rules_, trace));
        traces.push_back(std::move(trace));
      }
    return traces;
  }

  void drawSwarm(fuzz::Swarm& swarm) {
    swarm = random_.chance(30) ? fuzz::Swarm::even() : fuzz::Swarm::draw(random_);
    for (unsigned op = 0; op < trace::opCount; ++op)
      if ((system_.does() >> op & 1U) == 0) swarm.ops[op] = 0;
  }

  trace::Trace generated(const fuzz::Swarm& swarm) {
    fuzz::Program program;
    if (!seeds_.empty() && random_.chance(35)) {
      program = seeds_[static_cast<std::size_t>(random_.below(seeds_.size()))];
      mutator_.mutate(random_, swarm, program);
    } else {
      program.rules = &rules_;
      if (!refusesWith_ && random_.chance(25)) program.with = fuzz::randomWith(random_, rules_);
      // So that a fault-in of everything ends a trace instead of the search.
      if (!program.with.memory) program.with.memory = program.with.page.value_or(4096) * 1024;
      mutator_.generateUnder(random_, swarm, static_cast<unsigned>(random_.between(4, mostSteps)),
                             program);
    }
    program.rules = &rules_;
    fuzz::repair(program);
    return fuzz::toTrace(program);
  }

  /// A step that the system cannot do is left out, and the trace run again, some times.
  void examine(trace::Trace trace, unsigned retries) {
    std::erase_if(trace.records, [&](const trace::Record& r) {
      return !manners_.wants(r.step) || (possible_ && !possible_(r.step));
    });
    for (const trace::WithField& field : trace::withFields) {
      const auto key = field.member;
      if (!(trace.with.*key) || (isFixed_ && place_.*key)) trace.with.*key = place_.*key;
    }
    const auto isStep = [](const trace::Record& r, const trace::Step& s) { return r.step == s; };
    if (!std::equal(trace.records.begin(),
                    trace.records.begin() +
                        static_cast<std::ptrdiff_t>(std::min(begins_.size(), trace.records.size())),
                    begins_.begin(), begins_.end(), isStep))
      for (auto step = begins_.rbegin(); step != begins_.rend(); ++step)
        trace.records.emplace(trace.records.begin())->step = *step;
    for (;;) {
      if (trace.records.empty()) return;
      const harness::RunResult& result = conformance.run(rules_, trace);
      manners_.learn(trace, result);
      if (result.verdict != Verdict::unknown || result.silent) return;
      if (result.step == harness::initialState) {
        if (trace.initial) {
          refusesInitial_ = true;
          return;
        }
        trace::With plain = place_;
        plain.memory = trace.with.memory;
        if (trace.with == plain) return;
        refusesWith_ = true;
        trace.with = plain;
      } else {
        trace.records.erase(trace.records.begin() + static_cast<std::ptrdiff_t>(result.step));
      }
      if (retries-- == 0) return;
    }
  }

  const Arguments& arguments_;
  const trace::RuleSet& rules_;
  harness::System& system_;
  const trace::With place_;
  const bool isFixed_;
  const std::vector<trace::Step> begins_;
  const std::function<bool(const trace::Step&)> possible_;

 public:
  harness::Conformance conformance;

 private:
  std::unique_ptr<harness::System> guide_;
  fuzz::Mutator mutator_;
  fuzz::Random random_;
  Manners manners_;
  std::vector<fuzz::Program> seeds_;
  bool refusesInitial_ = false, refusesWith_ = false;
};

// --- the report -------------------------------------------------------------------------------

/// What the forms of the report have in common.
struct Report {
  std::string system, rules, knobs, hidden;
  std::uint64_t fromCorpus, generated, passedOver;
  const harness::Conformance& conformance;
  double seconds;

  /// What it is held to, for people.
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

/// The trace as a file: comments say what it shows.
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
  return text;
}

void printText(const Report& r, bool table, const std::string& out) {
  const harness::Conformance& c = r.conformance;
  if (table || r.count(Status::differ) != 0)
    fmt::print("{:<34} {:<14} {:>9} {:>7}\n", "rule", "", "agree", "differ");
  for (const RuleConformance& rule : c.rules())
    if (table || rule.status() == Status::differ)
      fmt::print("{:<34} {:<14} {:>9} {:>7}\n", rule.id, name(rule.status()), rule.agree,
                 rule.differ);
  std::size_t index = 0, untold = 0;
  std::string last;
  for (const Nonconformance& n : c.differences()) {
    const bool first = index == 0 || n.rule != last;
    last = n.rule;
    if (first)
      fmt::print("\n{}{}{}\n", n.rule.empty() ? "no rule" : n.rule, n.rule.empty() ? "" : ": ",
                 title(n.rule));
    fmt::print("  {}. {}\n     {} ({} traces; {} steps, found with {})\n", index + 1, step(n),
               what(n), n.seen, n.trace.records.size(), n.stepsBefore);
    if (const auto suspects = c.suspects(n); !suspects.empty())
      fmt::print("     came through {}\n", fmt::join(suspects, ", "));
    if (first)
      for (const trace::Record& record : n.trace.records)
        fmt::print("       {}{}\n", trace::print(record.step),
                   record.expected.kind == trace::Outcome::Kind::unspecified
                       ? ""
                       : " -> " + trace::print(record.expected));
    untold += !first && out.empty();
    if (!out.empty()) fmt::print("     written to {}/{}\n", out, fileName(index, n));
    ++index;
  }
  if (untold != 0) fmt::print("\n{} traces are not shown (--out DIR writes all)\n", untold);
  if (index != 0) fmt::print("\n");
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
  document["verdict"] = name(c.verdict());
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
  document["differences"] = jsonList(c.differences(), [&](const Nonconformance& n) {
    return Json::object({{"rule", n.rule},
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
  document["reasons"] = jsonList(c.reasons(), [](const auto& reason) {
    return Json::object({{"reason", reason.first}, {"times", reason.second}});
  });
  return document;
}

// One test case per rule, and one for each difference that no rule decided.
std::string junitOf(const Report& r) {
  using Result = JunitCase::Result;
  const harness::Conformance& c = r.conformance;
  JunitSuite suite{"growsdown conform " + r.system, {}};
  for (const RuleConformance& rule : c.rules()) {
    JunitCase one;
    one.className = r.rules;
    one.name = rule.id;
    if (rule.status() == Status::differ) {
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
    JunitCase one;
    one.className = r.rules;
    one.name = "system: " + step(n);
    one.result = n.result.verdict == Verdict::diverged ? Result::failure : Result::error;
    one.message = what(n);
    one.text = file(r, n);
    suite.cases.push_back(std::move(one));
  }
  return junit({suite});
}

constexpr const char* style =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;max-width:64em;padding:0 1em;"
    "color:#1b1f24;background:#fff}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{padding:.25em .6em;border-bottom:1px solid #d8dee4;text-align:left}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "pre{background:#f6f8fa;padding:.8em;overflow-x:auto}code,pre{font-size:13px}"
    ".agree{color:#1a7f37}.differ{color:#cf222e;font-weight:600}.not{color:#6e7781}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}"
    "td,th{border-color:#30363d}pre{background:#161b22}.agree{color:#3fb950}"
    ".differ{color:#ff7b72}.not{color:#8b949e}}";

std::string html(const Report& r) {
  const harness::Conformance& c = r.conformance;
  std::string text = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0} under {1}</title>\n"
      "<style>{2}</style></head>\n<body>\n<h1>{0} under {1}</h1>\n<p>{3}</p>\n",
      xmlText(r.system), xmlText(r.heldTo()), style, xmlText(summary(r)));
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
  return text + "</table>\n</body></html>\n";
}

/// `--with KEY=VALUE`, in the words of the trace format.
trace::With withOf(const std::vector<std::string>& words) {
  std::string text = "growsdown-trace 1\n";
  for (std::string word : words) {
    if (word.find('=') == std::string::npos || word.find('\n') != std::string::npos)
      throw Stop(usage, "--with wants KEY=VALUE, not `" + word + "`");
    word[word.find('=')] = ' ';
    text += "with " + word + "\n";
  }
  const trace::ParseResult parsed = trace::parse(text, "--with");
  if (parsed.error) throw Stop(usage, "--with: " + parsed.error->message);
  return parsed.traces.front().with;
}

int run(const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  // What can be wrong is told before a kernel boots, and before hours of work.
  harness::Fields fields = harness::shown::all;
  if (!arguments.ignore.empty()) fields &= ~fieldsOf(arguments.ignore, "--ignore");
  if (!arguments.time.empty()) seconds(arguments.time);
  if (!arguments.rules.empty()) ruleSet(arguments.rules, arguments.knobs);
  for (const std::string& path : {arguments.json, arguments.junit, arguments.html})
    checkWritable(path);
  makeDirectory(arguments.out);
  const auto on = system(arguments.on);
  const std::string own(on->rules());
  const std::string wanted = !arguments.rules.empty() ? arguments.rules
                             : !own.empty()           ? own
                                                      : std::string(trace::defaultRuleSet);
  const trace::RuleSet rules = ruleSet(wanted, arguments.knobs);
  std::string hidden = notCompared(*on, fields);
  std::string undone;
  for (unsigned op = 0; op < trace::opCount; ++op)
    if ((on->does() >> op & 1U) == 0)
      undone += " " + std::string(trace::name(static_cast<trace::Op>(op)));
  if (!undone.empty()) hidden += fmt::format("not done by {}:{}\n", on->name(), undone);
  const auto model = harness::makeModel();
  // A kernel has the parameters that it has, and not every step may be tried on it.
  const harness::Placement& place = on->placement();
  const bool isFixed = place.with && arguments.with.empty();
  std::function<bool(const trace::Step&)> possible;
  if (place.with || arguments.live)
    possible = [&place](const trace::Step& step) { return systems::isCarriedOut(step, place); };
  Examination examination(arguments, rules, *model, *on, fields,
                          isFixed ? fitting(*place.with, rules) : withOf(arguments.with), isFixed,
                          place.begins, std::move(possible));
  examination.run();

  const harness::Conformance& conformance = examination.conformance;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  const Report report{arguments.on,
                      wanted,
                      systems::turnedKnobs(rules),
                      hidden,
                      examination.fromCorpus,
                      examination.generatedRuns,
                      examination.passedOver,
                      conformance,
                      spent.count()};
  if (!arguments.out.empty()) {
    std::size_t index = 0;
    for (const Nonconformance& n : conformance.differences())
      writeFile((std::filesystem::path(arguments.out) / fileName(index++, n)).string(),
                file(report, n));
  }
  printText(report, arguments.table, arguments.out);
  if (!arguments.json.empty()) writeFile(arguments.json, printJson(json(report)));
  if (!arguments.junit.empty()) writeFile(arguments.junit, junitOf(report));
  if (!arguments.html.empty()) writeFile(arguments.html, html(report));
  return harness::exitCode(conformance.verdict());
}

} // namespace

void addConform(CLI::App& app, Action& action) {
  CLI::App* sub = app.add_subcommand(
      "conform",
      "Report which rules a system follows, with the smallest trace for each difference");
  const auto arguments = std::make_shared<Arguments>();
  sub->add_option("--on", arguments->on, "System: " + systemNames())->required();
  sub->add_option("--rules", arguments->rules,
                  "Rule set (default: the one that the system says it follows, else " +
                      std::string(trace::defaultRuleSet) + ")");
  sub->add_option("--knob", arguments->knobs, "NAME=VALUE: turn a knob of the rule set")
      ->allow_extra_args(false);
  const auto corpus =
      sub->add_option("--corpus", arguments->corpus,
                      "Traces to run: files or directories (default: the corpus of this program)")
          ->allow_extra_args(false);
  sub->add_flag("--no-corpus", arguments->noCorpus, "Generated traces only")->excludes(corpus);
  sub->add_option("--with", arguments->with,
                  "KEY=VALUE: a parameter of the system, for traces that do not say it "
                  "(min-addr=65536)")
      ->allow_extra_args(false);
  sub->add_flag("--live", arguments->live,
                "The system is a real one: no step leaves the windows or fills much memory");
  sub->add_option("--runs", arguments->runs, "How many traces to generate (default 4000)");
  sub->add_option("--time", arguments->time, "Start no further trace after this long: 20s, 10m");
  sub->add_option("--seed", arguments->seed, "Where the random choices start (default 1)");
  sub->add_option("--ignore", arguments->ignore,
                  "Do not compare these parts of a state: pgoff,tables,…");
  sub->add_option("--attempts", arguments->attempts,
                  "How often to try to make a trace smaller (default 600)");
  sub->add_flag("--table", arguments->table, "Print all rules, not only those that differ");
  sub->add_option("--out", arguments->out, "Directory for a trace file a difference");
  sub->add_option("--json", arguments->json, "Write the report as JSON");
  sub->add_option("--junit", arguments->junit, "Write it as JUnit XML, a test case a rule");
  sub->add_option("--html", arguments->html, "Write it as a page");
  sub->footer(
      "\nWhat the system does not show of its states is not compared, and steps that it cannot\n"
      "do are left out; both are reported. Exit codes: 0 no difference, 1 differences, 3 nothing\n"
      "could be compared, or some trace had no answer within the time limit.\n\n"
      "Examples:\n"
      "  growsdown conform --on plugin:./libmine.so\n"
      "  growsdown conform --on 'exec:./emulator --vm-test' --rules linux-6.12-amd64 \\\n"
      "                    --html report.html --junit report.xml --out differences\n"
      "  growsdown conform --on reference --table");
  sub->callback([&action, arguments] { action = [arguments] { return run(*arguments); }; });
}

} // namespace growsdown::tools
