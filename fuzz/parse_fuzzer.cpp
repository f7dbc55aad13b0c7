// Any text is read, or refused with a place and a reason. A trace that was read is printed as text
// that is read as the same trace, and that is printed again byte for byte.
#include "model/start.h"
#include "trace/text.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

namespace trace = growsdown::trace;

[[noreturn]] void violated(const char* what, const std::string& text) {
  std::fprintf(stderr, "%s\n%s\n", what, text.c_str());
  std::abort();
}

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

void checkError(std::string_view text, const trace::ParseResult& result) {
  const trace::ParseError& error = *result.error;
  if (!result.traces.empty()) violated("an error, but traces", error.text());
  std::size_t start = 0;
  unsigned line = 1;
  for (; line < error.line && start < text.size(); line++)
    start = text.find('\n', start) + 1;
  const std::size_t end = std::min(text.find('\n', start), text.size());
  if (error.message.empty() || line != error.line || error.column == 0 ||
      error.column > end - start + 1)
    violated("an error without a place in the text", error.text());
}

// Systems must be able to start in a state that passes the check, and the check takes any state.
void checkState(const trace::Trace& parsed) {
  if (!parsed.initial) return;
  for (const trace::RuleSet& rules : trace::ruleSets()) {
    std::string error;
    const auto parameters = trace::makeParameters(rules, parsed.with, error);
    if (!parameters) continue;
    trace::State state = *parsed.initial;
    if (growsdown::model::completeStart(*parameters, state)) continue;
    if (growsdown::model::checkStart(*parameters, state)) violated("completed, but refused", {});
    trace::Trace again = parsed;
    again.initial = state;
    const trace::ParseResult read = trace::parse(trace::print(again), "completed");
    if (read.error || read.traces.at(0).initial != state)
      violated("a completed state does not read the same", trace::print(again));
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const trace::ParseResult first = trace::parse(text, "input");
  if (first.error) {
    checkError(text, first);
    return 0;
  }
  if (first.traces.empty()) violated("neither traces nor an error", {});
  const std::string printed = trace::print(first.traces);
  const trace::ParseResult second = trace::parse(printed, "printed");
  if (second.error) violated("canonical text is refused", second.error->text() + "\n" + printed);
  if (second.traces.size() != first.traces.size()) violated("another number of traces", printed);
  for (std::size_t i = 0; i < first.traces.size(); i++) {
    if (!sameData(first.traces[i], second.traces[i]))
      violated("canonical text says something else", printed);
    checkState(first.traces[i]);
  }
  if (trace::print(second.traces) != printed) violated("canonical text is not a fixpoint", printed);
  return 0;
}
