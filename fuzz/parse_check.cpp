#include "fuzz/parse_check.h"

#include "fuzz/hash.h"
#include "harness/message_kind.h"
#include "model/start.h"
#include "trace/text.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string_view>

namespace growsdown::fuzz {
namespace {

bool sameData(const trace::Trace& a, const trace::Trace& b) {
  if (a.with != b.with || a.initial != b.initial || a.before != b.before ||
      a.trailing != b.trailing || a.records.size() != b.records.size())
    return false;
  for (std::size_t i = 0; i < a.records.size(); i++)
    if (a.records[i].step != b.records[i].step || a.records[i].expected != b.records[i].expected ||
        a.records[i].state != b.records[i].state || a.records[i].comments != b.records[i].comments)
      return false;
  return true;
}

std::string checkError(std::string_view text, const trace::ParseResult& result) {
  const trace::ParseError& error = *result.error;
  if (!result.traces.empty()) return "an error, but traces: " + error.text();
  std::size_t start = 0;
  unsigned line = 1;
  for (; line < error.line && start < text.size(); line++)
    start = text.find('\n', start) + 1;
  const std::size_t end = std::min(text.find('\n', start), text.size());
  if (error.message.empty() || line != error.line || error.column == 0 ||
      error.column > end - start + 1)
    return "an error without a place in the text: " + error.text();
  return {};
}

// Systems must be able to start in a state that passes the check, and the check takes any state.
std::string checkState(const trace::Trace& parsed) {
  if (!parsed.initial) return {};
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    std::string error;
    const auto parameters = trace::makeParameters(rules, parsed.with, error);
    if (!parameters) continue;
    trace::State state = *parsed.initial;
    if (model::completeStart(*parameters, state)) continue;
    if (model::checkStart(*parameters, state)) return "a state is completed, but refused";
    trace::Trace again = parsed;
    again.initial = state;
    const trace::ParseResult read = trace::parse(trace::print(again), "completed");
    if (read.error || read.traces.at(0).initial != state)
      return "a completed state does not read the same: " + trace::print(again);
  }
  return {};
}

void addReached(const trace::ParseResult& result, std::vector<std::uint64_t>& reached) {
  if (result.error) reached.push_back(harness::messageKind("parser", result.error->message));
  std::uint64_t last = 0;
  for (const trace::Trace& trace : result.traces) {
    reached.push_back(hashOf("traces") + std::min<std::size_t>(result.traces.size(), 4));
    if (trace.initial)
      reached.push_back(hashOf("initial") + std::min<std::size_t>(trace.initial->areas.size(), 8));
    for (const trace::Record& record : trace.records) {
      const std::uint64_t op = hashOf(trace::name(record.step.op));
      reached.push_back(op + static_cast<std::uint64_t>(std::popcount(record.step.flags)));
      reached.push_back(op * 3 + static_cast<std::uint64_t>(record.expected.kind));
      reached.push_back(op * 5 + (record.state == trace::Observation{} ? 0U : 1U));
      reached.push_back(op * 31 + last);
      last = op;
    }
  }
}

} // namespace

std::string checkParse(std::string_view text, std::vector<std::uint64_t>* reached) {
  const trace::ParseResult first = trace::parse(text, "input");
  if (reached != nullptr) addReached(first, *reached);
  if (first.error) return checkError(text, first);
  if (first.traces.empty()) return "neither traces nor an error";
  const std::string printed = trace::print(first.traces);
  const trace::ParseResult second = trace::parse(printed, "printed");
  if (second.error) return "canonical text is refused: " + second.error->text() + "\n" + printed;
  if (second.traces.size() != first.traces.size()) return "another number of traces: " + printed;
  for (std::size_t i = 0; i < first.traces.size(); i++) {
    if (!sameData(first.traces[i], second.traces[i]))
      return "canonical text has another meaning: " + printed;
    if (std::string wrong = checkState(first.traces[i]); !wrong.empty()) return wrong;
  }
  if (trace::print(second.traces) != printed) return "canonical text is not a fixpoint: " + printed;
  return {};
}

} // namespace growsdown::fuzz
