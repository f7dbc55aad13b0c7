#include "fuzz/finding.h"

#include "fuzz/child.h"
#include "fuzz/interrupt.h"
#include "harness/shrink.h"
#include "trace/text.h"

#include <algorithm>
#include <cstring>
#include <sstream>
#include <utility>

namespace growsdown::fuzz {
namespace {

using Clock = std::chrono::steady_clock;
using harness::RunResult;
using harness::Verdict;

/// Whether a trace crashes both systems or one of them, run in a child process.
RunResult crashes(const CampaignOptions& options, const trace::RuleSet& rules,
                  const trace::Trace& trace, std::chrono::milliseconds wait) {
  const std::string how = inChild(wait, [&] {
    const auto left = options.makeLeft();
    const auto right = options.makeRight();
    harness::Differential differential(*left, *right);
    Program candidate = toProgram(rules, trace);
    differential.run(repair(candidate), trace);
  });
  RunResult result;
  if (!how.empty()) {
    result.verdict = Verdict::error;
    result.reason = how;
    result.step = trace.records.empty() ? 0 : trace.records.size() - 1;
  }
  return result;
}

/// The trace file of a crash. The left system's answers are in it unless that system crashes.
std::string crashText(const CampaignOptions& options, const trace::RuleSet& rules,
                      const trace::Trace& trace, const std::string& title,
                      const std::string& description) {
  if (const SlotPointer shared = makeSlot()) {
    SharedFinding& record = shared->records[0];
    inChild(std::chrono::seconds(5), [&] {
      const auto left = options.makeLeft();
      Program candidate = toProgram(rules, trace);
      const std::string text = fileText(harness::annotate(*left, repair(candidate), trace, 100),
                                        title, description, rules, {});
      if (text.size() > mostText) return;
      std::memcpy(record.text, text.data(), text.size());
      record.textSize = text.size();
    });
    if (record.textSize > 0) return {record.text, record.textSize};
  }
  return fileText(trace, title, description, rules, {});
}

} // namespace

std::string fileName(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    if (plain)
      name += c;
    else if (!name.empty() && name.back() != '-')
      name += '-';
  }
  while (!name.empty() && name.back() == '-')
    name.pop_back();
  return name.substr(0, 120);
}

std::string signatureName(const RunResult& result, const trace::Trace& trace) {
  const harness::Signature s = harness::signature(result, trace);
  std::string text{harness::name(s.verdict)};
  text += '-';
  text += trace::name(s.op);
  text += '-' + (s.field.empty() ? result.reason : s.field);
  if (!s.rule.empty()) text += '-' + s.rule;
  return fileName(text);
}

std::string describe(const RunResult& result, const trace::Trace& trace, std::string_view left,
                     std::string_view right) {
  std::ostringstream text;
  if (result.step == harness::initialState)
    text << "at the start";
  else if (result.step < trace.records.size())
    text << "step " << result.step + 1 << " (" << trace::print(trace.records[result.step].step)
         << ")";
  if (result.verdict == Verdict::diverged)
    text << ": " << result.difference.field << ": " << left << " " << result.difference.left << ", "
         << right << " " << result.difference.right;
  else
    text << ": " << result.reason;
  if (!result.rule.empty()) text << "; decided by " << result.rule;
  if (!result.brokenInvariants.empty()) text << "; broken: " << result.brokenInvariants;
  return text.str();
}

std::string fileText(trace::Trace trace, std::string_view title, std::string_view description,
                     const trace::RuleSet& rules, std::string_view rule) {
  const auto line = [&](std::string_view key, std::string_view value) {
    std::string text = "# " + std::string(key) + std::string(value);
    std::replace(text.begin(), text.end(), '\n', ' ');
    trace.before.push_back(std::move(text));
  };
  trace.before.clear();
  line("title: ", title);
  line("sets: ", rules.name);
  if (!rule.empty()) line("rules: ", rule);
  line("found: ", description);
  return trace::print(trace);
}

namespace {

void fillCrash(const CampaignOptions& options, const trace::RuleSet& rules,
               const trace::Trace& trace, const std::string& how, std::string_view note,
               Finding& finding) {
  const std::string step =
      trace.records.empty() ? std::string() : trace::print(trace.records.back().step);
  finding.steps = trace.records.size();
  finding.description =
      "a worker died (" + how + ") at " +
      (step.empty() ? "the start of the trace"
                    : "step " + std::to_string(trace.records.size()) + " (" + step + ")");
  finding.description += note;
  finding.text = crashText(options, rules, trace, "a worker died: " + how, finding.description);
}

} // namespace

Finding crashFinding(const CampaignOptions& options, const Slot& slot, const std::string& how,
                     Clock::time_point begin) {
  Finding finding;
  finding.verdict = Verdict::error;
  finding.executions = slot.executions.load();
  finding.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const Program program = slot.lastProgram(options.seeds);
  finding.stepsBefore = program.steps.size();
  if (!program.rules) {
    finding.signature = "error-" + how;
    finding.description = "a worker died (" + how + ") before its first trace";
    return finding;
  }
  finding.rules = program.rules->name;
  finding.signature = fileName(
      "error-" + how + "-" +
      (program.steps.empty() ? std::string() : std::string(trace::name(program.steps.back().op))));
  fillCrash(options, *program.rules, toTrace(program), how, "", finding);
  return finding;
}

bool reproduce(const CampaignOptions& options, const Slot& slot, const std::string& how,
               Finding& finding) {
  const Program program = slot.lastProgram(options.seeds);
  if (!program.rules) return false;
  const trace::RuleSet& rules = *program.rules;
  const bool hang = how == "hang";
  const auto wait = std::min<std::chrono::milliseconds>(options.hang, std::chrono::seconds(2));
  const trace::Trace whole = toTrace(program);
  if (crashes(options, rules, whole, wait).verdict != Verdict::error) {
    fillCrash(options, rules, whole, how, "; the trace alone does not show it again", finding);
    return false;
  }
  trace::Trace trace = whole;
  if (options.shrink) {
    harness::ShrinkOptions limits;
    limits.maxAttempts = hang ? 30 : 400;
    // A busy machine can be slower than this: the result gets the whole time.
    const auto shortly = hang ? wait / 4 : wait;
    trace =
        harness::shrink(
            trace,
            [&](const trace::Trace& t) {
              return Interrupt::signal() != 0 ? RunResult() : crashes(options, rules, t, shortly);
            },
            limits)
            .trace;
    if (hang && crashes(options, rules, trace, wait).verdict != Verdict::error) trace = whole;
  }
  fillCrash(options, rules, trace, how, "", finding);
  return true;
}

} // namespace growsdown::fuzz
