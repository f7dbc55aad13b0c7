#include "harness/declared.h"

#include "trace/check.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace growsdown::harness {
namespace {

// ru_minflt counts the faults of the whole process. Under user-mode Linux a process faults on each
// page that its host does not map yet, so the recording program can fault on one of its own pages
// around its first touch. Then even a refused access, which does not call handle_mm_fault, counts 1.
// This happened only to the program that recorded the traces labelled W.
bool recordersOwnFault(const trace::RuleSet& rules, const trace::Trace& trace, std::size_t step,
                       const Difference& difference) {
  if (!rules.hostMappedPages || difference.field != "faults") return false;
  const auto& comments = trace.records.front().comments;
  if (std::none_of(comments.begin(), comments.end(),
                   [](const std::string& line) { return line.starts_with("# W"); }))
    return false;
  const auto at = trace.records.begin() + static_cast<std::ptrdiff_t>(step);
  if (at->step.op != trace::Op::touch) return false;
  if (std::any_of(trace.records.begin(), at,
                  [](const trace::Record& r) { return r.step.op == trace::Op::touch; }))
    return false;
  const auto number = [](const std::string& text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  return number(difference.left) == number(difference.right) + 1;
}

} // namespace

std::string_view declaredDifference(const trace::RuleSet& rules, const trace::Trace& trace,
                                    std::size_t step, const Difference& difference) {
  GROWSDOWN_CHECK(step < trace.records.size());
  if (recordersOwnFault(rules, trace, step, difference))
    return "the recording program's own page faulted around its first touch";
  return {};
}

} // namespace growsdown::harness
